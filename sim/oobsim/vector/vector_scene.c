/* The PKI that all vectors share, made from the seed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

#define YEAR_S INT64_C(31536000)
#define DAY_S  86400

#define CRL_URL "https://cr.pki.example:8443/crl"
#define PA_X5U  "https://cr.pki.example:8443/pa/signer.pem"

/* What the list of approved STI-CAs says unless a row says otherwise */
static const char list_header[] = "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"" PA_X5U "\"}";
static const char list_claims[] =
	"{\"version\":\"1.0\",\"sequence\":5,\"exp\":$now+86400,\"trustList\":"
	"[\"$ca_root_json\",\"$ca2_root_json\",\"$ca384_root_json\",\"$k1_root_json\","
	"\"$old_root_json\"]}";

/* A certificate that has been made */
struct made {
	struct stir_key *key;
	struct cert_chain *chain; /* of this one */
	struct buf pem, json;     /* json: as it stands in a JSON string */
	char json_name[48];
};

struct vector_scene {
	uint64_t seed;
	int64_t now_s;
	char now[24];       /* as a text: `$now` */
	struct made *certs; /* in the order of the rows */
	struct vector_var *v;
	struct vector_vars vars;
	json_t *trusts; /* object id → trust */
};

/* --- random things by name --- */

static uint64_t by_name(uint64_t seed, const char *name)
{
	uint64_t h = 14695981039346656037ull; /* FNV-1a */

	for (size_t i = 0; i < sizeof(seed); i++)
		h = (h ^ (seed >> (8 * i) & 0xff)) * 1099511628211ull;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211ull;
	return h;
}

void vector_random(const struct vector_scene *scene, const char *name, uint8_t *ret, size_t len)
{
	struct env_fixed fixed = {.seed = by_name(scene->seed, name)};
	struct env env = env_fixed(&fixed);

	env.random(env.ctx, ret, len);
}

void vector_uuid(const struct vector_scene *scene, const char *name, char ret[UUID_LEN + 1])
{
	struct env_fixed fixed = {.seed = by_name(scene->seed, name)};
	struct env env = env_fixed(&fixed);

	env_uuid(&env, ret);
}

/* --- looking up --- */

static size_t row_of(const char *id)
{
	size_t i = 0;

	while (i < vector_cert_rows_n && strcmp(vector_cert_rows[i].id, id) != 0)
		i++;
	return i;
}

static const struct made *find(const struct vector_scene *scene, const char *id)
{
	size_t i = row_of(id);

	return i < vector_cert_rows_n ? &scene->certs[i] : NULL;
}

const struct stir_key *vector_key(const struct vector_scene *scene, const char *id)
{
	const struct made *made = find(scene, id);

	return made ? made->key : NULL;
}

struct sv vector_cert(const struct vector_scene *scene, const char *id)
{
	const struct made *made = find(scene, id);

	return made ? buf_sv(&made->pem) : (struct sv){NULL, 0};
}

const struct vector_vars *vector_scene_vars(const struct vector_scene *scene)
{
	return &scene->vars;
}

const struct vector_cred_row *vector_cred_find(const char *id)
{
	for (size_t i = 0; i < vector_cred_rows_n; i++)
		if (strcmp(vector_cred_rows[i].id, id) == 0)
			return &vector_cred_rows[i];
	return NULL;
}

json_t *vector_trust(const struct vector_scene *scene, const char *id)
{
	return json_object_get(scene->trusts, id);
}

/* --- certificates --- */

static int make_key(const struct vector_scene *scene, struct made *made,
		    const struct vector_cert_row *row)
{
	static const struct {
		const char *kind;
		size_t len;
	} kinds[] = {{"P-256", 32}, {"P-384", 48}, {"secp256k1", 32}, {"RSA", 256}};
	const char *kind = row->key ? row->key : "P-256";
	uint8_t octets[256];
	char name[64];
	size_t i = 0;

	while (strcmp(kinds[i].kind, kind) != 0)
		i++;
	(void)snprintf(name, sizeof(name), "key %s", row->id);
	vector_random(scene, name, octets, kinds[i].len);
	octets[0] &= 0x7f; /* below the order of each curve, and not zero in all likelihood */
	return key_from_octets(&made->key, kind, octets, kinds[i].len);
}

