/* Vectors of one PASSporT by itself: each check of the verification failing alone, and what must not fail. */
#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/vector/vector_passport.h"

DEFINE_AUTO(json_t, json_decref)

/* Underscores of the tables are dashes in ids */
static void dashed(char *ret, size_t size, const char *prefix, const char *id)
{
	(void)snprintf(ret, size, "%s%s", prefix, id);
	for (char *p = ret; *p; p++)
		if (*p == '_')
			*p = '-';
}

static json_t *input_of(struct sv token, const char *orig, const char *dest)
{
	json_t *o = json_object();

	if (vector_set_octets(o, "token", token) ||
	    json_object_set_new(o, "call", json_pack("{s:s, s:s}", "orig", orig, "dest", dest))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* One row of a table, or one made of a credential or of what there is to trust */
static int give(struct vector_sink *sink, const struct vector_passport_row *row, const char *trust,
		struct err *e)
{
	const char *cred = row->cred ? row->cred : "osp";
	const char *orig = row->orig ? row->orig : VECTOR_ORIG;
	const char *dest = row->dest ? row->dest : VECTOR_DEST;
	const struct vector_cred_row *found = vector_cred_find(cred);
	BUF_AUTO struct buf token = BUF(VECTOR_TEXT_MAX), x5u = BUF(1024);
	AUTO(json_decref) json_t *fetch = json_object();
	struct vector_var v[] = {{"x5u", {0}}, {"orig", sv_from(orig)}, {"dest", sv_from(dest)}};
	const struct vector_vars vars = {v, sizeof(v) / sizeof(v[0]),
					 vector_scene_vars(sink->scene)};
	int err;

	(void)buf_printf(&x5u, "%s%s%s", row->x5u ? row->x5u : VECTOR_CR, row->x5u ? "" : cred,
			 row->x5u ? "" : ".pem");
	v[0].value = buf_sv(&x5u);
	err = vector_fetch_add(fetch, sink->scene, cred, x5u.p ? x5u.p : "", e);
	if (!err)
		err = vector_passport(&token, sink->scene, row->id, &vars,
				      found->signer ? found->signer : cred, &row->jws, e);
	if (err) {
		err_prefix(e, "passport/%s: ", row->id);
		return err;
	}
	return vector_give(sink,
			   &(struct vector){.kind = "passport",
					    .name = row->id,
					    .title = row->title,
					    .reason = row->reason,
					    .clause = row->clause,
					    .by = row->by ? row->by : "cps vs",
					    .input = input_of(buf_sv(&token), orig, dest),
					    .fetch = json_incref(fetch),
					    .trust = trust,
					    .index = -1},
			   e);
}

/* A usual PASSporT signed with each credential of the table */
static int give_creds(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < vector_cred_rows_n; i++) {
		const struct vector_cred_row *c = &vector_cred_rows[i];
		char id[64];

		dashed(id, sizeof(id), "cert-", c->id);
		err = give(sink,
			   &(struct vector_passport_row){.id = id,
							 .title = c->title,
							 .reason = c->reason,
							 .clause = c->clause,
							 .cred = c->id},
			   NULL, e);
	}
	return err;
}

/* … and judged with each trust of the table */
static int give_trusts(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < vector_trust_rows_n; i++) {
		const struct vector_trust_row *t = &vector_trust_rows[i];
		char id[64];

		dashed(id, sizeof(id), "trust-", t->id);
		err = give(sink,
			   &(struct vector_passport_row){
				   .id = id, .title = t->title, .reason = t->reason},
			   t->id, e);
	}
	return err;
}

int vector_passports(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < vector_passport_rows_n; i++)
		err = give(sink, &vector_passport_rows[i], NULL, e);
	if (!err)
		err = give_creds(sink, e);
	return err ? err : give_trusts(sink, e);
}

int vector_certificates(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < vector_cred_rows_n; i++) {
		const struct vector_cred_row *c = &vector_cred_rows[i];
		BUF_AUTO struct buf chain = BUF(VECTOR_TEXT_MAX);
		char id[64];

		if (!c->chain)
			continue; /* there is nothing to judge */
		dashed(id, sizeof(id), "", c->id);
		err = vector_expand(&chain, c->chain, vector_scene_vars(sink->scene), e);
		if (!err)
			err = vector_give(sink,
					  &(struct vector){.kind = "certificate",
							   .name = id,
							   .title = c->title,
							   .reason = c->reason,
							   .clause = c->clause,
							   .by = "cps vs",
							   .input = json_pack(
								   "{s:s%}", "chain",
								   chain.l ? chain.p : "", chain.l),
							   .index = -1},
					  e);
	}
	return err;
}
