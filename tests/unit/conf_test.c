#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/conf.h"
#include "tests/unit/test.h"

struct tls {
	char *cert;
	char *key;
};

struct peer {
	char *name;
	int64_t port;
	char *url;
};

struct sample {
	char *name;
	int64_t max, free;
	bool on;
	int mode;
	struct tls tls;
	struct conf_list list, peers, words, pairs;
	json_t *any;
};

static const char *https_url(struct sv v)
{
	return sv_starts(v, "https://") ? NULL : "an https URL";
}

static const char *const modes[] = {"tcp", "udp", "both", NULL};

#define OFF(s, m) offsetof(struct s, m)
static const struct conf_member tls_members[] = {
	{.name = "cert", .type = CONF_STR, .off = OFF(tls, cert), .required = true},
	{.name = "key", .type = CONF_STR, .off = OFF(tls, key), .def = "\"key.pem\""},
	{.name = NULL},
};
static const struct conf_table tls_table = {"TLS", sizeof(struct tls), tls_members};

static const struct conf_member peer_members[] = {
	{.name = "port",
	 .type = CONF_INT,
	 .off = OFF(peer, port),
	 .def = "5060",
	 .min = 1,
	 .max = 65535},
	{.name = "url", .type = CONF_STR, .off = OFF(peer, url), .check = https_url},
	{.name = NULL},
};
static const struct conf_table peer_table = {"peer", sizeof(struct peer), peer_members};

static const struct conf_member sample_members[] = {
	{.name = "name",
	 .type = CONF_STR,
	 .off = OFF(sample, name),
	 .required = true,
	 .doc = "Its name"},
	{.name = "max",
	 .type = CONF_INT,
	 .off = OFF(sample, max),
	 .def = "10",
	 .min = 1,
	 .max = 100},
	{.name = "free", .type = CONF_INT, .off = OFF(sample, free)},
	{.name = "on", .type = CONF_BOOL, .off = OFF(sample, on), .def = "true"},
	{.name = "mode",
	 .type = CONF_ENUM,
	 .off = OFF(sample, mode),
	 .words = modes,
	 .def = "\"udp\""},
	{.name = "tls", .type = CONF_OBJ, .off = OFF(sample, tls), .sub = &tls_table},
	{.name = "list",
	 .type = CONF_LIST,
	 .off = OFF(sample, list),
	 .sub = &peer_table,
	 .min = 1,
	 .max = 2},
	{.name = "peers", .type = CONF_MAP, .off = OFF(sample, peers), .sub = &peer_table},
	{.name = "words", .type = CONF_STRS, .off = OFF(sample, words), .check = https_url},
	{.name = "pairs", .type = CONF_STRMAP, .off = OFF(sample, pairs)},
	{.name = "any", .type = CONF_ANY, .off = OFF(sample, any)},
	{.name = NULL},
};
static const struct conf_table sample_table = {"sample", sizeof(struct sample), sample_members};

static int parse(struct sample *s, const char *text, struct err *e)
{
	return conf_parse(&sample_table, s, sv_from(text), "s.json", e);
}

static void refused(const char *text, const char *error)
{
	struct sample s;
	struct err e = {{0}};

	CHECK_INT(EBADMSG, parse(&s, text, &e));
	CHECK_STR(error, e.s);
}

TEST(defaults)
{
	struct sample s;

	CHECK_INT(0, parse(&s, "{\"name\":\"x\"}", NULL));
	CHECK_STR("x", s.name);
	CHECK_INT(10, s.max);
	CHECK_INT(0, s.free);
	CHECK(s.on);
	CHECK_INT(1, s.mode);
	CHECK(!s.tls.cert);
	CHECK_STR("key.pem", s.tls.key);
	CHECK_INT(0, s.list.n + s.peers.n + s.words.n + s.pairs.n);
	CHECK(!s.any);
	conf_free(&sample_table, &s);
	CHECK(!s.name && !s.tls.key);
}

