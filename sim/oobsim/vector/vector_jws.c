#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

/* A leading octet of zero comes once in 256 signatures */
#define TRIES_MAX 8192

/* Parts as they stand in the text */
struct parts {
	struct buf header, payload, usual_payload, sig, trailing;
	uint8_t octets[ES256_SIG_LEN];
};

static void parts_free(struct parts *p)
{
	buf_free(&p->header);
	buf_free(&p->payload);
	buf_free(&p->usual_payload);
	buf_free(&p->sig);
	buf_free(&p->trailing);
}

/* One part in base64url: patched, or the octets that the row has in its place */
static int add_part(struct buf *ret, const char *base, const char *change,
		    const struct vector_vars *vars, struct err *e)
{
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	AUTO(json_decref) json_t *v = NULL;
	int err;

	if (change && *change == '=') {
		err = vector_expand(&text, change + 1, vars, e);
	} else {
		v = vector_patched(base, change, vars, e);
		err = v ? json_canonical(&text, v) : EINVAL;
	}
	buf_reset(ret);
	return err ? err : b64url_encode(ret, text.p, text.l);
}

/* base64url with a bit set that stands for no octet (RFC 4648 3.5) */
static int add_trailing_bits(struct buf *ret, const struct buf *sig)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *last = sig->l ? strchr(alphabet, sig->p[sig->l - 1]) : NULL;

	if (!last || sig->l % 4 == 0)
		return buf_addsv(ret, buf_sv(sig));
	(void)buf_add(ret, sig->p, sig->l - 1);
	return buf_add(ret, last + 1, 1);
}

static int add_signature(struct parts *p, const struct vector_sig *change)
{
	BUF_AUTO struct buf octets = BUF(VECTOR_TEXT_MAX);

	if (change && change->change)
		change->change(&octets, p->octets);
	else
		(void)buf_add(&octets, p->octets, sizeof(p->octets));
	if (octets.err)
		return octets.err;
	(void)b64url_encode(&p->sig, octets.p, octets.l);
	return add_trailing_bits(&p->trailing, &p->sig);
}

/* Header, payload, and the signature over what the row says is signed */
static int try_once(struct parts *p, const struct vector_jws_base *base,
		    const struct vector_jws *row, const struct vector_vars *vars,
		    const struct stir_key *key, struct err *e)
{
	BUF_AUTO struct buf over = BUF(VECTOR_TEXT_MAX);
	int err = add_part(&p->header, base->header, row->header, vars, e);
	struct vector_var v[] = {{"h", {0}}, {"p", {0}}, {"p0", {0}}};
	struct vector_vars parts = {v, sizeof(v) / sizeof(v[0]), vars};

	if (!err)
		err = add_part(&p->payload, base->claims, row->claims, vars, e);
	if (!err)
		err = add_part(&p->usual_payload, base->claims, NULL, vars, e);
	if (err)
		return err;
	v[0].value = buf_sv(&p->header);
	v[1].value = buf_sv(&p->payload);
	v[2].value = buf_sv(&p->usual_payload);
	err = vector_expand(&over, row->over ? row->over : "$h.$p", &parts, e);
	return err ? err : key_sign(key, buf_sv(&over), p->octets);
}

/* With another origid each time until the signature begins as it is to */
static int make(struct parts *p, const struct vector_scene *scene,
		const struct vector_jws_base *base, const struct vector_jws *row,
		const struct vector_sig *change, const struct stir_key *key, struct err *e)
{
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		char name[128], uuid[UUID_LEN + 1];
		struct vector_var v = {"origid", {uuid, UUID_LEN}};
		struct vector_vars vars = {&v, 1, base->vars};
		int err;

		(void)snprintf(name, sizeof(name), "origid %s %u", base->id, i);
		vector_uuid(scene, name, uuid);
		err = try_once(p, base, row, &vars, key, e);
		if (err || !change || change->lead < 0 || p->octets[change->lead] == 0)
			return err;
	}
	return err_set(e, EINVAL, "no signature begins with a zero");
}

static int write(struct buf *ret, const struct parts *p, const struct vector_jws *row,
		 const struct vector_vars *vars, struct err *e)
{
	const struct vector_var v[] = {{"h", buf_sv(&p->header)},
				       {"p", buf_sv(&p->payload)},
				       {"s", buf_sv(&p->sig)},
				       {"q", buf_sv(&p->trailing)}};
	const struct vector_vars parts = {v, sizeof(v) / sizeof(v[0]), vars};

	return vector_expand(ret, row->shape ? row->shape : "$h.$p.$s", &parts, e);
}

int vector_jws(struct buf *ret, const struct vector_scene *scene,
	       const struct vector_jws_base *base, const struct vector_jws *row, struct err *e)
{
	const struct vector_sig *change = row->sig ? vector_sig_find(row->sig) : NULL;
	const char *by = row->key ? row->key : base->key;
	const struct stir_key *key = vector_key(scene, by);
	__attribute__((cleanup(parts_free))) struct parts p = {
		.header = BUF(VECTOR_TEXT_MAX),
		.payload = BUF(VECTOR_TEXT_MAX),
		.usual_payload = BUF(VECTOR_TEXT_MAX),
		.sig = BUF(VECTOR_TEXT_MAX),
		.trailing = BUF(VECTOR_TEXT_MAX),
	};
	int err;

	if (row->sig && !change)
		return err_set(e, EINVAL, "there is no signature %s", row->sig);
	if (!key)
		return err_set(e, EINVAL, "there is no certificate %s", by);
	err = make(&p, scene, base, row, change, key, e);
	if (!err)
		err = add_signature(&p, change);
	return err ? err : write(ret, &p, row, base->vars, e);
}
