/* What the STI-PA distributes: revocations in its CRL, and its list of approved STI-CAs. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "pki/cmds.h"
#include "pki/publish.h"

#define UNSET INT64_MIN

DEFINE_AUTO(struct cert_chain, cert_chain_unref)

struct list_opts {
	int64_t days, end_s;
};

#define OFF(member) offsetof(struct list_opts, member)

/* clang-format off */
#define OPT_DAYS {"days", OPT_INT, OFF(days), 1, 36500, "D", "good for D days from now (30)"}

static const struct opt list_opts[] = {
	OPT_DAYS,
	{"until", OPT_TIME, OFF(end_s), 0, 0, "TIME", "good until then; a time that has passed makes a stale one"},
	{0},
};

static const struct opt revoke_opts[] = {
	OPT_DAYS,
	{0},
};
/* clang-format on */

static int64_t end_of(const struct list_opts *o, int64_t now_s)
{
	return o->end_s != UNSET ? o->end_s : now_s + o->days * DAY_S;
}

/* When it is made stale on purpose, it still begins before it ends. */
static int remake_crl(struct pki *pki, const struct list_opts *o, struct err *e)
{
	int64_t now_s = env_now_s(&pki->env), end_s = end_of(o, now_s);
	int64_t begin_s = (end_s < now_s ? end_s : now_s) - BACKDATE_S;
	int err = publish_crl(pki, begin_s, end_s, e);

	return err ? err : pki_save(pki, e);
}

static void lower(char *ret, size_t size, const char *text)
{
	size_t i = 0;

	for (; text[i] && i + 1 < size; i++)
		ret[i] = (char)tolower((unsigned char)text[i]);
	ret[i] = '\0';
}

/* A file, or the serial number of a certificate that was issued here. */
static int find_cert(char ret[PATH_MAX], const struct pki *pki, const char *what, struct err *e)
{
	char serial[64];
	int err;

	if (access(what, F_OK) == 0)
		return snprintf(ret, PATH_MAX, "%s", what) < PATH_MAX ? 0 : ENAMETOOLONG;
	lower(serial, sizeof(serial), what);
	if (!*serial || strspn(serial, "0123456789abcdef") != strlen(serial))
		return err_set(e, EINVAL,
			       "expected a certificate file or a serial number in hex, got \"%s\"",
			       what);
	err = pki_path(pki, ret, e, "certs/%s.pem", serial);
	if (!err && access(ret, F_OK))
		err = err_set(e, EINVAL, "no certificate with the serial number %s was issued here",
			      serial);
	return err;
}

/* Two CAs can use one serial number, so the certificate itself is compared. */
static bool is_listed(const struct pki *pki, const char *pem)
{
	const struct revoked *revoked = pki->state.revoked.v;

	for (size_t i = 0; i < pki->state.revoked.n; i++)
		if (strcmp(revoked[i].pem, pem) == 0)
			return true;
	return false;
}

static int append(struct pki *pki, const char *serial, const char *pem)
{
	struct conf_list *list = &pki->state.revoked;
	struct revoked *v = realloc(list->v, (list->n + 1) * sizeof(*v));

	if (!v)
		return ENOMEM;
	list->v = v;
	v[list->n] = (struct revoked){strdup(serial), strdup(pem), env_now_s(&pki->env)};
	list->n++;
	return v[list->n - 1].serial && v[list->n - 1].pem ? 0 : ENOMEM;
}

/* The first certificate of the file as PEM text, new; NULL with text. */
static char *leaf_pem(const char *path, struct err *e)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----",
			  end[] = "-----END CERTIFICATE-----";
	char *text, *from, *to, *ret;

	if (file_read(&text, NULL, path, CERT_CHAIN_MAX_LEN, e))
		return NULL;
	from = strstr(text, begin);
	to = from ? strstr(from, end) : NULL;
	ret = to ? strndup(from, (size_t)(to - from) + sizeof(end) - 1) : NULL;
	free(text);
	if (!ret)
		err_set(e, EBADMSG, "%s: expected a certificate in PEM", path);
	return ret;
}

static int revoke_one(struct pki *pki, const struct list_opts *o, const char *what, struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	char path[PATH_MAX], serial[64];
	struct cert_info info;
	bool before;
	char *pem;
	int err = find_cert(path, pki, what, e);

	if (!err)
		err = cert_chain_load(&chain, path, e);
	if (err)
		return err;
	pem = leaf_pem(path, e);
	if (!pem)
		return EBADMSG;
	(void)cert_chain_info(chain, 0, &info);
	lower(serial, sizeof(serial), info.serial);
	before = is_listed(pki, pem);
	if (!before)
		err = append(pki, serial, pem);
	free(pem);
	if (!err && !before)
		err = remake_crl(pki, o, e);
	return err ? err
		   : print_json(json_pack("{s:s, s:s, s:b, s:I}", "serial", serial, "subject",
					  info.subject, "already", before, "crl_number",
					  (json_int_t)pki->state.crl_number),
				e);
}

static int open_for(struct pki *pki, const struct cmd *cmd, struct list_opts *o, char ***operands,
		    int argc, char **argv, struct err *e)
{
	int err;

	*o = (struct list_opts){.days = LIST_DAYS, .end_s = UNSET};
	err = args_parse(cmd, o, operands, argc, argv, e);
	return err ? err : pki_open(pki, (*operands)[0], PKI_CHANGE, e);
}

static int run_revoke(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct list_opts o;
	char **operands;
	struct pki pki;
	int err = open_for(&pki, cmd, &o, &operands, argc, argv, e);

	if (err)
		return err;
	for (char **what = operands + 1; !err && *what; what++)
		err = revoke_one(&pki, &o, *what, e);
	pki_close(&pki);
	return err;
}

static int run_crl(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct list_opts o;
	char **operands;
	struct pki pki;
	int err = open_for(&pki, cmd, &o, &operands, argc, argv, e);

	if (err)
		return err;
	err = remake_crl(&pki, &o, e);
	if (!err)
		err = print_json(json_pack("{s:I, s:I}", "crl_number",
					   (json_int_t)pki.state.crl_number, "revoked",
					   (json_int_t)pki.state.revoked.n),
				 e);
	pki_close(&pki);
	return err;
}

static int run_list(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct list_opts o;
	char **operands;
	struct pki pki;
	int err = open_for(&pki, cmd, &o, &operands, argc, argv, e);

	if (err)
		return err;
	err = publish_list(&pki, end_of(&o, env_now_s(&pki.env)), e);
	if (!err)
		err = pki_save(&pki, e);
	if (!err)
		err = print_json(json_pack("{s:I, s:I}", "sequence", (json_int_t)pki.state.sequence,
					   "roots", (json_int_t)pki.state.cas),
				 e);
	pki_close(&pki);
	return err;
}

const struct cmd cmd_revoke = {
	.name = "revoke",
	.operands = "DIR CERT|SERIAL",
	.operands_min = 2,
	.operands_max = 64,
	.summary = "list certificates in the STI-PA's CRL",
	.opts = revoke_opts,
	.notes = "CERT is any certificate file (of a chain, its first), SERIAL the serial number "
		 "of one that was issued here.\n",
	.run = run_revoke,
};

const struct cmd cmd_crl = {
	.name = "crl",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "make the STI-PA's CRL anew",
	.opts = list_opts,
	.run = run_crl,
};

const struct cmd cmd_trust_list = {
	.name = "trust-list",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "make the signed list of approved STI-CAs anew, with the next sequence number",
	.opts = list_opts,
	.run = run_list,
};