TEST(every_type_is_read)
{
	struct sample s;

	CHECK_INT(
		0,
		parse(&s,
		      "{\"name\":\"\u00e9\",\"max\":100,\"free\":-5,\"on\":false,\"mode\":\"both\","
		      "\"tls\":{\"cert\":\"c\",\"key\":\"k\"},\"list\":[{\"port\":1},{}],"
		      "\"words\":[\"https://a\",\"https://b\"],\"any\":[1,null]}",
		      NULL));
	CHECK_STR("\u00e9", s.name);
	CHECK_INT(100, s.max);
	CHECK_INT(-5, s.free);
	CHECK(!s.on);
	CHECK_INT(2, s.mode);
	CHECK_STR("c", s.tls.cert);
	CHECK_STR("k", s.tls.key);
	CHECK_INT(2, s.list.n);
	CHECK_INT(1, ((struct peer *)s.list.v)[0].port);
	CHECK_INT(5060, ((struct peer *)s.list.v)[1].port);
	CHECK_INT(2, s.words.n);
	CHECK_STR("https://b", ((char **)s.words.v)[1]);
	CHECK_INT(2, json_array_size(s.any));
	conf_free(&sample_table, &s);
}

TEST(maps_keep_the_order_of_the_file)
{
	struct sample s;
	const struct peer *p;
	const struct conf_pair *pair;

	CHECK_INT(0, parse(&s,
			   "{\"name\":\"x\",\"peers\":{\"z\":{\"port\":3},\"a/b\":{}},"
			   "\"pairs\":{\"q\":\"1\",\"b\":\"2\"}}",
			   NULL));
	p = s.peers.v;
	CHECK_INT(2, s.peers.n);
	CHECK_STR("z", p[0].name);
	CHECK_INT(3, p[0].port);
	CHECK_STR("a/b", p[1].name);
	CHECK_INT(5060, p[1].port);
	pair = s.pairs.v;
	CHECK_INT(2, s.pairs.n);
	CHECK_STR("q", pair[0].name);
	CHECK_STR("2", pair[1].value);
	conf_free(&sample_table, &s);
}

TEST(wrong_type)
{
	refused("{\"name\":\"x\",\n \"max\":\"many\"}",
		"s.json:2:2: /max: expected an integer from 1 to 100, got \"many\"");
	refused("{\"name\":1}", "s.json:1:2: /name: expected a string, got 1");
	refused("{\"name\":\"x\",\"on\":1}", "s.json:1:13: /on: expected true or false, got 1");
	refused("{\"name\":\"x\",\"tls\":[]}",
		"s.json:1:13: /tls: expected an object, got an array of 0 elements");
	refused("{\"name\":\"x\",\"peers\":[]}",
		"s.json:1:13: /peers: expected an object of objects, got an array of 0 elements");
	refused("{\"name\":\"x\",\"words\":{}}",
		"s.json:1:13: /words: expected an array of strings, got an object");
	refused("{\"name\":null}", "s.json:1:2: /name: expected a string, got null");
}

TEST(wrong_type_of_an_element)
{
	refused("{\"name\":\"x\",\"words\":[\"https://a\",\n7]}",
		"s.json:2:1: /words/1: expected a string, got 7");
	refused("{\"name\":\"x\",\"pairs\":{\"a\":true}}",
		"s.json:1:22: /pairs/a: expected a string, got true");
	refused("{\"name\":\"x\",\"list\":[3]}", "s.json:1:21: /list/0: expected an object, got 3");
}

TEST(integer_bounds)
{
	struct sample s;

	CHECK_INT(0, parse(&s, "{\"name\":\"x\",\"max\":1}", NULL));
	conf_free(&sample_table, &s);
	refused("{\"name\":\"x\",\"max\":0}",
		"s.json:1:13: /max: expected an integer from 1 to 100, got 0");
	refused("{\"name\":\"x\",\"max\":101}",
		"s.json:1:13: /max: expected an integer from 1 to 100, got 101");
	refused("{\"name\":\"x\",\"max\":5.0}",
		"s.json:1:13: /max: expected an integer from 1 to 100, got 5.0");
}

TEST(number_of_elements)
{
	refused("{\"name\":\"x\",\"list\":[]}", "s.json:1:13: /list: expected an array of 1 to 2 "
						"objects, got an array of 0 elements");
	refused("{\"name\":\"x\",\"list\":[{},{},{}]}",
		"s.json:1:13: /list: expected an array of 1 to 2 objects, got an array of 3 "
		"elements");
}

