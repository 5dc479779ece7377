/* Role as: the CPS mappings that the STI-PA and the STI-CAs publish while a case runs, right ones and wrong ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_as.h"

#define SIGNERS "/signers/"
#define LISTS   3
/* After the last request of a round it takes so long to use what came */
#define SETTLED_US 30000

/* Where a list stands */
enum place { NOWHERE, OF_PA, OF_CA, IN_MASTER };

static const struct {
	const char *path, *authority;
} places[] = {
	[OF_PA] = {"/cps-map/pa", "sti-pa"},
	[OF_CA] = {"/cps-map/ca", "sti-ca"},
	[IN_MASTER] = {"/cps-map/master", "master"},
};

/* A list: what is peculiar to it. to: first part of the paths of its CPSs; NULL: "pa", "ca" */
struct list {
	enum place place;
	const char *to;
	const char *signer; /* NULL: the usual one of its place */
	struct vector_jws jws;
};

struct as_lists {
	const char *word;
	struct list v[LISTS];
};

#define PA(...)                             \
	{                                   \
		.place = OF_PA, __VA_ARGS__ \
	}
#define CA(...)                             \
	{                                   \
		.place = OF_CA, __VA_ARGS__ \
	}
#define MASTER(...)                             \
	{                                       \
		.place = IN_MASTER, __VA_ARGS__ \
	}

#define URL          "https://" AS_CPS ":8443/"
#define SEQ(n)       .jws = {.claims = "{\"sequence\":" #n "}"}
#define CLAIMS(text) .jws = {.claims = (text)}
#define HEADER(text) .jws = {.header = (text)}

/* Right ones, then wrong ones */
#define PUBLISHED(X)                                                                               \
	X("pa", PA())                                                                              \
	X("ca", CA())                                                                              \
	X("master", MASTER(.to = "ca"))                                                            \
	X("pa-and-ca", PA(), CA())                                                                 \
	X("both", PA(CLAIMS("{\"cpsMapping\":{\"9012\":null}}")),                                  \
	  CA(CLAIMS("{\"cpsMapping\":{\"5678\":null}}")))                                          \
	X("both-later",                                                                            \
	  PA(CLAIMS("{\"sequence\":8,\"cpsMapping\":{\"9012\":null}}"), .to = "later"),            \
	  CA(CLAIMS("{\"sequence\":6,\"cpsMapping\":{\"5678\":null}}"), .to = "earlier"))          \
	X("pa-and-longer-ca", PA(), CA(CLAIMS("{\"exp\":$now+172800}")))                           \
	X("pa-without", PA(CLAIMS("{\"cpsMapping\":{\"5678\":null}}")), CA())                      \
	X("carriers", PA(CLAIMS("{\"cicMapping\":{\"0288\":\"" URL "carrier/0288\"}}")))           \
	X("pa-tampered", PA(.jws = {.claims = "{\"cpsMapping\":{\"5678\":\"" URL "rogue/5678\"}}", \
				    .over = "$h.$p0"}))                                            \
	X("pa-forged", PA(.jws = {.key = "pa_root"}))                                              \
	X("pa-unsigned", PA(.jws = {.shape = "$h.$p."}))                                           \
	X("pa-expired", PA(CLAIMS("{\"exp\":$now-10}")))                                           \
	X("pa-put-off", PA(.jws = {.claims = "{\"exp\":$now+172800}", .over = "$h.$p0"}))          \
	X("pa-rogue", PA(.signer = "pa_rogue_signer"))                                             \
	X("pa-mute", PA(.signer = "pa_signer_mute"))                                               \
	X("pa-signer-expired", PA(.signer = "pa_signer_expired"))                                  \
	X("pa-by-ca", PA(.signer = "ca_lister"))                                                   \
	X("pa-alg-none", PA(.jws = {.header = "{\"alg\":\"none\"}", .shape = "$h.$p."}))           \
	X("pa-alg-other", PA(HEADER("{\"alg\":\"ES384\"}")))                                       \
	X("pa-typ", PA(HEADER("{\"typ\":\"passport\"}")))                                          \
	X("pa-no-version", PA(CLAIMS("{\"version\":null}")))                                       \
	X("pa-version-2", PA(CLAIMS("{\"version\":\"2.0\"}")))                                     \
	X("pa-no-sequence", PA(CLAIMS("{\"sequence\":null}")))                                     \
	X("pa-no-exp", PA(CLAIMS("{\"exp\":null}")))                                               \
	X("pa-no-signer", PA(HEADER("{\"x5u\":\"" BENCH_CR "/signers/nobody.pem\"}")))             \
	X("pa-http", PA(CLAIMS("{\"cpsMapping\":{\"5678\":\"http://" AS_CPS ":8443/pa/5678\"}}"))) \
	X("ca-rogue", CA(.signer = "rogue_lister"))                                                \
	X("ca-revoked", CA(.signer = "ca_lister_revoked"))                                         \
	X("ca-signer-expired", CA(.signer = "ca_lister_expired"))                                  \
	X("ca-by-pa", CA(.signer = "pa_signer"))                                                   \
	X("ca-by-provider", CA(.signer = "osp"))                                                   \
	X("ca-tampered", CA(.jws = {.claims = "{\"cpsMapping\":{\"5678\":\"" URL "rogue/5678\"}}", \
				    .over = "$h.$p0"}))                                            \
	X("bad-pa-good-ca", PA(.jws = {.key = "pa_root"}), CA())                                   \
	X("master-rogue", MASTER(.to = "rogue", .signer = "rogue_lister"))                         \
	X("master-rolled-back", MASTER(.to = "new"), MASTER(.to = "old", SEQ(6)))                  \
	X("master-changed", MASTER(.to = "new"), MASTER(.to = "changed"))                          \
	X("master-newer", MASTER(.to = "old"), MASTER(.to = "new", SEQ(8)))                        \
	X("master-bad-and-good", MASTER(.to = "rogue", .signer = "rogue_lister"),                  \
	  MASTER(.to = "ca"))

