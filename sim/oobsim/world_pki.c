/* The PKI of a world: sti-pki does it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "sim/oobsim/world.h"

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

/* Run sti-pki with arguments; *ret_out: what it prints, to be freed; may be NULL */
static int command(const struct world *w, struct procs *ps, const char *const *args, char **ret_out,
		   struct err *e)
{
	char program[PATH_MAX], log[PATH_MAX], out[PATH_MAX];
	const char *argv[16] = {program};
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
	if (!err && ret_out)
		err = file_read(ret_out, &len, out, OUTPUT_MAX, e);
	return err;
}

/* Certificate for TLS under a name; the file is tls/<first name>.pem */
static int tls(const struct world *w, struct procs *ps, const char *pki, const char *const *names,
	       const char *addr, struct err *e)
{
	const char *args[16] = {"tls", pki};
	size_t n = 2;

	for (; *names; names++) {
		args[n++] = "--name";
		args[n++] = *names;
	}
	args[n++] = "--ip";
	args[n++] = addr;
	return command(w, ps, args, NULL, e);
}

static int issue(struct world *w, struct provider *p, struct procs *ps, const char *pki,
		 struct err *e)
{
	const char *args[] = {"issue", pki, "--spc", p->scn->ocn, NULL};
	char *out = NULL;
	const char *url, *key;
	json_t *v;
	int err = command(w, ps, args, &out, e);

	if (err)
		return err;
	v = json_loads(out, 0, NULL);
	free(out);
	url = json_string_value(json_object_get(v, "x5u"));
	key = json_string_value(json_object_get(v, "key"));
	if (url && key) {
		p->x5u = strdup(url);
		p->key = strdup(key);
	}
	json_decref(v);
	if (!p->x5u || !p->key)
		return err_set(e, EPROTO,
			       "sti-pki issue: expected an object with \"x5u\" and \"key\"");
	return 0;
}

static int provider_certs(struct world *w, struct provider *p, struct procs *ps, const char *pki,
			  struct err *e)
{
	const struct element *cps = world_element(w, p, ELEMENT_CPS);
	const struct element *vs = world_element(w, p, ELEMENT_VS);
	char name[160];
	const char *names[] = {name, NULL};
	int err = 0;

	if (world_element(w, p, ELEMENT_AS))
		err = issue(w, p, ps, pki, e);
	(void)snprintf(name, sizeof(name), "cps.%s", p->domain);
	if (!err && cps)
		err = tls(w, ps, pki, names, cps->addr, e);
	(void)snprintf(name, sizeof(name), "vs.%s", p->domain);
	if (!err && vs)
		err = tls(w, ps, pki, names, vs->addr, e);
	return err;
}

int world_pki(struct world *w, struct procs *ps, struct err *e)
{
	const struct element *server = world_element(w, NULL, ELEMENT_PKI);
	const char *names[] = {"cr.pki.example", "pa.pki.example", NULL};
	char pki[PATH_MAX];
	const char *init[] = {"init", pki, NULL};
	int err;

	world_path(w, pki, "pki");
	err = command(w, ps, init, NULL, e);
	if (!err)
		err = tls(w, ps, pki, names, server->addr, e);
	for (size_t i = 0; i < w->nproviders && !err; i++)
		err = provider_certs(w, &w->providers[i], ps, pki, e);
	return err;
}
