/* The files of a provisioned folder, and how people read them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/conform/given.h"
#include "sim/oobsim/conform/role.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

#define README_MAX (64u << 10)

static int write_json(const struct given *p, const char *name, const json_t *v, struct err *e)
{
	AUTO(free) char *text = v ? json_dumps(v, JSON_INDENT(1)) : NULL;
	BUF_AUTO struct buf all = BUF(SIZE_MAX / 2);
	char path[PATH_MAX];

	if (!text || buf_printf(&all, "%s\n", text))
		return err_set(e, ENOMEM, "out of memory");
	(void)snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return file_write(path, buf_sv(&all), e);
}

/* A description to begin with: all that the reference can do, to be cut down to what is true */
static json_t *sut_json(struct bench *b, const struct given *p)
{
	AUTO(json_decref) json_t *reference = json_loads(b->role->reference, 0, NULL);
	json_t *at = json_object(), *resolve = json_object();
	json_t *v = json_pack("{s:s, s:[s], s:{s:o, s:o, s:s}, s:O, s:{}}", "name", b->role->what,
			      "roles", b->role->name, "address", "at", at, "resolve", resolve,
			      "provisioned", p->dir, "capabilities",
			      json_object_get(reference, "capabilities"), "reasons");
	char url[512];

	for (const struct role_interface *i = b->role->at; v && i->name; i++)
		if (bench_at(b, i->name, url, sizeof(url), NULL) == 0)
			(void)json_object_set_new(at, i->name, json_string(url));
	if (v && b->role->self.name)
		(void)json_object_set_new(resolve, b->role->self.name, json_string(b->sut_addr));
	return v;
}

static void print_names(struct buf *ret, const struct bench *b)
{
	const json_t *names = json_object_get(json_object_get(b->conf, "https"), "resolve"), *addr;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)names, name, addr) {
		(void)buf_printf(ret, "    %-24s %s\n", name, json_string_value(addr));
	}
}

static void print_interfaces(struct buf *ret, const struct bench *b)
{
	char url[512];

	for (const struct role_interface *i = b->role->at; i->name; i++)
		if (bench_at(b, i->name, url, sizeof(url), NULL) == 0)
			(void)buf_printf(ret, "    %-24s %s\n", i->name, url);
}

static void print_readme(struct buf *ret, const struct bench *b, const struct given *p)
{
	const struct role *role = b->role;

	(void)buf_printf(
		ret,
		"What %s is given, to be tested by oobsim conform %s\n"
		"\n"
		"1. Trust. config/pa-root.pem is the root of the STI-PA: the one certificate to "
		"pin.\n"
		"   The list of approved STI-CAs is at " BENCH_CR "/ca-list,\n"
		"   the CRL at " BENCH_CR "/crl, the chain of its signer at\n"
		"   " BENCH_CR "/crl-chain.pem.\n"
		"\n"
		"2. TLS. pki/tls/root.pem is the CA of all servers and clients here. Yours is\n"
		"   %s: pki/tls/%s.pem and pki/tls/%s-key.pem.\n"
		"   The bench shows the client certificate of %s where one is asked for.\n"
		"\n"
		"3. Names. They are in no DNS; tell your implementation, or its machine:\n"
		"\n",
		role->what, role->name, role->self.name, role->self.name, role->self.name,
		BENCH_PEER);
	print_names(ret, b);
	(void)buf_printf(ret, "\n4. Where you are expected:\n\n");
	print_interfaces(ret, b);
	(void)buf_printf(
		ret,
		"\n"
		"5. Settings. %s.json is all of this as the reference reads it, with the rest "
		"that\n"
		"   cases rely on (companies, numbers, policy): set yours alike.\n"
		"\n"
		"6. Run. The lists and certificates are served only while the bench runs. To start "
		"your\n"
		"   implementation with them:\n"
		"\n"
		"    oobsim conform %s --provision %s --serve\n"
		"\n"
		"   End that with Ctrl-C when it has loaded them, correct sut.json (name, "
		"addresses,\n"
		"   capabilities), and:\n"
		"\n"
		"    oobsim conform %s --sut %s/sut.json --check\n"
		"    oobsim conform %s --sut %s/sut.json\n"
		"\n"
		"Keys are made from the seed in bench.json: they are for tests and for nothing "
		"else.\n",
		role->name, role->name, p->dir, role->name, p->dir, role->name, p->dir);
}

int given_write(struct bench *b, const struct given *p, struct err *e)
{
	const struct surroundings in = {.trust = CASE_USUAL, .published = CASE_USUAL};
	AUTO(json_decref) json_t *sut = sut_json(b, p), *told = NULL;
	BUF_AUTO struct buf readme = BUF(README_MAX);
	char path[PATH_MAX];
	int err;

	(void)snprintf(path, sizeof(path), "%s/%s.json", p->dir, b->role->name);
	err = bench_write_conf(b, path, &in, e);
	if (err)
		return err;
	print_readme(&readme, b, p);
	(void)snprintf(path, sizeof(path), "%s/README.txt", p->dir);
	err = file_write(path, buf_sv(&readme), e);
	if (!err)
		err = write_json(p, "sut.json", sut, e);
	told = conf_json(&given_table, p);
	if (!err) /* the last: the folder is whole */
		err = write_json(p, "bench.json", told, e);
	if (!err)
		(void)printf("%s: read README.txt there\n", p->dir);
	return err;
}
