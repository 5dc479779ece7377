/* What somebody needs who takes part, as files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/conf.h"
#include "sim/oobsim/run/provision.h"
#include "sim/oobsim/run/run.h"
#include "sim/oobsim/world/world_conf.h"

#define PEM_FILE_MAX 65536

/* The folder that is written, and what went wrong first */
struct folder {
	const struct world *w;
	const char *dir;
	struct err *e;
	int err;
};

static void write_octets(struct folder *f, const char *path, const char *text, size_t len,
			 mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	ssize_t n = fd < 0 ? -1 : write(fd, text, len);

	if (n < 0 || (size_t)n < len)
		f->err = err_set(f->e, n < 0 ? errno : EIO, "cannot write %s: %s", path,
				 strerror(n < 0 ? errno : EIO));
	if (fd >= 0)
		(void)close(fd);
}

/* A private key stays its owner's */
__attribute__((format(printf, 4, 5))) static void copy(struct folder *f, const char *from,
						       mode_t mode, const char *fmt, ...)
{
	char path[PATH_MAX], name[NAME_MAX + 1], *text = NULL;
	size_t len = 0;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (snprintf(path, sizeof(path), "%s/%s", f->dir, name) >= (int)sizeof(path))
		f->err = err_set(f->e, ENAMETOOLONG, "the path of %s is too long", name);
	if (!f->err)
		f->err = file_read(&text, &len, from, PEM_FILE_MAX, f->e);
	if (!f->err)
		write_octets(f, path, text, len, mode);
	free(text);
}

static void copy_tls(struct folder *f, const struct element *el)
{
	char host[HOST_MAX_LEN], from[PATH_MAX];

	conf_host(el, host);
	world_path(f->w, from, "pki/tls/%s.pem", host);
	copy(f, from, 0644, "tls/%s.pem", host);
	world_path(f->w, from, "pki/tls/%s-key.pem", host);
	copy(f, from, 0600, "tls/%s-key.pem", host);
}

static void copy_all(struct folder *f, const struct provision_csr *csrs, size_t n)
{
	char path[PATH_MAX];

	world_path(f->w, path, "pki/pa/root.pem");
	copy(f, path, 0644, "pa-root.pem");
	world_path(f->w, path, "pki/tls/root.pem");
	copy(f, path, 0644, "web-ca.pem");
	for (size_t i = 0; i < f->w->nelements; i++)
		if (conf_has_certificate(f->w, &f->w->elements[i]))
			copy_tls(f, &f->w->elements[i]);
	for (size_t i = 0; i < f->w->nproviders; i++) {
		const struct provider *p = &f->w->providers[i];

		if (!p->x5u)
			continue;
		copy(f, p->chain, 0644, "sti/%s.pem", p->scn->name);
		copy(f, p->key, 0600, "sti/%s-key.pem", p->scn->name);
	}
	for (size_t i = 0; i < n; i++) {
		provision_csr_file(csrs, i, path);
		copy(f, csrs[i].chain, 0644, "%s", path);
	}
}

static int write_hosts(const struct world *w, const json_t *all, FILE *f)
{
	const char *name;
	json_t *addr;

	(void)w;
	json_object_foreach (json_object_get(all, "names"), name, addr)
		(void)fprintf(f, "%s %s\n", json_string_value(addr), name);
	return 0;
}

static int write_json(const struct world *w, const json_t *all, FILE *f)
{
	(void)w;
	return json_dumpf(all, f, REPORT_JSON) || fputc('\n', f) == EOF ? EIO : 0;
}

/* Text of its own for each */
static const struct {
	const char *name;
	int (*write)(const struct world *w, const json_t *all, FILE *f);
} texts[] = {
	{"hosts", write_hosts}, {"provision.json", write_json}, {"README.txt", provision_readme}};

static void write_text(struct folder *f, const json_t *all, size_t i)
{
	char path[PATH_MAX];
	FILE *file = NULL;

	if (snprintf(path, sizeof(path), "%s/%s", f->dir, texts[i].name) < (int)sizeof(path))
		file = fopen(path, "we");
	f->err = file ? texts[i].write(f->w, all, file) : errno;
	if (file && fclose(file) && !f->err)
		f->err = errno;
	if (f->err)
		(void)err_set(f->e, f->err, "cannot write %s/%s: %s", f->dir, texts[i].name,
			      strerror(f->err));
}

int provision_write(const struct world *w, const json_t *all, const struct provision_csr *csrs,
		    size_t n, const char *dir, struct err *e)
{
	static const char *const parts[] = {"", "/tls", "/sti", "/csr"};
	struct folder f = {.w = w, .dir = dir, .e = e};

	run_remove(dir);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) - (n == 0) && !f.err; i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		if (mkdir(path, 0755))
			f.err = err_set(e, errno, "cannot make %s: %s", path, strerror(errno));
	}
	if (!f.err)
		copy_all(&f, csrs, n);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !f.err; i++)
		write_text(&f, all, i);
	return f.err;
}
