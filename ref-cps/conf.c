#include <errno.h>
#include <string.h>

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

static const struct conf_member faults_members[] = {
	INT(cps_faults_conf, answer_delay_ms, 0, 3600000, "0",
	    "the answer to a POST leaves this much later, while storing stays prompt"),
	MEMBER(cps_faults_conf, never_answer, CONF_BOOL,
	       .doc = "a POST is stored and never answered"),
	MEMBER(cps_faults_conf, skip_checks, CONF_STRS,
	       .doc = "names of checks of the verification that are left out"),
	END,
};

static const struct conf_table faults_table = {
	"behaviours that are wrong on purpose, to prove test cases",
	sizeof(struct cps_faults_conf),
	faults_members,
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
	MEMBER(cps_conf, accept_unknown_ppt, CONF_BOOL, .def = "true",
	       .doc = "keep a PASSporT of a type that is not known here, once its signature is "
		      "verified"),
	MEMBER(cps_conf, faults, CONF_OBJ, .sub = &faults_table,
	       .doc = "behaviours that are wrong on purpose, to prove test cases"),
	END,
};

const struct conf_table cps_conf_table = {
	"configuration of ref-cps",
	sizeof(struct cps_conf),
	members,
};

int cps_conf_check(const struct cps_conf *conf, struct err *e)
{
	if (!conf->private.tls.client_ca)
		return err_set(
			e, EINVAL,
			"/private/tls/client_ca: expected a PEM file: without client certificates "
			"the interface of the STI-VS would not be private (5.2), got none");
	return 0;
}
