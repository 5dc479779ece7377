/* The certificates of the vectors, right ones and wrong ones; what x5u gives; what there is to trust. */
#include "sim/oobsim/vector/vector.h"

#define TNAUTHLIST "1.3.6.1.5.5.7.1.26"

#define ROWS(v) (sizeof(v) / sizeof((v)[0]))

#define YEAR INT64_C(31536000)

static const struct tnauth two_spcs[] = {{TNAUTH_SPC, "1234", 0}, {TNAUTH_SPC, "5678", 0}};
static const struct tnauth one_number[] = {{TNAUTH_ONE, VECTOR_ORIG, 0}};
static const struct tnauth numbers[] = {{TNAUTH_RANGE, "12013776000", 100}};
static const struct tnauth spc_and_number[] = {{TNAUTH_SPC, "1234", 0},
					       {TNAUTH_ONE, VECTOR_ORIG, 0}};
static const struct tnauth dashed_spc[] = {{TNAUTH_SPC, "12-34", 0}};

/* An STI leaf of the good intermediate */
#define LEAF(name, ...)                                                                 \
	{                                                                               \
		.id = name, .issuer = "ca_inter", .kind = CERT_STI_LEAF, .spc = "1234", \
		__VA_ARGS__                                                             \
	}
/* … changed */
#define BENT(name, ...) LEAF(name, .bends = {__VA_ARGS__})
/* … with a TNAuthList of other octets */
#define TNAUTH(name, der) \
	BENT(name, {BEND_DROP, TNAUTHLIST, NULL}, {BEND_ADD, TNAUTHLIST, "DER:" der})
#define LISTED(name, v) LEAF(name, .list = (v), .nlist = ROWS(v))
/* An STI-CA: root, and intermediate below it */
#define ROOT(name, text, ...)                                          \
	{                                                              \
		.id = name, .kind = CERT_ROOT, .cn = text, __VA_ARGS__ \
	}
#define INTER(name, by, text, ...)                                                           \
	{                                                                                    \
		.id = name, .issuer = by, .kind = CERT_INTERMEDIATE, .cn = text, __VA_ARGS__ \
	}
/* … and a leaf of it */
#define LEAF_OF(name, by, number, ...)                                                      \
	{                                                                                   \
		.id = name, .issuer = by, .kind = CERT_STI_LEAF, .spc = number, __VA_ARGS__ \
	}
/* Signs lists */
#define LISTER(name, by, text, ...)                                                       \
	{                                                                                 \
		.id = name, .issuer = by, .kind = CERT_PA_SIGNER, .cn = text, __VA_ARGS__ \
	}
#define PA_ROOT(name, text)                                      \
	{                                                        \
		.id = (name), .kind = CERT_PA_ROOT, .cn = (text) \
	}