#define ROW(word, ...)  {word, {__VA_ARGS__}},
#define WORD(word, ...) word,

static const struct as_lists rows[] = {{CASE_USUAL, {{NOWHERE}}}, PUBLISHED(ROW)};
const char *const as_published[] = {PUBLISHED(WORD) NULL};

static const struct as_lists *find(const char *word)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
	return NULL;
}

bool as_lists_known(const char *word)
{
	return find(word) != NULL;
}

/* --- making --- */

static const char *signer_of(const struct list *l)
{
	return l->signer ? l->signer : l->place == OF_PA ? "pa_signer" : "ca_lister";
}

static int sign(struct as_bench *a, struct buf *ret, const char *id, const struct list *l,
		struct err *e)
{
	const char *to = l->to ? l->to : l->place == OF_PA ? "pa" : "ca";
	const struct vector_var v[] = {{"signer", sv_from(signer_of(l))}, {"to", sv_from(to)}};
	const struct vector_vars vars = {v, sizeof(v) / sizeof(v[0]),
					 vector_scene_vars(a->b->scene)};
	const struct vector_jws_base base = {
		.header = "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"" BENCH_CR SIGNERS
			  "$signer.pem\"}",
		.claims = "{\"version\":\"1.0\",\"sequence\":7,\"exp\":$now+86400,\"cpsMapping\":{"
			  "\"5678\":\"" URL "$to/5678\",\"9012\":\"" URL "$to/9012\"}}",
		.vars = &vars,
		.key = signer_of(l),
		.id = id,
	};

	return vector_jws(ret, a->b->scene, &base, &l->jws, e);
}

/* A list of its own, or one more of the master file */
static int add(struct as_bench *a, const char *id, const struct list *l, struct err *e)
{
	BUF_AUTO struct buf jwt = BUF(VECTOR_TEXT_MAX);
	const char *path = places[l->place].path;
	json_t *file = json_object_get(a->files, path);
	int err = sign(a, &jwt, id, l, e);

	if (err)
		return err;
	if (l->place != IN_MASTER)
		return json_object_set_new(a->files, path, json_stringn(jwt.p, jwt.l));
	if (!file) {
		file = json_array();
		(void)json_object_set_new(a->files, path, file);
	}
	return json_array_append_new(file, json_stringn(jwt.p, jwt.l));
}

