/* Vectors of published CPS mappings: signed lists OCN to URL of the STI-PA and of the STI-CAs (6.1.1, 6.1.2). */
#include <errno.h>

#include "sim/oobsim/vector/vector_list.h"

#define X5U "https://cr.pki.example:8443/lists/signer.pem"

/* What a list says unless a row says otherwise */
static const struct vector_jws_base usual = {
	.header = "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"" X5U "\"}",
	.claims = "{\"version\":\"1.0\",\"sequence\":7,\"exp\":$now+86400,\"cpsMapping\":{"
		  "\"1234\":\"https://cps.osp.example:8443/cps/company/1234\","
		  "\"5678\":\"https://cps.tsp.example:8443/cps/company/5678\"}}",
};

/* Who signs for whom, where the row does not tell */
static const char *signer_of(bool ca)
{
	return ca ? "ca_lister" : "pa_signer";
}

static json_t *list_of(const struct vector_scene *scene, const char *id, bool ca,
		       const char *signer, const char *chain, const struct vector_jws *jws,
		       struct err *e)
{
	struct vector_jws_base base = usual;
	BUF_AUTO struct buf jwt = BUF(VECTOR_TEXT_MAX), pem = BUF(VECTOR_TEXT_MAX),
			    usual_chain = BUF(64);
	json_t *o = json_object();

	base.vars = vector_scene_vars(scene);
	base.key = signer ? signer : signer_of(ca);
	base.id = id;
	(void)buf_printf(&usual_chain, "$%s", base.key);
	if (vector_jws(&jwt, scene, &base, jws, e) ||
	    vector_expand(&pem, chain ? chain : usual_chain.p, base.vars, e) ||
	    vector_set_octets(o, "jwt", buf_sv(&jwt)) ||
	    json_object_set_new(o, "chain", json_stringn(pem.l ? pem.p : "", pem.l))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int give(struct vector_sink *sink, const struct vector_list_row *row, struct err *e)
{
	json_t *input =
		list_of(sink->scene, row->id, row->ca, row->signer, row->chain, &row->jws, e);
	json_t *held = NULL;

	if (input)
		(void)json_object_set_new(input, "of", json_string(row->ca ? "sti-ca" : "sti-pa"));
	if (input && row->held) {
		struct vector_jws jws = {.claims = row->held};

		held = list_of(sink->scene, "held", row->held_ca, NULL, NULL, &jws, e);
		if (held)
			(void)json_object_set_new(held, "of",
						  json_string(row->held_ca ? "sti-ca" : "sti-pa"));
		if (!held || json_object_set_new(input, "held", held)) {
			json_decref(input);
			input = NULL;
		}
	}
	if (!input) {
		err_prefix(e, "list/%s: ", row->id);
		return EINVAL;
	}
	return vector_give(sink,
			   &(struct vector){.kind = "list",
					    .name = row->id,
					    .title = row->title,
					    .reason = row->reason,
					    .clause = row->clause,
					    .by = "as",
					    .input = input,
					    .trust = row->trust,
					    .index = -1},
			   e);
}

int vector_lists(struct vector_sink *sink, struct err *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < vector_list_rows_n; i++)
		err = give(sink, &vector_list_rows[i], e);
	return err;
}
