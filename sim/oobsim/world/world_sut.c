/* Implementations of others in a world: where they fit, how they are configured, started and waited for. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/addr.h"
#include "sim/oobsim/world/world_sut.h"

#define ARGS_MAX 66

/* Roles by the kind of a provider */
static const char *const provider_roles[PROVIDER_KINDS] = {[PROVIDER_OSP] = "osp",
							   [PROVIDER_TSP] = "tsp",
							   [PROVIDER_TRANSIT] = "transit",
							   [PROVIDER_RETARGET] = "retarget"};

/* Is the element of that name what it fills, or a part of it? */
static bool covers(const struct world_sut *s, const char *element)
{
	size_t l = strlen(s->name);

	return strncmp(element, s->name, l) == 0 && (element[l] == '\0' || element[l] == '.');
}

static const char *role_of(const struct scenario *scn, const struct world_sut *s)
{
	const struct scn_provider *p = scenario_provider(scn, s->name);
	enum element_kind kind;

	if (p && scenario_hop(scn, p) >= 0)
		return provider_roles[p->kind];
	if (p || !element_exists(scn, sv_from(s->name)) ||
	    !element_kind_of(sv_from(s->name), &kind) || kind == ELEMENT_PHONE)
		return NULL;
	return element_infos[kind].name;
}

/* Faults are members of ours alone */
static int check_set(const struct scenario *scn, const struct world_sut *s, struct err *e)
{
	const char *path;
	json_t *value;

	json_object_foreach (scn->set, path, value) {
		struct element_setting setting;
		char name[NAME_MAX_LEN];

		if (!element_setting(scn, sv_from(path), &setting) ||
		    !sv_starts(setting.member, "faults."))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(setting.name));
		if (!setting.all && covers(s, name))
			return err_set(
				e, ENOTSUP,
				"unsupported: %s needs a fault of %s (%s), which is not ours",
				scn->id, name, path);
	}
	return 0;
}

int world_sut_fits(const struct scenario *scn, const struct world_sut *s, struct err *e)
{
	const struct scn_clock *clocks = scn->clocks.v;
	const struct scn_during *during = scn->during.v;
	const char *role = role_of(scn, s);

	if (!role)
		return err_set(e, EINVAL,
			       "--sut: expected an element of this world that is no phone, like "
			       "tsp.cps, or a provider on its path, got \"%s\"",
			       s->name);
	if (!sut_has_role(s->sut, role))
		return err_set(e, EINVAL, "--sut: %s does not play the role %s of %s", s->sut->name,
			       role, s->name);
	for (size_t i = 0; i < scn->clocks.n; i++)
		if (covers(s, clocks[i].element))
			return err_set(
				e, ENOTSUP,
				"unsupported: %s needs a wrong clock of %s, which is not ours",
				scn->id, clocks[i].element);
	for (size_t i = 0; i < scn->during.n; i++) {
		const char *name = during[i].kill ? during[i].kill : during[i].start;

		if (covers(s, name) && strcmp(s->name, name) != 0)
			return err_set(e, ENOTSUP,
				       "unsupported: in %s %s ends or begins by itself, which is "
				       "inside of %s",
				       scn->id, name, s->sut->name);
	}
	return s->sut->reference ? 0 : check_set(scn, s, e);
}

static int attach(struct world *w, const struct world_sut *s, struct err *e)
{
	int err = world_sut_fits(w->scn, s, e);

	if (!err && s->sut->kind == SUT_JUDGE)
		err = err_set(
			e, EINVAL,
			"--sut: %s: expected a process or an address, to take part in a world",
			s->sut->name);
	if (!err && s->sut->kind == SUT_ADDRESS && strcmp(s->name, "pki") == 0)
		err = err_set(e, EINVAL, "--sut: the PKI of a world is of this world alone");
	for (size_t i = 0; i < w->nproviders && !err; i++)
		if (strcmp(w->providers[i].scn->name, s->name) == 0)
			w->providers[i].sut = s->sut;
	for (size_t i = 0; i < w->nelements && !err; i++) {
		struct element *el = &w->elements[i];

		if (!covers(s, el->name) || el->kind == ELEMENT_PHONE)
			continue;
		if (el->sut)
			return err_set(e, EINVAL, "--sut: two implementations fill the place of %s",
				       el->name);
		if (el->dead && strcmp(s->name, el->name) == 0)
			return err_set(e, EINVAL, "--sut: %s is dead in this run", el->name);
		el->sut = s->sut;
		el->elsewhere = s->sut->kind == SUT_ADDRESS;
	}
	return err;
}

