/* The order of the sources, local policy, carriers, ported numbers, and authorities that disagree. */
#include <errno.h>

#include "lib/stir/discovery.h"
#include "tests/unit/map_kit.h"

#define PA  "https://pa.example/cps"
#define CA1 "https://ca1.example/cps"
#define CA2 "https://ca2.example/cps"
#define OWN "https://own.example/cps"

DEFINE_AUTO(struct discovery, discovery_free)

#define KIT_AUTO __attribute__((cleanup(kit_close)))

#define PA_FIRST                                                     \
	{                                                            \
		DISCOVERY_STI_PA, DISCOVERY_STI_CA, DISCOVERY_POLICY \
	}

/* 1903 → 5678, 1904 → 818H; no CPS of local policy yet */
static struct discovery *tables(struct kit *k, const struct discovery_opts *opts)
{
	struct discovery *d = NULL;

	CHECK_INT(0, discovery_alloc(&d, opts));
	CHECK_INT(0, discovery_add_number(d, SV("1903"), SV("5678"), NULL));
	CHECK_INT(0, discovery_add_number(d, SV("1904"), SV("818H"), NULL));
	discovery_set_maps(d, k ? k->set : NULL);
	return d;
}

static void publish(struct kit *k, const struct toy_cert *by, int64_t exp_s, const char *url,
		    const char *cic)
{
	BUF_AUTO struct buf jwt = kit_list(by, 1, exp_s, url, cic);
	struct fault fault;

	if (by == &k->toy.signer)
		CHECK_INT(0, kit_take_pa(k, &jwt, &fault));
	else if (by == &k->ca_signer)
		CHECK_INT(0, kit_take_ca(k, &jwt, &fault));
	else
		CHECK_INT(0, kit_take(k, MAP_STI_CA, &jwt, by, &k->other_inter, &fault));
}

static int ask(const struct discovery *d, const char *called, const char *rn, const char *cic,
	       struct discovery_route *ret, struct err *e)
{
	struct tn tn;

	CHECK_INT(0, tn_canonical(&tn, sv_from(called)));
	return discovery_find(
		d, &(struct discovery_query){.called = &tn, .rn = sv_from(rn), .cic = sv_from(cic)},
		ret, e);
}

static int find(const struct discovery *d, struct discovery_route *ret, struct err *e)
{
	return ask(d, "19032469103", NULL, NULL, ret, e);
}

/* --- order --- */

TEST(sti_pa_before_sti_ca_before_policy)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	d = tables(&k, NULL);
	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("5678"), SV(OWN), NULL));
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(OWN, r.url);
	CHECK_STR("policy", r.source);
	CHECK_STR("local", r.authority);
	CHECK_STR("ocn 5678", r.rule);
	publish(&k, &k.ca_signer, EXP, CA1, NULL);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(CA1, r.url);
	CHECK_STR("sti-ca", r.source);
	CHECK_STR("SHAKEN Toy ROOT", r.authority);
	publish(&k, &k.toy.signer, EXP, CA1, NULL);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR("sti-pa", r.source);
	CHECK_STR("PA ROOT", r.authority);
	CHECK_STR("ocn 5678", r.rule);
	CHECK_STR(NULL, r.other_url); /* they agree */
}

TEST(policy_first_when_declared_so)
{
	static const struct discovery_opts opts = {
		.order = {DISCOVERY_POLICY, DISCOVERY_STI_PA, DISCOVERY_STI_CA}, .order_count = 3};
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, NULL);
	d = tables(&k, &opts);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(PA, r.url);
	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("5678"), SV(OWN), NULL));
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(OWN, r.url);
}

TEST(source_that_is_not_in_the_order_is_not_asked)
{
	static const struct discovery_opts opts = {.order = {DISCOVERY_STI_CA}, .order_count = 1};
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, NULL);
	d = tables(&k, &opts);
	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("5678"), SV(OWN), NULL));
	CHECK_INT(ENOENT, find(d, &r, NULL));
	CHECK_STR("5678", r.ocn);
	CHECK_STR(NULL, r.source);
}

