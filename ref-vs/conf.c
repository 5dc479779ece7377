#include <ctype.h>
#include <errno.h>

#include "lib/base/prefix_map.h"
#include "lib/net/redirect.h"
#include "lib/stir/cert.h"
#include "lib/stir/reason.h"
#include "ref-vs/choose.h"
#include "ref-vs/conf.h"

static const char *const act_words[] = {"mark", "refuse", NULL};
static const char *const failed_words[] = {"signature", "any", NULL};

static const char *check_prefix(struct sv v)
{
	return prefix_map_key_ok(v) ? NULL : "1 to 15 digits of a canonical number, without +";
}

static const char *check_ocn(struct sv v)
{
	static const char want[] = "1 to 16 digits and upper case letters";

	for (size_t i = 0; i < v.l; i++)
		if (!isdigit((unsigned char)v.p[i]) && !isupper((unsigned char)v.p[i]))
			return want;
	return v.l && v.l <= SPC_MAX ? NULL : want;
}

static const char *check_name(struct sv v)
{
	return v.l ? NULL : "a name";
}

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
	{.name = "wait_in_band_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_cps, wait_in_band_ms),
	 .def = "-1",
	 .min = -1,
	 .max = 30000,
	 .doc = "the same when a shaken PASSporT came in-band; -1: 0, but wait_ms with the "
		"policies "
		"\"out-of-band\" and \"both\""},
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

static const struct conf_member push_members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_push, addr),
	 .required = true,
	 .doc = "IPv4 or IPv6 address to listen on"},
	{.name = "port",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_push, port),
	 .def = "8444",
	 .min = 1,
	 .max = 65535,
	 .doc = "port to listen on"},
	{.name = "tls",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_push, tls),
	 .required = true,
	 .sub = &tls_conf_table,
	 .doc = "certificate and key, and client_ca: the CA of the CPS's client certificate"},
	{.name = "clients",
	 .type = CONF_STRS,
	 .off = offsetof(struct vs_push, clients),
	 .required = true,
	 .min = 1,
	 .max = 64,
	 .check = check_name,
	 .doc = "names whose client certificate may push PASSporTs"},
	{.name = "max",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_push, max),
	 .def = "100000",
	 .min = 1,
	 .max = 10000000,
	 .doc = "PASSporTs kept at once; a request beyond it is answered with 503"},
	{.name = "settle_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_push, settle_ms),
	 .def = "20",
	 .min = 0,
	 .max = 10000,
	 .doc = "a call that waits is served when nothing more came for so long: its PASSporTs may "
		"come as several requests"},
	{.name = "max_conns",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_push, max_conns),
	 .def = "64",
	 .min = 1,
	 .max = 65536,
	 .doc = "connections at once; more wait in the listen queue"},
	{.name = "idle_timeout_s",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_push, idle_timeout_s),
	 .def = "3600",
	 .min = 1,
	 .max = 86400,
	 .doc = "an idle connection is closed after this: the CPS keeps its own open"},
	{.name = NULL},
};
static const struct conf_table push_table = {"where the provider's own CPS pushes to",
					     sizeof(struct vs_push), push_members};

static const struct conf_member number_members[] = {
	{.name = "prefix",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_number, prefix),
	 .required = true,
	 .check = check_prefix,
	 .doc = "first digits of the numbers; the longest prefix that fits wins"},
	{.name = "ocn",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_number, ocn),
	 .required = true,
	 .check = check_ocn,
	 .doc = "OCN of the provider that has the right to them"},
	{.name = NULL},
};
static const struct conf_table number_table = {"a range of numbers", sizeof(struct vs_number),
					       number_members};

