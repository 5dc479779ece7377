#include <ctype.h>
#include <errno.h>

#include "lib/base/prefix_map.h"
#include "lib/net/redirect.h"
#include "lib/stir/cert.h"
#include "ref-as/conf.h"
#include "ref-as/policy.h"

static const char *check_prefix(struct sv v)
{
	return prefix_map_key_ok(v) ? NULL : "1 to 15 digits of a canonical number, without +";
}

static const char *check_code(struct sv v)
{
	static const char want[] = "1 to 16 digits and upper case letters";

	for (size_t i = 0; i < v.l; i++)
		if (!isdigit((unsigned char)v.p[i]) && !isupper((unsigned char)v.p[i]))
			return want;
	return v.l && v.l <= SPC_MAX ? NULL : want;
}

static const char *check_origid(struct sv v)
{
	if (sv_eqz(v, AS_ORIGID_PER_CALL) || policy_is_origid(v))
		return NULL;
	return "\"per-call\" or a UUID in lower case";
}

static const char *check_extra_ppt(struct sv v)
{
	static const char want[] = "a type of 1 to 32 letters, digits, \"-\" and \".\", neither "
				   "shaken nor div";

	for (size_t i = 0; i < v.l; i++)
		if (!isalnum((unsigned char)v.p[i]) && v.p[i] != '-' && v.p[i] != '.')
			return want;
	return v.l && v.l <= 32 && !sv_eqz(v, "shaken") && !sv_eqz(v, "div") ? NULL : want;
}

static const struct conf_member sip_members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 .off = offsetof(struct as_sip, addr),
	 .required = true,
	 .doc = "IP address to listen on, TCP and UDP"},
	{.name = "port",
	 .type = CONF_INT,
	 .off = offsetof(struct as_sip, port),
	 .def = "5060",
	 .min = 1,
	 .max = 65535,
	 .doc = "port, TCP and UDP"},
	{.name = NULL},
};
static const struct conf_table sip_table = {"where the STI-AS takes INVITEs", sizeof(struct as_sip),
					    sip_members};

static const struct conf_member attestation_members[] = {
	{.name = "own",
	 .type = CONF_STRS,
	 .off = offsetof(struct as_attestation, own),
	 .check = check_prefix,
	 .doc = "prefixes of our own numbers: such a caller gets A"},
	{.name = "customers",
	 .type = CONF_STRS,
	 .off = offsetof(struct as_attestation, customers),
	 .check = check_sip_host,
	 .doc = "hosts of the From URI of known customers: with a number that is not ours they get "
		"B, everybody else C"},
	{.name = NULL},
};
static const struct conf_table attestation_table = {
	"which attestation a caller gets", sizeof(struct as_attestation), attestation_members};

static const struct conf_member number_members[] = {
	{.name = "prefix",
	 .type = CONF_STR,
	 .off = offsetof(struct as_number, prefix),
	 .required = true,
	 .check = check_prefix,
	 .doc = "first digits of the numbers; the longest prefix that fits wins"},
	{.name = "ocn",
	 .type = CONF_STR,
	 .off = offsetof(struct as_number, ocn),
	 .required = true,
	 .check = check_code,
	 .doc = "OCN of the provider that serves them"},
	{.name = NULL},
};
static const struct conf_table number_table = {"a range of called numbers",
					       sizeof(struct as_number), number_members};

static const struct conf_member publish_members[] = {
	{.name = "timeout_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct as_publish, timeout_ms),
	 .def = "5000",
	 .min = 10,
	 .max = 60000,
	 .doc = "longest time of one POST, queueing included"},
	{.name = "max_queue",
	 .type = CONF_INT,
	 .off = offsetof(struct as_publish, max_queue),
	 .def = "1000",
	 .min = 1,
	 .max = 100000,
	 .doc = "POSTs under way at the most, waiting ones included; more are not made"},
	{.name = "split",
	 .type = CONF_BOOL,
	 .off = offsetof(struct as_publish, split),
	 .doc = "a request for each PASSporT of a call, instead of one for all"},
	{.name = "retries",
	 .type = CONF_INT,
	 .off = offsetof(struct as_publish, retries),
	 .def = "3",
	 .min = 0,
	 .max = 10,
	 .doc = "how often a POST is repeated after 429, 503 or a lost connection, while its "
		"PASSporTs are fresh"},
	{.name = "backoff_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct as_publish, backoff_ms),
	 .def = "200",
	 .min = 1,
	 .max = 60000,
	 .doc = "wait before the first repetition, doubled before each further one, less a random "
		"part of up to a half; Retry-After of the CPS is the least that is waited"},
	{.name = "backoff_max_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct as_publish, backoff_max_ms),
	 .def = "5000",
	 .min = 1,
	 .max = 60000,
	 .doc = "longest wait of our own choice"},
	{.name = NULL},
};
static const struct conf_table publish_table = {"the POSTs to the CPS", sizeof(struct as_publish),
						publish_members};

