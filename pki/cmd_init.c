#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/https_client.h"
#include "pki/cmds.h"
#include "pki/maps.h"
#include "pki/publish.h"

struct init_opts {
	bool force;
	const char *base_url;
	int64_t cas;
};

#define OFF(member) offsetof(struct init_opts, member)

static const struct opt opts[] = {
	{"base-url", OPT_STR, OFF(base_url), 0, 0, "URL",
	 "where sti-pki serve will be reached (" DEFAULT_BASE_URL ")"},
	{"cas", OPT_INT, OFF(cas), 1, CAS_MAX, "N", "number of STI-CAs (2)"},
	{"force", OPT_FLAG, OFF(force), 0, 0, NULL, "delete the PKI that is there, with its keys"},
	{0},
};

/* One certificate of the PKI itself */
struct part {
	const char *name; /* in the directory, without .pem */
	enum cert_kind kind;
	const char *organization, *common_name;
	const struct holder *issuer;     /* NULL: a root */
	const struct holder *crl_issuer; /* NULL: no CRL distribution point */
	const char *behind;              /* file whose certificates follow in its own; NULL: none */
};

static int save(const struct pki *pki, const char *name, const struct holder *h, struct sv pem,
		struct err *e)
{
	char path[PATH_MAX];
	int err = pki_path(pki, path, e, "%s-key.pem", name);

	if (!err)
		err = key_save_private(h->key, path, e);
	if (!err)
		err = pki_path(pki, path, e, "%s.pem", name);
	return err ? err : file_write(path, pem, e);
}

static int make_part(struct holder *ret, const struct pki *pki, const struct part *part,
		     struct err *e)
{
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	BUF_AUTO struct buf url = BUF(4096);
	int64_t now_s = env_now_s(&pki->env);
	struct cert_issuer issuer =
		part->issuer ? holder_issuer(part->issuer) : (struct cert_issuer){0};
	struct cert_spec spec = {
		.kind = part->kind,
		.organization = part->organization,
		.common_name = part->common_name,
		.not_before_s = now_s - BACKDATE_S,
		.not_after_s = now_s + CA_DAYS * (int64_t)DAY_S,
	};
	struct fault fault;
	int err = crl_url(&url, pki);

	spec.crl_url = url.p;
	if (!err)
		err = key_generate(&ret->key);
	if (!err)
		err = cert_issue(&pem, &spec, ret->key, part->issuer ? &issuer : NULL,
				 part->crl_issuer ? part->crl_issuer->chain : NULL, &pki->env, e);
	if (!err && part->behind)
		err = pki_append(&pem, pki, part->behind, e);
	if (!err)
		err = cert_chain_parse(&ret->chain, buf_sv(&pem), &fault);
	return err ? err : save(pki, part->name, ret, buf_sv(&pem), e);
}

static int make_ca(const struct pki *pki, int64_t n, const struct holder *pa_signer, struct err *e)
{
	HOLDER_AUTO struct holder root = {0};
	HOLDER_AUTO struct holder intermediate = {0};
	HOLDER_AUTO struct holder signer = {0};
	char organization[64], root_name[64], root_cn[64], name[64], cn[64];
	char file[64], signer_name[64], signer_cn[64];
	struct part parts[] = {
		{root_name, CERT_ROOT, organization, root_cn, NULL, NULL, NULL},
		{name, CERT_INTERMEDIATE, organization, cn, &root, pa_signer, NULL},
		{signer_name, CERT_LIST_SIGNER, organization, signer_cn, &intermediate, pa_signer,
		 file},
	};
	int err;

	(void)snprintf(organization, sizeof(organization), "Example STI-CA %lld", (long long)n);
	(void)snprintf(root_name, sizeof(root_name), "ca%lld/root", (long long)n);
	(void)snprintf(root_cn, sizeof(root_cn), "SHAKEN Example STI-CA %lld ROOT", (long long)n);
	(void)snprintf(name, sizeof(name), "ca%lld/intermediate", (long long)n);
	(void)snprintf(cn, sizeof(cn), "SHAKEN Example STI-CA %lld Intermediate CA", (long long)n);
	(void)snprintf(file, sizeof(file), "ca%lld/intermediate.pem", (long long)n);
	(void)snprintf(signer_name, sizeof(signer_name), "ca%lld/signer", (long long)n);
	(void)snprintf(signer_cn, sizeof(signer_cn), "SHAKEN Example STI-CA %lld list signer",
		       (long long)n);
	err = make_part(&root, pki, &parts[0], e);
	if (!err)
		err = make_part(&intermediate, pki, &parts[1], e);
	if (!err)
		err = make_part(&signer, pki, &parts[2], e);
	return err;
}

