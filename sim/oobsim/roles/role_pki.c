/* Role pki: what the STI-PA, the STI-CAs and the certificate repository publish, and how a provider tells its CPS URL. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/auto.h"
#include "sim/oobsim/roles/role_pki.h"

DEFINE_AUTO(json_t, json_decref)

#define OCN        "5678"
#define OTHER_OCN  "9999"
#define MAPPED_OCN "1234"
#define MAPPED_URL "https://cps.osp.example:8443/cps/company/" MAPPED_OCN
static const char base_url[] = PKI_BASE, mapped_url[] = MAPPED_URL;

#define PAST_BEGIN "2020-01-01T00:00:00Z"
#define PAST_END   "2020-12-31T00:00:00Z"

/* --- steps --- */

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

const char *const pki_what_words[PKI_WHATS + 1] = {
	[PKI_CA_LIST] = "ca_list",         [PKI_CRL] = "crl",         [PKI_CRL_CHAIN] = "crl_chain",
	[PKI_MAP_PA] = "map_pa",           [PKI_MAP_CA] = "map_ca",   [PKI_MASTER] = "map_master",
	[PKI_CERTIFICATE] = "certificate", [PKI_REVOKED] = "revoked",
};
static const char *const kinds[] = {[PKI_GET] = "get", [PKI_RAW] = "raw", [PKI_PUT] = "put", NULL};
static const char *const etags[] = {
	[PKI_ETAG_NONE] = "none", [PKI_ETAG_SAME] = "same", [PKI_ETAG_OTHER] = "other", NULL};
static const char *const signers[] = {[PKI_SIGNER_OWN] = "own",
				      [PKI_SIGNER_REVOKED] = "revoked",
				      [PKI_SIGNER_STRANGER] = "stranger",
				      NULL};
static const char *const answers[] = {[PKI_ACCEPTED] = "accepted", [PKI_REFUSED] = "refused", NULL};

static const struct conf_member step_members[] = {
	{.name = "do",
	 .off = offsetof(struct pki_step, kind),
	 .type = CONF_ENUM,
	 .required = true,
	 .words = kinds,
	 .doc = "get: read what is published; raw: try it over another TLS, or none; put: tell a "
		"CPS URL as a provider does"},
	MEMBER(pki_step, what, CONF_ENUM, .words = pki_what_words, .doc = "of a get, of a raw"),
	MEMBER(pki_step, method, CONF_STR, .def = "\"GET\"", .doc = "of a get"),
	MEMBER(pki_step, path, CONF_STR, .doc = "of a get: at the same host, instead of what"),
	MEMBER(pki_step, etag, CONF_ENUM, .words = etags,
	       .doc = "of a get: If-None-Match with the tag of the last answer, or another"),
	MEMBER(pki_step, status, CONF_STRS, .max = 8, .doc = "of a get: any of these; empty: 200"),
	MEMBER(pki_step, checks, CONF_STRS, .max = 16, .doc = "of a get: what must hold then"),
	MEMBER(pki_step, within_ms, CONF_INT, .max = 60000, .def = "0",
	       .doc = "of a get: asked again for so long while what was told is not there"),
	MEMBER(pki_step, tls, CONF_INT, .max = 13, .def = "0",
	       .doc = "of a raw: the version that is offered, 10 to 13; 0: plain HTTP"),
	MEMBER(pki_step, may, CONF_BOOL, .doc = "of a raw: it must be answered, not refused"),
	MEMBER(pki_step, ocn, CONF_STR, .doc = "of a put: in the path, instead of the provider's"),
	MEMBER(pki_step, header, CONF_STR, .doc = "of a put: merge patch of the JWS's header"),
	MEMBER(pki_step, claims, CONF_STR,
	       .doc = "of a put: merge patch of its claims, with names like $now-63"),
	MEMBER(pki_step, body, CONF_STR, .doc = "of a put: a text with names instead of a JWS"),
	MEMBER(pki_step, type, CONF_STR, .def = "\"application/jose\"",
	       .doc = "of a put: media type"),
	MEMBER(pki_step, signer, CONF_ENUM, .words = signers,
	       .doc = "of a put: the provider's key, that of a revoked certificate, one that "
		      "nobody knows"),
	MEMBER(pki_step, again, CONF_BOOL, .doc = "of a put: the very request sent last"),
	MEMBER(pki_step, answer, CONF_ENUM, .words = answers,
	       .doc = "of a put: accepted: 200, 201 or 204; refused: 4xx or 5xx"),
	MEMBER(pki_step, reasons, CONF_STRS, .max = 16,
	       .doc = "why it is refused: one of these; empty: whatever it is"),
	{0},
};
static const struct conf_table step_table = {"step of a case", sizeof(struct pki_step),
					     step_members};