/* proves: DISC-12 */
TEST(default_comes_last_whatever_the_order_is)
{
	static const struct discovery_opts opts = {.order = {DISCOVERY_POLICY, DISCOVERY_STI_PA},
						   .order_count = 2};
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, NULL);
	d = tables(&k, &opts);
	CHECK_INT(0, discovery_add_rule(d, RULE_DEFAULT, SV(""), SV(OWN), NULL));
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(PA, r.url);
	CHECK_INT(0, ask(d, "442071234567", NULL, NULL, &r, NULL));
	CHECK_STR(OWN, r.url);
	CHECK_STR("default", r.rule);
	CHECK_STR("policy", r.source);
}

/* --- policy --- */

TEST(more_special_rule_first)
{
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
	struct discovery_route r;

	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("5678"), SV("https://o/"), NULL));
	CHECK_INT(0, discovery_add_rule(d, RULE_CIC, SV("0288"), SV("https://c/"), NULL));
	CHECK_INT(0, discovery_add_rule(d, RULE_NUMBER, SV("190324"), SV("https://n/"), NULL));
	CHECK_INT(0, discovery_add_rule(d, RULE_NUMBER, SV("19032469"), SV("https://m/"), NULL));
	CHECK_INT(0, ask(d, "19032469103", NULL, "+10288", &r, NULL));
	CHECK_STR("https://m/", r.url);
	CHECK_STR("number 19032469", r.rule);
	CHECK_INT(0, ask(d, "19032400000", NULL, "+10288", &r, NULL));
	CHECK_STR("https://n/", r.url);
	CHECK_INT(0, ask(d, "19035550100", NULL, "+10288", &r, NULL));
	CHECK_STR("https://c/", r.url);
	CHECK_STR("cic 0288", r.rule);
	CHECK_INT(0, ask(d, "19035550100", NULL, "0222", &r, NULL));
	CHECK_STR("https://o/", r.url);
}

TEST(rule_twice_is_refused)
{
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
	struct err e = {""};

	CHECK_INT(0, discovery_add_rule(d, RULE_CIC, SV("0288"), SV(OWN), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_CIC, SV("+10288"), SV(CA1), &e));
	CHECK_STR("CIC 0288 has two CPS URLs: " OWN " and " CA1, e.s);
	CHECK_INT(0, discovery_add_rule(d, RULE_NUMBER, SV("1800"), SV(OWN), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_NUMBER, SV("1800"), SV(CA1), NULL));
	CHECK_INT(0, discovery_add_rule(d, RULE_DEFAULT, SV(""), SV(OWN), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_DEFAULT, SV(""), SV(CA1), &e));
	CHECK_STR("the default has two CPS URLs: " OWN " and " CA1, e.s);
}

TEST(rule_of_a_key_that_is_none)
{
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);

	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_CIC, SV("x"), SV(OWN), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_NUMBER, SV("+1800"), SV(OWN), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_OCN, SV("56-78"), SV(OWN), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_NUMBER, SV("1800"), SV("http://a/"), NULL));
}

/* --- carriers and ported numbers --- */

/* proves: AS-16 DISC-11 */
TEST(toll_free_by_the_carrier)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, "0288");
	d = tables(&k, NULL);
	CHECK_INT(0, ask(d, "18005550100", NULL, "+10288", &r, NULL));
	CHECK_STR(PA, r.url);
	CHECK_STR("0288", r.cic);
	CHECK_STR("cic 0288", r.rule);
	CHECK_STR(NULL, r.ocn);
}

TEST(carrier_before_the_provider_of_the_number)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, "0288"); /* also has OCN 5678 */
	d = tables(&k, NULL);
	CHECK_INT(0, ask(d, "19032469103", NULL, "0288", &r, NULL));
	CHECK_STR("cic 0288", r.rule);
	CHECK_INT(0, ask(d, "19032469103", NULL, "0222", &r, NULL));
	CHECK_STR("ocn 5678", r.rule); /* a carrier that nobody knows */
}