const struct vector_cert_row vector_cert_rows[] = {
	PA_ROOT("pa_root", "SHAKEN STI-PA ROOT"),
	LISTER("pa_signer", "pa_root", "SHAKEN STI-PA signer"),
	LISTER("pa_signer_expired", "pa_root", "SHAKEN STI-PA old signer", .from_s = -YEAR,
	       .to_s = -1),
	LISTER("pa_signer_mute", "pa_root", "SHAKEN STI-PA mute signer",
	       .bends = {{BEND_DROP, "keyUsage", NULL},
			 {BEND_ADD, "keyUsage", "critical,keyAgreement"}}),
	PA_ROOT("pa_rogue_root", "SHAKEN STI-PA ROOT"),
	LISTER("pa_rogue_signer", "pa_rogue_root", "SHAKEN STI-PA signer"),

	ROOT("ca_root", "SHAKEN CA ROOT"),
	INTER("ca_inter", "ca_root", "SHAKEN CA Intermediate"),
	LISTER("ca_lister", "ca_root", "SHAKEN CA lists"),
	LISTER("ca_lister_revoked", "ca_root", "SHAKEN CA old lists"),
	LISTER("ca_lister_expired", "ca_root", "SHAKEN CA older lists", .from_s = -YEAR,
	       .to_s = -1),
	ROOT("ca2_root", "SHAKEN CA 2 ROOT"),
	INTER("ca2_inter", "ca2_root", "SHAKEN CA 2 Intermediate"),
	ROOT("rogue_root", "SHAKEN Rogue ROOT"),
	INTER("rogue_inter", "rogue_root", "SHAKEN Rogue Intermediate"),
	LISTER("rogue_lister", "rogue_root", "SHAKEN Rogue lists"),
	ROOT("ca384_root", "SHAKEN P-384 ROOT", .key = "P-384"),
	INTER("ca384_inter", "ca384_root", "SHAKEN P-384 Intermediate", .key = "P-384"),
	ROOT("k1_root", "SHAKEN secp256k1 ROOT", .key = "secp256k1"),
	ROOT("old_root", "SHAKEN Old ROOT", .from_s = -2 * YEAR, .to_s = -1),
	/* of the names of good ones, with other keys */
	ROOT("false_root", "SHAKEN CA ROOT"),
	INTER("false_inter", "false_root", "SHAKEN CA Intermediate"),
	INTER("inter_revoked", "ca_root", "SHAKEN CA Intermediate 2"),
	INTER("inter_expired", "ca_root", "SHAKEN CA Intermediate 3", .from_s = -YEAR, .to_s = -1),
	INTER("inter_no_sign", "ca_root", "SHAKEN CA Intermediate 4",
	      .bends = {{BEND_DROP, "keyUsage", NULL},
			{BEND_ADD, "keyUsage", "critical,digitalSignature,cRLSign"}}),
	INTER("inter_no_ca", "ca_root", "SHAKEN CA Intermediate 5",
	      .bends = {{BEND_DROP, "basicConstraints", NULL},
			{BEND_ADD, "basicConstraints", "critical,CA:FALSE"}}),
	INTER("inter_broken", "ca_root", "SHAKEN CA Intermediate 6",
	      .bends = {{BEND_BREAK, NULL, NULL}}),
	INTER("inter_below", "ca_inter", "SHAKEN CA Intermediate 7"),

	LEAF("osp", ),
	LEAF_OF("tsp", "ca_inter", "5678", ),
	LEAF_OF("third", "ca_inter", "818H", ),
	LEAF_OF("osp2", "ca2_inter", "1234", ),
	LEAF_OF("direct", "ca_root", "1234", ),
	LEAF_OF("of384", "ca384_inter", "1234", ),
	LEAF_OF("of_k1", "k1_root", "1234", ),
	LEAF_OF("of_old", "old_root", "1234", ),
	LEAF_OF("rogue", "rogue_inter", "1234", ),
	LEAF_OF("impostor", "false_inter", "1234", ),
	LEAF_OF("of_revoked", "inter_revoked", "1234", ),
	LEAF_OF("of_expired", "inter_expired", "1234", ),
	LEAF_OF("of_no_sign", "inter_no_sign", "1234", ),
	LEAF_OF("of_no_ca", "inter_no_ca", "1234", ),
	LEAF_OF("of_broken", "inter_broken", "1234", ),
	LEAF_OF("too_deep", "inter_below", "1234", ),
	LEAF_OF("of_leaf", "osp", "1234", ),

	LEAF("ends_now", .from_s = -YEAR, .to_s = 0),
	LEAF("ended", .from_s = -YEAR, .to_s = -1),
	LEAF("ended_long_ago", .from_s = -2 * YEAR, .to_s = -YEAR),
	LEAF("begins_now", .from_s = 0, .to_s = YEAR),
	LEAF("begins_later", .from_s = 1, .to_s = YEAR),
	LEAF("young", .from_s = -10, .to_s = YEAR),
	LEAF("revoked", ),
	LEAF_OF("same_serial", "ca2_inter", "1234", .serial_of = "revoked"),

	LEAF("k1", .key = "secp256k1"),
	LEAF("p384", .key = "P-384"),
	LEAF("rsa", .key = "RSA"),
	BENT("version_1", {BEND_VERSION, NULL, "1"}),
	BENT("leaf_is_ca", {BEND_DROP, "basicConstraints", NULL},
	     {BEND_ADD, "basicConstraints", "critical,CA:TRUE"}),
	BENT("no_constraints", {BEND_DROP, "basicConstraints", NULL}),
	BENT("no_usage", {BEND_DROP, "keyUsage", NULL}),
	BENT("usage_more", {BEND_DROP, "keyUsage", NULL},
	     {BEND_ADD, "keyUsage", "critical,digitalSignature,keyAgreement"}),
	BENT("usage_other", {BEND_DROP, "keyUsage", NULL},
	     {BEND_ADD, "keyUsage", "critical,nonRepudiation"}),
	BENT("constrained", {BEND_ADD, "1.3.6.1.5.5.7.1.27", "DER:30:00"}),
	BENT("constrained_9118", {BEND_ADD, "1.3.6.1.5.5.7.1.33", "DER:30:00"}),
	BENT("unknown_critical", {BEND_ADD, "1.3.6.1.4.1.99999.1", "critical,DER:05:00"}),
	BENT("unknown_other", {BEND_ADD, "1.3.6.1.4.1.99999.1", "DER:05:00"}),
	BENT("broken", {BEND_BREAK, NULL, NULL}),

	BENT("no_tnauth", {BEND_DROP, TNAUTHLIST, NULL}),
	LISTED("two_spcs", two_spcs),
	LISTED("one_number", one_number),
	LISTED("numbers", numbers),
	LISTED("spc_and_number", spc_and_number),
	LISTED("dashed_spc", dashed_spc),
	TNAUTH("tnauth_empty", "30:00"),
	TNAUTH("tnauth_implicit", "30:06:80:04:31:32:33:34"),
	TNAUTH("tnauth_utf8", "30:08:A0:06:0C:04:31:32:33:34"),
	TNAUTH("tnauth_long_form", "30:81:08:A0:06:16:04:31:32:33:34"),
	TNAUTH("tnauth_trailing", "30:08:A0:06:16:04:31:32:33:34:00"),
	TNAUTH("tnauth_cut", "30:08:A0:06:16:04:31:32"),
	TNAUTH("tnauth_string", "16:04:31:32:33:34"),
	TNAUTH("tnauth_no_spc", "30:04:A0:02:16:00"),
	TNAUTH("tnauth_long_spc",
	       "30:15:A0:13:16:11:31:32:33:34:35:36:37:38:39:30:31:32:33:34:35:36:37"),
	BENT("tnauth_twice", {BEND_ADD, TNAUTHLIST, "DER:30:08:A0:06:16:04:31:32:33:34"}),

	/* a provider that is his own CA */
	ROOT("self_signed", "SHAKEN 1234",
	     .bends = {{BEND_DROP, "basicConstraints", NULL},
		       {BEND_DROP, "keyUsage", NULL},
		       {BEND_ADD, "keyUsage", "critical,digitalSignature"},
		       {BEND_ADD, TNAUTHLIST, "DER:30:08:A0:06:16:04:31:32:33:34"}}),
};

