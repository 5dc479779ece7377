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
#include "sim/oobsim/world/world_sut.h"

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

const struct provider *world_provider(const struct world *w, const char *name)
{
	for (size_t k = 0; k < w->nproviders; k++)
		if (strcmp(w->providers[k].scn->name, name) == 0)
			return &w->providers[k];
	return NULL;
}

const struct provider *world_at(const struct world *w, size_t hop)
{
	return world_provider(w, scenario_at(w->scn, hop)->name);
}

const struct provider *world_first(const struct world *w)
{
	return world_at(w, 0);
}

const struct provider *world_last(const struct world *w)
{
	return world_at(w, scenario_hops(w->scn) - 1);
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

		*p = (struct provider){.scn = &all[i],
				       .hop = scenario_hop(w->scn, &all[i]),
				       .number = (unsigned)i + 1};
		(void)snprintf(p->domain, sizeof(p->domain), "%s%s",
			       all[i].domain ? all[i].domain : all[i].name,
			       all[i].domain ? "" : ".example");
		for (int kind = 0; kind < ELEMENT_KINDS; kind++)
			if (element_infos[kind].kinds &&
			    element_of(w->scn, &all[i], (enum element_kind)kind))
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
	(void)snprintf(w->listen, sizeof(w->listen), "%s", opts->listen ? opts->listen : "");
	w->publish = opts->publish;
	w->lock_fd = -1;
	w->pki = opts->pki;
	(void)snprintf(w->dir, sizeof(w->dir), "%s", opts->dir);
	populate(w);
	for (size_t i = 0; i < scn->without.n && !err; i++)
		err = mark_dead(w, without[i], e);
	for (size_t i = 0; i < opts->nwithout && !err; i++)
		err = mark_dead(w, opts->without[i], e);
	if (!err)
		err = world_sut_attach(w, opts, e);
	if (!err)
		err = world_ways(w, opts, e);
	if (!err)
		err = make_dirs(w, e);
	if (!err)
		err = world_claim(w, opts->number, e);
	if (!err)
		err = world_sut_place(w, e);
	if (!err)
		err = world_pki(w, ps, e);
	if (!err)
		err = world_configure(w, opts, e);
	if (!err)
		err = world_sut_configure(w, e);
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
		free(w->providers[i].chain);
	}
	if (w->lock_fd >= 0)
		(void)close(w->lock_fd);
	free(w);
}
