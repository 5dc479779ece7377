/* A folder for who runs an implementation somewhere: made once, taken up by each run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/addr.h"
#include "sim/oobsim/conform/given.h"
#include "sim/oobsim/conform/role.h"

/* Runs take their worlds below these */
#define WORLD_MIN 200
#define WORLDS    40
/* What is served is made anew before it runs out */
#define SCENE_S 3600

#define MEMBER(member_, kind_, ...)                                                      \
	{                                                                                \
		.name = #member_, .off = offsetof(struct given, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

static const struct conf_member members[] = {
	MEMBER(role, CONF_STR, .required = true, .doc = "whose surroundings these are"),
	MEMBER(seed, CONF_INT, .min = 0, .max = INT64_MAX, .required = true,
	       .doc = "what keys are made from"),
	MEMBER(world, CONF_INT, .min = 2, .max = 254, .required = true,
	       .doc = "second octet of the addresses 127.*"),
	MEMBER(listen, CONF_STRS, .max = 8,
	       .doc = "addresses of the repository and of the peers, instead of these"),
	MEMBER(at, CONF_STR, .doc = "address of the implementation, instead of these"),
	{0},
};
const struct conf_table given_table = {"what an implementation was given", sizeof(struct given),
				       members};

int given_load(struct given **ret, const char *dir, struct err *e)
{
	struct given *p = calloc(1, sizeof(*p));
	char path[PATH_MAX], *real = realpath(dir, NULL);
	int err;

	if (!p || !real || strlen(real) >= sizeof(p->dir)) {
		err = err_set(e, ENOENT, "%s: %s", dir, real ? "out of memory" : strerror(errno));
		free(p);
		free(real);
		return err;
	}
	(void)snprintf(path, sizeof(path), "%s/bench.json", real);
	err = conf_load(&given_table, p, path, e);
	if (!err)
		(void)snprintf(p->dir, sizeof(p->dir), "%s", real);
	free(real);
	if (err)
		free(p);
	else
		*ret = p;
	return err;
}

void given_free(struct given *p)
{
	if (!p)
		return;
	conf_free(&given_table, p);
	free(p);
}

/* --- addresses: the first is the repository's, each peer with interfaces of its own has one --- */

#define REPOSITORY(h) ((h).of == 0 && (h).element == 1)

static bool has_own(const struct role_host *hosts, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (hosts[k].of == hosts[i].of && hosts[k].element == hosts[i].element)
			return false;
	return !REPOSITORY(hosts[i]);
}

const char *given_addr(const struct given *p, const struct role *role, unsigned of,
		       unsigned element)
{
	char *const *addrs = p->listen.v;
	const struct role_host *h = role->hosts;
	size_t n = 1;

	if (!p->listen.n)
		return NULL;
	for (size_t i = 0; h && h[i].name; i++) {
		if (!has_own(h, i))
			continue;
		if (h[i].of == of && h[i].element == element)
			return n < p->listen.n ? addrs[n] : NULL;
		n++;
	}
	return addrs[0];
}

static int check_count(const struct given_opts *o, const struct role *role, struct err *e)
{
	const struct role_host *h = role->hosts;
	size_t n = 1;

	for (size_t i = 0; h && h[i].name; i++)
		n += has_own(h, i);
	if (o->nlisten > n)
		return err_set(e, EINVAL,
			       "--listen: expected at most %zu addresses for the role %s (the "
			       "repository, then peers with interfaces of their own), got %zu",
			       n, role->name, o->nlisten);
	if (o->nlisten && !o->at)
		return err_set(e, EINVAL,
			       "--listen: expected also --at, the address of the implementation");
	return 0;
}

static int check_addrs(const struct given_opts *o, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int err = o->at ? addr_make(&sa, &len, o->at, 0, e) : 0;

	for (size_t i = 0; i < o->nlisten && !err; i++)
		err = addr_make(&sa, &len, o->listen[i], 0, e);
	return err;
}

/* --- making --- */

/* From a place that its name tells, so that folders of one machine differ */
static int free_world(const char *dir, int64_t *ret, struct err *e)
{
	unsigned at = 0;
	int err = EADDRINUSE;

	for (const char *p = dir; *p; p++)
		at = at * 31 + (unsigned char)*p;
	for (unsigned i = 0; i < WORLDS && err == EADDRINUSE; i++) {
		struct world w = {.lock_fd = -1};

		*ret = WORLD_MIN + (int64_t)((at + i) % WORLDS);
		err = world_claim(&w, (int)*ret, e);
		if (!err)
			(void)close(w.lock_fd);
	}
	return err;
}

static int copy_opts(struct given *p, const struct given_opts *o, const struct role *role)
{
	char **addrs = calloc(o->nlisten + 1, sizeof(*addrs));

	p->listen = (struct conf_list){addrs, addrs ? o->nlisten : 0};
	p->seed = (int64_t)o->seed;
	p->role = strdup(role->name);
	p->at = o->at ? strdup(o->at) : NULL;
	if (!addrs || !p->role || (o->at && !p->at))
		return ENOMEM;
	for (size_t i = 0; i < o->nlisten; i++) {
		addrs[i] = strdup(o->listen[i]);
		if (!addrs[i])
			return ENOMEM;
	}
	return 0;
}

static int make(struct given **ret, const struct given_opts *o, const struct role *role,
		struct err *e)
{
	struct given *p = calloc(1, sizeof(*p));
	char *real;
	int err = check_count(o, role, e);

	*ret = p;
	if (!p)
		return err_set(e, ENOMEM, "out of memory");
	if (!err)
		err = check_addrs(o, e);
	if (!err && mkdir(o->dir, 0755) && errno != EEXIST)
		err = err_set(e, errno, "%s: %s", o->dir, strerror(errno));
	real = err ? NULL : realpath(o->dir, NULL);
	if (!err && (!real || strlen(real) >= sizeof(p->dir)))
		err = err_set(e, ENAMETOOLONG, "%s: its path cannot be told", o->dir);
	if (!err)
		(void)snprintf(p->dir, sizeof(p->dir), "%s", real);
	free(real);
	if (!err && copy_opts(p, o, role))
		err = err_set(e, ENOMEM, "out of memory");
	return err ? err : free_world(p->dir, &p->world, e);
}

/* --- serving --- */

static int serve(struct bench *b, const struct sut *sut, struct err *e)
{
	const struct surroundings in = {.trust = CASE_USUAL, .published = CASE_USUAL};
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int64_t made_s = 0;
	int err = 0;

	while (!err && !procs_poll(b->ps, 0)) {
		if (env_now_s(&env) - made_s >= SCENE_S) {
			bench_disconnect(b);
			err = bench_publish(b, sut, &in, e);
			if (!err && !made_s)
				(void)printf("serving until Ctrl-C\n");
			(void)fflush(stdout);
			made_s = env_now_s(&env);
		}
		bench_wait(b, 200);
	}
	return err;
}

static int carry_out(const struct given_opts *o, struct given *p, const struct role *role,
		     const struct sut *sut, bool is_new, struct err *e)
{
	const struct surroundings in = {.trust = CASE_USUAL, .published = CASE_USUAL};
	struct bench b = {.provision = p, .home = p->dir};
	int err = bench_open(&b, role, p->dir, (uint64_t)p->seed, e);

	if (!err)
		err = bench_publish(&b, sut, &in, e);
	if (!err && is_new)
		err = given_write(&b, p, e);
	if (!err && o->serve)
		err = serve(&b, sut, e);
	(void)bench_stop(&b, NULL);
	bench_close(&b);
	return err;
}

int given_provide(const struct given_opts *opts, const struct role *role, const struct sut *sut,
		  struct err *e)
{
	struct given *p = NULL;
	char path[PATH_MAX];
	bool is_new;
	int err;

	if (role_alone(role))
		return err_set(e, EINVAL, "there is nothing to provision for the role %s",
			       role->name);
	(void)snprintf(path, sizeof(path), "%s/bench.json", opts->dir);
	is_new = access(path, F_OK) != 0;
	if (!is_new && !opts->serve)
		return err_set(e, EEXIST,
			       "%s is there already: --serve keeps it up, another "
			       "folder makes another one",
			       path);
	err = is_new ? make(&p, opts, role, e) : given_load(&p, opts->dir, e);
	if (!err && strcmp(p->role, role->name) != 0)
		err = err_set(e, EINVAL, "%s is for the role %s", path, p->role);
	if (!err)
		err = carry_out(opts, p, role, sut, is_new, e);
	given_free(p);
	return err;
}
