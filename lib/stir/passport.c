#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/b64url.h"
#include "lib/stir/passport.h"

/* A JSON number is exact up to here (RFC 8259 6); as seconds it is far beyond any clock */
#define IAT_MAX (INT64_C(1) << 53)

/* Header, payload, signature: text between two dots, and nothing else (RFC 7515 7.1) */
static int split(struct sv part[3], struct sv token, struct fault *fault)
{
	struct sv rest = token;

	if (token.l == 0)
		return fault_set(fault, REASON_FORM, "three parts joined by dots", "nothing");
	for (int i = 0; i < 3; i++) {
		if (!rest.p)
			return fault_set(fault, REASON_FORM, "three parts joined by dots",
					 "%d part%s", i, i == 1 ? "" : "s");
		part[i] = sv_cut(&rest, '.');
	}
	if (rest.p)
		return fault_set(fault, REASON_FORM, "three parts joined by dots", "more of them");
	if (!part[0].l && !part[1].l && part[2].l)
		return fault_set(fault, REASON_COMPACT_FORM,
				 "header and payload before the signature", "the signature alone");
	if (!part[0].l || !part[1].l || !part[2].l)
		return fault_set(fault, REASON_FORM, "three parts joined by dots", "an empty %s",
				 !part[0].l   ? "header"
				 : !part[1].l ? "payload"
					      : "signature");
	return 0;
}

/* Why b64url_decode() refused the part */
static int refuse_base64(struct sv part, const char *want, struct fault *fault)
{
	for (size_t i = 0; i < part.l; i++) {
		unsigned char c = (unsigned char)part.p[i];

		if (!isalnum(c) && c != '-' && c != '_')
			return fault_set(fault, REASON_FORM, want, "octet 0x%02x (%c) at %zu", c, c,
					 i);
	}
	if (part.l % 4 == 1)
		return fault_set(fault, REASON_FORM, want, "%zu characters, no such length",
				 part.l);
	return fault_set(fault, REASON_FORM, want, "trailing bits that are not zero");
}

static int decode(struct buf *ret, struct sv part, const char *name, struct fault *fault)
{
	char want[80];
	int err = b64url_decode(ret, part);

	if (err != EBADMSG)
		return err;
	(void)snprintf(want, sizeof(want), "%s in base64url without padding", name);
	return refuse_base64(part, want, fault);
}

/* The part as a JSON object; its octets are not needed any more afterwards */
static int parse_object(json_t **ret, struct sv part, const char *name, struct fault *fault)
{
	BUF_AUTO struct buf octets = BUF(PASSPORT_MAX_LEN);
	char want[80];
	json_error_t je;
	json_t *v;
	int err = decode(&octets, part, name, fault);

	if (err)
		return err;
	/* RFC 8225 9: no member twice; jansson refuses what is not UTF-8 */
	v = json_loadb(octets.p, octets.l, JSON_REJECT_DUPLICATES, &je);
	if (!v && json_error_code(&je) == json_error_out_of_memory)
		return ENOMEM;
	(void)snprintf(want, sizeof(want), "%s that is a JSON object", name);
	if (!v)
		return fault_set(fault, REASON_FORM, want, "%s (octet %d)", je.text, je.position);
	if (!json_is_object(v)) {
		json_decref(v);
		return fault_set(fault, REASON_FORM, want, "an array");
	}
	*ret = v;
	return 0;
}

static int parse_signature(uint8_t ret[ES256_SIG_LEN], struct sv part, struct fault *fault)
{
	BUF_AUTO struct buf octets = BUF(PASSPORT_MAX_LEN);
	int err = decode(&octets, part, "signature", fault);

	if (err)
		return err;
	/* RFC 7518 3.4: R and S, not the DER of X.509 */
	if (octets.l != ES256_SIG_LEN)
		return fault_set(fault, REASON_SIGNATURE, "R and S of 32 octets each",
				 "%zu octets%s", octets.l,
				 octets.p[0] == 0x30 ? " (looks like DER)" : "");
	memcpy(ret, octets.p, ES256_SIG_LEN);
	return 0;
}

/* Empty when the member is not there or is no string */
static struct sv string_member(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return (struct sv){json_string_value(v), json_string_length(v)};
}