static const struct conf_member policy_members[] = {
	{.name = "choose",
	 .type = CONF_ENUM,
	 .off = offsetof(struct vs_policy, choose),
	 .words = choose_words,
	 .doc = "which PASSporTs count when there are some in-band and some out-of-band: the "
		"first that verifies, in-band before out-of-band; \"in-band\" those alone; "
		"\"out-of-band\" those alone; \"both\" must verify"},
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
	 .doc = "which failures give TN-Validation-Failed: \"signature\" what speaks of forgery "
		"(bad "
		"signature, untrusted chain, div without right, changed caller), the others give "
		"No-TN-Validation; or \"any\""},
	{.name = "original_freshness_s",
	 .type = CONF_INT,
	 .off = offsetof(struct vs_policy, original_freshness_s),
	 .def = "60",
	 .min = -1,
	 .max = 86400,
	 .doc = "how old the original of a div chain may be: calls may ring long before they are "
		"retargeted (RFC 8946 §4.2); -1: of any age"},
	{.name = NULL},
};
static const struct conf_table policy_table = {"the provider's local policy",
					       sizeof(struct vs_policy), policy_members};

static const char *check_reason(struct sv v)
{
	enum reason reason;

	return reason_from_name(&reason, v) ? NULL : "the name of a reason";
}

static const char *check_ignored(struct sv v)
{
	bool known = sv_eqz(v, "in-band") || sv_eqz(v, "out-of-band") || sv_eqz(v, "div");

	return known ? NULL : "\"in-band\", \"out-of-band\" or \"div\"";
}

static const char *const passports_words[] = {"all", "none", "changed", NULL};

static const struct conf_member faults_members[] = {
	{.name = "skip_checks",
	 .type = CONF_STRS,
	 .off = offsetof(struct vs_faults, skip_checks),
	 .doc = "names of checks of the verification that are left out"},
	{.name = "accept_reasons",
	 .type = CONF_STRS,
	 .off = offsetof(struct vs_faults, accept_reasons),
	 .max = 64,
	 .check = check_reason,
	 .doc = "a call that is not verified for one of these reasons is TN-Validation-Passed"},
	{.name = "ignore",
	 .type = CONF_STRS,
	 .off = offsetof(struct vs_faults, ignore),
	 .max = 3,
	 .check = check_ignored,
	 .doc = "PASSporTs that are dropped unseen: what came in-band, out-of-band, those of type "
		"div"},
	{.name = "verstat",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_faults, verstat),
	 .doc = "the result of each call, whatever it is"},
	{.name = "reason",
	 .type = CONF_STR,
	 .off = offsetof(struct vs_faults, reason),
	 .check = check_reason,
	 .doc = "the reason that is given whenever one is"},
	{.name = "no_reason",
	 .type = CONF_BOOL,
	 .off = offsetof(struct vs_faults, no_reason),
	 .doc = "no reason is given while the call goes on"},
	{.name = "passports",
	 .type = CONF_ENUM,
	 .off = offsetof(struct vs_faults, passports),
	 .words = passports_words,
	 .doc = "PASSporTs that came out-of-band and are handed on: \"all\", \"none\", or "
		"\"changed\" by a letter"},
	{.name = "answer_anything",
	 .type = CONF_BOOL,
	 .off = offsetof(struct vs_faults, answer_anything),
	 .doc = "a question without its numbers is answered too, and each push is answered 201"},
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
	{.name = "http",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, http),
	 .sub = &atis82_conf_table,
	 .doc = "where POSTs of ATIS-1000082 are taken (/stir/v1/verification)"},
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
	{.name = "push",
	 .type = CONF_OBJ,
	 .off = offsetof(struct vs_conf, push),
	 .sub = &push_table,
	 .doc = "where the CPS pushes verified PASSporTs to (POST /passports), instead of being "
		"asked for them"},
	{.name = "numbers",
	 .type = CONF_LIST,
	 .off = offsetof(struct vs_conf, numbers),
	 .sub = &number_table,
	 .doc = "whose number is whose: a div PASSporT is good only when its signer has the right "
		"to the number that was diverted"},
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

int vs_conf_check(const struct vs_conf *conf, struct err *e)
{
	if (conf->push.addr && !conf->push.tls.client_ca)
		return err_set(e, EINVAL,
			       "/push/tls/client_ca: expected a PEM file: without client "
			       "certificates anybody could push, got none");
	if (conf->push.addr && !conf->cps.url)
		return err_set(e, EINVAL,
			       "/cps/url: expected the CPS that pushes, which is told when a call "
			       "has come, got none");
	return 0;
}
