/* One row a list. What is not said is usual: of the STI-PA, signed by it, two OCNs, good for a day. */
#include "sim/oobsim/vector/vector_list.h"

#define GOOD(name, text, ...)                                               \
	{                                                                   \
		.id = name, .title = text, .reason = REASON_OK, __VA_ARGS__ \
	}
#define BAD(name, text, why, ...)                                              \
	{                                                                      \
		.id = name, .title = text, .reason = REASON_##why, __VA_ARGS__ \
	}
#define HEADER(name, text, why, change) BAD(name, text, why, .jws = {.header = (change)})
#define CLAIMS(name, text, why, change) BAD(name, text, why, .jws = {.claims = (change)})
#define SHAPE(name, text, form)         BAD(name, text, LIST_FORM, .jws = {.shape = (form)})
#define SIG(name, text, change)         BAD(name, text, LIST_SIGNATURE, .jws = {.sig = (change)})
#define URL(name, text, url)            CLAIMS(name, text, MAP_URL, "{\"cpsMapping\":{\"5678\":" url "}}")
#define KEY(name, text, key) \
	CLAIMS(name, text, MAP_KEY, "{\"cpsMapping\":{\"" key "\":\"https://cps.example/\"}}")

#define LESS "{\"sequence\":6}"
#define SAME "{}"
#define MORE "{\"sequence\":8}"

