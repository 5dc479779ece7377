#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "pki/cmds.h"
#include "pki/publish.h"

#define SAN_MAX 32
/* A name is a file's name too: no `*`, and no leading dot */
#define NAME_ALPHABET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

DEFINE_AUTO(struct stir_key, key_unref)

struct tls_opts {
	struct opt_list names; /* --name, --ip and --client in the order given */
	bool force;
	int64_t days;
};

#define OFF(member) offsetof(struct tls_opts, member)

/* clang-format off */
static const struct opt opts[] = {
	{"name", OPT_LIST, OFF(names), 0, 0, "NAME", "DNS name: begins a certificate; may be given several times"},
	{"ip", OPT_LIST, OFF(names), 0, 0, "ADDRESS", "address, for the certificate of the --name before it"},
	{"client", OPT_MARK, OFF(names), 0, 0, NULL, "the --name before it is a client only; else server and client"},
	{"days", OPT_INT, OFF(days), 1, 36500, "D", "valid from yesterday, for D days from now (365)"},
	{"force", OPT_FLAG, OFF(force), 0, 0, NULL, "replace a certificate of that name"},
	{0},
};
/* clang-format on */

static int check_names(const struct opt_list *names, struct err *e)
{
	if (!names->n || strcmp(names->v[0].name, "name") != 0)
		return err_set(e, EINVAL, "--name: expected one first");
	for (size_t i = 0; i < names->n; i++) {
		const char *value = names->v[i].value;

		if (strcmp(names->v[i].name, "name") != 0)
			continue;
		if (!*value || *value == '.' || strspn(value, NAME_ALPHABET) != strlen(value) ||
		    strcmp(value, "root") == 0)
			return err_set(e, EINVAL, "--name: expected a DNS name, got \"%s\"", value);
	}
	return 0;
}

/* What one certificate is for */
struct host {
	const char *san[SAN_MAX + 1]; /* its name, then its addresses */
	bool client_only;
};

/* The name at `at` and what belongs to it. @return where the next one begins */
static size_t collect(struct host *ret, const struct opt_list *names, size_t at)
{
	size_t n = 0;

	*ret = (struct host){.san = {names->v[at].value}};
	for (at++; at < names->n && strcmp(names->v[at].name, "name") != 0; at++) {
		if (!names->v[at].value)
			ret->client_only = true;
		else if (n + 1 < SAN_MAX)
			ret->san[++n] = names->v[at].value;
	}
	return at;
}

static int make(struct buf *ret, const struct tls_opts *o, const struct pki *pki,
		const struct holder *root, const struct host *host, const struct stir_key *key,
		struct err *e)
{
	int64_t now_s = env_now_s(&pki->env);
	struct cert_issuer issuer = holder_issuer(root);
	struct cert_spec spec = {
		.kind = CERT_TLS_LEAF,
		.organization = "Example",
		.common_name = host->san[0],
		.san = host->san,
		.client_only = host->client_only,
		.not_before_s = now_s - BACKDATE_S,
		.not_after_s = now_s + o->days * DAY_S,
	};

	return cert_issue(ret, &spec, key, &issuer, NULL, &pki->env, e);
}

/* An old key is replaced whole, as other files are. */
static int save_key(const struct stir_key *key, const char *path, bool force, struct err *e)
{
	char tmp[PATH_MAX];
	int err;

	if (!force)
		return key_save_private(key, path, e);
	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= PATH_MAX)
		return err_set(e, ENAMETOOLONG, "%s: the path is too long", path);
	(void)unlink(tmp);
	err = key_save_private(key, tmp, e);
	if (!err && rename(tmp, path))
		err = err_set(e, errno, "%s: cannot be written: %s", path, strerror(errno));
	return err;
}

static int make_one(const struct tls_opts *o, const struct pki *pki, const struct holder *root,
		    const struct host *host, struct err *e)
{
	AUTO(key_unref) struct stir_key *key = NULL;
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	char cert_path[PATH_MAX], key_path[PATH_MAX];
	int err = key_generate(&key);

	if (!err)
		err = make(&pem, o, pki, root, host, key, e);
	if (!err)
		err = pki_path(pki, key_path, e, "tls/%s-key.pem", host->san[0]);
	if (!err)
		err = pki_path(pki, cert_path, e, "tls/%s.pem", host->san[0]);
	if (!err)
		err = save_key(key, key_path, o->force, e);
	if (!err)
		err = file_write(cert_path, buf_sv(&pem), e);
	return err ? err
		   : print_json(json_pack("{s:s, s:s, s:s}", "name", host->san[0], "cert",
					  cert_path, "key", key_path),
				e);
}

static int run(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct tls_opts o = {.days = CERT_DAYS};
	HOLDER_AUTO struct holder root = {0};
	struct host host;
	char **operands;
	struct pki pki;
	int err = args_parse(cmd, &o, &operands, argc, argv, e);

	if (!err)
		err = check_names(&o.names, e);
	if (!err)
		err = pki_open(&pki, operands[0], PKI_CHANGE, e);
	if (err)
		return err;
	err = holder_load(&root, &pki, "tls/root", e);
	for (size_t at = 0; !err && at < o.names.n;) {
		at = collect(&host, &o.names, at);
		err = make_one(&o, &pki, &root, &host, e);
	}
	pki_close(&pki);
	return err;
}

const struct cmd cmd_tls = {
	.name = "tls",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "make TLS certificates of the web CA, for HTTPS in the world",
	.opts = opts,
	.notes = "Prints one JSON object a line: name, cert (file), key (file). Clients trust "
		 "DIR/tls/root.pem.\n",
	.run = run,
};