TEST(unknown_word)
{
	refused("{\"name\":\"x\",\"mode\":\"sctp\"}",
		"s.json:1:13: /mode: expected \"tcp\", \"udp\" or \"both\", got \"sctp\"");
}

TEST(further_check_of_a_string)
{
	refused("{\"name\":\"x\",\"list\":[{\"url\":\"http://a\"}]}",
		"s.json:1:22: /list/0/url: expected an https URL, got \"http://a\"");
	refused("{\"name\":\"x\",\"words\":[\"https://a\",\"b\"]}",
		"s.json:1:34: /words/1: expected an https URL, got \"b\"");
}

TEST(misspelt_member_gets_the_nearest)
{
	refused("{\"name\":\"x\",\"peers\":{\"a\":{},\"a/b\":{\"prt\":0}}}",
		"s.json:1:36: /peers/a~1b/prt: expected a known member (\"port\"?), got \"prt\"");
	refused("{\"nmae\":\"x\"}",
		"s.json:1:2: /nmae: expected a known member (\"name\"?), got \"nmae\"");
}

TEST(unknown_member_gets_the_list)
{
	refused("{\"name\":\"x\",\"tls\":{\"cert\":\"c\",\"bogus\":1}}",
		"s.json:1:31: /tls/bogus: expected one of the members cert, key, got \"bogus\"");
	refused("{\"name\":\"x\",\"peers\":{\"a\":{\"bogus\":1}}}",
		"s.json:1:27: /peers/a/bogus: expected one of the members port, url, got "
		"\"bogus\"");
}

TEST(missing_member_is_placed_at_its_object)
{
	refused("\n  {}", "s.json:2:3: /name: expected a string (required), got nothing");
	refused("{\"name\":\"x\",\n\t\"tls\":{}}",
		"s.json:2:2: /tls/cert: expected a string (required), got nothing");
}

TEST(member_twice)
{
	struct sample s;
	struct err e = {{0}};

	CHECK_INT(EBADMSG, parse(&s, "{\"name\":\"x\",\n\"name\":\"y\"}", &e));
	CHECK(sv_starts(sv_from(e.s),
			"s.json:2:6: expected each member once, got duplicate object key"));
}

TEST(no_json)
{
	struct sample s;
	struct err e = {{0}};

	CHECK_INT(EBADMSG, parse(&s, "{\"name\":\"x\",\n \"max\" 5}", &e));
	CHECK(sv_starts(sv_from(e.s),
			"s.json:2:8: expected a JSON object, got text that is none: "));
	CHECK_INT(EBADMSG, parse(&s, "", &e));
	CHECK(sv_starts(sv_from(e.s), "s.json:1:1: expected a JSON object"));
	CHECK_INT(EBADMSG, parse(&s, "{\"name\":\"\xff\"}", &e));
	CHECK_INT(EBADMSG, parse(&s, "{\"name\":\"x\"} trailing", &e));
	refused("[1]", "s.json:1:1: expected an object, got an array of 1 element");
}

TEST(error_in_a_late_member_frees_the_early_ones)
{
	struct sample s;
	static const struct sample zero;

	/* the address sanitizer sees what is lost */
	CHECK_INT(EBADMSG, parse(&s,
				 "{\"name\":\"x\",\"peers\":{\"a\":{\"url\":\"https://"
				 "a\"},\"b\":{\"port\":0}}}",
				 NULL));
	CHECK_MEM(&zero, sizeof(zero), &s, sizeof(s));
}

TEST(long_value_is_cut_in_the_error)
{
	BUF_AUTO struct buf text = BUF(4096);
	struct sample s;
	struct err e;

	(void)buf_printf(&text, "{\"name\":\"x\",\"max\":\"%0500d\"}", 0);
	CHECK_INT(EBADMSG, parse(&s, text.p, &e));
	CHECK(strlen(e.s) < 200);
}