/* As cert_issue() makes it, before it is bent */
static int issue(struct vector_scene *scene, struct buf *pem, const struct made *made,
		 const struct vector_cert_row *row, struct err *e)
{
	const struct made *by = row->issuer ? find(scene, row->issuer) : NULL;
	const struct made *crl_by = find(scene, "pa_signer");
	struct cert_issuer issuer = {by ? by->chain : NULL, by ? by->key : NULL};
	struct env_fixed fixed = {.now_ms = (uint64_t)scene->now_s * 1000};
	struct env env = env_fixed(&fixed);
	char name[64];
	struct cert_spec spec = {
		.kind = row->kind,
		.organization = "Vectors",
		.common_name = row->cn,
		.spc = row->spc,
		.crl_url = CRL_URL,
		.not_before_s = scene->now_s + (row->from_s || row->to_s ? row->from_s : -YEAR_S),
		.not_after_s = scene->now_s + (row->from_s || row->to_s ? row->to_s : YEAR_S),
		.tnauth = row->list,
		.tnauth_count = row->nlist,
	};

	(void)snprintf(name, sizeof(name), "serial %s", row->serial_of ? row->serial_of : row->id);
	fixed.seed = by_name(scene->seed, name);
	return cert_issue(pem, &spec, made->key, by ? &issuer : NULL, crl_by ? crl_by->chain : NULL,
			  &env, e);
}

static int make_cert(struct vector_scene *scene, size_t i, struct err *e)
{
	const struct vector_cert_row *row = &vector_cert_rows[i];
	const struct made *by = row->issuer ? find(scene, row->issuer) : NULL;
	struct made *made = &scene->certs[i];
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	struct fault fault = {.check = ""};
	int err = make_key(scene, made, row);

	made->pem = made->json = BUF(CERT_CHAIN_MAX_LEN);
	if (err)
		return err_set(e, err, "its key cannot be made");
	err = issue(scene, &pem, made, row, e);
	if (!err && row->bends[0].what != BEND_END)
		err = cert_bend(&made->pem, buf_sv(&pem), row->bends, by ? by->key : made->key, e);
	else if (!err)
		err = buf_addsv(&made->pem, buf_sv(&pem));
	if (!err)
		err = cert_chain_parse(&made->chain, buf_sv(&made->pem), &fault);
	for (size_t k = 0; !err && k < made->pem.l; k++)
		(void)buf_add(&made->json, made->pem.p[k] == '\n' ? "\\n" : &made->pem.p[k],
			      made->pem.p[k] == '\n' ? 2 : 1);
	return err ? err : made->json.err;
}

static int make_certs(struct vector_scene *scene, struct err *e)
{
	scene->certs = calloc(vector_cert_rows_n, sizeof(*scene->certs));
	scene->v = calloc(2 * vector_cert_rows_n + 1, sizeof(*scene->v));
	if (!scene->certs || !scene->v)
		return ENOMEM;
	scene->vars.v = scene->v;
	scene->v[scene->vars.n++] = (struct vector_var){"now", sv_from(scene->now)};
	for (size_t i = 0; i < vector_cert_rows_n; i++) {
		struct made *made = &scene->certs[i];
		int err = make_cert(scene, i, e);

		if (err) {
			err_prefix(e, "certificate %s: ", vector_cert_rows[i].id);
			return err;
		}
		(void)snprintf(made->json_name, sizeof(made->json_name), "%s_json",
			       vector_cert_rows[i].id);
		scene->v[scene->vars.n++] =
			(struct vector_var){vector_cert_rows[i].id, buf_sv(&made->pem)};
		scene->v[scene->vars.n++] =
			(struct vector_var){made->json_name, buf_sv(&made->json)};
	}
	return 0;
}

/* --- trust --- */

/* Append member `name`: an object of `octets` and of the chain of who signed them */
static int set_signed(json_t *trust, const char *name, const char *octets_name, struct sv octets,
		      struct sv chain)
{
	return json_object_set_new(trust, name,
				   json_pack("{s:s%, s:s%}", octets_name, octets.p, octets.l,
					     "chain", chain.l ? chain.p : "", chain.l))
		       ? ENOMEM
		       : 0;
}

