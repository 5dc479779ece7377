#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/b64url.h"
#include "lib/stir/passport.h"

DEFINE_AUTO(json_t, json_decref)

static int dump_to_buf(const char *p, size_t l, void *arg)
{
	return buf_add(arg, p, l) ? -1 : 0;
}

int json_canonical(struct buf *ret, const json_t *value)
{
	if (!json_is_object(value) && !json_is_array(value))
		return EINVAL;
	/* the order of octets in UTF-8 is the order of code points */
	if (json_dump_callback(value, dump_to_buf, ret, JSON_COMPACT | JSON_SORT_KEYS))
		return ret->err ? ret->err : ENOMEM;
	return 0;
}

static int add_part(struct buf *ret, const json_t *object)
{
	BUF_AUTO struct buf text = BUF(ret->max);
	int err = json_canonical(&text, object);

	return err ? err : b64url_encode(ret, text.p, text.l);
}

int jws_sign(struct buf *ret, const json_t *header, const json_t *claims,
	     const struct stir_key *key)
{
	BUF_AUTO struct buf token = BUF(ret->max - ret->l);
	uint8_t sig[ES256_SIG_LEN];
	int err = add_part(&token, header);

	if (!err)
		err = buf_addz(&token, ".");
	if (!err)
		err = add_part(&token, claims);
	if (!err)
		err = key_sign(key, buf_sv(&token), sig);
	if (!err)
		err = buf_addz(&token, ".");
	if (!err)
		err = b64url_encode(&token, sig, sizeof(sig));
	return err ? err : buf_addsv(ret, buf_sv(&token));
}

static int by_octets(const void *a, const void *b)
{
	return strcmp(((const struct tn *)a)->s, ((const struct tn *)b)->s);
}

/* {"tn":[…]} in lexicographic order (RFC 8225 5.2.1) */
static json_t *dest_claim(const struct tn *dest, size_t n)
{
	struct tn *sorted = calloc(n, sizeof(*sorted));
	json_t *array = json_array();

	if (!sorted || !array) {
		free(sorted);
		json_decref(array);
		return NULL;
	}
	memcpy(sorted, dest, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_octets);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, json_string(sorted[i].s));
	free(sorted);
	return json_pack("{s:o}", "tn", array);
}

static json_t *claims_of(const struct passport_spec *spec)
{
	json_t *div = spec->div ? json_pack("{s:s}", "tn", spec->div->s) : NULL;
	json_t *v = json_pack("{s:o, s:I, s:{s:s}, s:s*, s:s*, s:o*}", "dest",
			      dest_claim(spec->dest, spec->dest_count), "iat",
			      (json_int_t)spec->iat_s, "orig", "tn", spec->orig->s, "attest",
			      spec->attest, "origid", spec->origid, "div", div);

	if (v && spec->div && !div) {
		json_decref(v);
		return NULL;
	}
	if (v && spec->extra && json_object_update(v, (json_t *)(uintptr_t)spec->extra)) {
		json_decref(v);
		return NULL;
	}
	return v;
}

/* RFC 8946 3: div and nothing of the original but orig; only when the target changes */
static bool is_wrong_div(const struct passport_spec *spec)
{
	bool is_div = spec->ppt && strcmp(spec->ppt, "div") == 0;

	if (is_div != (spec->div != NULL))
		return true;
	if (!is_div)
		return false;
	for (size_t i = 0; i < spec->dest_count; i++)
		if (tn_eq(&spec->dest[i], spec->div))
			return true;
	return spec->attest || spec->origid;
}

int passport_sign(struct buf *ret, const struct passport_spec *spec, const struct stir_key *key)
{
	AUTO(json_decref) json_t *header = NULL;
	AUTO(json_decref) json_t *claims = NULL;

	if (!spec->x5u || !spec->orig || !spec->dest || !spec->dest_count || spec->iat_s < 0 ||
	    (spec->extra && !json_is_object(spec->extra)) || is_wrong_div(spec))
		return EINVAL;
	header = json_pack("{s:s, s:s*, s:s, s:s}", "alg", "ES256", "ppt", spec->ppt, "typ",
			   "passport", "x5u", spec->x5u);
	claims = claims_of(spec);
	if (!header || !claims)
		return ENOMEM;
	return jws_sign(ret, header, claims, key);
}