static int make_all(const struct pki *pki, struct err *e)
{
	HOLDER_AUTO struct holder pa = {0};
	HOLDER_AUTO struct holder signer = {0};
	HOLDER_AUTO struct holder web = {0};
	const struct part pa_root = {
		"pa/root", CERT_PA_ROOT, "Example STI-PA", "SHAKEN Example STI-PA ROOT", NULL,
		NULL,      NULL};
	const struct part pa_signer = {"pa/signer",
				       CERT_PA_SIGNER,
				       "Example STI-PA",
				       "SHAKEN Example STI-PA signer",
				       &pa,
				       NULL,
				       NULL};
	const struct part web_root = {
		"tls/root", CERT_TLS_ROOT, "Example Web CA", "Example Web CA ROOT", NULL,
		NULL,       NULL};
	int err = make_part(&pa, pki, &pa_root, e);

	if (!err)
		err = make_part(&signer, pki, &pa_signer, e);
	for (int64_t n = 1; !err && n <= pki->state.cas; n++)
		err = make_ca(pki, n, &signer, e);
	if (!err)
		err = make_part(&web, pki, &web_root, e);
	return err;
}

static int set_base_url(struct pki *pki, const char *url)
{
	size_t l = strlen(url);

	while (l && url[l - 1] == '/')
		l--;
	pki->state.base_url = strndup(url, l);
	return pki->state.base_url ? 0 : ENOMEM;
}

/* Empty as they are, so that each address gives a list from the start */
static int publish_maps(const struct pki *pki, int64_t end_s, struct err *e)
{
	MAPS_AUTO struct maps m = {0};
	int err = maps_load(&m, pki, e);

	if (!err)
		err = maps_publish(&m, "pa", end_s, e);
	for (int64_t n = 1; !err && n <= pki->state.cas; n++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "ca%lld", (long long)n);
		err = maps_publish(&m, name, end_s, e);
	}
	return err;
}

static int fill(struct pki *pki, const char *base_url, struct err *e)
{
	int64_t now_s = env_now_s(&pki->env), end_s = now_s + LIST_DAYS * (int64_t)DAY_S;
	int err = set_base_url(pki, base_url);

	if (!err)
		err = make_all(pki, e);
	if (!err)
		err = publish_list(pki, end_s, e);
	if (!err)
		err = publish_crl(pki, now_s - BACKDATE_S, end_s, e);
	if (!err)
		err = publish_maps(pki, end_s, e);
	return err ? err : pki_save(pki, e);
}

static int run(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct init_opts o = {.base_url = DEFAULT_BASE_URL, .cas = 2};
	char **operands;
	struct pki pki;
	const char *want;
	int err = args_parse(cmd, &o, &operands, argc, argv, e);

	if (err)
		return err;
	want = check_https_url(sv_from(o.base_url));
	if (want)
		err = err_set(e, EINVAL, "--base-url: expected %s, got \"%s\"", want, o.base_url);
	if (!err)
		err = pki_create(&pki, operands[0], o.cas, o.force, e);
	if (err)
		return err;
	err = fill(&pki, o.base_url, e);
	if (!err)
		err = print_json(json_pack("{s:s, s:s, s:I}", "dir", pki.dir, "base_url",
					   pki.state.base_url, "cas", (json_int_t)pki.state.cas),
				 e);
	pki_close(&pki);
	return err;
}

const struct cmd cmd_init = {
	.name = "init",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "make a PKI: STI-PA, STI-CAs, a web CA for HTTPS, list and CRL",
	.opts = opts,
	.run = run,
};
