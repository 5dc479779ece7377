#include <string.h>

#include "ref-cps/name_set.c"
#include "ref-cps/problem.c"
#include "tests/unit/test.h"

/* problem_reply() is tried over the wire; here only the text is looked at */
void https_reply(struct https_req *req, unsigned status, const char *ctype, struct sv body,
		 const struct https_header *headers)
{
	(void)req;
	(void)status;
	(void)ctype;
	(void)body;
	(void)headers;
}

static json_t *json_of(const struct problem *p)
{
	char *text = problem_text(p);
	json_t *j = text ? json_loads(text, 0, NULL) : NULL;

	CHECK(j != NULL);
	free(text);
	return j;
}

static const char *str(const json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name));
}

TEST(fault_of_one_passport)
{
	struct fault fault;
	struct problem p;
	json_t *j;

	(void)fault_set(&fault, REASON_CERT_REVOKED, "not on the CRL", "serial 17");
	fault.check = "revoked";
	problem_fault(&p, &fault, 1);
	j = json_of(&p);
	CHECK_INT(403, json_integer_value(json_object_get(j, "status")));
	CHECK_INT(1, json_integer_value(json_object_get(j, "index")));
	CHECK_STR("urn:oob-shaken:reason:cert-revoked", str(j, "type"));
	CHECK_STR("cert-revoked", str(j, "reason"));
	CHECK_STR("revoked", str(j, "check"));
	CHECK_STR(reason_info(REASON_CERT_REVOKED)->clause, str(j, "clause"));
	CHECK_STR(reason_info(REASON_CERT_REVOKED)->text, str(j, "title"));
	CHECK(strstr(str(j, "detail"), "serial 17") != NULL);
	json_decref(j);
}

TEST(fault_of_the_whole_has_no_index)
{
	struct fault fault;
	struct problem p;
	json_t *j;

	(void)fault_set(&fault, REASON_METHOD, "POST", "GET");
	problem_fault(&p, &fault, PROBLEM_WHOLE);
	j = json_of(&p);
	CHECK_INT(405, p.status);
	CHECK(json_object_get(j, "index") == NULL);
	json_decref(j);
}

/* Every reason makes a JSON text with a status of a refusal */
TEST(every_reason_has_a_problem)
{
	for (int r = REASON_OK + 1; r < REASON_MAX; r++) {
		struct fault fault;
		struct problem p;
		json_t *j;

		(void)fault_set(&fault, (enum reason)r, "want", "got");
		problem_fault(&p, &fault, 0);
		j = json_of(&p);
		CHECK(p.status >= 400 && p.status < 600);
		json_decref(j);
	}
}

TEST(octets_of_a_stranger_are_made_harmless)
{
	struct problem p;
	json_t *j;

	problem_request(&p, 400, "query", "got \"%s\"", "\xff\x01\"\\");
	j = json_of(&p);
	CHECK_STR("got \"\?\?\"\\\"", str(j, "detail"));
	CHECK_STR("query", str(j, "reason"));
	json_decref(j);
}

TEST(long_detail_is_cut)
{
	char big[4096];
	struct problem p;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	problem_request(&p, 404, "path", "%s", big);
	CHECK_INT(FAULT_TEXT_MAX - 1, strlen(p.detail));
	json_decref(json_of(&p));
}

TEST(names)
{
	char *v[] = {"1234", "567A", "1234"};
	struct conf_list list = {v, 3};
	struct name_set *ns = NULL;

	CHECK_INT(0, name_set_alloc(&ns, &list));
	CHECK(name_set_has(ns, SV("1234")));
	CHECK(name_set_has(ns, SV("567A")));
	CHECK(!name_set_has(ns, SV("567a")));
	CHECK(!name_set_has(ns, SV("123")));
	CHECK(!name_set_has(ns, SV("12345")));
	CHECK(!name_set_has(ns, SV("")));
	name_set_free(ns);
}

TEST_MAIN(CASE(fault_of_one_passport), CASE(fault_of_the_whole_has_no_index),
	  CASE(every_reason_has_a_problem), CASE(octets_of_a_stranger_are_made_harmless),
	  CASE(long_detail_is_cut), CASE(names))
