#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "lib/stir/bundle.h"
#include "lib/stir/passport.h"
#include "ref-cps/conf.h"

/* One member: field of the struct, type, and what else the table says of it */
#define MEMBER(tab, field, kind, ...)                                                           \
	{                                                                                       \
		.name = #field, .type = (kind), .off = offsetof(struct tab, field), __VA_ARGS__ \
	}
#define INT(tab, field, least, most, dflt, text) \
	MEMBER(tab, field, CONF_INT, .min = (least), .max = (most), .def = (dflt), .doc = (text))
/* As much as PASSporTs of the greatest number and length take, with CRLF behind each */
#define BODY_MAX ((int64_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 2))
#define END                  \
	{                    \
		.name = NULL \
	}

static const char *check_ocn(struct sv v)
{
	static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (v.l < 1 || v.l > SPC_MAX)
		return "an OCN of 1 to 16 characters";
	for (size_t i = 0; i < v.l; i++)
		if (!memchr(allowed, v.p[i], sizeof(allowed) - 1))
			return "an OCN of digits and capital letters";
	return NULL;
}

static const char *check_name(struct sv v)
{
	return v.l ? NULL : "a name";
}

static const char *check_prefix(struct sv v)
{
	return prefix_map_key_ok(v) ? NULL : "1 to 15 digits";
}

static const char *check_cic(struct sv v)
{
	size_t i = v.l && v.p[0] == '+';

	for (size_t at = i; at < v.l; at++)
		if (v.p[at] < '0' || v.p[at] > '9')
			return "a CIC: 3 to 8 digits, with + before them or without";
	return v.l - i < 3 || v.l - i > 8 ? "a CIC: 3 to 8 digits, with + before them or without"
					  : NULL;
}

/* What Via can hold as received-by: a token (RFC 9110 §7.6.3) */
static const char *check_pseudonym(struct sv v)
{
	static const char more[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < v.l; i++)
		if (!isalnum((unsigned char)v.p[i]) && !memchr(more, v.p[i], sizeof(more) - 1))
			return "a host name, or a word without blanks";
	return v.l && v.l <= 255 ? NULL : "a host name, or a word without blanks";
}

static const struct conf_member public_members[] = {
	MEMBER(cps_public_conf, addr, CONF_STR, .required = true,
	       .doc = "IPv4 or IPv6 address to listen on"),
	INT(cps_public_conf, port, 1, 65535, "8443", "port to listen on"),
	MEMBER(cps_public_conf, tls, CONF_OBJ, .required = true, .sub = &tls_conf_table,
	       .doc = "certificate and key of the public name"),
	INT(cps_public_conf, max_body, 1, BODY_MAX, "65536",
	    "octets of a request body; a larger one is answered with 413"),
	INT(cps_public_conf, max_conns, 1, 65536, "1024",
	    "connections at once; more wait in the listen queue"),
	INT(cps_public_conf, idle_timeout_s, 1, 3600, "60",
	    "an idle connection is closed after this"),
	END,
};

static const struct conf_table public_table = {
	"public interface of ref-cps",
	sizeof(struct cps_public_conf),
	public_members,
};

static const struct conf_member private_members[] = {
	MEMBER(cps_private_conf, addr, CONF_STR, .required = true,
	       .doc = "IPv4 or IPv6 address to listen on"),
	INT(cps_private_conf, port, 1, 65535, "8444", "port to listen on"),
	MEMBER(cps_private_conf, tls, CONF_OBJ, .required = true, .sub = &tls_conf_table,
	       .doc = "certificate and key, and client_ca: the CA of the STI-VS's client "
		      "certificate"),
	MEMBER(cps_private_conf, clients, CONF_STRS, .required = true, .min = 1, .max = 64,
	       .check = check_name, .doc = "names whose client certificate may fetch PASSporTs"),
	INT(cps_private_conf, max_conns, 1, 65536, "1024",
	    "connections at once; more wait in the listen queue"),
	INT(cps_private_conf, idle_timeout_s, 1, 86400, "3600",
	    "an idle connection is closed after this: the STI-VS keeps its own open"),
	END,
};