static const struct conf_member extra_members[] = {
	{.name = "ppt",
	 .type = CONF_STR,
	 .off = offsetof(struct as_extra, ppt),
	 .required = true,
	 .check = check_extra_ppt,
	 .doc = "its type, such as \"rph\"; not shaken or div, which are made where they belong"},
	{.name = "claims",
	 .type = CONF_ANY,
	 .off = offsetof(struct as_extra, claims),
	 .required = true,
	 .doc = "object with its claims beyond dest, iat and orig"},
	{.name = NULL},
};
static const struct conf_table extra_table = {"a PASSporT signed beside the shaken one",
					      sizeof(struct as_extra), extra_members};

static const struct conf_member members[] = {
	{.name = "sip",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, sip),
	 .required = true,
	 .sub = &sip_table,
	 .doc = "where INVITEs are taken"},
	{.name = "http",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, http),
	 .sub = &atis82_conf_table,
	 .doc = "where POSTs of ATIS-1000082 are taken (/stir/v1/signing)"},
	{.name = "spc",
	 .type = CONF_STR,
	 .off = offsetof(struct as_conf, spc),
	 .required = true,
	 .check = check_code,
	 .doc = "service provider code of the certificate"},
	{.name = "x5u",
	 .type = CONF_STR,
	 .off = offsetof(struct as_conf, x5u),
	 .required = true,
	 .check = check_https_url,
	 .doc = "https URL under which the certificate is published"},
	{.name = "key",
	 .type = CONF_STR,
	 .off = offsetof(struct as_conf, key),
	 .required = true,
	 .doc = "PEM file of the certificate's private key"},
	{.name = "attestation",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, attestation),
	 .sub = &attestation_table,
	 .doc = "which attestation a caller gets"},
	{.name = "origid",
	 .type = CONF_STR,
	 .off = offsetof(struct as_conf, origid),
	 .def = "\"" AS_ORIGID_PER_CALL "\"",
	 .check = check_origid,
	 .doc = "\"per-call\": a new UUID for each call; or one fixed UUID"},
	{.name = "freshness_s",
	 .type = CONF_INT,
	 .off = offsetof(struct as_conf, freshness_s),
	 .def = "60",
	 .min = 1,
	 .max = 3600,
	 .doc = "seconds that a Date header may be off; beyond, nothing is signed (RFC 8224 §4.1)"},
	{.name = "numbers",
	 .type = CONF_LIST,
	 .off = offsetof(struct as_conf, numbers),
	 .sub = &number_table,
	 .doc = "called numbers to OCNs"},
	{.name = "cps",
	 .type = CONF_STRMAP,
	 .off = offsetof(struct as_conf, cps),
	 .check = check_https_url,
	 .doc = "OCN to the https URL that takes its PASSporTs; an OCN without one gets no POST"},
	{.name = "discovery",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, discovery),
	 .sub = &discover_conf_table,
	 .doc = "further ways to the CPS of a call: published lists, local policy"},
	{.name = "https",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, https),
	 .sub = &https_client_conf_table,
	 .doc = "the HTTPS client that publishes"},
	{.name = "publish",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, publish),
	 .sub = &publish_table,
	 .doc = "the POSTs to the CPS"},
	{.name = "extra_passports",
	 .type = CONF_LIST,
	 .off = offsetof(struct as_conf, extra_passports),
	 .sub = &extra_table,
	 .min = 0,
	 .max = AS_EXTRA_MAX,
	 .doc = "PASSporTs of other types that each call gets beside the shaken one"},
	{.name = "faults",
	 .type = CONF_OBJ,
	 .off = offsetof(struct as_conf, faults),
	 .sub = &as_faults_table,
	 .doc = "wrong on purpose: for proving that a test case can fail"},
	{.name = NULL},
};

const struct conf_table as_conf_table = {"configuration of ref-as", sizeof(struct as_conf),
					 members};

int as_conf_check(const struct as_conf *conf, struct err *e)
{
	static const char *const ours[] = {"dest", "iat", "orig"};
	const struct as_extra *extra = conf->extra_passports.v;

	for (size_t i = 0; i < conf->extra_passports.n; i++) {
		if (!json_is_object(extra[i].claims))
			return err_set(e, EINVAL, "/extra_passports/%zu/claims: expected an object",
				       i);
		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			if (json_object_get(extra[i].claims, ours[k]))
				return err_set(
					e, EINVAL,
					"/extra_passports/%zu/claims/%s: expected other "
					"claims than dest, iat and orig, which the call gives",
					i, ours[k]);
	}
	return as_faults_check(&conf->faults, e);
}
