#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "lib/base/conf.h"
#include "lib/net/trust_source.h"

#define FETCH_TIMEOUT_MS 10000
#define PATH_LEN_MAX     4096

struct trust_source {
	struct https_client *client;
	char *where;
	trust_source_h *done;
	void *arg;
};

static bool is_url(const char *where)
{
	return strstr(where, "://") != NULL;
}

const char *check_trust_source(struct sv v)
{
	if (v.l && !memmem(v.p, v.l, "://", 3))
		return NULL;
	return check_https_url(v) ? "an https URL or a file" : NULL;
}

int trust_source_alloc(struct trust_source **ret, struct https_client *client)
{
	struct trust_source *src = calloc(1, sizeof(*src));

	if (!src)
		return ENOMEM;
	src->client = client;
	*ret = src;
	return 0;
}

void trust_source_free(struct trust_source *src)
{
	if (!src)
		return;
	https_cancel(src->client, src);
	free(src->where);
	free(src);
}

static void got_response(const struct https_response *res, void *arg)
{
	struct trust_source *src = arg;
	struct err e = {""};
	int err = res->err;

	if (err)
		(void)err_set(&e, err, "%s: %s", src->where, res->text);
	else if (res->status != 200)
		err = err_set(&e, EPROTO, "%s: expected status 200, got %u", src->where,
			      res->status);
	src->done(err, err ? SV("") : res->body, err ? e.s : NULL, src->arg);
}

static void get_url(struct trust_source *src, size_t max_len)
{
	struct https_request req = {.method = "GET",
				    .url = src->where,
				    .timeout_ms = FETCH_TIMEOUT_MS,
				    .max_response = max_len};
	struct err e;
	int err = https_request(src->client, &req, got_response, src);

	if (err)
		src->done(err_set(&e, err, "%s: %s", src->where, strerror(err)), SV(""), e.s,
			  src->arg);
}

static void get_file(struct trust_source *src, const char *path, size_t max_len)
{
	struct err e = {""};
	char *text = NULL;
	size_t len = 0;
	int err = file_read(&text, &len, path, max_len, &e);

	src->done(err, (struct sv){text, err ? 0 : len}, err ? e.s : NULL, src->arg);
	free(text);
}

/* Folder of the file `beside`, and the last part of the URL's path, when that is a plain file name */
static bool path_beside(char ret[PATH_LEN_MAX], const char *url, const char *beside)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *name = strrchr(url, '/') + 1, *slash = strrchr(beside, '/');
	int folder = slash ? (int)(slash - beside + 1) : 0;

	if (!name[0] || name[0] == '.' || name[strspn(name, plain)])
		return false;
	return snprintf(ret, PATH_LEN_MAX, "%.*s%s", folder, beside, name) < PATH_LEN_MAX &&
	       access(ret, R_OK) == 0;
}

void trust_source_get(struct trust_source *src, const char *where, const char *beside,
		      size_t max_len, trust_source_h *done, void *arg)
{
	char path[PATH_LEN_MAX];

	src->done = done;
	src->arg = arg;
	free(src->where);
	src->where = strdup(where);
	if (!src->where)
		done(ENOMEM, SV(""), "out of memory", arg);
	else if (!is_url(where))
		get_file(src, where, max_len);
	else if (beside && !is_url(beside) && path_beside(path, where, beside))
		get_file(src, path, max_len);
	else
		get_url(src, max_len);
}