const struct vector_list_row vector_list_rows[] = {
	GOOD("usual", "of the STI-PA", ),
	GOOD("of-ca", "of an STI-CA", .ca = true, .clause = "6.1.2"),
	GOOD("of-ca-with-root", "of an STI-CA, its root in the chain", .ca = true,
	     .chain = "$ca_lister$ca_root", .clause = "6.1.2"),
	GOOD("pa-without-crl", "of the STI-PA, when there is no CRL: it is not asked",
	     .trust = "crl_none", .clause = "6.1.2"),
	GOOD("empty", "a mapping of nobody",
	     .jws = {.claims = "{\"cpsMapping\":"
			       "{\"1234\":null,\"5678\":null}}"}),
	GOOD("blanks", "white space in header and claims",
	     .jws = {.header = "={ \"typ\" : \"JWT\", \"alg\" : \"ES256\",\n \"x5u\" : "
			       "\"https://cr.pki.example:8443/lists/signer.pem\" }",
		     .claims = "={ \"sequence\" : 7 , \"exp\" : $now+86400 ,\r\n \"version\" : "
			       "\"1.0\", \"cpsMapping\" : { \"5678\" : \"https://cps.example/\" } "
			       "}"}),
	GOOD("more-members", "header members and claims that nobody knows",
	     .jws = {.header = "{\"kid\":\"1\"}", .claims = "{\"iss\":\"STI-PA\",\"n\":[1]}"}),
	GOOD("letters", "OCNs with letters",
	     .jws = {.claims = "{\"cpsMapping\":{\"818H\":\"https://cps.third.example/a\"}}"}),
	GOOD("carriers", "a mapping of CICs beside it",
	     .jws = {.claims = "{\"cicMapping\":{\"0288\":\"https://cps.tsp.example/288\"}}"},
	     .clause = "6.2"),
	GOOD("url-query", "a URL with a query",
	     .jws = {.claims =
			     "{\"cpsMapping\":{\"5678\":\"https://cps.example:9443/p?o=5678\"}}"}),
	GOOD("url-upper", "the scheme in upper case",
	     .jws = {.claims = "{\"cpsMapping\":{\"5678\":\"HTTPS://cps.example/\"}}"},
	     .clause = "RFC 3986 §3.1"),
	GOOD("last-second", "its last second", .jws = {.claims = "{\"exp\":$now+1}"}),
	GOOD("first-sequence", "sequence 0", .jws = {.claims = "{\"sequence\":0}"}),
	GOOD("newer", "a higher sequence than that of the one held", .held = LESS),
	GOOD("again", "the one that is held", .held = SAME),
	GOOD("longer", "the same content under the same sequence, good for longer",
	     .jws = {.claims = "{\"exp\":$now+172800}"}, .held = SAME),
	GOOD("other-authority", "a lower sequence than that of another authority", .ca = true,
	     .held = MORE, .clause = "6.1.2"),
	GOOD("minus-s", "the other S that verifies", .jws = {.sig = "minus-s"},
	     .clause = "RFC 7518 §3.4"),

	/* --- form --- */
	SHAPE("empty-text", "no octets", ""),
	SHAPE("two-parts", "no signature part", "$h.$p"),
	SHAPE("no-signature", "an empty signature part", "$h.$p."),
	SHAPE("four-parts", "a part too many", "$h.$p.$s.$s"),
	SHAPE("padded", "padding behind the header", "$h=.$p.$s"),
	SHAPE("plus", "a plus in the payload", "$h.+$p.$s"),
	SHAPE("json", "the payload alone, as JSON", "{\"version\":\"1.0\"}"),
	HEADER("header-array", "the header is an array", LIST_FORM, "=[]"),
	HEADER("header-twice", "the header says alg twice", LIST_FORM,
	       "={\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"https://a/\"}"),
	CLAIMS("claims-array", "the payload is an array", LIST_FORM, "=[]"),
	CLAIMS("claims-text", "the payload is no JSON", LIST_FORM, "=hello"),
	CLAIMS("claims-utf8", "the payload is no UTF-8", LIST_FORM,
	       "={\"version\":\"1.0\",\"sequence\":7,\"exp\":$now+86400,\"cpsMapping\":{},\"n\":"
	       "\"\xe9\"}"),
	CLAIMS("ocn-twice", "an OCN twice", LIST_FORM,
	       "={\"version\":\"1.0\",\"sequence\":7,\"exp\":$now+86400,\"cpsMapping\":{\"5678\":"
	       "\"https://a/\",\"5678\":\"https://b/\"}}"),
	HEADER("no-alg", "no alg", LIST_FORM, "{\"alg\":null}"),
	HEADER("alg-number", "alg is a number", LIST_FORM, "{\"alg\":256}"),
	HEADER("alg-none", "alg is \"none\"", LIST_ALG, "{\"alg\":\"none\"}"),
	HEADER("alg-hs256", "alg is \"HS256\"", LIST_ALG, "{\"alg\":\"HS256\"}"),
	HEADER("alg-es384", "alg is \"ES384\"", LIST_ALG, "{\"alg\":\"ES384\"}"),
	HEADER("no-typ", "no typ", LIST_FORM, "{\"typ\":null}"),
	HEADER("typ-passport", "typ is \"passport\"", LIST_TYP, "{\"typ\":\"passport\"}"),
	HEADER("typ-lower", "typ is \"jwt\"", LIST_TYP, "{\"typ\":\"jwt\"}"),
	HEADER("no-x5u", "no x5u", LIST_FORM, "{\"x5u\":null}"),
	HEADER("x5u-http", "x5u is not protected", LIST_FORM,
	       "{\"x5u\":\"http://cr.pki.example:8080/lists/signer.pem\"}"),
	HEADER("crit", "a crit that is not understood", LIST_FORM,
	       "{\"crit\":[\"exp\"],\"exp\":1}"),
	CLAIMS("no-version", "no version", LIST_FORM, "{\"version\":null}"),
	CLAIMS("version-number", "version is a number", LIST_FORM, "{\"version\":1.0}"),
	CLAIMS("version-2", "version is \"2.0\"", LIST_VERSION, "{\"version\":\"2.0\"}"),
	CLAIMS("version-1", "version is \"1\"", LIST_VERSION, "{\"version\":\"1\"}"),
	CLAIMS("no-sequence", "no sequence", LIST_FORM, "{\"sequence\":null}"),
	CLAIMS("sequence-string", "sequence is a string", LIST_FORM, "{\"sequence\":\"7\"}"),
	CLAIMS("sequence-negative", "sequence is negative", LIST_FORM, "{\"sequence\":-7}"),
	CLAIMS("sequence-real", "sequence has a fraction", LIST_FORM, "{\"sequence\":7.5}"),
	CLAIMS("no-exp", "no exp", LIST_FORM, "{\"exp\":null}"),
	CLAIMS("exp-string", "exp is a string", LIST_FORM, "{\"exp\":\"$now\"}"),
	CLAIMS("no-mapping", "no cpsMapping", LIST_FORM, "{\"cpsMapping\":null}"),
	CLAIMS("mapping-array", "cpsMapping is an array", LIST_FORM, "{\"cpsMapping\":[]}"),
	CLAIMS("mapping-string", "cpsMapping is a URL", LIST_FORM,
	       "{\"cpsMapping\":\"https://cps.example/\"}"),
	CLAIMS("carriers-array", "cicMapping is an array", LIST_FORM, "{\"cicMapping\":[]}"),

	/* --- who signs --- */
	BAD("rogue-signer", "signed by another STI-PA of the same name", CERT_UNTRUSTED,
	    .signer = "pa_rogue_signer", .chain = "$pa_rogue_signer$pa_rogue_root"),
	BAD("ca-for-pa", "the STI-CA signs for the STI-PA", CERT_UNTRUSTED, .signer = "ca_lister"),
	BAD("pa-for-ca", "the STI-PA signs for an STI-CA", CERT_UNTRUSTED, .ca = true,
	    .signer = "pa_signer"),
	BAD("ca-not-approved", "of an STI-CA that is not approved", CERT_UNTRUSTED, .ca = true,
	    .signer = "rogue_lister"),
	BAD("provider", "signed by a provider", LIST_SIGNER, .ca = true, .signer = "osp",
	    .chain = "$osp$ca_inter"),
	BAD("mute", "signed by a certificate without digitalSignature", LIST_SIGNER,
	    .signer = "pa_signer_mute"),
	BAD("signer-expired", "the signer's certificate is expired", CERT_DATE,
	    .signer = "pa_signer_expired"),
	BAD("ca-signer-expired", "the certificate of the STI-CA's signer is expired", CERT_DATE,
	    .ca = true, .signer = "ca_lister_expired"),
	BAD("ca-signer-revoked", "the certificate of the STI-CA's signer is revoked", CERT_REVOKED,
	    .ca = true, .signer = "ca_lister_revoked"),
	BAD("no-signer", "nothing comes from x5u", CERT_FORM, .chain = ""),
	BAD("signer-garbage", "no certificate comes from x5u", CERT_FORM, .chain = "<html>"),
	BAD("ca-without-crl", "of an STI-CA, when there is no CRL", CRL_UNUSABLE, .ca = true,
	    .trust = "crl_none"),
	BAD("ca-without-list", "of an STI-CA, when there is no list of approved STI-CAs",
	    CA_LIST_UNUSABLE, .ca = true, .trust = "list_none"),

	/* --- signature --- */
	SIG("sig-flip-r", "a bit of R is another", "flip-r"),
	SIG("sig-flip-s", "a bit of S is another", "flip-s"),
	SIG("sig-zeros", "R and S are zero", "zeros"),
	SIG("sig-der", "DER, as X.509 has it", "der"),
	SIG("sig-63", "the last octet is missing", "63"),
	SIG("sig-65", "an octet of zero behind", "65"),
	BAD("sig-other-key", "signed with another key", LIST_SIGNATURE, .jws = {.key = "pa_root"}),
	BAD("sig-tampered", "a URL was changed after signing", LIST_SIGNATURE,
	    .jws = {.claims = "{\"cpsMapping\":{\"5678\":\"https://cps.rogue.example/\"}}",
		    .over = "$h.$p0"}),
	BAD("sig-later", "exp was put off after signing", LIST_SIGNATURE,
	    .jws = {.claims = "{\"exp\":$now+172800}", .over = "$h.$p0"}),

	/* --- time --- */
	CLAIMS("expired", "it runs out now", LIST_EXPIRED, "{\"exp\":$now}"),
	CLAIMS("expired-1", "it ran out a second ago", LIST_EXPIRED, "{\"exp\":$now-1}"),
	CLAIMS("expired-2020", "the exp of the specification's example", LIST_EXPIRED,
	       "{\"exp\":1590000000}"),
	BAD("rollback", "a lower sequence than that of the one held", LIST_ROLLBACK, .held = MORE),
	BAD("rollback-0", "sequence 0 when one is held", LIST_ROLLBACK,
	    .jws = {.claims = "{\"sequence\":0}"}, .held = SAME),
	BAD("changed", "other content under the sequence of the one held", LIST_CHANGED,
	    .jws = {.claims = "{\"cpsMapping\":{\"5678\":\"https://cps.other.example/\"}}"},
	    .held = SAME),
	BAD("changed-less", "an OCN less under the sequence of the one held", LIST_CHANGED,
	    .jws = {.claims = "{\"cpsMapping\":{\"5678\":null}}"}, .held = SAME),
	BAD("changed-carriers", "other carriers under the sequence of the one held", LIST_CHANGED,
	    .jws = {.claims = "{\"cicMapping\":{\"0288\":\"https://cps.example/\"}}"},
	    .held = SAME),

	/* --- content --- */
	KEY("ocn-lower", "an OCN in lower case", "818h"),
	KEY("ocn-empty", "an empty OCN", ""),
	KEY("ocn-blank", "an OCN with a blank", "56 78"),
	KEY("ocn-dash", "an OCN with a dash", "0-5678"),
	KEY("ocn-long", "an OCN of 17 characters", "12345678901234567"),
	CLAIMS("cic-letters", "a CIC with letters", MAP_KEY,
	       "{\"cicMapping\":{\"288A\":\"https://cps.example/\"}}"),
	CLAIMS("cic-plus", "a CIC with its country code", MAP_KEY,
	       "{\"cicMapping\":{\"+1-0288\":\"https://cps.example/\"}}"),
	URL("url-http", "a URL that is not protected", "\"http://cps.tsp.example/cps\""),
	URL("url-ftp", "an ftp URL", "\"ftp://cps.tsp.example/cps\""),
	URL("url-bare", "a host name", "\"cps.tsp.example\""),
	URL("url-empty", "an empty URL", "\"\""),
	URL("url-no-host", "a URL without a host", "\"https:///cps\""),
	URL("url-port-only", "a URL with a port and no host", "\"https://:8443/cps\""),
	URL("url-user", "a URL with user information", "\"https://me@cps.tsp.example/cps\""),
	URL("url-fragment", "a URL with a fragment", "\"https://cps.tsp.example/cps#1\""),
	URL("url-blank", "a URL with a blank", "\"https://cps.tsp.example/c ps\""),
	URL("url-number", "a number in place of the URL", "8443"),
	URL("url-list", "an array in place of the URL", "[\"https://cps.tsp.example/cps\"]"),
	CLAIMS("cic-http", "a carrier's URL that is not protected", MAP_URL,
	       "{\"cicMapping\":{\"0288\":\"http://cps.example/\"}}"),
};

const size_t vector_list_rows_n = sizeof(vector_list_rows) / sizeof(vector_list_rows[0]);
