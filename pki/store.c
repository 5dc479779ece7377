#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/store.h"

#define STATE_FILE "pki.json"

DEFINE_AUTO(DIR, closedir)

static const struct conf_member revoked_members[] = {
	{.name = "serial",
	 .type = CONF_STR,
	 .off = offsetof(struct revoked, serial),
	 .required = true,
	 .doc = "Serial number in hex."},
	{.name = "at_s",
	 .type = CONF_INT,
	 .off = offsetof(struct revoked, at_s),
	 .required = true,
	 .doc = "When, seconds since 1970."},
	{.name = "pem",
	 .type = CONF_STR,
	 .off = offsetof(struct revoked, pem),
	 .required = true,
	 .doc = "The certificate."},
	{0},
};

static const struct conf_table revoked_table = {"revoked certificate", sizeof(struct revoked),
						revoked_members};

static const struct conf_member state_members[] = {
	{.name = "base_url",
	 .type = CONF_STR,
	 .off = offsetof(struct pki_state, base_url),
	 .required = true,
	 .doc = "Where sti-pki serve is reached."},
	{.name = "cas",
	 .type = CONF_INT,
	 .off = offsetof(struct pki_state, cas),
	 .required = true,
	 .min = 1,
	 .max = CAS_MAX,
	 .doc = "Number of STI-CAs."},
	{.name = "sequence",
	 .type = CONF_INT,
	 .off = offsetof(struct pki_state, sequence),
	 .doc = "Sequence number of the list made last."},
	{.name = "crl_number",
	 .type = CONF_INT,
	 .off = offsetof(struct pki_state, crl_number),
	 .doc = "Number of the CRL made last."},
	{.name = "revoked",
	 .type = CONF_LIST,
	 .off = offsetof(struct pki_state, revoked),
	 .sub = &revoked_table,
	 .doc = "What the CRL lists."},
	{0},
};

const struct conf_table pki_state_table = {"state of a PKI", sizeof(struct pki_state),
					   state_members};

int pki_path(const struct pki *pki, char ret[PATH_MAX], struct err *e, const char *fmt, ...)
{
	int head = snprintf(ret, PATH_MAX, "%s/", pki->dir), tail;
	va_list ap;

	if (head >= PATH_MAX)
		return err_set(e, ENAMETOOLONG, "%s: the path is too long", pki->dir);
	va_start(ap, fmt);
	tail = vsnprintf(ret + head, (size_t)(PATH_MAX - head), fmt, ap);
	va_end(ap);
	if (tail < PATH_MAX - head)
		return 0;
	return err_set(e, ENAMETOOLONG, "%s: the path is too long", pki->dir);
}

int pki_write(const struct pki *pki, const char *name, struct sv text, struct err *e)
{
	char path[PATH_MAX];
	int err = pki_path(pki, path, e, "%s", name);

	return err ? err : file_write(path, text, e);
}

int pki_append(struct buf *ret, const struct pki *pki, const char *name, struct err *e)
{
	char path[PATH_MAX];
	char *text;
	size_t len;
	int err = pki_path(pki, path, e, "%s", name);

	if (!err)
		err = file_read(&text, &len, path, CERT_CHAIN_MAX_LEN, e);
	if (err)
		return err;
	err = buf_add(ret, text, len);
	free(text);
	return err;
}

static int take_lock(struct pki *pki, enum pki_use use, struct err *e)
{
	char path[PATH_MAX];
	int err = pki_path(pki, path, e, ".lock");

	if (err)
		return err;
	/* who may only read the directory needs no lock: files are replaced whole */
	if (use == PKI_READ)
		return 0;
	pki->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (pki->lock < 0)
		return err_set(e, errno, "%s: cannot be opened: %s", path, strerror(errno));
	while (flock(pki->lock, use == PKI_TRY ? LOCK_EX | LOCK_NB : LOCK_EX))
		if (errno != EINTR)
			return err_set(e, errno, "%s: cannot be locked: %s", path, strerror(errno));
	return 0;
}

static void prepare(struct pki *pki, const char *dir)
{
	*pki = (struct pki){.dir = dir, .lock = -1};
	pki->env = env_system(&pki->shift);
}

static bool has_file(const struct pki *pki, const char *name)
{
	char path[PATH_MAX];

	return !pki_path(pki, path, NULL, "%s", name) && access(path, F_OK) == 0;
}