int world_sut_attach(struct world *w, const struct world_opts *opts, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < opts->nsuts && !err; i++)
		err = attach(w, &opts->suts[i], e);
	return err;
}

static json_t *provider_conf(const struct world *w, const struct provider *p)
{
	json_t *elements = json_object(), *dead = json_array(), *numbers = json_array();
	char *const *own = p->scn->numbers.v;

	for (size_t i = 0; i < p->scn->numbers.n; i++)
		(void)json_array_append_new(numbers, json_string(own[i]));
	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];

		if (el->of != p || !el->conf)
			continue;
		if (el->dead)
			(void)json_array_append_new(dead, json_string(el->name));
		else
			(void)json_object_set(elements, el->name, el->conf);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "provider", p->scn->name, "kind",
			 provider_roles[p->scn->kind], "ocn", p->scn->ocn, "domain", p->domain,
			 "numbers", numbers, "without", dead, "elements", elements);
}

int world_sut_configure(const struct world *w, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < w->nproviders && !err; i++) {
		char path[PATH_MAX];
		json_t *v;

		if (!w->providers[i].sut)
			continue;
		world_path(w, path, "config/%s.json", w->providers[i].scn->name);
		v = provider_conf(w, &w->providers[i]);
		if (!v || json_dump_file(v, path, JSON_INDENT(4)))
			err = err_set(e, v ? EIO : ENOMEM, "cannot write %s", path);
		json_decref(v);
	}
	return err;
}

int world_sut_start(const struct world *w, const struct sut *sut, const char *name,
		    struct proc **ret, struct procs *ps, struct err *e)
{
	char program[PATH_MAX], conf[PATH_MAX], log[PATH_MAX], called[160];
	const char *argv[ARGS_MAX] = {NULL};
	struct proc_opts opts = {.name = called, .argv = argv, .log = log};
	size_t n = sut->process.command.n;
	int err;

	world_path(w, conf, "config/%s.json", name);
	world_path(w, log, "log/%s.log", name);
	(void)snprintf(called, sizeof(called), "%s (%.100s)", name, sut->name);
	err = sut_argv(&sut->process.command, program, argv, e);
	argv[n] = conf;
	if (!err)
		err = procs_start(ps, ret, &opts, e);
	/* that it ends is a finding about it, no trouble of ours */
	if (err)
		return err;
	proc_may_end(*ret);
	proc_stop_within(*ret, (uint64_t)sut->process.stop_ms);
	return 0;
}

static bool takes_connections(const char *addr, int port)
{
	struct sockaddr_storage sa;
	socklen_t len = 0;
	bool ok;
	int fd;

	if (addr_make(&sa, &len, addr, (uint16_t)port, NULL))
		return false;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok = fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* Each object with an address of the element's own and a port is something that it listens on, unless it connects from there */
static bool all_open(const json_t *v, const char *own)
{
	const char *addr = json_string_value(json_object_get(v, "addr")), *name;
	const json_t *port = json_object_get(v, "port");
	json_t *inner;
	size_t i;

	if (addr && strcmp(addr, own) == 0 && json_is_integer(port) &&
	    !json_is_true(json_object_get(v, "connect")) &&
	    !takes_connections(addr, (int)json_integer_value(port)))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)v, name, inner)
		if (!all_open(inner, own))
			return false;
	json_array_foreach (v, i, inner)
		if (!all_open(inner, own))
			return false;
	return true;
}

bool world_sut_ready(const struct world *w, const struct element *el, const struct provider *p)
{
	const struct sut *sut = el ? el->sut : p->sut;

	if (sut->kind == SUT_PROCESS && sut->process.ready == SUT_READY_LINE)
		return proc_ready(el ? el->proc : p->proc);
	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *one = &w->elements[i];

		if ((one == el || (p && one->of == p && !one->dead)) && one->conf &&
		    !all_open(one->conf, one->addr))
			return false;
	}
	return true;
}