static int add_list(json_t *trust, const struct vector_scene *scene,
		    const struct vector_trust_row *row, struct err *e)
{
	struct vector_jws_base base = {.header = list_header,
				       .claims = list_claims,
				       .vars = &scene->vars,
				       .key = row->list_signer,
				       .id = row->id};
	BUF_AUTO struct buf jwt = BUF(VECTOR_TEXT_MAX), chain = BUF(VECTOR_TEXT_MAX);
	int err = vector_jws(&jwt, scene, &base, &row->list, e);

	if (!err)
		err = vector_expand(&chain, row->list_chain ? row->list_chain : "$pa_signer",
				    &scene->vars, e);
	return err ? err : set_signed(trust, "ca_list", "jwt", buf_sv(&jwt), buf_sv(&chain));
}

/* The CRL before it is bent */
static int make_crl(struct buf *ret, const struct vector_scene *scene,
		    const struct vector_trust_row *row, struct err *e)
{
	const struct made *by = find(scene, row->crl_signer);
	struct cert_issuer issuer = {by->chain, by->key};
	struct sv rest = sv_from(row->revoked);
	struct crl_entry entries[8];
	size_t n = 0;
	bool usual = !row->crl_from_s && !row->crl_to_s;

	while (rest.l) {
		struct sv id = sv_cut(&rest, ' ');
		char name[48];
		const struct made *made;

		(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(id));
		made = find(scene, name);
		if (!made || n == sizeof(entries) / sizeof(entries[0]))
			return err_set(e, EINVAL, "CRL: %s: no such certificate, or too many",
				       name);
		entries[n++] = (struct crl_entry){made->chain, scene->now_s - DAY_S};
	}
	return crl_make(ret, &issuer, entries, n, 3,
			scene->now_s + (usual ? -DAY_S : row->crl_from_s),
			scene->now_s + (usual ? DAY_S : row->crl_to_s), e);
}

static int add_crl(json_t *trust, const struct vector_scene *scene,
		   const struct vector_trust_row *row, struct err *e)
{
	BUF_AUTO struct buf pem = BUF(VECTOR_TEXT_MAX), bent = BUF(VECTOR_TEXT_MAX),
			    chain = BUF(VECTOR_TEXT_MAX);
	int err = make_crl(&pem, scene, row, e);

	if (!err && row->bends[0].what != BEND_END)
		err = crl_bend(&bent, buf_sv(&pem), row->bends, vector_key(scene, row->crl_signer),
			       e);
	else if (!err)
		err = buf_addsv(&bent, buf_sv(&pem));
	if (!err)
		err = vector_expand(&chain, row->crl_chain ? row->crl_chain : "$pa_signer",
				    &scene->vars, e);
	return err ? err : set_signed(trust, "crl", "pem", buf_sv(&bent), buf_sv(&chain));
}

static int make_trust(struct vector_scene *scene, const struct vector_trust_row *row, struct err *e)
{
	struct sv root = vector_cert(scene, "pa_root");
	AUTO(json_decref) json_t *trust = json_pack("{s:s%}", "pa_root", root.p, root.l);
	int err = trust ? 0 : ENOMEM;

	if (!err && row->list_signer)
		err = add_list(trust, scene, row, e);
	if (!err && row->crl_signer)
		err = add_crl(trust, scene, row, e);
	if (!err && json_object_set(scene->trusts, row->id, trust))
		err = ENOMEM;
	if (err)
		err_prefix(e, "trust %s: ", row->id);
	return err;
}

int vector_scene_alloc(struct vector_scene **ret, uint64_t seed, int64_t now_s, struct err *e)
{
	struct vector_scene *scene = calloc(1, sizeof(*scene));
	int err;

	err_set(e, 0, "out of memory");
	if (!scene)
		return ENOMEM;
	scene->seed = seed;
	scene->now_s = now_s;
	(void)snprintf(scene->now, sizeof(scene->now), "%" PRId64, now_s);
	scene->trusts = json_object();
	err = scene->trusts ? make_certs(scene, e) : ENOMEM;
	for (size_t i = 0; !err && i < vector_trust_rows_n; i++)
		err = make_trust(scene, &vector_trust_rows[i], e);
	if (err)
		vector_scene_free(scene);
	else
		*ret = scene;
	return err;
}

void vector_scene_free(struct vector_scene *scene)
{
	if (!scene)
		return;
	for (size_t i = 0; scene->certs && i < vector_cert_rows_n; i++) {
		key_unref(scene->certs[i].key);
		cert_chain_unref(scene->certs[i].chain);
		buf_free(&scene->certs[i].pem);
		buf_free(&scene->certs[i].json);
	}
	free(scene->certs);
	free(scene->v);
	json_decref(scene->trusts);
	free(scene);
}
