/* The PKI of a world: sti-pki does it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "sim/oobsim/world/world_conf.h"

DEFINE_AUTO(char, free)
DEFINE_AUTO(json_t, json_decref)

#define PROGRAM "sti-pki"
/* A command of sti-pki makes a handful of keys; more time than this only a hang takes */
#define COMMAND_TIMEOUT_MS 10000
#define OUTPUT_MAX         65536

static int wait_for(struct procs *ps, struct proc *p, struct err *e)
{
	uint64_t until = mono_us() + COMMAND_TIMEOUT_MS * 1000ull;
	BUF_AUTO struct buf why = BUF(ERR_MAX);

	while (!proc_ended(p)) {
		if (procs_poll(ps, 100))
			return err_set(e, EINTR, "interrupted");
		if (mono_us() > until) {
			proc_stop(p, true);
			return err_set(e, ETIMEDOUT, "%s did not end within %d ms", proc_name(p),
				       COMMAND_TIMEOUT_MS);
		}
	}
	if (proc_code(p) == 0)
		return 0;
	proc_text(p, &why);
	return err_set(e, EIO, "%s", why.p);
}

int world_sti_pki(const struct world *w, struct procs *ps, const char *const *args, char **ret_out,
		  struct err *e)
{
	char program[PATH_MAX], log[PATH_MAX], out[PATH_MAX];
	const char *argv[4 * ELEMENTS_MAX + 8] = {program};
	struct proc_opts opts = {.name = PROGRAM, .argv = argv, .log = log, .out = out};
	struct proc *p;
	size_t len;
	int err = proc_find(program, sizeof(program), PROGRAM, e);

	if (err)
		return err;
	for (size_t i = 0; args[i] && i + 2 < sizeof(argv) / sizeof(argv[0]); i++)
		argv[i + 1] = args[i];
	world_path(w, log, "log/" PROGRAM ".log");
	world_path(w, out, "log/" PROGRAM ".out");
	err = procs_start(ps, &p, &opts, e);
	if (err)
		return err;
	proc_may_end(p);
	err = wait_for(ps, p, e);
	if (proc_ended(p))
		procs_forget(ps, p);
	if (!err && ret_out)
		err = file_read(ret_out, &len, out, OUTPUT_MAX, e);
	return err;
}

static int revoke(const struct world *w, struct procs *ps, const char *pki, const char *chain,
		  struct err *e)
{
	const char *args[] = {"revoke", pki, chain, NULL};

	return world_sti_pki(w, ps, args, NULL, e);
}

/* Its STI-CA makes key and certificate; the expired one was good in the past */
static int issue(const struct world *w, const struct provider *p, struct procs *ps, const char *pki,
		 char **ret, struct err *e)
{
	static const char *const past[] = {"--not-before", "2020-01-01T00:00:00Z", "--not-after",
					   "2020-12-31T00:00:00Z"};
	const char *args[4 + sizeof(past) / sizeof(past[0]) + 1] = {"issue", pki, "--spc",
								    p->scn->ocn};

	if (p->scn->certificate == CERTIFICATE_EXPIRED)
		memcpy(args + 4, past, sizeof(past));
	return world_sti_pki(w, ps, args, ret, e);
}

/* It makes the key itself, and sends a request */
static int request(const struct world *w, const struct provider *p, struct procs *ps,
		   const char *pki, char **ret, struct err *e)
{
	char prefix[PATH_MAX], csr[PATH_MAX + 8];
	const char *make[] = {"csr", "--spc", p->scn->ocn, "--out", prefix, NULL};
	const char *sign[] = {"sign-csr", pki, "--csr", csr, NULL};
	int err;

	world_path(w, prefix, "config/%s-own", p->scn->name);
	(void)snprintf(csr, sizeof(csr), "%s.csr", prefix);
	err = world_sti_pki(w, ps, make, NULL, e);
	return err ? err : world_sti_pki(w, ps, sign, ret, e);
}

/* What sti-pki prints of a certificate. Of a requested one the key stayed with the provider */
static int take_certificate(const struct world *w, struct provider *p, const char *out,
			    struct err *e)
{
	AUTO(json_decref) json_t *v = json_loads(out, 0, NULL);
	const char *url = json_string_value(json_object_get(v, "x5u"));
	const char *key = json_string_value(json_object_get(v, "key"));
	const char *chain = json_string_value(json_object_get(v, "chain"));
	char own[PATH_MAX];

	if (p->scn->certificate == CERTIFICATE_REQUESTED) {
		world_path(w, own, "config/%s-own-key.pem", p->scn->name);
		key = own;
	}
	if (!url || !key || !chain)
		return err_set(e, EPROTO,
			       "sti-pki: expected an object with \"x5u\", \"key\" and \"chain\"");
	p->x5u = strdup(url);
	p->key = strdup(key);
	p->chain = strdup(chain);
	return p->x5u && p->key && p->chain ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int certify(struct world *w, struct provider *p, struct procs *ps, const char *pki,
		   struct err *e)
{
	AUTO(free) char *out = NULL;
	int err = p->scn->certificate == CERTIFICATE_REQUESTED ? request(w, p, ps, pki, &out, e)
							       : issue(w, p, ps, pki, &out, e);

	if (!err)
		err = take_certificate(w, p, out, e);
	if (!err && p->scn->certificate == CERTIFICATE_REVOKED)
		err = revoke(w, ps, pki, p->chain, e);
	return err;
}

/* A name and its address for the certificates of TLS */
struct tls_args {
	const char *v[4 * ELEMENTS_MAX + 3];
	size_t n;
	char names[ELEMENTS_MAX][HOST_MAX_LEN];
	size_t named;
};

static void add_name(struct tls_args *a, const struct world *w, const struct element *el)
{
	char *name = a->names[a->named];

	conf_host(el, name);
	if (world_pki_has_tls(w, name))
		return;
	a->named++;
	a->v[a->n++] = "--name";
	a->v[a->n++] = name;
	a->v[a->n++] = "--ip";
	a->v[a->n++] = el->addr;
}

/* All in one go: tls/<name>.pem for each */
static int make_tls(const struct world *w, struct procs *ps, const char *pki, struct err *e)
{
	struct tls_args a = {.v = {"tls", pki}, .n = 2};

	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];

		if (conf_has_certificate(w, el))
			add_name(&a, w, el);
	}
	return a.named ? world_sti_pki(w, ps, a.v, NULL, e) : 0;
}

int world_pki(struct world *w, struct procs *ps, struct err *e)
{
	AUTO(json_decref) json_t *url = conf_pki_url(w, "");
	char pki[PATH_MAX];
	const char *init[] = {"init", pki, "--base-url", json_string_value(url), NULL};
	bool there;
	int err;

	world_path(w, pki, "pki");
	err = world_pki_keep(w, json_string_value(url), &there, e);
	if (!err && !there)
		err = world_sti_pki(w, ps, init, NULL, e);
	if (!err)
		err = make_tls(w, ps, pki, e);
	for (size_t i = 0; i < w->nproviders && !err; i++)
		if (world_element(w, &w->providers[i], ELEMENT_AS))
			err = certify(w, &w->providers[i], ps, pki, e);
	return err ? err : world_map(w, ps, pki, e);
}
