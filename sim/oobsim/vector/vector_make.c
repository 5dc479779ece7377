/* What all kinds of vectors are put together from. */
#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/identity.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

/* Who says how it must be, where the row does not tell: of what is accepted there is no reason */
static const char *clause_of(const struct vector *v)
{
	static const struct {
		const char *kind, *clause;
	} kinds[] = {
		{"passport", "RFC 8225 §6, RFC 8588"},
		{"identity", "RFC 8224 §4"},
		{"certificate", "ATIS-1000080 §6.4.1"},
		{"list", "6.1.1"},
		{"body", "5.4"},
		{"call", "RFC 8946 §4.2"},
	};
	const char *clause = v->clause ? v->clause : reason_info(v->reason)->clause;

	for (size_t i = 0; !*clause && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, v->kind) == 0)
			clause = kinds[i].clause;
	return clause;
}

static json_t *words(const char *text)
{
	json_t *list = json_array();
	struct sv rest = sv_from(text);

	while (rest.l) {
		struct sv word = sv_cut(&rest, ' ');

		(void)json_array_append_new(list, json_stringn(word.p, word.l));
	}
	return list;
}

static json_t *status_json(enum reason reason)
{
	const struct reason_info *info = reason_info(reason);
	json_t *o = json_object();

	if (info->sip_status)
		(void)json_object_set_new(o, "sip", json_integer(info->sip_status));
	if (info->http_status)
		(void)json_object_set_new(o, "http", json_integer(info->http_status));
	return o;
}

json_t *vector_json(const struct vector_scene *scene, const struct vector *v)
{
	char id[128];
	json_t *o, *trust = vector_trust(scene, v->trust ? v->trust : "usual");

	(void)snprintf(id, sizeof(id), "%s/%s", v->kind, v->name);
	o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:O, s:O*, s:O, s:s, s:s, s:o}", "id", id,
		      "kind", v->kind, "title", v->title, "clause", clause_of(v), "by",
		      words(v->by), "now", (json_int_t)VECTOR_NOW, "input", v->input, "fetch",
		      v->fetch, "trust", trust, "verdict", v->reason ? "refused" : "accepted",
		      "reason", reason_info(v->reason)->name, "status", status_json(v->reason));
	if (o && v->index >= 0)
		(void)json_object_set_new(o, "index", json_integer(v->index));
	return o;
}

int vector_give(struct vector_sink *sink, struct vector *v, struct err *e)
{
	int err = v->input ? sink->take(sink, v, e) : err_set(e, ENOMEM, "out of memory");

	if (err)
		err_prefix(e, "%s/%s: ", v->kind, v->name);
	json_decref(v->input);
	json_decref(v->fetch);
	return err;
}

int vector_passport(struct buf *ret, const struct vector_scene *scene, const char *id,
		    const struct vector_vars *vars, const char *key, const struct vector_jws *row,
		    struct err *e)
{
	const struct vector_jws_base base = {
		.header = "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":"
			  "\"$x5u\"}",
		.claims = "{\"attest\":\"A\",\"dest\":{\"tn\":[\"$dest\"]},\"iat\":$now,"
			  "\"orig\":{\"tn\":\"$orig\"},\"origid\":\"$origid\"}",
		.vars = vars,
		.key = key,
		.id = id,
	};

	return vector_jws(ret, scene, &base, row, e);
}

int vector_fetch_add(json_t *fetch, const struct vector_scene *scene, const char *cred,
		     const char *url, struct err *e)
{
	const struct vector_cred_row *row = vector_cred_find(cred);
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	char usual[128];
	int err;

	if (!row)
		return err_set(e, EINVAL, "there is no credential %s", cred);
	if (!row->chain)
		return 0; /* nothing comes from there */
	(void)snprintf(usual, sizeof(usual), VECTOR_CR "%s.pem", cred);
	err = vector_expand(&text, row->chain, vector_scene_vars(scene), e);
	if (!err && json_object_set_new(fetch, url ? url : usual,
					json_stringn(text.l ? text.p : "", text.l)))
		err = err_set(e, ENOMEM, "out of memory");
	return err;
}

int vector_set_octets(json_t *object, const char *name, struct sv octets)
{
	json_t *text = json_stringn(octets.l ? octets.p : "", octets.l);
	BUF_AUTO struct buf hex = BUF(VECTOR_TEXT_MAX);
	char hex_name[64];

	if (text)
		return json_object_set_new(object, name, text) ? ENOMEM : 0;
	for (size_t i = 0; i < octets.l; i++)
		(void)buf_printf(&hex, "%02x", (unsigned char)octets.p[i]);
	(void)snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
	return hex.err || json_object_set_new(object, hex_name, json_string(hex.p)) ? ENOMEM : 0;
}