int as_lists_make(struct as_bench *a, const char *word, bool again, struct err *e)
{
	const struct as_lists *row = find(word);
	int err = 0;

	if (again && row == a->lists)
		return 0;
	json_decref(a->files);
	json_decref(a->counts);
	a->files = json_object();
	a->counts = json_object();
	a->lists = row;
	for (size_t i = 0; row && i < LISTS && row->v[i].place && !err; i++)
		err = add(a, word, &row->v[i], e);
	if (err)
		err_prefix(e, "published %s: ", word);
	return err;
}

/* --- publishing --- */

/* Who signs, with those above him as far as he is a provider */
static int signer(const struct as_bench *a, struct sv path, struct buf *ret)
{
	const struct vector_cred_row *cred;
	char id[64];

	if (!sv_starts(path, SIGNERS) || path.l < sizeof(SIGNERS) + sizeof(".pem") - 1)
		return ENOENT;
	(void)snprintf(id, sizeof(id), "%.*s", (int)(path.l - sizeof(SIGNERS) - sizeof(".pem") + 2),
		       path.p + sizeof(SIGNERS) - 1);
	cred = vector_cred_find(id);
	if (cred && cred->chain)
		return vector_expand(ret, cred->chain, vector_scene_vars(a->b->scene), NULL);
	(void)buf_addsv(ret, vector_cert(a->b->scene, id));
	return ret->l ? 0 : ENOENT;
}

bool as_lists_serve(struct as_bench *a, struct https_req *req)
{
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	struct sv path = https_req_path(req);
	char name[64];
	json_t *file;
	char *master;

	(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(path));
	a->fetched_us = mono_us();
	if (signer(a, path, &text) == 0) {
		https_reply(req, 200, "application/pem-certificate-chain", buf_sv(&text), NULL);
		return true;
	}
	file = json_object_get(a->files, name);
	if (!file)
		return false;
	(void)json_object_set_new(
		a->counts, name,
		json_integer(json_integer_value(json_object_get(a->counts, name)) + 1));
	loop_stop();
	if (json_is_string(file)) {
		https_reply(req, 200, "application/jwt", sv_from(json_string_value(file)), NULL);
		return true;
	}
	master = json_dumps(file, JSON_COMPACT);
	https_reply(req, 200, "application/json", sv_from(master), NULL);
	free(master);
	return true;
}

int64_t as_lists_fetched(const struct as_bench *a)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < LISTS && a->lists->v[i].place; i++) {
		const char *path = places[a->lists->v[i].place].path;
		int64_t n = json_integer_value(json_object_get(a->counts, path));

		least = n < least ? n : least;
	}
	return mono_us() - a->fetched_us < SETTLED_US || least == INT64_MAX ? 0 : least;
}

void as_lists_conf(const struct as_bench *a, json_t *conf)
{
	json_t *maps, *cps = json_object_get(conf, "cps");
	bool there[sizeof(places) / sizeof(places[0])] = {false};

	if (!a->lists || !a->lists->v[0].place)
		return;
	maps = json_array();
	for (size_t i = 0; i < LISTS; i++)
		there[a->lists->v[i].place] = true;
	for (size_t i = OF_PA; i < sizeof(places) / sizeof(places[0]); i++)
		if (there[i])
			(void)json_array_append_new(
				maps,
				json_pack("{s:s, s:o}", "authority", places[i].authority, "url",
					  json_sprintf(BENCH_CR "%s", places[i].path)));
	(void)json_object_set_new(
		conf, "discovery",
		json_pack("{s:o, s:o}", "maps", maps, "trust", bench_conf_trust(a->b)));
	(void)json_object_del(cps, "5678");
	(void)json_object_del(cps, "9012");
}