static int check_checks(const struct case_place *at, const struct pki_step *s, size_t i)
{
	char *const *names = s->checks.v;

	for (size_t k = 0; k < s->checks.n; k++) {
		const struct pki_check *check = pki_check_find(names[k]);
		char member[64];

		if (check && check->of & PKI_IS(s->what))
			continue;
		(void)snprintf(member, sizeof(member), "/steps/%zu/checks/%zu", i, k);
		return case_refuse(at, member, "a check that can be asked of that", names[k]);
	}
	return 0;
}

static int check_step(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct pki_step *s = (const struct pki_step *)c->steps.v + i;
	char member[64];
	int err = check_checks(at, s, i);

	(void)snprintf(member, sizeof(member), "/steps/%zu/tls", i);
	if (!err && s->tls && s->tls < 10)
		err = case_refuse(at, member, "0, or 10 to 13", "a number between");
	return err ? err : case_check_reasons(at, i, "reasons", &s->reasons);
}

static int step(struct play *p, const void *arg, struct err *e)
{
	const struct pki_step *s = arg;

	switch ((enum pki_do)s->kind) {
	case PKI_GET:
		return pki_step_get(p, s, e);
	case PKI_RAW:
		return pki_step_raw(p, s, e);
	case PKI_PUT:
		break;
	}
	return pki_step_put(p, s, e);
}

/* --- the PKI that an implementation is given: what the reference publishes, and others may take over --- */

/* Of the bench */
struct state {
	char dir[PATH_MAX], root[PATH_MAX];
	json_t *good, *revoked; /* what `sti-pki issue` has said of them */
};

/* @param until  End of its validity; NULL: usual */
static int issue(struct bench *b, const char *dir, const char *spc, const char *until, json_t **ret,
		 struct err *e)
{
	const char *args[] = {
		"issue",    dir,           "--spc", spc, until ? "--not-before" : NULL,
		PAST_BEGIN, "--not-after", until,   NULL};
	char *out = NULL;
	int err = world_sti_pki(&b->w, b->ps, args, &out, e);

	if (err)
		return err;
	*ret = json_loads(out, 0, NULL);
	free(out);
	return *ret ? 0 : err_set(e, EPROTO, "sti-pki issue: expected a JSON object");
}

/* Another name for a chain: faults of the reference serve it in the place of the right one */
static int copy_chain(const struct state *s, const json_t *issued, const char *name, struct err *e)
{
	const char *from = json_string_value(json_object_get(issued, "chain"));
	char to[PATH_MAX + 32], *text;
	size_t len;
	int err;

	if (!from)
		return err_set(e, EPROTO, "sti-pki issue: expected an object with \"chain\"");
	err = file_read(&text, &len, from, CERT_CHAIN_MAX_LEN, e);
	if (err)
		return err;
	(void)snprintf(to, sizeof(to), "%s/wrong/%s.pem", s->dir, name);
	err = file_write(to, (struct sv){text, len}, e);
	free(text);
	return err;
}

