#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/conf.h"
#include "lib/stir/cred.h"
#include "lib/stir/trust.h"
#include "lib/stir/verify.h"
#include "sim/oobsim/inspect/inspect.h"

/* Files of sti-pki's directory, and their largest size */
#define PEM_MAX  CERT_CHAIN_MAX_LEN
#define LIST_MAX (4u << 20)
#define CRL_MAX  (4u << 20)

struct inspect_judge {
	char dir[PATH_MAX];
	const char *cert;
	int64_t now_s;
	struct env env;
	struct trust *trust;
	struct cred_cache *creds;
	struct verifier *verifier; /* as a CPS */
	struct verifier *vs;
	/* the fetch that the cache has asked for and not got yet */
	char *url;
	fetch_done_h *done;
	void *arg;
};

static uint64_t now_ms(void *ctx)
{
	const struct inspect_judge *judge = ctx;

	return (uint64_t)judge->now_s * 1000;
}

/* Nothing is signed here, so nothing is drawn. */
static void no_random(void *ctx, uint8_t *buf, size_t len)
{
	(void)ctx;
	memset(buf, 0, len);
}

static int read_part(char **ret, const struct inspect_judge *judge, const char *name, size_t max,
		     struct err *e)
{
	BUF_AUTO struct buf path = BUF(2ul * PATH_MAX);
	size_t len;

	if (buf_printf(&path, "%s/%s", judge->dir, name))
		return err_set(e, path.err, "%s: out of memory", name);
	return file_read(ret, &len, path.p, max, e);
}

static int load_trust(struct inspect_judge *judge, struct err *e)
{
	char *root = NULL, *signer = NULL, *list = NULL, *crl = NULL;
	int err = read_part(&root, judge, "pa/root.pem", PEM_MAX, e);

	if (!err)
		err = read_part(&signer, judge, "pa/signer.pem", PEM_MAX, e);
	if (!err)
		err = read_part(&list, judge, "pa/ca-list.jwt", LIST_MAX, e);
	if (!err)
		err = read_part(&crl, judge, "pa/crl.pem", CRL_MAX, e);
	if (!err)
		err = trust_alloc(&judge->trust, sv_from(root), &judge->env, e);
	if (!err)
		err = trust_set_ca_list(judge->trust, sv_trim(sv_from(list)), sv_from(signer), e);
	if (!err)
		err = trust_set_crl(judge->trust, sv_from(crl), sv_from(signer), e);
	if (err)
		err_prefix(e, "trust in %s: ", judge->dir);
	free(root);
	free(signer);
	free(list);
	free(crl);
	return err;
}

/* fetcher: the answer is given later, by answer_fetch() */
static int start_fetch(void *ctx, const char *url, size_t max_len, fetch_done_h *done, void *arg)
{
	struct inspect_judge *judge = ctx;

	(void)max_len;
	judge->url = strdup(url);
	judge->done = done;
	judge->arg = arg;
	return judge->url ? 0 : ENOMEM;
}

static void cancel_fetch(void *ctx, void *arg)
{
	struct inspect_judge *judge = ctx;

	(void)arg;
	free(judge->url);
	judge->url = NULL;
}

/* certs/<last segment of the URL>; a name that could leave the folder is none */
static int find_cert(char **ret, const struct inspect_judge *judge, struct err *e)
{
	const char *name = strrchr(judge->url, '/') + 1;
	char part[NAME_MAX + 8];

	if (!*name || *name == '.' || strlen(name) > NAME_MAX)
		return err_set(e, ENOENT, "%s: no file name at its end", judge->url);
	(void)snprintf(part, sizeof(part), "certs/%s", name);
	return read_part(ret, judge, part, PEM_MAX, e);
}

static void answer_fetch(struct inspect_judge *judge)
{
	struct err e = {{0}};
	char *pem = NULL, *url = judge->url;
	size_t len;
	int err = judge->cert ? file_read(&pem, &len, judge->cert, PEM_MAX, &e)
			      : find_cert(&pem, judge, &e);

	judge->url = NULL;
	judge->done(err, sv_from(pem), -1, err ? e.s : NULL, judge->arg);
	free(pem);
	free(url);
}

/* The directory, or pa/root.pem in it */
static int find_dir(struct inspect_judge *judge, const char *trust, struct err *e)
{
	struct stat st;
	char *slash;

	if (stat(trust, &st))
		return err_set(e, errno, "--trust %s: %s", trust, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		(void)snprintf(judge->dir, sizeof(judge->dir), "%s", trust);
		return 0;
	}
	if (!realpath(trust, judge->dir))
		return err_set(e, errno, "--trust %s: %s", trust, strerror(errno));
	for (int i = 0; i < 2; i++) {
		slash = strrchr(judge->dir, '/');
		if (slash)
			*slash = '\0';
	}
	return 0;
}