TEST(what_is_not_found_says_by_what_it_was_looked_for)
{
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
	struct discovery_route r;
	struct err e = {""};

	CHECK_INT(ENOENT, ask(d, "18005550100", NULL, "+10288", &r, &e));
	CHECK_STR("no CPS is known for CIC 0288", e.s);
	CHECK_INT(ENOENT, ask(d, "19032469103", NULL, "+10288", &r, &e));
	CHECK_STR("no CPS is known for CIC 0288 nor for OCN 5678", e.s);
	CHECK_INT(ENOENT, ask(d, "18005550100", NULL, "nonsense", &r, &e));
	CHECK_STR("no OCN is known for 18005550100", e.s);
}

/* proves: AS-16 DISC-01 */
TEST(ported_number_by_its_routing_number)
{
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
	struct discovery_route r;
	struct err e = {""};

	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("818H"), SV(OWN), NULL));
	CHECK_INT(0, ask(d, "19032469103", "+19045550000", NULL, &r, NULL));
	CHECK_STR("818H", r.ocn);
	CHECK_STR(OWN, r.url);
	CHECK_STR("19045550000", r.number.s);
	/* not in any range: the dialled number's own provider is the wrong one */
	CHECK_INT(ENOENT, ask(d, "19032469103", "+14045550000", NULL, &r, &e));
	CHECK_STR("no OCN is known for 14045550000", e.s);
	CHECK_INT(ENOENT, ask(d, "19032469103", "rubbish", NULL, &r, &e));
	CHECK_STR("expected a routing number, got \"rubbish\"", e.s);
}

TEST(rule_by_number_looks_at_the_dialled_one)
{
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
	struct discovery_route r;

	CHECK_INT(0, discovery_add_rule(d, RULE_NUMBER, SV("1903"), SV(OWN), NULL));
	CHECK_INT(0, ask(d, "19032469103", "+19045550000", NULL, &r, NULL));
	CHECK_STR(OWN, r.url);
}

/* --- authorities that disagree --- */

static void disagree(struct kit *k, struct discovery **ret, enum discovery_conflict conflict)
{
	struct discovery_opts opts = {.order = PA_FIRST, .order_count = 3, .conflict = conflict};

	kit_open(k);
	publish(k, &k->ca_signer, EXP, CA1, NULL);
	publish(k, &k->ca2_signer, EXP + 100, CA2, NULL);
	*ret = tables(k, &opts);
}

TEST(conflict_first)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	disagree(&k, &d, CONFLICT_FIRST);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(CA1, r.url);
	CHECK_STR("SHAKEN Toy ROOT", r.authority);
	CHECK_STR("SHAKEN Other ROOT", r.other_authority);
	CHECK_STR(CA2, r.other_url);
	CHECK_STR(CA1, r.first_url);
}

TEST(conflict_refuse)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;
	struct err e = {""};

	disagree(&k, &d, CONFLICT_REFUSE);
	CHECK_INT(0, discovery_add_rule(d, RULE_DEFAULT, SV(""), SV(OWN), NULL));
	CHECK_INT(ENOENT, find(d, &r, &e)); /* not even the default: somebody knows it */
	CHECK_STR(NULL, r.url);
	CHECK_STR("authorities disagree on ocn 5678: SHAKEN Toy ROOT says " CA1
		  ", SHAKEN Other ROOT says " CA2,
		  e.s);
	CHECK_STR(CA2, r.other_url);
}

TEST(conflict_newest)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	disagree(&k, &d, CONFLICT_NEWEST);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(CA2, r.url);
	CHECK_STR("SHAKEN Other ROOT", r.authority);
	CHECK_STR("SHAKEN Toy ROOT", r.other_authority);
	CHECK_STR(CA1, r.other_url);
}

/* proves: DISC-09 */
TEST(conflict_between_sti_pa_and_sti_ca)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, NULL);
	publish(&k, &k.ca_signer, EXP, CA1, NULL);
	d = tables(&k, NULL);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(PA, r.url);
	CHECK_STR("SHAKEN Toy ROOT", r.other_authority);
}