static int make_wrong(struct bench *b, const struct state *s, struct err *e)
{
	AUTO(json_decref) json_t *expired = NULL;
	char folder[PATH_MAX + 32];
	int err;

	(void)snprintf(folder, sizeof(folder), "%s/wrong", s->dir);
	if (mkdir(folder, 0755) && errno != EEXIST)
		return err_set(e, errno, "%s: %s", folder, strerror(errno));
	err = issue(b, s->dir, OCN, PAST_END, &expired, e);
	if (!err)
		err = copy_chain(s, expired, "expired", e);
	return err ? err : copy_chain(s, s->revoked, "other", e);
}

static int make_pki(struct bench *b, struct state *s, struct err *e)
{
	const char *init[] = {"init", s->dir, "--base-url", base_url, NULL};
	const char *map[] = {"map",         s->dir, "--ocn",       MAPPED_OCN, "--url", mapped_url,
			     "--authority", "pa",   "--authority", "ca1",      NULL};
	const char *revoke[] = {"revoke", s->dir, NULL, NULL};
	int err = world_sti_pki(&b->w, b->ps, init, NULL, e);

	if (!err)
		err = issue(b, s->dir, OCN, NULL, &s->good, e);
	if (!err)
		err = issue(b, s->dir, OTHER_OCN, NULL, &s->revoked, e);
	if (!err)
		err = make_wrong(b, s, e);
	if (err)
		return err;
	revoke[2] = json_string_value(json_object_get(s->revoked, "chain"));
	err = world_sti_pki(&b->w, b->ps, revoke, NULL, e);
	return err ? err : world_sti_pki(&b->w, b->ps, map, NULL, e);
}

static int open_role(struct bench *b, struct err *e)
{
	struct state *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(e, ENOMEM, "out of memory");
	b->role_state = s;
	world_path(&b->w, s->dir, "sut-pki-%u", b->part);
	world_path(&b->w, s->root, "sut-pki-%u/pa/root.pem", b->part);
	return make_pki(b, s, e);
}

static void close_role(struct bench *b)
{
	struct state *s = b->role_state;

	if (!s)
		return;
	json_decref(s->good);
	json_decref(s->revoked);
	free(s);
	b->role_state = NULL;
}

static json_t *conf(struct bench *b, struct err *e)
{
	const struct state *s = b->role_state;
	json_t *v = json_pack("{s:s, s:s, s:i, s:o}", "dir", s->dir, "addr", b->sut_addr, "port",
			      HTTPS_PORT, "tls", bench_conf_tls(b, PKI_HOST, false));

	if (!v)
		(void)err_set(e, ENOMEM, "out of memory");
	return v;
}

/* --- what it serves --- */

/* Of the PKI that it was given; NULL: nothing of that name, or it was given none */
static const char *given(const struct bench *b, const char *name)
{
	const struct state *s = b->role_state;
	const struct {
		const char *name, *value;
	} v[] = {
		{PKI_OCN, OCN},
		{PKI_MAPPED_OCN, MAPPED_OCN},
		{PKI_MAPPED_URL, MAPPED_URL},
		{PKI_ROOT, s->root},
		{PKI_KEY, json_string_value(json_object_get(s->good, "key"))},
		{PKI_REVOKED_KEY, json_string_value(json_object_get(s->revoked, "key"))},
		{"certificate", json_string_value(json_object_get(s->good, "x5u"))},
		{"revoked", json_string_value(json_object_get(s->revoked, "x5u"))},
	};

	if (b->sut->kind != SUT_PROCESS)
		return NULL;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (strcmp(v[i].name, name) == 0)
			return v[i].value;
	return NULL;
}

int pki_told(const struct play *p, const char *name, struct buf *ret, struct err *e)
{
	const struct pki_case *c = p->state;
	const char *value = c ? json_string_value(json_object_get(c->serves, name)) : NULL;
	char at[PKI_TOLD_MAX];
	int err;

	if (!value)
		value = given(p->b, name);
	if (value)
		return buf_addz(ret, value);
	err = bench_at(p->b, name, at, sizeof(at), e);
	return err ? err : buf_addz(ret, at);
}

