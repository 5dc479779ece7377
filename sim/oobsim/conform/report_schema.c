/* JSON Schema of report.json and `conform --json`. */
#include "sim/oobsim/conform/report.h"

#define STRING "{\"type\":\"string\"}"
#define COUNT  "{\"type\":\"integer\",\"minimum\":0}"
#define PATH   "{\"type\":\"string\",\"minLength\":1}"
#define WORDS  "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"

static const char evidence[] =
	"{\"type\":\"object\",\"description\":\"files, relative to the report\",\"properties\":{"
	"\"ladder\":" PATH ",\"line\":{\"type\":\"integer\",\"minimum\":1,"
	"\"description\":\"of the ladder: where it failed\"},"
	"\"messages\":" PATH ",\"octets\":" PATH ",\"log\":" PATH "},"
	"\"additionalProperties\":false}";

static const char summary[] =
	"{\"type\":\"object\",\"properties\":{\"passed\":" COUNT ",\"failed\":" COUNT
	",\"unsupported\":" COUNT ",\"error\":" COUNT ",\"unreadable\":" COUNT ",\"known\":" COUNT
	"},\"required\":[\"passed\",\"failed\",\"unsupported\",\"error\",\"unreadable\",\"known\"],"
	"\"additionalProperties\":false}";

static const char one_case[] =
	"{\"type\":\"object\",\"properties\":{"
	"\"id\":{\"type\":\"string\",\"pattern\":\"^[^/]+/[^/]+$\"},\"role\":" STRING
	",\"title\":" STRING ",\"clause\":" STRING ",\"level\":{\"enum\":[\"M\",\"D\",\"S\",\"O\"]}"
	",\"proves\":" WORDS ",\"needs\":" WORDS
	",\"verdict\":{\"enum\":[\"pass\",\"fail\",\"unsupported\",\"error\"]}"
	",\"expected\":" STRING ",\"actual\":" STRING
	",\"duration_ms\":{\"type\":\"number\",\"minimum\":0}"
	",\"reason\":{\"const\":\"unreadable\",\"description\":\"it was refused, and why cannot be "
	"read\"},\"known\":{\"type\":\"string\",\"description\":\"it is listed as known to fail, "
	"and "
	"why\"},\"ticket\":" STRING
	",\"again\":{\"type\":\"string\",\"description\":\"the command that repeats it\"}"
	"},\"required\":[\"id\",\"role\",\"title\",\"clause\",\"level\",\"proves\",\"needs\","
	"\"verdict\",\"expected\",\"actual\",\"duration_ms\"],\"additionalProperties\":false}";

static const char whole[] =
	"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	"\"title\":\"report of oobsim conform\",\"type\":\"object\",\"properties\":{"
	"\"verdict\":{\"enum\":[\"pass\",\"fail\",\"error\"]},\"sut\":" STRING
	",\"version\":" STRING ",\"role\":" STRING ",\"sut_file\":" PATH ",\"expected_file\":" PATH
	",\"profile\":" STRING ",\"duration_s\":{\"type\":\"number\",\"minimum\":0},\"seed\":" COUNT
	",\"report\":{\"type\":\"string\",\"description\":\"directory of the report, when it is "
	"kept\"},\"cases\":{\"type\":\"array\"}},"
	"\"required\":[\"verdict\",\"sut\",\"role\",\"profile\",\"duration_s\",\"seed\","
	"\"summary\","
	"\"cases\"],\"additionalProperties\":false}";

static json_t *parse(const char *text)
{
	return json_loads(text, 0, NULL);
}

json_t *conform_schema(void)
{
	json_t *schema = parse(whole), *item = parse(one_case);
	json_t *properties = json_object_get(item, "properties");

	(void)json_object_set_new(properties, "evidence", parse(evidence));
	properties = json_object_get(schema, "properties");
	(void)json_object_set_new(properties, "summary", parse(summary));
	(void)json_object_set_new(json_object_get(properties, "cases"), "items", item);
	return schema;
}