TEST(what_is_printed_reads_back_the_same)
{
	static const char text[] =
		"{\"name\":\"x\",\"mode\":\"tcp\",\"list\":[{\"port\":7,\"url\":\"https://u\"}],"
		"\"peers\":{\"p\":{\"port\":9}},\"words\":[\"https://w\"],\"pairs\":{\"k\":\"v\"},"
		"\"any\":{\"a\":[]}}";
	struct sample s, t;
	json_t *a, *b;
	char *z;

	CHECK_INT(0, parse(&s, text, NULL));
	a = conf_json(&sample_table, &s);
	z = json_dumps(a, 0);
	CHECK_INT(0, parse(&t, z, NULL));
	b = conf_json(&sample_table, &t);
	CHECK(json_equal(a, b));
	CHECK_STR("tcp", json_string_value(json_object_get(a, "mode")));
	CHECK_INT(10, json_integer_value(json_object_get(a, "max")));
	CHECK(!json_object_get(a, "tls"));
	free(z);
	json_decref(a);
	json_decref(b);
	conf_free(&sample_table, &s);
	conf_free(&sample_table, &t);
}

static char *printed(void (*write)(FILE *f))
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	write(f);
	(void)fclose(f);
	return text;
}

static void write_conf(FILE *f)
{
	struct sample s;

	CHECK_INT(0, parse(&s, "{\"name\":\"x\"}", NULL));
	CHECK_INT(0, conf_print(&sample_table, &s, f));
	conf_free(&sample_table, &s);
}

TEST(print_is_indented_with_a_newline)
{
	char *text = printed(write_conf);

	CHECK(sv_starts(sv_from(text), "{\n  \"name\": \"x\",\n  \"max\": 10,\n"));
	CHECK(text[strlen(text) - 1] == '\n');
	free(text);
}

static void write_doc(FILE *f)
{
	conf_doc(&sample_table, f);
}

TEST(doc_tells_type_bounds_default_and_meaning)
{
	char *text = printed(write_doc);

	CHECK(strstr(text, "  name: a string, required. Its name\n"));
	CHECK(strstr(text, "  max: an integer from 1 to 100, default 10\n"));
	CHECK(strstr(text, "  mode: \"tcp\", \"udp\" or \"both\", default \"udp\"\n"));
	CHECK(strstr(text, "    port: an integer from 1 to 65535, default 5060\n"));
	free(text);
}

TEST(schema)
{
	json_t *s = conf_schema(&sample_table), *p = json_object_get(s, "properties");

	CHECK_STR("https://json-schema.org/draft/2020-12/schema",
		  json_string_value(json_object_get(s, "$schema")));
	CHECK_STR("name", json_string_value(json_array_get(json_object_get(s, "required"), 0)));
	CHECK(json_is_false(json_object_get(s, "additionalProperties")));
	CHECK_INT(100, json_integer_value(json_object_get(json_object_get(p, "max"), "maximum")));
	CHECK_INT(2, json_integer_value(json_object_get(json_object_get(p, "list"), "maxItems")));
	CHECK_INT(3, json_array_size(json_object_get(json_object_get(p, "mode"), "enum")));
	CHECK(json_is_object(json_object_get(json_object_get(p, "peers"), "additionalProperties")));
	CHECK_STR("Its name",
		  json_string_value(json_object_get(json_object_get(p, "name"), "description")));
	json_decref(s);
}

static void located(const char *text, const char *pointer, unsigned line, unsigned column)
{
	unsigned l = 0, c = 0;

	CHECK_INT(0, conf_locate(sv_from(text), pointer, &l, &c));
	CHECK_INT(line, l);
	CHECK_INT(column, c);
}

static void not_located(const char *text, const char *pointer)
{
	unsigned l = 77, c = 77;

	CHECK_INT(ENOENT, conf_locate(sv_from(text), pointer, &l, &c));
	CHECK_INT(77, l);
}

TEST(locate_members_and_elements)
{
	static const char text[] = "\n{\"a\": [1, {\"b\": \"}]\\\"\"},\n  [2,3]],\n \"c\":{}}";

	located(text, "", 2, 1);
	located(text, "/a", 2, 2);
	located(text, "/a/0", 2, 8);
	located(text, "/a/1/b", 2, 12);
	located(text, "/a/2/1", 3, 6);
	located(text, "/c", 4, 2);
}

