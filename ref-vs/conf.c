#include <ctype.h>
#include <string.h>

#include "ref-vs/choose.h"
#include "ref-vs/conf.h"

static const char *const act_words[] = {"mark", "refuse", NULL};
static const char *const failed_words[] = {"signature", "any", NULL};

/* It is written into a SIP URI: nothing that would end the host part may be in it */
static const char *check_domain(struct sv v)
{
	static const char want[] = "a host name or an IP address";

	for (size_t i = 0; i < v.l; i++)
		if (!isalnum((unsigned char)v.p[i]) && !memchr(".-:[]", v.p[i], 5))
			return want;
	return v.l ? NULL : want;
}

static const struct conf_table sip_table = {
	.name = "where the STI-VS takes INVITEs",
	.size = sizeof(struct vs_sip),
	.members =
		(const struct conf_member[]){
					     {.name = "addr",
			 .type = CONF_STR,
			 .off = offsetof(struct vs_sip, addr),
			 .required = true,
			 .doc = "IP address to listen on, TCP and UDP"},
					     {.name = "port",
			 .type = CONF_INT,
			 .off = offsetof(struct vs_sip, port),
			 .def = "5060",
			 .min = 1,
			 .max = 65535,
			 .doc = "port, TCP and UDP"},
					     {.name = NULL},
					     },
};

static const struct conf_table cps_table = {
	.name = "the provider's own CPS",
	.size = sizeof(struct vs_cps),
	.members =
		(const struct conf_member[]){
					     {.name = "url",
			 .type = CONF_STR,
			 .off = offsetof(struct vs_cps, url),
			 .check = check_https_url,
			 .doc = "https base URL of its private interface; without it only in-band "
				"PASSporTs count"},
					     {.name = "wait_ms",
			 .type = CONF_INT,
			 .off = offsetof(struct vs_cps, wait_ms),
			 .def = "500",
			 .min = 0,
			 .max = 30000,
			 .doc = "how long the CPS may wait for a PASSporT that is on its way, when "
				"none came in-band"},
					     {.name = "grace_ms",
			 .type = CONF_INT,
			 .off = offsetof(struct vs_cps, grace_ms),
			 .def = "1000",
			 .min = 10,
			 .max = 30000,
			 .doc = "how much longer than that to wait for its answer"},
					     {.name = NULL},
					     },
};

static const struct conf_table policy_table = {
	.name = "the provider's local policy",
	.size = sizeof(struct vs_policy),
	.members =
		(const struct conf_member[]){
					     {.name = "choose",
			 .type = CONF_ENUM,
			 .off = offsetof(struct vs_policy, choose),
			 .words = choose_words,
			 .doc = "which PASSporT counts when there are several"},
					     {.name = "on_failure",
			 .type = CONF_ENUM,
			 .off = offsetof(struct vs_policy, on_failure),
			 .words = act_words,
			 .doc = "a PASSporT that does not verify: \"mark\" the call and let it go "
				"on, or "
				"\"refuse\" it with the code of RFC 8224 §6.2.2"},
					     {.name = "on_missing",
			 .type = CONF_ENUM,
			 .off = offsetof(struct vs_policy, on_missing),
			 .words = act_words,
			 .doc = "no PASSporT at all: \"mark\" the call, or \"refuse\" it with 428"},
					     {.name = "failed_means",
			 .type = CONF_ENUM,
			 .off = offsetof(struct vs_policy, failed_means),
			 .words = failed_words,
			 .doc = "which failures give TN-Validation-Failed: \"signature\" an "
				"untrusted chain "
				"and a bad signature only, the others give No-TN-Validation; or "
				"\"any\""},
					     {.name = NULL},
					     },
};

static const struct conf_table faults_table = {
	.name = "wrong on purpose: for proving that a test case can fail",
	.size = sizeof(struct vs_faults),
	.members =
		(const struct conf_member[]){
					     {.name = "skip_checks",
			 .type = CONF_STRS,
			 .off = offsetof(struct vs_faults, skip_checks),
			 .doc = "names of checks of the verification that are left out"},
					     {.name = NULL},
					     },
};

static const struct conf_member members[] = {
	{.name = "sip",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, sip),
	 .required = true,
	 .sub = &sip_table,
	 .doc = "where INVITEs are taken"},
	{.name = "domain",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_conf, domain),
	 .required = true,
	 .check = check_domain,
	 .doc = "host of the P-Asserted-Identity that carries the result"},
	{.name = "cps",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, cps),
	 .sub = &cps_table,
	 .doc = "the provider's own CPS"},
	{.name = "https",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, https),
	 .sub = &https_client_conf_table,
	 .doc = "the HTTPS client that asks the CPS and fetches certificates"},
	{.name = "trust",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, trust),
	 .required = true,
	 .sub = &trust_conf_table,
	 .doc = "whom to trust"},
	{.name = "policy",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, policy),
	 .sub = &policy_table,
	 .doc = "the provider's local policy"},
	{.name = "max_calls",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_conf, max_calls),
	 .def = "10000",
	 .min = 1,
	 .max = 1000000,
	 .doc = "calls being verified at once; more are answered 503"},
	{.name = "faults",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, faults),
	 .sub = &faults_table,
	 .doc = "wrong on purpose: for proving that a test case can fail"},
	{.name = NULL						   },
};

const struct conf_table vs_conf_table = {"configuration of ref-vs", sizeof(struct vs_conf),
					 members};