static const struct conf_table private_table = {
	"private interface of ref-cps",
	sizeof(struct cps_private_conf),
	private_members,
};

static const struct conf_member store_members[] = {
	INT(cps_store_conf, max, 1, 10000000, "100000",
	    "PASSporTs kept at once; a request beyond it is answered with 503 and Retry-After"),
	INT(cps_store_conf, freshness_s, 1, 3600, "60",
	    "a PASSporT is deleted when its iat is older; usually the freshness_s of trust"),
	INT(cps_store_conf, settle_ms, 0, 10000, "20",
	    "an STI-VS that may wait is answered when nothing more of its call came for so long: "
	    "several requests of one call come one after the other"),
	END,
};

static const struct conf_table store_table = {
	"store of ref-cps",
	sizeof(struct cps_store_conf),
	store_members,
};

static const struct conf_member calls_members[] = {
	INT(cps_calls_conf, max, 1, 1000000, "10000",
	    "answers kept at the most; the oldest goes first"),
	INT(cps_calls_conf, keep_s, 1, 600, "10", "how long an answer is kept"),
	END,
};

static const struct conf_table calls_table = {
	"answers that are kept for repeated requests of the STI-VS",
	sizeof(struct cps_calls_conf),
	calls_members,
};

static const struct conf_member push_members[] = {
	MEMBER(cps_push_conf, url, CONF_STR, .required = true, .check = check_https_url,
	       .doc = "where verified PASSporTs are posted to, of the provider's own STI-VS"),
	MEMBER(cps_push_conf, https, CONF_OBJ, .required = true, .sub = &https_client_conf_table,
	       .doc = "the connection to it; cert and key prove who pushes"),
	INT(cps_push_conf, timeout_ms, 1, 60000, "2000", "for one try"),
	INT(cps_push_conf, retries, 0, 100, "5", "further tries when one fails"),
	INT(cps_push_conf, retry_ms, 1, 60000, "200",
	    "pause before the first of them; doubled each time, or Retry-After when that is "
	    "longer"),
	INT(cps_push_conf, max, 1, 1000000, "10000",
	    "requests that wait to be pushed at the most; what is beyond waits for the STI-VS to "
	    "ask"),
	END,
};

static const struct conf_table push_table = {
	"push of ref-cps to the STI-VS",
	sizeof(struct cps_push_conf),
	push_members,
};

static const struct conf_member forward_number_members[] = {
	MEMBER(cps_forward_number, prefix, CONF_STR, .required = true, .check = check_prefix,
	       .doc = "numbers that begin with it; the longest prefix counts"),
	MEMBER(cps_forward_number, cic, CONF_STR, .required = true, .check = check_cic,
	       .doc = "carrier that serves them"),
	END,
};

static const struct conf_table forward_number_table = {
	"numbers of another carrier",
	sizeof(struct cps_forward_number),
	forward_number_members,
};

static const struct conf_member forward_members[] = {
	MEMBER(cps_forward_conf, name, CONF_STR, .required = true, .check = check_pseudonym,
	       .doc = "name of this CPS in Via, by which a loop is found"),
	MEMBER(cps_forward_conf, numbers, CONF_LIST, .required = true, .min = 1, .max = 1000000,
	       .sub = &forward_number_table,
	       .doc = "what is about these numbers is verified and sent on, not kept"),
	MEMBER(cps_forward_conf, cps, CONF_STRMAP, .required = true,
	       .doc = "CIC to the URL of the carrier's CPS: the target of the POST"),
	INT(cps_forward_conf, timeout_ms, 1, 60000, "5000",
	    "until the other CPS must have answered"),
	END,
};

static const struct conf_table forward_table = {
	"sending on to the CPS of another provider",
	sizeof(struct cps_forward_conf),
	forward_members,
};

