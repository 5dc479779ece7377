/* STI-CR, STI-PA and STI-CAs over HTTPS: certificates for x5u, the signed lists, the CRL, for everybody (PKI-03, 04, 05;
 * DISC-03, 04, 05, 07); and what a provider tells them of its CPS (DISC-02). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/net/app.h"
#include "lib/net/https_server.h"
#include "pki/cmds.h"
#include "pki/conf.h"
#include "pki/fault.h"
#include "pki/maps.h"
#include "pki/problem.h"
#include "pki/provision.h"
#include "pki/publish.h"

#define MAX_CONNS      256
#define IDLE_TIMEOUT_S 60
#define FILE_MAX       (16u << 20)

#define ID_ALPHABET "0123456789abcdef"

struct app {
	const struct pki_conf *conf;
	const struct env *env;
	struct https_server *server;
};

/* What is served under a path */
struct page {
	const char *path;
	const char *file; /* in the directory */
	const char *type;
};

#define CHAIN_TYPE "application/pem-certificate-chain"

static const struct page pages[] = {
	{"/ca-list", "pa/ca-list.jwt", "application/jose"},
	{"/crl", "pa/crl.der", "application/pkix-crl"},
	{"/pa/signer.pem", "pa/signer.pem", CHAIN_TYPE},
	{MAP_PATH "master", MAP_FOLDER "/master.json", "application/json"},
};

static void not_found(struct https_req *req)
{
	problem_status(req, 404, "Not Found", "there is no such certificate or list here", NULL);
}

/* /certificates/<serial number>.pem; nothing else of that folder, least of all a key. */
static bool cert_file(char *ret, size_t size, struct sv path)
{
	static const char head[] = "/certificates/", tail[] = ".pem";
	char id[64];
	size_t l = path.l - (sizeof(head) - 1) - (sizeof(tail) - 1);

	if (!sv_starts(path, head) || path.l < sizeof(head) + sizeof(tail) - 1 || l >= sizeof(id) ||
	    memcmp(path.p + path.l - (sizeof(tail) - 1), tail, sizeof(tail) - 1) != 0)
		return false;
	memcpy(id, path.p + sizeof(head) - 1, l);
	id[l] = '\0';
	if (strspn(id, ID_ALPHABET) != l)
		return false;
	(void)snprintf(ret, size, "certs/%s.pem", id);
	return true;
}

/* A file is replaced by another one, never changed, so these three tell one content from the next. */
static int etag(char *ret, size_t size, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	(void)snprintf(ret, size, "\"%llx-%llx.%lx-%llx\"", (unsigned long long)st.st_ino,
		       (unsigned long long)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec,
		       (unsigned long long)st.st_size);
	return 0;
}

/* Is what the client has still the same? */
static bool is_unmodified(struct https_req *req, const struct app *app, const char *tag)
{
	struct sv theirs = https_req_header(req, "If-None-Match");

	switch ((enum pki_conditional_fault)app->conf->faults.conditional) {
	case PKI_CONDITIONAL_NEVER:
		return false;
	case PKI_CONDITIONAL_ALWAYS:
		return theirs.l > 0;
	case PKI_CONDITIONAL_USUAL:
		break;
	}
	return sv_eqz(theirs, tag);
}

static int read_page(struct buf *ret, const struct app *app, const char *file, const char *path,
		     const struct pki_answer_fault *wrong)
{
	struct err e = {""};
	char *text;
	size_t len;
	int err = file_read(&text, &len, path, FILE_MAX, &e);

	if (!err) {
		err = buf_add(ret, text, len);
		free(text);
	}
	if (!err)
		err = fault_change(ret, app->conf, file, wrong, app->env, &e);
	if (err)
		log_error("%s", *e.s ? e.s : strerror(err));
	return err;
}

static void send_file(struct https_req *req, const struct app *app, const struct page *page,
		      int64_t age_s)
{
	const struct pki_answer_fault *wrong = fault_find(&app->conf->faults, https_req_path(req));
	const char *file = wrong && wrong->file ? wrong->file : page->file;
	BUF_AUTO struct buf text = BUF(FILE_MAX);
	char path[PATH_MAX], tag[96], age[64];
	const struct https_header all[] = {{"ETag", tag}, {"Cache-Control", age}, {NULL, NULL}};
	const struct https_header *headers = wrong && wrong->without_freshness ? NULL : all;
	int n = snprintf(path, sizeof(path), "%s/%s", app->conf->dir, file);

	if (n >= PATH_MAX || etag(tag, sizeof(tag), path)) {
		not_found(req);
		return;
	}
	(void)snprintf(age, sizeof(age), "max-age=%lld", (long long)age_s);
	if (is_unmodified(req, app, tag)) {
		https_reply(req, 304, NULL, (struct sv){0}, headers);
		return;
	}
	if (read_page(&text, app, file, path, wrong)) {
		problem_status(req, 500, "Internal Server Error", "the file cannot be read", NULL);
		return;
	}
	https_reply(req, wrong && wrong->status ? (unsigned)wrong->status : 200,
		    wrong && wrong->type ? wrong->type : page->type, buf_sv(&text), headers);
}

