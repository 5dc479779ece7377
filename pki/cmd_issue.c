/* Certificates of providers: for a new key (issue), or for an outsider's (csr, sign-csr). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/auto.h"
#include "pki/cmds.h"
#include "pki/publish.h"

#define CSR_MAX 65536

DEFINE_AUTO(struct stir_key, key_unref)

struct issue_opts {
	struct opt_list spc;
	const char *name, *out, *csr;
	int64_t ca, days, not_before_s, not_after_s;
};

/* not_before_s, not_after_s: not given */
#define UNSET INT64_MIN

#define OFF(member) offsetof(struct issue_opts, member)

#define OPT_CA                                                                    \
	{                                                                         \
		"ca", OPT_INT, OFF(ca), 1, CAS_MAX, "N", "STI-CA that issues (1)" \
	}
#define OPT_NAME                                                                      \
	{                                                                             \
		"name", OPT_STR, OFF(name), 0, 0, "O", "organization of the provider" \
	}
#define OPT_DAYS                                                          \
	{                                                                 \
		"days", OPT_INT, OFF(days), 1, 36500, "D",                \
			"valid from yesterday, for D days from now (365)" \
	}
#define OPT_NOT_BEFORE                                                          \
	{                                                                       \
		"not-before", OPT_TIME, OFF(not_before_s), 0, 0, "TIME",        \
			"beginning, 2026-01-31T23:59:59Z or seconds since 1970" \
	}
#define OPT_NOT_AFTER                                                        \
	{                                                                    \
		"not-after", OPT_TIME, OFF(not_after_s), 0, 0, "TIME", "end" \
	}

/* clang-format off */
static const struct opt issue_opts[] = {
	{"spc", OPT_LIST, OFF(spc), 0, 0, "SPC", "Service Provider Code; may be given several times"},
	OPT_NAME,
	OPT_CA,
	OPT_DAYS,
	OPT_NOT_BEFORE,
	OPT_NOT_AFTER,
	{"out", OPT_STR, OFF(out), 0, 0, "PREFIX", "write PREFIX.pem and PREFIX-key.pem instead of keeping the key in DIR"},
	{0},
};

static const struct opt sign_opts[] = {
	{"csr", OPT_STR, OFF(csr), 0, 0, "FILE", "PKCS #10 request in PEM"},
	{"spc", OPT_LIST, OFF(spc), 0, 0, "SPC", "Service Provider Code, when the request has none"},
	OPT_NAME,
	OPT_CA,
	OPT_DAYS,
	OPT_NOT_BEFORE,
	OPT_NOT_AFTER,
	{0},
};

static const struct opt csr_opts[] = {
	{"spc", OPT_LIST, OFF(spc), 0, 0, "SPC", "Service Provider Code for its TNAuthList"},
	OPT_NAME,
	{"out", OPT_STR, OFF(out), 0, 0, "PREFIX", "writes PREFIX.csr and PREFIX-key.pem"},
	{0},
};
/* clang-format on */

static void set_defaults(struct issue_opts *o)
{
	*o = (struct issue_opts){
		.ca = 1, .days = CERT_DAYS, .not_before_s = UNSET, .not_after_s = UNSET};
}

static struct order order_of(const struct issue_opts *o, const struct pki *pki, const char *spc)
{
	int64_t now_s = env_now_s(&pki->env);

	return (struct order){
		.ca = o->ca,
		.spc = spc,
		.organization = o->name,
		.not_before_s = o->not_before_s == UNSET ? now_s - BACKDATE_S : o->not_before_s,
		.not_after_s = o->not_after_s == UNSET ? now_s + o->days * DAY_S : o->not_after_s,
	};
}

static int cut_path(char ret[PATH_MAX], const char *prefix, const char *suffix, struct err *e)
{
	if (snprintf(ret, PATH_MAX, "%s%s", prefix, suffix) < PATH_MAX)
		return 0;
	return err_set(e, ENAMETOOLONG, "%s: the path is too long", prefix);
}

/* The key goes beside the published chain, or with a copy of the chain where --out says. */
static int save_key(char ret_key[PATH_MAX], const struct issue_opts *o, const struct pki *pki,
		    struct issued *issued, const struct stir_key *key, struct err *e)
{
	int err;

	if (!o->out)
		err = pki_path(pki, ret_key, e, "certs/%s-key.pem", issued->id);
	else
		err = cut_path(ret_key, o->out, "-key.pem", e);
	if (!err)
		err = key_save_private(key, ret_key, e);
	if (err || !o->out)
		return err;
	err = cut_path(issued->chain, o->out, ".pem", e);
	return err ? err : file_write(issued->chain, buf_sv(&issued->pem), e);
}

static int issue_one(const struct issue_opts *o, const struct pki *pki, const char *spc,
		     struct err *e)
{
	AUTO(key_unref) struct stir_key *key = NULL;
	struct order order = order_of(o, pki, spc);
	struct issued issued;
	char key_path[PATH_MAX];
	int err = key_generate(&key);