static void read_members(struct passport *pp)
{
	const json_t *iat = json_object_get(pp->claims, "iat");

	pp->alg = string_member(pp->header, "alg");
	pp->typ = string_member(pp->header, "typ");
	pp->ppt = string_member(pp->header, "ppt");
	pp->x5u = string_member(pp->header, "x5u");
	pp->orig_tn = string_member(json_object_get(pp->claims, "orig"), "tn");
	pp->attest = string_member(pp->claims, "attest");
	pp->origid = string_member(pp->claims, "origid");
	pp->div_tn = string_member(json_object_get(pp->claims, "div"), "tn");
	pp->has_iat = json_is_integer(iat) && json_integer_value(iat) >= 0 &&
		      json_integer_value(iat) <= IAT_MAX;
	pp->iat_s = pp->has_iat ? json_integer_value(iat) : 0;
}

/* A copy of the token, nothing read of it yet; NULL when out of memory */
static struct passport *passport_alloc(struct sv token)
{
	struct passport *pp = calloc(1, sizeof(*pp));
	char *copy = sv_dup(token);

	if (!pp || !copy) {
		free(pp);
		free(copy);
		return NULL;
	}
	pp->refs = 1;
	pp->token = (struct sv){copy, token.l};
	return pp;
}

static int parse_parts(struct passport *pp, struct fault *fault)
{
	struct sv part[3] = {{NULL, 0}};
	int err = split(part, pp->token, fault);

	if (!err)
		err = parse_object(&pp->header, part[0], "header", fault);
	if (!err)
		err = parse_object(&pp->claims, part[1], "payload", fault);
	if (!err)
		err = parse_signature(pp->sig, part[2], fault);
	if (err)
		return err;
	pp->signing_input = (struct sv){pp->token.p, part[0].l + 1 + part[1].l};
	read_members(pp);
	return 0;
}

int passport_parse(struct passport **ret, struct sv token, struct fault *fault)
{
	struct passport *pp;
	int err;

	if (token.l > PASSPORT_MAX_LEN)
		return fault_set(fault, REASON_TOO_LONG,
				 "at most " TEXT_OF(PASSPORT_MAX_LEN) " octets", "%zu octets",
				 token.l);
	pp = passport_alloc(token);
	if (!pp)
		return ENOMEM;
	err = parse_parts(pp, fault);
	if (err)
		passport_unref(pp);
	else
		*ret = pp;
	return err;
}

struct passport *passport_ref(struct passport *pp)
{
	pp->refs++;
	return pp;
}

void passport_unref(struct passport *pp)
{
	if (!pp || --pp->refs)
		return;
	json_decref(pp->header);
	json_decref(pp->claims);
	free((char *)(uintptr_t)pp->token.p);
	free(pp);
}

size_t passport_dest_count(const struct passport *pp)
{
	const json_t *tn = json_object_get(json_object_get(pp->claims, "dest"), "tn");
	size_t n = json_array_size(tn);

	for (size_t i = 0; i < n; i++)
		if (!json_is_string(json_array_get(tn, i)))
			return 0;
	return n;
}

struct sv passport_dest(const struct passport *pp, size_t i)
{
	const json_t *tn = json_object_get(json_object_get(pp->claims, "dest"), "tn");
	const json_t *v = json_array_get(tn, i);

	return (struct sv){json_string_value(v), json_string_length(v)};
}

/* Is v one of an array of strings? An array that holds anything else holds nothing */
static bool array_has(const json_t *array, struct sv v)
{
	size_t i;
	const json_t *s;
	bool found = false;

	json_array_foreach (array, i, s) {
		if (!json_is_string(s))
			return false;
		found = found || sv_eq((struct sv){json_string_value(s), json_string_length(s)}, v);
	}
	return found;
}

bool passport_dest_has(const struct passport *pp, const struct tn *tn)
{
	return array_has(json_object_get(json_object_get(pp->claims, "dest"), "tn"), tn_sv(tn));
}

bool passport_leads_to(const struct passport *pp, const struct passport *later)
{
	const json_t *dest = json_object_get(pp->claims, "dest");
	struct sv uri = string_member(json_object_get(later->claims, "div"), "uri");

	if (!sv_eqz(later->ppt, "div"))
		return false;
	if (later->div_tn.l)
		return array_has(json_object_get(dest, "tn"), later->div_tn);
	return uri.l && array_has(json_object_get(dest, "uri"), uri);
}
