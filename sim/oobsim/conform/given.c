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

/* Runs take their worlds below these; of each of these a folder has three networks: its own 0, 1 and 2 */
#define WORLD_MIN 200
#define NETS      83
#define SLOTS     (UINT64_C(55) * NETS)
#define OF_EACH   3
/* Port of the socket that claims them; nobody ever sends to it */
#define LOCK_PORT 5999
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
	MEMBER(net, CONF_INT, .min = 0, .max = 252, .required = true,
	       .doc = "where their third octet begins"),
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

int given_claim(const struct given *p, int *ret_fd, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t len = 0;
	char addr[ADDR_MAX];
	int err;

	(void)snprintf(addr, sizeof(addr), "127.%d.%d.1", (int)p->world, (int)p->net);
	err = addr_make(&sa, &len, addr, LOCK_PORT, e);
	if (err)
		return err;
	*ret_fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*ret_fd >= 0 && bind(*ret_fd, (const struct sockaddr *)&sa, len) == 0)
		return 0;
	err = errno;
	if (*ret_fd >= 0)
		(void)close(*ret_fd);
	*ret_fd = -1;
	return err_set(e, err, "%s (%s:%d): %s", p->dir, addr, LOCK_PORT,
		       err == EADDRINUSE ? "another run has it" : strerror(err));
}

static const char *listens(const struct given *p, const struct role *role, unsigned of,
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

void given_addr(const struct given *p, const struct role *role, unsigned of, unsigned element,
		char ret[ADDR_MAX])
{
	const char *own = listens(p, role, of, element);

	if (own)
		(void)snprintf(ret, ADDR_MAX, "%s", own);
	else
		(void)snprintf(ret, ADDR_MAX, "127.%d.%u.%u", (int)p->world, (unsigned)p->net + of,
			       element);
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

/* From a place that its name tells, so that folders of one machine differ (FNV-1a) */
static int free_nets(struct given *p, struct err *e)
{
	uint64_t at = 14695981039346656037ull;
	int err = EADDRINUSE, fd;

	for (const char *c = p->dir; *c; c++)
		at = (at ^ (unsigned char)*c) * 1099511628211ull;
	for (uint64_t i = 0; i < SLOTS && err == EADDRINUSE; i++) {
		const int64_t slot = (int64_t)((at + i) % SLOTS);

		p->world = WORLD_MIN + slot / NETS;
		p->net = 1 + slot % NETS * OF_EACH;
		err = given_claim(p, &fd, e);
		if (!err)
			(void)close(fd);
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
	return err ? err : free_nets(p, e);
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
	if (!err && p && strcmp(p->role, role->name) != 0)
		err = err_set(e, EINVAL, "%s is for the role %s", path, p->role);
	if (!err && p)
		err = carry_out(opts, p, role, sut, is_new, e);
	given_free(p);
	return err;
}