TEST(local_policy_is_no_authority_that_could_disagree)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	kit_open(&k);
	publish(&k, &k.toy.signer, EXP, PA, NULL);
	d = tables(&k, NULL);
	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("5678"), SV(OWN), NULL));
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(PA, r.url);
	CHECK_STR(NULL, r.other_url);
}

TEST(list_that_has_run_out_does_not_disagree)
{
	KIT_AUTO struct kit k;
	AUTO(discovery_free) struct discovery *d = NULL;
	struct discovery_route r;

	disagree(&k, &d, CONFLICT_REFUSE);
	toy_at(&k.toy, EXP + 50);
	CHECK_INT(0, find(d, &r, NULL));
	CHECK_STR(CA2, r.url);
	CHECK_STR(NULL, r.other_url);
}

/* --- the table of numbers --- */

TEST(table_of_numbers)
{
	static const char csv[] = "# of a number portability centre\r\n"
				  "\r\n"
				  "1212,7777\r\n"
				  "  12125550100 , 8888 \n"
				  "1213,7777";
	AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
	struct discovery_route r;
	struct err e = {""};

	CHECK_INT(0, discovery_add_numbers(d, sv_from(csv), "n.csv", &e));
	CHECK_STR("", e.s);
	(void)ask(d, "12125550199", NULL, NULL, &r, NULL);
	CHECK_STR("7777", r.ocn);
	(void)ask(d, "12125550100", NULL, NULL, &r, NULL);
	CHECK_STR("8888", r.ocn);
	(void)ask(d, "12135550100", NULL, NULL, &r, NULL);
	CHECK_STR("7777", r.ocn);
}

TEST(table_of_numbers_names_the_line)
{
	static const struct {
		const char *csv, *error;
	} rows[] = {
		{"1212,7777\n1213\n", "n.csv:2: expected prefix,ocn, got \"1213\""},
		{"\n#\nprefix,ocn\n",
		 "n.csv:3: expected 1 to 15 digits as a prefix, got \"prefix\""},
		{"1212,7777\n1212,8888",
		 "n.csv:2: prefix 1212 is there twice: for OCN 7777 and for OCN "
		 "8888"},
		{"1212,77 77", "n.csv:1: expected an OCN of 1 to 16 of 0-9 and A-Z, got \"77 77\""},
		{"1212,", "n.csv:1: expected an OCN of 1 to 16 of 0-9 and A-Z, got \"\""},
		{"1212,7777,x",
		 "n.csv:1: expected an OCN of 1 to 16 of 0-9 and A-Z, got \"7777,x\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(discovery_free) struct discovery *d = tables(NULL, NULL);
		struct err e = {""};

		CHECK_INT(EINVAL, discovery_add_numbers(d, sv_from(rows[i].csv), "n.csv", &e));
		CHECK_STR(rows[i].error, e.s);
	}
}

TEST_MAIN(CASE(sti_pa_before_sti_ca_before_policy), CASE(policy_first_when_declared_so),
	  CASE(source_that_is_not_in_the_order_is_not_asked),
	  CASE(default_comes_last_whatever_the_order_is), CASE(more_special_rule_first),
	  CASE(rule_twice_is_refused), CASE(rule_of_a_key_that_is_none),
	  CASE(toll_free_by_the_carrier), CASE(carrier_before_the_provider_of_the_number),
	  CASE(what_is_not_found_says_by_what_it_was_looked_for),
	  CASE(ported_number_by_its_routing_number), CASE(rule_by_number_looks_at_the_dialled_one),
	  CASE(conflict_first), CASE(conflict_refuse), CASE(conflict_newest),
	  CASE(conflict_between_sti_pa_and_sti_ca),
	  CASE(local_policy_is_no_authority_that_could_disagree),
	  CASE(list_that_has_run_out_does_not_disagree), CASE(table_of_numbers),
	  CASE(table_of_numbers_names_the_line))