TEST(locate_what_is_not_there)
{
	static const char text[] = "{\"a\":[1],\"b\":{}}";

	not_located(text, "/x");
	not_located(text, "/a/1");
	not_located(text, "/a/-");
	not_located(text, "/a/00");
	not_located(text, "/a/0/x");
	not_located(text, "/b/");
	not_located(text, "a");
	not_located("", "");
}

TEST(locate_names_with_escapes)
{
	located("{\"a/b\":1,\n\"m~n\":2}", "/m~0n", 2, 1);
	located("{\"m~n\":1,\n\"a/b\":2}", "/a~1b", 2, 1);
	located("{\"x\":1,\n\"\\u0061\\\"\":2}", "/a\"", 2, 1);
	located("{\"x\":1,\n\"\":2}", "/", 2, 1);
}

TEST(locate_counts_characters)
{
	located("{\"\u00e9\u00e9\":1, \"a\":2}", "/a", 1, 10);
}

static char *temporary(const char *content)
{
	char *path = strdup("/tmp/conf_test.XXXXXX");
	int fd = mkstemp(path);
	size_t l = strlen(content);

	CHECK(fd >= 0 && write(fd, content, l) == (ssize_t)l);
	(void)close(fd);
	return path;
}

TEST(file_is_read_whole)
{
	char *path = temporary("hello\n"), *text = NULL;
	size_t len = 0;

	CHECK_INT(0, file_read(&text, &len, path, 6, NULL));
	CHECK_STR("hello\n", text);
	CHECK_INT(6, len);
	free(text);
	(void)unlink(path);
	free(path);
}

TEST(file_larger_than_the_limit)
{
	char *path = temporary("hello\n"), *text = NULL;
	struct err e;

	CHECK_INT(EFBIG, file_read(&text, NULL, path, 5, &e));
	CHECK(strstr(e.s, path) && strstr(e.s, "limit of 5 octets"));
	CHECK(!text);
	(void)unlink(path);
	free(path);
}

TEST(file_that_is_not_there)
{
	char *text;
	struct err e;

	CHECK_INT(ENOENT, file_read(&text, NULL, "/nonexistent/file", 5, &e));
	CHECK_STR("/nonexistent/file: cannot be opened: No such file or directory", e.s);
}

TEST(file_that_is_a_directory)
{
	char *text;
	struct err e;

	CHECK_INT(EISDIR, file_read(&text, NULL, "/", 5, &e));
	CHECK_STR("/: cannot be read: Is a directory", e.s);
}

TEST(load_names_the_file)
{
	char *path = temporary("{\"name\":3}");
	struct sample s;
	struct err e;

	CHECK_INT(EBADMSG, conf_load(&sample_table, &s, path, &e));
	CHECK(sv_starts(sv_from(e.s), path));
	CHECK(strstr(e.s, ":1:2: /name: expected a string, got 3"));
	(void)unlink(path);
	free(path);
}

TEST_MAIN(CASE(defaults), CASE(every_type_is_read), CASE(maps_keep_the_order_of_the_file),
	  CASE(wrong_type), CASE(wrong_type_of_an_element), CASE(integer_bounds),
	  CASE(number_of_elements), CASE(unknown_word), CASE(further_check_of_a_string),
	  CASE(misspelt_member_gets_the_nearest), CASE(unknown_member_gets_the_list),
	  CASE(missing_member_is_placed_at_its_object), CASE(member_twice), CASE(no_json),
	  CASE(error_in_a_late_member_frees_the_early_ones), CASE(long_value_is_cut_in_the_error),
	  CASE(what_is_printed_reads_back_the_same), CASE(print_is_indented_with_a_newline),
	  CASE(doc_tells_type_bounds_default_and_meaning), CASE(schema),
	  CASE(locate_members_and_elements), CASE(locate_what_is_not_there),
	  CASE(locate_names_with_escapes), CASE(locate_counts_characters), CASE(file_is_read_whole),
	  CASE(file_larger_than_the_limit), CASE(file_that_is_not_there),
	  CASE(file_that_is_a_directory), CASE(load_names_the_file))
