#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/conf.h"

static void close_file(FILE *f)
{
	(void)fclose(f); /* it was only read */
}
DEFINE_AUTO(FILE, close_file)

/* What is left of f. Errors of reading are told by errno. */
static int stream_read(struct buf *ret, FILE *f)
{
	char chunk[16384];
	size_t n;
	int err = 0;

	do {
		errno = 0;
		n = fread(chunk, 1, sizeof(chunk), f);
		err = buf_add(ret, chunk, n);
	} while (n == sizeof(chunk) && !err);
	if (err)
		return err == EMSGSIZE ? EFBIG : err;
	if (ferror(f))
		return errno ? errno : EIO;
	return 0;
}

int file_read(char **ret, size_t *ret_len, const char *path, size_t max, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	AUTO(close_file) FILE *opened = is_stdin ? NULL : fopen(path, "re");
	BUF_AUTO struct buf text = BUF(max);
	size_t len;
	char *z;
	int err;

	if (!is_stdin && !opened) {
		err = errno;
		return err_set(e, err, "%s: cannot be opened: %s", path, strerror(err));
	}
	err = stream_read(&text, is_stdin ? stdin : opened);
	if (err == EFBIG)
		return err_set(e, err, "%s: larger than the limit of %zu octets", path, max);
	if (err)
		return err_set(e, err, "%s: cannot be read: %s", path, strerror(err));
	len = text.l;
	z = buf_take(&text);
	if (!z)
		return err_set(e, ENOMEM, "%s: out of memory", path);
	*ret = z;
	if (ret_len)
		*ret_len = len;
	return 0;
}

static int stream_write(const char *path, struct sv text)
{
	FILE *f = fopen(path, "we");
	int err = 0;

	if (!f)
		return errno;
	if (fwrite(text.p, 1, text.l, f) != text.l)
		err = errno;
	if (fclose(f) && !err)
		err = errno;
	return err;
}

int file_write(const char *path, struct sv text, struct err *e)
{
	BUF_AUTO struct buf tmp = BUF(PATH_MAX);
	int err = buf_printf(&tmp, "%s.new", path);

	if (err)
		return err_set(e, err == EMSGSIZE ? ENAMETOOLONG : err, "%s: the path is too long",
			       path);
	err = stream_write(tmp.p, text);
	if (!err && rename(tmp.p, path))
		err = errno;
	if (!err)
		return 0;
	(void)unlink(tmp.p);
	return err_set(e, err, "%s: cannot be written: %s", path, strerror(err));
}