const size_t vector_cert_rows_n = ROWS(vector_cert_rows);

/* Leaf and good intermediate */
#define WITH_INTER(name, text, why)                               \
	{                                                         \
		name, text, why, "$" name "$ca_inter", NULL, NULL \
	}

const struct vector_cred_row vector_cred_rows[] = {
	WITH_INTER("osp", "leaf and intermediate", REASON_OK),
	WITH_INTER("tsp", "of another provider", REASON_OK),
	WITH_INTER("third", "an SPC with a letter", REASON_OK),
	{"osp2", "of another approved STI-CA", REASON_OK, "$osp2$ca2_inter", NULL, NULL},
	{"direct", "issued by the root itself", REASON_OK, "$direct", NULL, NULL},
	{"of384", "CAs with keys on P-384", REASON_OK, "$of384$ca384_inter", NULL, NULL},
	{"with_root", "the root is in the chain too", REASON_OK, "$osp$ca_inter$ca_root", "osp",
	 "RFC 7515 §4.1.5"},
	{"with_stranger", "a certificate that is not needed is in the chain too", REASON_OK,
	 "$osp$rogue_inter$ca_inter", "osp", "RFC 5280 §6.1"},
	{"with_text", "text before, between and behind the certificates", REASON_OK,
	 "Subject: CN=SHAKEN 1234\n\n$osp\n# intermediate\n$ca_inter# end\n", "osp", "RFC 7468 §2"},
	WITH_INTER("ends_now", "the last second of its validity", REASON_OK),
	WITH_INTER("begins_now", "the first second of its validity", REASON_OK),
	WITH_INTER("young", "valid for ten seconds so far", REASON_OK),
	WITH_INTER("no_constraints", "no BasicConstraints: no CA", REASON_OK),
	WITH_INTER("unknown_other", "an unknown extension that is not critical", REASON_OK),
	{"same_serial", "the serial number of a revoked one of another STI-CA", REASON_OK,
	 "$same_serial$ca2_inter", NULL, "RFC 5280 §5.3.3"},

	{"gone", "nothing comes from x5u", REASON_CERT_FETCH, NULL, "osp", NULL},
	{"empty", "no octets", REASON_CERT_FORM, "", "osp", NULL},
	{"html", "an error page", REASON_CERT_FORM, "<html><h1>404 Not Found</h1></html>\n", "osp",
	 NULL},
	{"no_armor", "base64 without the lines of PEM", REASON_CERT_FORM, "MIIB9jCCAZ2gAwIBAgIQ\n",
	 "osp", "RFC 7468 §2"},
	{"bad_base64", "characters that are no base64", REASON_CERT_FORM,
	 "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "osp", NULL},
	{"no_der", "base64 of what is no certificate", REASON_CERT_FORM,
	 "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "osp", NULL},
	{"broken_second", "the second certificate cannot be read", REASON_CERT_FORM,
	 "$osp-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "osp", NULL},
	{"seven", "seven certificates", REASON_CERT_FORM,
	 "$osp$ca_inter$ca_root$ca2_inter$ca2_root$rogue_inter$rogue_root", "osp",
	 "a limit of ours"},

	WITH_INTER("k1", "key on secp256k1", REASON_CERT_KEY),
	{"p384", "key on P-384", REASON_CERT_KEY, "$p384$ca_inter", "osp", NULL},
	{"rsa", "RSA key", REASON_CERT_KEY, "$rsa$ca_inter", "osp", NULL},
	{"of_k1", "the CA's key is on secp256k1", REASON_CERT_KEY, "$of_k1", NULL, NULL},

	WITH_INTER("version_1", "X.509 version 1", REASON_CERT_PROFILE),
	WITH_INTER("leaf_is_ca", "a CA by its BasicConstraints", REASON_CERT_PROFILE),
	WITH_INTER("no_usage", "no key usage", REASON_CERT_PROFILE),
	WITH_INTER("usage_more", "key usage keyAgreement too", REASON_CERT_PROFILE),
	WITH_INTER("usage_other", "key usage nonRepudiation only", REASON_CERT_PROFILE),
	{"constrained", "JWTClaimConstraints, which we do not enforce", REASON_CERT_PROFILE,
	 "$constrained$ca_inter", NULL, "RFC 8226 §8"},
	{"constrained_9118", "EnhancedJWTClaimConstraints, likewise", REASON_CERT_PROFILE,
	 "$constrained_9118$ca_inter", NULL, "RFC 9118 §4"},
	{"inter_first", "the intermediate stands before the leaf", REASON_CERT_PROFILE,
	 "$ca_inter$osp", "osp", "RFC 7515 §4.1.5"},

	WITH_INTER("no_tnauth", "no TNAuthList", REASON_CERT_SPC),
	WITH_INTER("two_spcs", "two SPCs", REASON_CERT_SPC),
	WITH_INTER("one_number", "a number in place of the SPC", REASON_CERT_SPC),
	WITH_INTER("numbers", "a range of numbers in place of the SPC", REASON_CERT_SPC),
	WITH_INTER("spc_and_number", "an SPC and a number", REASON_CERT_SPC),
	WITH_INTER("dashed_spc", "an SPC with a dash", REASON_CERT_SPC),
	WITH_INTER("tnauth_empty", "an empty TNAuthList", REASON_CERT_SPC),
	WITH_INTER("tnauth_implicit", "SPC tagged implicitly", REASON_CERT_SPC),
	WITH_INTER("tnauth_utf8", "SPC as UTF8String", REASON_CERT_SPC),
	WITH_INTER("tnauth_long_form", "BER that is not DER: a length in long form",
		   REASON_CERT_SPC),
	WITH_INTER("tnauth_trailing", "octets behind the TNAuthList", REASON_CERT_SPC),
	WITH_INTER("tnauth_cut", "a TNAuthList that is cut off", REASON_CERT_SPC),
	WITH_INTER("tnauth_string", "an IA5String in place of the TNAuthList", REASON_CERT_SPC),
	WITH_INTER("tnauth_no_spc", "an SPC without a character", REASON_CERT_SPC),
	WITH_INTER("tnauth_long_spc", "an SPC of 17 characters", REASON_CERT_SPC),
	WITH_INTER("tnauth_twice", "the extension TNAuthList twice", REASON_CERT_SPC),

	WITH_INTER("ended", "expired a second ago", REASON_CERT_DATE),
	WITH_INTER("ended_long_ago", "expired a year ago", REASON_CERT_DATE),
	WITH_INTER("begins_later", "not valid before the next second", REASON_CERT_DATE),
	{"of_expired", "the intermediate is expired", REASON_CERT_DATE, "$of_expired$inter_expired",
	 NULL, NULL},
	{"of_old", "the approved root is expired", REASON_CERT_DATE, "$of_old", NULL, NULL},

	{"no_inter", "the intermediate is missing", REASON_CERT_UNTRUSTED, "$osp", "osp",
	 "RFC 7515 §4.1.5"},
	{"other_inter", "another STI-CA's intermediate", REASON_CERT_UNTRUSTED, "$osp$ca2_inter",
	 "osp", NULL},
	{"rogue", "the STI-CA is not approved", REASON_CERT_UNTRUSTED, "$rogue$rogue_inter", NULL,
	 NULL},
	{"rogue_with_root", "the STI-CA is not approved; its root is in the chain",
	 REASON_CERT_UNTRUSTED, "$rogue$rogue_inter$rogue_root", "rogue", NULL},
	{"impostor", "an STI-CA with the names of an approved one", REASON_CERT_UNTRUSTED,
	 "$impostor$false_inter$false_root", NULL, NULL},
	{"self_signed", "a certificate that signed itself", REASON_CERT_UNTRUSTED, "$self_signed",
	 NULL, NULL},

	WITH_INTER("broken", "signature of the certificate does not verify", REASON_CERT_CHAIN),
	{"of_broken", "signature of the intermediate does not verify", REASON_CERT_CHAIN,
	 "$of_broken$inter_broken", NULL, NULL},
	WITH_INTER("unknown_critical", "an unknown extension that is critical", REASON_CERT_CHAIN),
	{"of_leaf", "issued by an end entity", REASON_CERT_CHAIN, "$of_leaf$osp$ca_inter", NULL,
	 NULL},
	{"of_no_ca", "issued by an intermediate that is no CA", REASON_CERT_CHAIN,
	 "$of_no_ca$inter_no_ca", NULL, NULL},
	{"of_no_sign", "issued by an intermediate without keyCertSign", REASON_CERT_CHAIN,
	 "$of_no_sign$inter_no_sign", NULL, NULL},
	{"too_deep", "below a CA whose path length is 0", REASON_CERT_CHAIN,
	 "$too_deep$inter_below$ca_inter", NULL, NULL},

	WITH_INTER("revoked", "the certificate is revoked", REASON_CERT_REVOKED),
	{"of_revoked", "the intermediate is revoked", REASON_CERT_REVOKED,
	 "$of_revoked$inter_revoked", NULL, NULL},
};

const size_t vector_cred_rows_n = ROWS(vector_cred_rows);