int pki_told_pem(const struct play *p, const char *name, struct buf *ret, struct err *e)
{
	BUF_AUTO struct buf told = BUF(PKI_TOLD_MAX);
	char *text;
	int err = pki_told(p, name, &told, e);

	if (err)
		return err;
	if (!told.p)
		return err_set(e, ENOENT, "%s: expected PEM or the path of a file, got nothing",
			       name);
	if (strstr(told.p, "-----BEGIN"))
		return buf_addsv(ret, buf_sv(&told));
	err = file_read(&text, NULL, told.p, CERT_CHAIN_MAX_LEN, e);
	if (err)
		return err;
	err = buf_addz(ret, text);
	free(text);
	return err;
}

static int begin(struct play *p, struct err *e)
{
	struct pki_case *c = calloc(1, sizeof(*c));
	AUTO(json_decref) json_t *ready = NULL;

	if (!c)
		return err_set(e, ENOMEM, "out of memory");
	p->state = c;
	for (size_t i = 0; i < PKI_WHATS; i++)
		c->sequence[i] = -1;
	ready = p->b->proc ? json_loads(proc_ready(p->b->proc), 0, NULL) : NULL;
	c->serves = json_incref(json_object_get(ready, "serves"));
	return 0;
}

static void end(struct play *p)
{
	struct pki_case *c = p->state;

	if (c)
		json_decref(c->serves);
	free(c);
	p->state = NULL;
}

/* --- the attachment --- */

/* Any answer will do: what it says is for the cases to judge */
static int check(struct bench *b, struct err *e)
{
	struct play p = {.b = b};
	int err = begin(&p, e);

	for (size_t i = 0; i < PKI_WHATS && !err; i++) {
		BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
		struct answer answer = {.body = BUF(0)};

		if (i == PKI_MASTER && !sut_can(b->sut, "master"))
			continue;
		err = pki_told(&p, pki_what_words[i], &url, e);
		if (!err)
			err = pki_get(&p, url.p, &answer);
		if (!err && answer.err)
			err = err_set(e, EIO, "%s: no answer: %s", pki_what_words[i], answer.text);
		else if (!err)
			(void)printf("%s: answers (%u)\n", pki_what_words[i], answer.status);
		buf_free(&answer.body);
	}
	end(&p);
	return err;
}

static const char *const capabilities[] = {"master", "provision", "provision-ca", "carriers", NULL};
static const struct role_interface at[] = {
	{"ca_list", PKI_BASE "/ca-list"},         {"crl", PKI_BASE "/crl"},
	{"crl_chain", PKI_BASE "/pa/signer.pem"}, {"map_pa", PKI_BASE "/cps-map/pa"},
	{"map_ca", PKI_BASE "/cps-map/ca1"},      {"map_master", PKI_BASE "/cps-map/master"},
	{PKI_PROVISION, PKI_BASE "/cps"},         {NULL, NULL}};

static const char *const told[] = {PKI_ROOT,        PKI_OCN,        PKI_KEY,
				   PKI_REVOKED_KEY, PKI_MAPPED_OCN, PKI_MAPPED_URL,
				   "certificate",   "revoked",      NULL};

const struct role role_pki = {
	.name = "pki",
	.what = "a STI-PA, STI-CA and STI-CR",
	.reference = "{\"name\":\"sti-pki\",\"roles\":[\"pki\"],"
		     "\"process\":{\"command\":[\"sti-pki\",\"serve\",\"--config\"]},"
		     "\"capabilities\":[\"master\",\"provision\",\"provision-ca\",\"carriers\"]}",
	.step_table = &step_table,
	.check_step = check_step,
	.capabilities = capabilities,
	.self = {PKI_HOST, 1, 1},
	.at = at,
	.told = told,
	.open = open_role,
	.close = close_role,
	.conf = conf,
	.check = check,
	.begin = begin,
	.end = end,
	.step = step,
};