int pki_open(struct pki *ret, const char *dir, enum pki_use use, struct err *e)
{
	char path[PATH_MAX];
	int err;

	prepare(ret, dir);
	if (!has_file(ret, STATE_FILE))
		return err_set(e, ENOENT, "%s: holds no PKI; `sti-pki init %s` makes one", dir,
			       dir);
	err = take_lock(ret, use, e);
	if (!err)
		err = pki_path(ret, path, e, STATE_FILE);
	if (!err)
		err = conf_load(&pki_state_table, &ret->state, path, e);
	if (err)
		pki_close(ret);
	return err;
}

static int make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return err_set(e, errno, "%s: cannot be created: %s", path, strerror(errno));
}

/* Only what a PKI consists of: the files in its own folders. */
static int clear_folder(const struct pki *pki, const char *name, struct err *e)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = pki_path(pki, path, e, "%s", name);
	AUTO(closedir) DIR *dir = err ? NULL : opendir(path);

	if (err || !dir)
		return err;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			return err_set(e, errno, "%s/%s: cannot be deleted: %s", path,
				       entry->d_name, strerror(errno));
	}
	return 0;
}

static int each_folder(const struct pki *pki, int64_t cas,
		       int (*each)(const struct pki *pki, const char *name, struct err *e),
		       struct err *e)
{
	static const char *const fixed[] = {"pa", "tls", "certs", "map"};
	char name[32];
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		err = each(pki, fixed[i], e);
	for (int64_t i = 1; !err && i <= cas; i++) {
		(void)snprintf(name, sizeof(name), "ca%lld", (long long)i);
		err = each(pki, name, e);
	}
	return err;
}

static int make_folder(const struct pki *pki, const char *name, struct err *e)
{
	char path[PATH_MAX];
	int err = pki_path(pki, path, e, "%s", name);

	return err ? err : make_dir(path, e);
}

static int clear(const struct pki *pki, struct err *e)
{
	char path[PATH_MAX];
	int err = pki_path(pki, path, e, STATE_FILE);

	if (err)
		return err;
	if (unlink(path) && errno != ENOENT)
		return err_set(e, errno, "%s: cannot be deleted: %s", path, strerror(errno));
	return each_folder(pki, CAS_MAX, clear_folder, e);
}

int pki_create(struct pki *ret, const char *dir, int64_t cas, bool force, struct err *e)
{
	int err = make_dir(dir, e);

	prepare(ret, dir);
	ret->state.cas = cas;
	if (!err)
		err = take_lock(ret, PKI_CHANGE, e);
	if (!err && force)
		err = clear(ret, e);
	if (!err && (has_file(ret, STATE_FILE) || has_file(ret, "pa/root-key.pem")))
		err = err_set(e, EEXIST, "%s: holds a PKI already; --force replaces it", dir);
	if (!err)
		err = each_folder(ret, cas, make_folder, e);
	if (err)
		pki_close(ret);
	return err;
}

int pki_save(const struct pki *pki, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int err;

	if (!f)
		return err_set(e, ENOMEM, "out of memory");
	err = conf_print(&pki_state_table, &pki->state, f);
	if (fclose(f) && !err)
		err = ENOMEM;
	err = err ? err_set(e, err, "out of memory")
		  : pki_write(pki, STATE_FILE, (struct sv){text, len}, e);
	free(text);
	return err;
}

void pki_close(struct pki *pki)
{
	conf_free(&pki_state_table, &pki->state);
	if (pki->lock >= 0)
		(void)close(pki->lock);
	pki->lock = -1;
}

int holder_load(struct holder *ret, const struct pki *pki, const char *name, struct err *e)
{
	char path[PATH_MAX];
	struct holder h = {0};
	int err = pki_path(pki, path, e, "%s.pem", name);

	if (!err)
		err = cert_chain_load(&h.chain, path, e);
	if (!err)
		err = pki_path(pki, path, e, "%s-key.pem", name);
	if (!err)
		err = key_load_private(&h.key, path, e);
	if (err)
		holder_clear(&h);
	else
		*ret = h;
	return err;
}

void holder_clear(struct holder *h)
{
	cert_chain_unref(h->chain);
	key_unref(h->key);
	*h = (struct holder){0};
}

struct cert_issuer holder_issuer(const struct holder *h)
{
	return (struct cert_issuer){h->chain, h->key};
}