static const struct conf_member members[] = {
	MEMBER(cps_conf, public, CONF_OBJ, .required = true, .sub = &public_table,
	       .doc = "where STI-ASs publish: POST /cps/company/<OCN>"),
	MEMBER(cps_conf, private, CONF_OBJ, .required = true, .sub = &private_table,
	       .doc = "where the STI-VS of the same provider fetches: PUT /calls/<call-id>"),
	MEMBER(cps_conf, companies, CONF_STRS, .required = true, .min = 1, .max = 10000,
	       .check = check_ocn,
	       .doc = "OCNs served; a POST for another one is answered with 404"),
	MEMBER(cps_conf, trust, CONF_OBJ, .required = true, .sub = &trust_conf_table,
	       .doc = "whom to trust: root of the STI-PA, list of approved STI-CAs, CRL"),
	MEMBER(cps_conf, https, CONF_OBJ, .sub = &https_client_conf_table,
	       .doc = "how certificates and lists are fetched"),
	MEMBER(cps_conf, store, CONF_OBJ, .sub = &store_table,
	       .doc = "PASSporTs that wait for their call"),
	MEMBER(cps_conf, calls, CONF_OBJ, .sub = &calls_table,
	       .doc = "a repeated request for the same call gets the same answer"),
	INT(cps_conf, max_wait_ms, 0, 60000, "2000",
	    "bound of the time that a request of the STI-VS waits for a PASSporT"),
	INT(cps_conf, max_passports, 1, BUNDLE_MAX, "16", "PASSporTs in one request; more is 400"),
	MEMBER(cps_conf, push, CONF_OBJ, .sub = &push_table,
	       .doc = "post verified PASSporTs to the STI-VS as they come; absent: it asks for "
		      "them"),
	MEMBER(cps_conf, forward, CONF_OBJ, .sub = &forward_table,
	       .doc = "send on what is about numbers of other carriers; absent: all is kept here"),
	MEMBER(cps_conf, accept_unknown_ppt, CONF_BOOL, .def = "true",
	       .doc = "keep a PASSporT of a type that is not known here, once its signature is "
		      "verified"),
	MEMBER(cps_conf, faults, CONF_OBJ, .sub = &cps_faults_conf_table,
	       .doc = "behaviours that are wrong on purpose, to prove test cases"),
	END,
};

const struct conf_table cps_conf_table = {
	"configuration of ref-cps",
	sizeof(struct cps_conf),
	members,
};

static int check_forward(const struct cps_forward_conf *conf, struct err *e)
{
	const struct conf_pair *cps = conf->cps.v;
	const struct cps_forward_number *number = conf->numbers.v;

	for (size_t i = 0; i < conf->cps.n; i++) {
		const char *want = check_https_url(sv_from(cps[i].value));

		if (want)
			return err_set(e, EINVAL, "/forward/cps/%s: expected %s, got \"%s\"",
				       cps[i].name, want, cps[i].value);
	}
	for (size_t i = 0; i < conf->numbers.n; i++)
		if (!cps_forward_url(conf, sv_from(number[i].cic)))
			return err_set(e, EINVAL,
				       "/forward/numbers/%zu/cic: expected one of /forward/cps, "
				       "got \"%s\"",
				       i, number[i].cic);
	return 0;
}

const char *cps_forward_url(const struct cps_forward_conf *conf, struct sv cic)
{
	const struct conf_pair *cps = conf->cps.v;

	for (size_t i = 0; i < conf->cps.n; i++)
		if (sv_eqz(cic, cps[i].name))
			return cps[i].value;
	return NULL;
}

int cps_conf_check(const struct cps_conf *conf, struct err *e)
{
	int64_t status = conf->faults.answer_status;

	if (!conf->private.tls.client_ca)
		return err_set(
			e, EINVAL,
			"/private/tls/client_ca: expected a PEM file: without client certificates "
			"the interface of the STI-VS would not be private (5.2), got none");
	if (conf->push.url && (!conf->push.https.cert || !conf->push.https.key))
		return err_set(
			e, EINVAL,
			"/push/https: expected cert and key: the STI-VS takes PASSporTs from its "
			"own CPS alone (5.2), got none");
	if (status && status != 429 && status != 503)
		return err_set(e, EINVAL, "/faults/answer_status: expected 0, 429 or 503, got %lld",
			       (long long)status);
	return check_forward(&conf->forward, e);
}