int inspect_judge_alloc(struct inspect_judge **ret, const struct inspect_opts *opts, int64_t now_s,
			struct err *e)
{
	static const struct verify_opts how = {.role = VERIFY_CPS, .freshness_s = FRESHNESS_S};
	static const struct verify_opts how_vs = {.role = VERIFY_VS, .freshness_s = FRESHNESS_S};
	static const struct cred_opts cred_opts = {
		.max_entries = BUNDLE_MAX, .max_age_s = 60, .fail_age_s = 0};
	struct inspect_judge *judge = calloc(1, sizeof(*judge));
	struct fetcher fetcher = {.get = start_fetch, .ctx = judge, .cancel = cancel_fetch};
	int err;

	if (!judge)
		return err_set(e, ENOMEM, "out of memory");
	judge->cert = opts->cert;
	judge->now_s = now_s;
	judge->env = (struct env){.now_ms = now_ms, .random = no_random, .ctx = judge};
	err = find_dir(judge, opts->trust, e);
	if (!err)
		err = load_trust(judge, e);
	if (!err)
		err = cred_cache_alloc(&judge->creds, &cred_opts, judge->trust, &fetcher,
				       &judge->env);
	if (!err)
		err = verifier_alloc(&judge->verifier, &how, judge->creds, &judge->env);
	if (!err)
		err = verifier_alloc(&judge->vs, &how_vs, judge->creds, &judge->env);
	if (err) {
		inspect_judge_free(judge);
		return err;
	}
	*ret = judge;
	return 0;
}

void inspect_judge_free(struct inspect_judge *judge)
{
	if (!judge)
		return;
	verifier_free(judge->verifier);
	verifier_free(judge->vs);
	cred_cache_free(judge->creds);
	trust_free(judge->trust);
	free(judge->url);
	free(judge);
}

const struct trust *inspect_judge_trust(const struct inspect_judge *judge)
{
	return judge->trust;
}

const struct env *inspect_judge_env(const struct inspect_judge *judge)
{
	return &judge->env;
}

int inspect_judge_signer(const struct inspect_judge *judge, const char *x5u, char **ret,
			 struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789/.";
	const char *part = x5u + strlen(x5u);
	size_t len;

	if (judge->cert)
		return file_read(ret, &len, judge->cert, PEM_MAX, e);
	for (int slashes = 0; part > x5u; part--)
		if (part[-1] == '/' && ++slashes == 2)
			break;
	/* a name that could leave the folder is none */
	if (part[strspn(part, plain)] || part[0] == '.' || strstr(part, "/."))
		return err_set(e, ENOENT, "%s: no file of that name is looked for", x5u);
	return read_part(ret, judge, part, PEM_MAX, e);
}

static void verified(const struct verify_result *res, void *arg)
{
	struct inspected *i = arg;

	i->fault = res->fault;
	i->err = res->err == EBADMSG ? 0 : res->err;
	i->verdict = res->err ? INSPECT_REFUSED : INSPECT_VERIFIED;
	(void)snprintf(i->spc, sizeof(i->spc), "%s", res->spc);
}

static void credential(const struct cred *cred, void *arg)
{
	struct inspected *i = arg;

	i->has_signer = cred->chain && cert_chain_info(cred->chain, 0, &i->signer) == 0;
}

/* The chain is in the cache by now, unless it was never asked for. */
static void find_signer(struct inspect_judge *judge, struct inspected *i)
{
	struct cred cred = {0};
	int err;

	if (!i->pp || !i->pp->x5u.p)
		return;
	err = cred_get(judge->creds, i->pp->x5u, &cred, credential, i);
	if (!err)
		credential(&cred, i);
	else if (err == EINPROGRESS && judge->url)
		answer_fetch(judge);
}

void inspect_judge_run(struct inspect_judge *judge, struct inspected *i)
{
	int err = verify_run(judge->verifier, &i->item, NULL, verified, i);

	if (err) {
		i->err = err;
		i->verdict = INSPECT_REFUSED;
		return;
	}
	if (judge->url)
		answer_fetch(judge);
	find_signer(judge, i);
}

static void link_verified(const struct verify_result *res, void *arg)
{
	struct chain_item *item = arg;

	item->err = res->err;
	item->fault = res->fault;
}

void inspect_judge_link(struct inspect_judge *judge, const struct inspected *i,
			const struct verify_call *call, struct chain_item *ret)
{
	int err = verify_run(judge->vs, &i->item, call, link_verified, ret);

	if (err)
		ret->err = err;
	else if (judge->url)
		answer_fetch(judge);
}
