/* Vectors of Identity headers: how a good PASSporT is carried in-band, right and wrong. */
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

/* $t: the token; $t2: another one; $x5u: where its certificate is */
struct row {
	const char *id, *title;
	enum reason reason;
	const char *value;
	struct vector_jws jws;
	const char *x5u, *clause;
};

#define GOOD(name, text, header, ...)                                                        \
	{                                                                                    \
		.id = name, .title = text, .reason = REASON_OK, .value = header, __VA_ARGS__ \
	}
#define BAD(name, text, why, header, ...)                                                       \
	{                                                                                       \
		.id = name, .title = text, .reason = REASON_##why, .value = header, __VA_ARGS__ \
	}

#define BASE                                                                              \
	{                                                                                 \
		.header = "{\"ppt\":null}", .claims = "{\"attest\":null,\"origid\":null}" \
	}

static const struct row rows[] = {
	GOOD("usual", "all parameters", "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"", ),
	GOOD("ppt-bare", "ppt without quotes", "$t;info=<$x5u>;alg=ES256;ppt=shaken",
	     .clause = "RFC 8224 §4.1"),
	GOOD("alg-quoted", "alg in quotes", "$t;info=<$x5u>;alg=\"ES256\";ppt=\"shaken\"", ),
	GOOD("order", "another order of the parameters",
	     "$t;ppt=\"shaken\";alg=ES256;info=<$x5u>", ),
	GOOD("upper", "names of parameters in upper case",
	     "$t;INFO=<$x5u>;Alg=ES256;PPT=\"shaken\"", .clause = "RFC 3261 §7.3.1"),
	GOOD("info-only", "info alone", "$t;info=<$x5u>", .clause = "RFC 8224 §4.1"),
	GOOD("no-alg", "no alg", "$t;info=<$x5u>;ppt=\"shaken\"", .clause = "RFC 8224 §4.1"),
	GOOD("no-ppt", "no ppt", "$t;info=<$x5u>;alg=ES256", ),
	GOOD("base", "a base PASSporT, without ppt", "$t;info=<$x5u>;alg=ES256", .jws = BASE),
	GOOD("blanks", "blanks around semicolons and equal signs",
	     "$t ; info = <$x5u> ; alg = ES256 ;\tppt = \"shaken\"", .clause = "RFC 3261 §25.1"),
	GOOD("folded", "folded over several lines",
	     "$t;\r\n info=<$x5u>;\r\n\talg=ES256;\r\n ppt=\"shaken\"",
	     .clause = "RFC 3261 §7.3.1"),
	GOOD("blanks-around", "blanks before and behind", "  $t;info=<$x5u>;alg=ES256  ", ),
	GOOD("unknown-param", "a parameter that nobody knows",
	     "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\";canon=yes", .clause = "RFC 8224 §4"),
	GOOD("unknown-bare", "a parameter without a value", "$t;info=<$x5u>;lr;alg=ES256",
	     .clause = "RFC 3261 §25.1"),
	GOOD("unknown-quoted", "semicolon, comma and quote inside of a quoted value",
	     "$t;note=\"a;b,c\\\"d<\";info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	     .clause = "RFC 3261 §25.1"),
	GOOD("uri-signs", "semicolon and comma inside of the URI", "$t;info=<$x5u>;alg=ES256",
	     .x5u = "https://cr.pki.example:8443/a;v=1,2/osp.pem", .clause = "RFC 3261 §20"),
	GOOD("two", "two values in one header",
	     "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\", $t2;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	     .clause = "RFC 3261 §7.3.1"),

	BAD("empty", "an empty header", IDENTITY_FORM, "", ),
	BAD("blank", "blanks alone", IDENTITY_FORM, " \t ", ),
	BAD("no-token", "no PASSporT", IDENTITY_FORM, ";info=<$x5u>;alg=ES256", ),
	BAD("quoted-token", "the PASSporT in quotes", IDENTITY_FORM, "\"$t\";info=<$x5u>;alg=ES256",
	    .clause = "RFC 8224 §4"),
	BAD("name-too", "the header's name stands in its value", IDENTITY_FORM,
	    "Identity: $t;info=<$x5u>;alg=ES256", ),
	BAD("blank-in-token", "a blank inside of the PASSporT", IDENTITY_FORM,
	    "$t $t;info=<$x5u>;alg=ES256", ),
	BAD("octet-255", "an octet that is no character", IDENTITY_FORM,
	    "\xff$t;info=<$x5u>;alg=ES256", ),
	BAD("semicolon-behind", "a semicolon behind the last parameter", IDENTITY_FORM,
	    "$t;info=<$x5u>;alg=ES256;", ),
	BAD("no-name", "a parameter without a name", IDENTITY_FORM, "$t;info=<$x5u>;=ES256", ),
	BAD("blank-name", "a blank in the name of a parameter", IDENTITY_FORM,
	    "$t;info=<$x5u>;a b=c", ),
	BAD("info-twice", "info twice", IDENTITY_FORM, "$t;info=<$x5u>;info=<$x5u>;alg=ES256", ),
	BAD("alg-twice", "alg twice", IDENTITY_FORM, "$t;info=<$x5u>;alg=ES256;alg=ES256", ),
	BAD("ppt-twice", "ppt twice", IDENTITY_FORM, "$t;info=<$x5u>;ppt=shaken;ppt=\"shaken\"", ),
	BAD("alg-empty", "alg without a value", IDENTITY_FORM, "$t;info=<$x5u>;alg=", ),
	BAD("alg-missing-value", "alg without an equal sign", IDENTITY_FORM,
	    "$t;info=<$x5u>;alg", ),
	BAD("alg-blank", "alg of two words", IDENTITY_FORM, "$t;info=<$x5u>;alg=ES 256", ),
	BAD("ppt-open", "quotes around ppt that do not end", IDENTITY_FORM,
	    "$t;info=<$x5u>;ppt=\"shaken", ),
	BAD("old-form", "the form of RFC 4474: a signature in quotes", IDENTITY_FORM,
	    "\"ZYNBbHC00VMZr2kZt6VmCvPonWJMGvQTBDqghoWeLxJfzB2a1pxAr3VgrB0SsSAaifsRdiOPoQZYOy2wrV"
	    "ghuhcsMbHWUSFxI6p6q5TOQXHMmz6uEo3svJsSH49thyGnFVcnyaZ++yRlBYYQTLqWzJ+KVhPKbfU/pryhVn"
	    "9Yc6U=\"",
	    .clause = "RFC 8224 §1"),

	BAD("no-info", "no info", INFO_MISSING, "$t;alg=ES256;ppt=\"shaken\"", ),
	BAD("token-alone", "nothing but the PASSporT", INFO_MISSING, "$t", ),
	BAD("info-bare", "info without angle brackets", INFO_MISSING, "$t;info=$x5u;alg=ES256", ),
	BAD("info-quoted", "info in quotes", INFO_MISSING, "$t;info=\"$x5u\";alg=ES256", ),
	BAD("info-empty", "an empty URI", INFO_MISSING, "$t;info=<>;alg=ES256", ),
	BAD("info-no-value", "info without a value", INFO_MISSING, "$t;info;alg=ES256", ),
	BAD("info-relative", "info is a path", INFO_MISSING, "$t;info=</osp.pem>;alg=ES256", ),
	BAD("info-blank", "a blank in the URI", INFO_MISSING, "$t;info=<https://a b>;alg=ES256", ),
	BAD("info-open", "an angle bracket that does not end", INFO_MISSING, "$t;info=<$x5u", ),

	BAD("info-other", "info is another URL than x5u", INFO_MISMATCH,
	    "$t;info=<https://cr.pki.example:8443/certificates/tsp.pem>;alg=ES256", ),
	BAD("info-case", "info differs from x5u by the case of the host", INFO_MISMATCH,
	    "$t;info=<https://CR.pki.example:8443/certificates/osp.pem>;alg=ES256",
	    .clause = "RFC 8224 §4.1, RFC 3986 §6.2.1"),
	BAD("info-percent", "info differs from x5u by percent-encoding", INFO_MISMATCH,
	    "$t;info=<https://cr.pki.example:8443/certificates/%6fsp.pem>;alg=ES256",
	    .clause = "RFC 8224 §4.1, RFC 3986 §6.2.1"),
	BAD("info-http", "info differs from x5u by its scheme", INFO_MISMATCH,
	    "$t;info=<http://cr.pki.example:8443/certificates/osp.pem>;alg=ES256", ),

	BAD("alg-other", "alg is another than in the token", PARAM_MISMATCH,
	    "$t;info=<$x5u>;alg=ES384;ppt=\"shaken\"", ),
	BAD("alg-case", "alg in lower case", PARAM_MISMATCH,
	    "$t;info=<$x5u>;alg=es256;ppt=\"shaken\"", ),
	BAD("ppt-other", "ppt is another than in the token", PARAM_MISMATCH,
	    "$t;info=<$x5u>;alg=ES256;ppt=\"div\"", ),
	BAD("ppt-too-much", "ppt beside a base PASSporT", PARAM_MISMATCH,
	    "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"", .jws = BASE),

	BAD("compact", "compact form", COMPACT_FORM, "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	    .jws = {.shape = "..$s"}),
	BAD("padded", "base64url with padding", FORM, "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	    .jws = {.shape = "$h.$p.$s=="}),
	BAD("der", "a signature in DER", SIGNATURE, "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	    .jws = {.sig = "der"}),
	BAD("forged", "a signature that does not verify", SIGNATURE,
	    "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"", .jws = {.sig = "flip-s"}),
	BAD("stale", "signed 61 seconds ago", STALE, "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	    .jws = {.claims = "{\"iat\":$now-61}"}),
	BAD("orig", "another caller", ORIG_MISMATCH, "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	    .jws = {.claims = "{\"orig\":{\"tn\":\"12025550100\"}}"}),
	BAD("dest", "another called number", DEST_MISMATCH,
	    "$t;info=<$x5u>;alg=ES256;ppt=\"shaken\"",
	    .jws = {.claims = "{\"dest\":{\"tn\":[\"12025550100\"]}}"}),
};

static json_t *input_of(struct sv header)
{
	json_t *o = json_object();

	if (vector_set_octets(o, "header", header) ||
	    json_object_set_new(
		    o, "call", json_pack("{s:s, s:s}", "orig", VECTOR_ORIG, "dest", VECTOR_DEST))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int give(struct vector_sink *sink, const struct row *row, struct err *e)
{
	const char *x5u = row->x5u ? row->x5u : VECTOR_CR "osp.pem";
	BUF_AUTO struct buf t = BUF(VECTOR_TEXT_MAX), t2 = BUF(VECTOR_TEXT_MAX),
			    value = BUF(VECTOR_TEXT_MAX);
	AUTO(json_decref) json_t *fetch = json_object();
	struct vector_var v[] = {{"x5u", sv_from(x5u)},
				 {"orig", SV(VECTOR_ORIG)},
				 {"dest", SV(VECTOR_DEST)},
				 {"t", {0}},
				 {"t2", {0}}};
	const struct vector_vars vars = {v, 3, vector_scene_vars(sink->scene)};
	const struct vector_vars all = {v, sizeof(v) / sizeof(v[0]), NULL};
	char id[64];
	int err;

	(void)snprintf(id, sizeof(id), "identity %s", row->id);
	err = vector_passport(&t, sink->scene, id, &vars, "osp", &row->jws, e);
	if (!err)
		err = vector_passport(&t2, sink->scene, "identity second", &vars, "osp",
				      &(struct vector_jws){0}, e);
	v[3].value = buf_sv(&t);
	v[4].value = buf_sv(&t2);
	if (!err)
		err = vector_expand(&value, row->value, &all, e);
	if (!err)
		err = vector_fetch_add(fetch, sink->scene, "osp", x5u, e);
	if (err) {
		err_prefix(e, "identity/%s: ", row->id);
		return err;
	}
	return vector_give(sink,
			   &(struct vector){.kind = "identity",
					    .name = row->id,
					    .title = row->title,
					    .reason = row->reason,
					    .clause = row->clause,
					    .by = "vs",
					    .input = input_of(buf_sv(&value)),
					    .fetch = json_incref(fetch),
					    .index = -1},
			   e);
}

int vector_identities(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(rows) / sizeof(rows[0]); i++)
		err = give(sink, &rows[i], e);
	return err;
}
