/* Making, starting and telling of a world. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/base/tn.h"
#include "lib/net/app.h"
#include "sim/oobsim/world.h"

/* An element serves within a moment; more time than this only a hang takes */
#define READY_TIMEOUT_MS 10000

void world_path(const struct world *w, char ret[PATH_MAX], const char *fmt, ...)
{
	char name[PATH_MAX - WORLD_DIR_MAX - 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	(void)snprintf(ret, PATH_MAX, "%s/%s", w->dir, name);
}

const struct element *world_element(const struct world *w, const struct provider *of,
				    enum element_kind kind)
{
	for (size_t i = 0; i < w->nelements; i++)
		if (w->elements[i].of == of && w->elements[i].kind == kind)
			return &w->elements[i];
	return NULL;
}

static const struct provider *provider_at(const struct world *w, size_t i)
{
	char *const *path = w->scn->path.v;

	for (size_t k = 0; k < w->nproviders; k++)
		if (strcmp(w->providers[k].scn->name, path[i]) == 0)
			return &w->providers[k];
	return NULL;
}

const struct provider *world_first(const struct world *w)
{
	return provider_at(w, 0);
}

const struct provider *world_last(const struct world *w)
{
	return provider_at(w, w->scn->path.n - 1);
}

static void add_element(struct world *w, const struct provider *of, enum element_kind kind)
{
	struct element *el = &w->elements[w->nelements++];

	*el = (struct element){.kind = kind, .of = of};
	(void)snprintf(el->name, sizeof(el->name), "%s%s%s", of ? of->scn->name : "", of ? "." : "",
		       element_infos[kind].name);
}

static void populate(struct world *w)
{
	const struct scn_provider *all = w->scn->providers.v;

	add_element(w, NULL, ELEMENT_PKI);
	for (size_t i = 0; i < w->scn->providers.n && i < PROVIDERS_MAX; i++) {
		struct provider *p = &w->providers[w->nproviders++];

		*p = (struct provider){.scn = &all[i], .number = (unsigned)i + 1};
		(void)snprintf(p->domain, sizeof(p->domain), "%s%s",
			       all[i].domain ? all[i].domain : all[i].name,
			       all[i].domain ? "" : ".example");
		for (int kind = 0; kind < ELEMENT_KINDS; kind++)
			if (element_of((enum element_kind)kind, all[i].kind))
				add_element(w, p, (enum element_kind)kind);
	}
}

static int mark_dead(struct world *w, const char *name, struct err *e)
{
	for (size_t i = 0; i < w->nelements; i++)
		if (strcmp(w->elements[i].name, name) == 0) {
			w->elements[i].dead = true;
			return 0;
		}
	return err_set(e, EINVAL,
		       "--without: expected an element of this world, like \"tsp.cps\", got \"%s\"",
		       name);
}

static int make_dirs(const struct world *w, struct err *e)
{
	static const char *const dirs[] = {"config", "log"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		world_path(w, path, "%s", dirs[i]);
		if (mkdir(path, 0755) && errno != EEXIST)
			return err_set(e, errno, "cannot make %s: %s", path, strerror(errno));
	}
	return 0;
}

int world_make(struct world **ret, const struct scenario *scn, const struct world_opts *opts,
	       struct procs *ps, struct err *e)
{
	struct world *w = calloc(1, sizeof(*w));
	char *const *without = scn->without.v;
	int err = 0;

	if (!w)
		return err_set(e, ENOMEM, "out of memory");
	w->scn = scn;
	w->lock_fd = -1;
	(void)snprintf(w->dir, sizeof(w->dir), "%s", opts->dir);
	populate(w);
	for (size_t i = 0; i < scn->without.n && !err; i++)
		err = mark_dead(w, without[i], e);
	for (size_t i = 0; i < opts->nwithout && !err; i++)
		err = mark_dead(w, opts->without[i], e);
	if (!err)
		err = make_dirs(w, e);
	if (!err)
		err = world_claim(w, opts->number, e);
	if (!err)
		err = world_pki(w, ps, e);
	if (!err)
		err = world_configure(w, opts, e);
	if (err) {
		world_free(w);
		return err;
	}
	*ret = w;
	return 0;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->nelements; i++)
		json_decref(w->elements[i].conf);
	for (size_t i = 0; i < w->nproviders; i++) {
		free(w->providers[i].x5u);
		free(w->providers[i].key);
	}
	if (w->lock_fd >= 0)
		(void)close(w->lock_fd);
	free(w);
}

