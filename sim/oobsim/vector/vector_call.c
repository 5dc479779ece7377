/* Vectors of calls: all PASSporTs that an STI-VS has of one, in-band and out-of-band, retargeted ones too (RFC 8946). */
#include <errno.h>

#include "lib/base/auto.h"
#include "sim/oobsim/vector/vector_call.h"

DEFINE_AUTO(json_t, json_decref)

static const char *or_else(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

/* The claims of an item as a merge patch with names */
static void patch_of(struct vector_jws *ret, const struct vector_call_item *item)
{
	*ret = item->jws;
	if (item->div) {
		ret->header = or_else(ret->header, "{\"ppt\":\"div\"}");
		ret->claims = or_else(ret->claims,
				      "{\"attest\":null,\"origid\":null,\"div\":{\"tn\":\"$div\"},"
				      "\"iat\":$iat}");
	} else {
		ret->claims = or_else(ret->claims, "{\"iat\":$iat}");
	}
}

static int make_token(struct buf *ret, const struct vector_scene *scene, const char *id,
		      const struct vector_call_item *item, struct err *e)
{
	const char *cred = or_else(item->cred, "osp");
	char x5u[128], iat[24];
	const struct vector_var v[] = {
		{"x5u", {x5u, (size_t)snprintf(x5u, sizeof(x5u), VECTOR_CR "%s.pem", cred)}},
		{"orig", sv_from(or_else(item->orig, CALL_A))},
		{"dest", sv_from(or_else(item->dest, CALL_B))},
		{"div", sv_from(or_else(item->div, ""))},
		{"iat",
		 {iat, (size_t)snprintf(iat, sizeof(iat), "%lld",
					(long long)(VECTOR_NOW - item->age_s))}},
	};
	const struct vector_vars vars = {v, sizeof(v) / sizeof(v[0]), vector_scene_vars(scene)};
	struct vector_jws jws;

	patch_of(&jws, item);
	return vector_passport(ret, scene, id, &vars, cred, &jws, e);
}

/* In-band as the value of an Identity header, out-of-band as it is */
static int add_item(json_t *input, json_t *fetch, const struct vector_scene *scene, const char *id,
		    const struct vector_call_item *item, struct err *e)
{
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	const char *cred = or_else(item->cred, "osp");
	int err = make_token(&text, scene, id, item, e);

	if (!err)
		err = vector_fetch_add(fetch, scene, cred, NULL, e);
	if (!err && !item->out_of_band)
		err = buf_printf(&text, ";info=<" VECTOR_CR "%s.pem>;alg=ES256", cred);
	if (err)
		return err;
	return json_array_append_new(
		       json_object_get(input, item->out_of_band ? "tokens" : "headers"),
		       json_stringn(text.p, text.l))
		       ? err_set(e, EINVAL, "text that is no UTF-8")
		       : 0;
}

static json_t *owners_of(const struct vector_call_row *row)
{
	json_t *o = json_object();

	for (size_t i = 0; i < CALL_OWNERS && row->owners[i].number; i++)
		(void)json_object_set_new(o, row->owners[i].number,
					  json_string(row->owners[i].ocn));
	return o;
}

static int give(struct vector_sink *sink, const struct vector_call_row *row, struct err *e)
{
	const struct vector_call_item *items = row->many ? row->many : row->items;
	AUTO(json_decref) json_t *fetch = json_object();
	AUTO(json_decref)
	json_t *input = json_pack("{s:{s:s, s:s}, s:[], s:[], s:o}", "call", "orig", CALL_A, "dest",
				  or_else(row->called, CALL_B), "headers", "tokens", "owners",
				  owners_of(row));
	int err = input ? 0 : ENOMEM;

	for (size_t i = 0; !err && i < row->n; i++) {
		char id[96];

		/* the same item of a row twice is the same token twice */
		(void)snprintf(id, sizeof(id), "call %s %zu", row->id,
			       items[i].same_as ? items[i].same_as - 1 : i);
		err = add_item(input, fetch, sink->scene, id, &items[i], e);
	}
	if (!err && row->about)
		err = json_object_set_new(input, "about", json_integer((json_int_t)row->about - 1))
			      ? ENOMEM
			      : 0;
	if (err) {
		err_prefix(e, "call/%s: ", row->id);
		return err;
	}
	return vector_give(sink,
			   &(struct vector){.kind = "call",
					    .name = row->id,
					    .title = row->title,
					    .reason = row->reason,
					    .clause = row->clause,
					    .by = "vs",
					    .input = json_incref(input),
					    .fetch = json_incref(fetch),
					    .index = -1},
			   e);
}

int vector_calls(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < vector_call_rows_n; i++)
		err = give(sink, &vector_call_rows[i], e);
	return err;
}
