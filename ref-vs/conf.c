#include "lib/net/redirect.h"
#include "ref-vs/choose.h"
#include "ref-vs/conf.h"

static const char *const act_words[] = {"mark", "refuse", NULL};
static const char *const failed_words[] = {"signature", "any", NULL};

static const struct conf_member sip_members[] = {
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
};
static const struct conf_table sip_table = {"where the STI-VS takes INVITEs", sizeof(struct vs_sip),
					    sip_members};

static const struct conf_member cps_members[] = {
	{.name = "url",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_cps, url),
	 .check = check_https_url,
	 .doc = "https base URL of its private interface; without it only in-band PASSporTs count"},
	{.name = "wait_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_cps, wait_ms),
	 .def = "500",
	 .min = 0,
	 .max = 30000,
	 .doc = "how long the CPS may wait for a PASSporT that is on its way, when none came "
		"in-band"},
	{.name = "grace_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_cps, grace_ms),
	 .def = "1000",
	 .min = 10,
	 .max = 30000,
	 .doc = "how much longer than that to wait for its answer"},
	{.name = NULL},
};
static const struct conf_table cps_table = {"the provider's own CPS", sizeof(struct vs_cps),
					    cps_members};

static const struct conf_member policy_members[] = {
	{.name = "choose",
	 .type = CONF_ENUM,
	 .off = offsetof(struct vs_policy, choose),
	 .words = choose_words,
	 .doc = "which PASSporT counts when there are several"},
	{.name = "on_failure",
	 .type = CONF_ENUM,
	 .off = offsetof(struct vs_policy, on_failure),
	 .words = act_words,
	 .doc = "a PASSporT that does not verify: \"mark\" the call and let it go on, or "
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
	 .doc = "which failures give TN-Validation-Failed: \"signature\" an untrusted chain and a "
		"bad signature only, the others give No-TN-Validation; or \"any\""},
	{.name = NULL},
};
static const struct conf_table policy_table = {"the provider's local policy",
					       sizeof(struct vs_policy), policy_members};

static const struct conf_member faults_members[] = {
	{.name = "skip_checks",
	 .type = CONF_STRS,
	 .off = offsetof(struct vs_faults, skip_checks),
	 .doc = "names of checks of the verification that are left out"},
	{.name = NULL},
};
static const struct conf_table faults_table = {
	"wrong on purpose: for proving that a test case can fail", sizeof(struct vs_faults),
	faults_members};

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
	 .check = check_sip_host,
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
	{.name = NULL},
};

const struct conf_table vs_conf_table = {"configuration of ref-vs", sizeof(struct vs_conf),
					 members};