/* "ca12": an STI-CA. Its folder is there, or it is not */
static bool is_ca(struct sv name)
{
	unsigned long long n;

	return name.l > 2 && sv_starts(name, "ca") && name.p[2] != '0' &&
	       sv_u64((struct sv){name.p + 2, name.l - 2}, CAS_MAX, &n);
}

/* /cps-map/pa, /cps-map/ca1 … */
static bool map_file(char *ret, size_t size, struct sv path)
{
	struct sv name = {path.p + sizeof(MAP_PATH) - 1, path.l - (sizeof(MAP_PATH) - 1)};

	if (!sv_starts(path, MAP_PATH) || (!sv_eqz(name, "pa") && !is_ca(name)))
		return false;
	(void)snprintf(ret, size, MAP_FOLDER "/%.*s.jwt", SV_ARG(name));
	return true;
}

/* /ca1/signer.pem: chain of the signer of its lists */
static bool signer_file(char *ret, size_t size, struct sv path)
{
	struct sv rest = {path.p + 1, path.l - 1}, name;

	if (!path.l || path.p[0] != '/')
		return false;
	name = sv_cut(&rest, '/');
	if (!is_ca(name) || !sv_eqz(rest, "signer.pem"))
		return false;
	(void)snprintf(ret, size, "%.*s/signer.pem", SV_ARG(name));
	return true;
}

static void get(struct https_req *req, const struct app *app)
{
	struct sv path = https_req_path(req);
	char file[128];
	struct page page = {.file = file, .type = CHAIN_TYPE};
	int64_t age_s = app->conf->list_age_s;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (!sv_eqz(path, pages[i].path))
			continue;
		send_file(req, app, &pages[i], age_s);
		return;
	}
	if (cert_file(file, sizeof(file), path)) {
		age_s = app->conf->certificate_age_s;
	} else if (map_file(file, sizeof(file), path)) {
		page.type = "application/jose";
	} else if (!signer_file(file, sizeof(file), path)) {
		if (!app->conf->faults.any_path) {
			not_found(req);
			return;
		}
		page = pages[0];
	}
	send_file(req, app, &page, age_s);
}

static void on_request(struct https_req *req, void *arg)
{
	static const struct https_header put[] = {{"Allow", "PUT"}, {NULL, NULL}};
	static const struct https_header read[] = {{"Allow", "GET, HEAD"}, {NULL, NULL}};
	const struct app *app = arg;
	const struct pki_faults_conf *faults = &app->conf->faults;
	struct sv method = https_req_method(req);
	bool cps = sv_starts(https_req_path(req), PROVISION_PATH);

	if (cps && (sv_eqz(method, "PUT") || faults->any_method))
		provision_request(req, app->conf, app->env);
	else if (cps)
		problem_status(req, 405, "Method Not Allowed", "a CPS URL is told by PUT", put);
	else if (sv_eqz(method, "GET") || sv_eqz(method, "HEAD") || faults->any_method)
		get(req, app);
	else
		problem_status(req, 405, "Method Not Allowed",
			       "certificates and lists are read by GET", read);
}

/* In READY: where an element of the world finds what it needs. */
static int describe(json_t *ready, const struct pki_conf *conf, const char *base_url)
{
	BUF_AUTO struct buf url = BUF(4096);
	bool v6 = strchr(conf->addr, ':') != NULL;
	int err = buf_printf(&url, "https://%s%s%s:%lld", v6 ? "[" : "", conf->addr, v6 ? "]" : "",
			     (long long)conf->port);

	if (err || json_object_set_new(ready, "public", json_string(url.p)) ||
	    json_object_set_new(ready, "base_url", json_string(base_url)))
		return ENOMEM;
	return 0;
}

static int start(void **ret_app, const void *conf, const struct env *env, json_t *ready,
		 struct err *e)
{
	struct app *app;
	const struct pki_conf *c = conf;
	struct https_server_opts opts = {
		.addr = c->addr,
		.port = (uint16_t)c->port,
		.tls = &c->tls,
		.max_body = PROVISION_MAX_BODY,
		.max_conns = MAX_CONNS,
		.idle_timeout_s = IDLE_TIMEOUT_S,
		.faults = &c->faults.http,
	};
	struct pki pki;
	int err = pki_open(&pki, c->dir, PKI_READ, e);

	if (err)
		return err == ENOENT ? EINVAL : err;
	err = describe(ready, c, pki.state.base_url);
	pki_close(&pki);
	app = err ? NULL : calloc(1, sizeof(*app));
	if (!app)
		return err_set(e, ENOMEM, "out of memory");
	app->conf = c;
	app->env = env;
	err = https_server_alloc(&app->server, &opts, on_request, app, e);
	if (err) {
		free(app);
		return err;
	}
	*ret_app = app;
	return 0;
}

static int reload(void *arg, struct err *e)
{
	struct app *app = arg;

	return https_server_reload(app->server, e);
}

static void stop(void *arg)
{
	struct app *app = arg;

	https_server_free(app->server);
	free(app);
}

int serve_main(int argc, char **argv)
{
	static const struct app_def def = {
		.program = "sti-pki serve",
		.summary = "serves certificates, signed lists and the CRL over HTTPS, and takes "
			   "CPS URLs",
		.conf = &pki_conf_table,
		.start = start,
		.reload = reload,
		.stop = stop,
	};

	return app_main(&def, argc, argv);
}
