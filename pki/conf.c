#include "pki/conf.h"

#include "lib/stir/reason.h"

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}
#define END       \
	{         \
		0 \
	}

/* --- what is wrong on purpose --- */

static const char *check_reason(struct sv v)
{
	enum reason reason;

	return reason_from_name(&reason, v) ? NULL : "the name of a reason";
}

/* Nothing outside of the PKI's directory */
static const char *check_file(struct sv v)
{
	bool up = false;

	for (size_t i = 0; i + 1 < v.l; i++)
		up = up || (v.p[i] == '.' && v.p[i + 1] == '.');
	return v.l && v.p[0] != '/' && !up ? NULL : "the name of a file in the PKI's directory";
}

static const char *const chains[] = {[PKI_CHAIN_USUAL] = "usual",
				     [PKI_CHAIN_LEAF] = "leaf",
				     [PKI_CHAIN_REVERSED] = "reversed",
				     NULL};

static const struct conf_member answer_members[] = {
	MEMBER(pki_answer_fault, path, CONF_STR,
	       .doc = "path; a star at its end: all that begin so"),
	MEMBER(pki_answer_fault, status, CONF_INT, .def = "0", .max = 599,
	       .doc = "status of the answer; 0: the usual one"),
	MEMBER(pki_answer_fault, type, CONF_STR, .doc = "media type instead of the usual one"),
	MEMBER(pki_answer_fault, file, CONF_STR, .check = check_file,
	       .doc = "another file of the PKI's directory is served: pa/signer.pem"),
	MEMBER(pki_answer_fault, body, CONF_STR, .doc = "this text is served"),
	MEMBER(pki_answer_fault, header, CONF_ANY,
	       .doc = "merge patch (RFC 7396) of the header of a signed list, of each in the "
		      "master file"),
	MEMBER(pki_answer_fault, claims, CONF_ANY, .doc = "merge patch of its payload"),
	MEMBER(pki_answer_fault, payload, CONF_STR, .doc = "this text is its payload"),
	MEMBER(pki_answer_fault, key, CONF_STR, .check = check_file,
	       .doc = "who signs it then: ca1/signer, pa/root …; old: the signature stays; new: a "
		      "key that nobody knows; absent: its authority"),
	MEMBER(pki_answer_fault, chain, CONF_ENUM, .words = chains,
	       .doc = "a certificate chain without its issuers, or the other way round"),
	MEMBER(pki_answer_fault, without_freshness, CONF_BOOL,
	       .doc = "neither ETag nor Cache-Control"),
	END,
};
static const struct conf_table answer_table = {"what is wrong with one answer",
					       sizeof(struct pki_answer_fault), answer_members};

static const char *const crl_lists[] = {
	[PKI_CRL_REVOKED] = "revoked", [PKI_CRL_NOTHING] = "nothing", [PKI_CRL_ALL] = "all", NULL};

static const struct conf_member crl_members[] = {
	MEMBER(pki_crl_fault, signer, CONF_STR, .check = check_file,
	       .doc = "who signs it: ca1/intermediate; absent: the STI-PA"),
	MEMBER(pki_crl_fault, next_update_s, CONF_INT, .def = "0", .min = -31536000,
	       .max = 31536000, .doc = "nextUpdate, seconds from now; 0: the usual one"),
	MEMBER(pki_crl_fault, lists, CONF_ENUM, .words = crl_lists,
	       .doc = "what it lists: what is revoked, nothing, all certificates"),
	END,
};
static const struct conf_table crl_table = {"what is wrong with the CRL",
					    sizeof(struct pki_crl_fault), crl_members};

static const char *const conditionals[] = {[PKI_CONDITIONAL_USUAL] = "usual",
					   [PKI_CONDITIONAL_NEVER] = "never",
					   [PKI_CONDITIONAL_ALWAYS] = "always",
					   NULL};

static const struct conf_member faults_members[] = {
	MEMBER(pki_faults_conf, http, CONF_OBJ, .sub = &https_faults_conf_table,
	       .doc = "what its HTTPS server does wrong"),
	MEMBER(pki_faults_conf, answers, CONF_MAP, .max = 16, .sub = &answer_table,
	       .doc = "path to what is wrong with the answer under it"),
	MEMBER(pki_faults_conf, crl, CONF_OBJ, .sub = &crl_table,
	       .doc = "the CRL is made anew, wrong"),
	MEMBER(pki_faults_conf, conditional, CONF_ENUM, .words = conditionals,
	       .doc = "If-None-Match: 304 where the tag is the right one, never, or for any tag"),
	MEMBER(pki_faults_conf, any_method, CONF_BOOL,
	       .doc = "a method that is not allowed is answered like one that is"),
	MEMBER(pki_faults_conf, any_path, CONF_BOOL,
	       .doc = "a path that is not there is answered with the list of STI-CAs"),
	MEMBER(pki_faults_conf, accept_reasons, CONF_STRS, .max = 64, .check = check_reason,
	       .doc = "a CPS URL that is refused for one of these reasons is answered as if it "
		      "were taken"),
	MEMBER(pki_faults_conf, lose_mappings, CONF_BOOL,
	       .doc = "a CPS URL that is taken is not published"),
	END,
};
static const struct conf_table faults_table = {
	"behaviours that are wrong on purpose, to prove test cases", sizeof(struct pki_faults_conf),
	faults_members};

/* --- all --- */

static const struct conf_member members[] = {
	MEMBER(pki_conf, dir, CONF_STR, .required = true,
	       .doc = "Directory of the PKI, made by sti-pki init."),
	MEMBER(pki_conf, addr, CONF_STR, .required = true, .doc = "Address to listen on."),
	MEMBER(pki_conf, port, CONF_INT, .def = "8443", .min = 1, .max = 65535,
	       .doc = "Port to listen on (HTTPS)."),
	MEMBER(pki_conf, tls, CONF_OBJ, .required = true, .sub = &tls_conf_table,
	       .doc = "Server certificate, made by sti-pki tls; client_ca is not used, since all "
		      "is "
		      "public."),
	MEMBER(pki_conf, certificate_age_s, CONF_INT, .def = "3600", .max = 31536000,
	       .doc = "Seconds for which a fetched certificate chain may be kept (Cache-Control)."),
	MEMBER(pki_conf, list_age_s, CONF_INT, .def = "60", .max = 31536000,
	       .doc = "Seconds for which the CRL and the list of approved STI-CAs may be kept."),
	MEMBER(pki_conf, faults, CONF_OBJ, .sub = &faults_table,
	       .doc = "Behaviours that are wrong on purpose, to prove test cases."),
	END,
};

const struct conf_table pki_conf_table = {"configuration of sti-pki serve", sizeof(struct pki_conf),
					  members};