	if (!err)
		err = publish_cert(&issued, pki, &order, key, e);
	if (err)
		return err;
	err = save_key(key_path, o, pki, &issued, key, e);
	if (!err)
		err = print_json(issued_json(&issued, pki, &order, key_path), e);
	buf_free(&issued.pem);
	return err;
}

static int run_issue(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct issue_opts o;
	char **operands;
	struct pki pki;
	int err;

	set_defaults(&o);
	err = args_parse(cmd, &o, &operands, argc, argv, e);
	if (err)
		return err;
	if (!o.spc.n)
		return err_set(e, EINVAL, "--spc: expected a Service Provider Code");
	if (o.out && o.spc.n > 1)
		return err_set(e, EINVAL, "--out: expected one --spc, got %zu", o.spc.n);
	err = pki_open(&pki, operands[0], PKI_CHANGE, e);
	if (err)
		return err;
	for (size_t i = 0; !err && i < o.spc.n; i++)
		err = issue_one(&o, &pki, o.spc.v[i].value, e);
	pki_close(&pki);
	return err;
}

/* The SPC is the request's or the option's; two that differ are a mistake of somebody. */
static int choose_spc(const char **ret, const struct issue_opts *o, const char *requested,
		      struct err *e)
{
	const char *given = o->spc.n ? o->spc.v[0].value : NULL;

	if (o->spc.n > 1)
		return err_set(e, EINVAL, "--spc: expected one, got %zu", o->spc.n);
	if (!given && !*requested)
		return err_set(e, EINVAL,
			       "--spc: expected one, since the request has no TNAuthList");
	if (given && *requested && strcmp(given, requested) != 0)
		return err_set(e, EINVAL, "--spc: expected %s, which the request asks for, got %s",
			       requested, given);
	*ret = given ? given : requested;
	return 0;
}

static int sign(const struct issue_opts *o, const struct pki *pki, struct sv csr, struct err *e)
{
	AUTO(key_unref) struct stir_key *key = NULL;
	char requested[SPC_MAX + 1], organization[65];
	const char *spc = NULL;
	struct issued issued;
	struct order order;
	int err = csr_read(&key, requested, organization, sizeof(organization), csr, e);

	if (err) {
		err_prefix(e, "%s: ", o->csr);
		return err;
	}
	err = choose_spc(&spc, o, requested, e);
	if (err)
		return err;
	order = order_of(o, pki, spc);
	if (!order.organization && *organization)
		order.organization = organization;
	err = publish_cert(&issued, pki, &order, key, e);
	if (err)
		return err;
	err = print_json(issued_json(&issued, pki, &order, NULL), e);
	buf_free(&issued.pem);
	return err;
}

static int run_sign(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct issue_opts o;
	char **operands, *csr;
	struct pki pki;
	size_t len;
	int err;

	set_defaults(&o);
	err = args_parse(cmd, &o, &operands, argc, argv, e);
	if (!err && !o.csr)
		err = err_set(e, EINVAL, "--csr: expected a file");
	if (!err)
		err = file_read(&csr, &len, o.csr, CSR_MAX, e);
	if (err)
		return err;
	err = pki_open(&pki, operands[0], PKI_CHANGE, e);
	if (!err) {
		err = sign(&o, &pki, (struct sv){csr, len}, e);
		pki_close(&pki);
	}
	free(csr);
	return err;
}

static int run_csr(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	AUTO(key_unref) struct stir_key *key = NULL;
	BUF_AUTO struct buf pem = BUF(CSR_MAX);
	struct issue_opts o;
	char **operands, csr_path[PATH_MAX], key_path[PATH_MAX];
	int err;

	set_defaults(&o);
	err = args_parse(cmd, &o, &operands, argc, argv, e);
	if (!err && (o.spc.n != 1 || !o.out))
		err = err_set(e, EINVAL, "expected one --spc and --out");
	if (!err)
		err = key_generate(&key);
	if (!err)
		err = csr_make(&pem, key, o.name, o.spc.v[0].value, e);
	if (!err)
		err = cut_path(csr_path, o.out, ".csr", e);
	if (!err)
		err = cut_path(key_path, o.out, "-key.pem", e);
	if (!err)
		err = key_save_private(key, key_path, e);
	if (!err)
		err = file_write(csr_path, buf_sv(&pem), e);
	return err ? err : print_json(json_pack("{s:s, s:s}", "csr", csr_path, "key", key_path), e);
}

#define PRINTS "Prints one JSON object a line: spc, ca, serial, x5u, chain (file), key (file).\n"

const struct cmd cmd_issue = {
	.name = "issue",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "make a provider's key and certificate, and publish the chain under a new URL",
	.opts = issue_opts,
	.notes = PRINTS,
	.run = run_issue,
};

const struct cmd cmd_sign_csr = {
	.name = "sign-csr",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "certify an outsider's key, and publish the chain under a new URL",
	.opts = sign_opts,
	.notes = PRINTS,
	.run = run_sign,
};

const struct cmd cmd_csr = {
	.name = "csr",
	.operands = "",
	.summary = "make a key and a request with a TNAuthList, for sign-csr or another CA",
	.opts = csr_opts,
	.run = run_csr,
};