static int start_element(const struct world *w, struct element *el, struct procs *ps, struct err *e)
{
	char program[PATH_MAX], conf[PATH_MAX], log[PATH_MAX];
	const char *argv[12] = {program};
	size_t n = 1;
	int err = proc_find(program, sizeof(program), element_infos[el->kind].program, e);

	if (err)
		return err;
	world_path(w, conf, "config/%s.json", el->name);
	world_path(w, log, "log/%s.log", el->name);
	if (el->kind == ELEMENT_PKI)
		argv[n++] = "serve";
	argv[n++] = "--config";
	argv[n++] = conf;
	argv[n++] = "--name";
	argv[n++] = el->name;
	argv[n++] = "--trace";
	argv[n++] = "fd:3";
	return procs_start(
		ps, &el->proc,
		&(struct proc_opts){.name = el->name, .argv = argv, .log = log, .trace = true}, e);
}

/* What is needed by others comes first: the PKI, whose lists are fetched by the next; the side of a trunk that listens before
 * the one that connects, which would try again only a second later */
static int stage_of(const struct element *el)
{
	const json_t *trunk;
	size_t i;

	json_array_foreach (json_object_get(el->conf, "trunks"), i, trunk)
		if (json_is_true(json_object_get(trunk, "connect")))
			return 2;
	return el->kind == ELEMENT_PKI ? 0 : 1;
}

static const struct element *not_ready(const struct world *w)
{
	for (size_t i = 0; i < w->nelements; i++)
		if (w->elements[i].proc && !proc_ready(w->elements[i].proc))
			return &w->elements[i];
	return NULL;
}

static int wait_ready(const struct world *w, struct procs *ps, struct err *e)
{
	uint64_t until = mono_us() + READY_TIMEOUT_MS * 1000ull;
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct element *late;
	const struct proc *died;

	while ((late = not_ready(w)) != NULL) {
		if (procs_poll(ps, 100))
			return err_set(e, EINTR, "interrupted");
		died = procs_died(ps);
		if (died) {
			proc_text(died, &why);
			return err_set(e, proc_code(died) == EXIT_USAGE ? EINVAL : EIO, "%s",
				       why.p);
		}
		if (mono_us() > until)
			return err_set(e, ETIMEDOUT,
				       "%s was not READY within %d ms: see %s/log/%s.log",
				       late->name, READY_TIMEOUT_MS, w->dir, late->name);
	}
	return 0;
}

int world_start(struct world *w, struct procs *ps, struct err *e)
{
	int err = 0;

	for (int stage = 0; stage < 3 && !err; stage++) {
		for (size_t i = 0; i < w->nelements && !err; i++) {
			struct element *el = &w->elements[i];

			if (el->conf && !el->dead && stage_of(el) == stage)
				err = start_element(w, el, ps, e);
		}
		if (!err)
			err = wait_ready(w, ps, e);
	}
	return err;
}

int world_tell(const struct world *w, struct events *evs)
{
	uint64_t now = mono_us();
	int err = 0;

	for (size_t i = 0; i < w->nelements && !err; i++) {
		const struct element *el = &w->elements[i];
		json_t *v = json_pack("{s:I, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:b}}", "t",
				      (json_int_t)now, "at", "oobsim", "kind", "note", "what",
				      "world.element", "data", "name", el->name, "addr", el->addr,
				      "is", element_infos[el->kind].what, "dead", el->dead);
		char *line = v ? json_dumps(v, JSON_COMPACT) : NULL;

		err = line ? events_add(evs, sv_from(line), NULL) : ENOMEM;
		free(line);
		json_decref(v);
	}
	return err;
}
