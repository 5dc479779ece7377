#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/auto.h"
#include "pki/cmds.h"
#include "pki/maps.h"
#include "pki/publish.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct cert_chain, cert_chain_unref)

struct show_opts {
	bool json;
};

/* clang-format off */
static const struct opt opts[] = {
	{"json", OPT_FLAG, offsetof(struct show_opts, json), 0, 0, NULL, "as JSON, for programs"},
	{0},
};
/* clang-format on */

static json_t *time_json(int64_t t_s)
{
	time_t t = (time_t)t_s;
	struct tm tm;
	char text[64];

	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}

static bool is_revoked(const struct pki *pki, const char *serial)
{
	const struct revoked *revoked = pki->state.revoked.v;

	for (size_t i = 0; i < pki->state.revoked.n; i++)
		if (strcasecmp(revoked[i].serial, serial) == 0)
			return true;
	return false;
}

static json_t *cert_json(const struct pki *pki, const char *name, const struct cert_chain *chain)
{
	struct cert_info info;

	(void)cert_chain_info(chain, 0, &info);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b}", "file", name, "subject",
			 info.subject, "issuer", info.issuer, "serial", info.serial, "spc",
			 cert_chain_spc(chain), "not_before", time_json(info.not_before_s),
			 "not_after", time_json(info.not_after_s), "revoked",
			 is_revoked(pki, info.serial));
}

static int add_cert(json_t *list, const struct pki *pki, const char *name, struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	char path[PATH_MAX];
	int err = pki_path(pki, path, e, "%s", name);

	if (!err)
		err = cert_chain_load(&chain, path, e);
	if (err)
		return err;
	return json_array_append_new(list, cert_json(pki, name, chain)) ? ENOMEM : 0;
}

/* Certificates, not their keys. */
static int is_cert(const struct dirent *entry)
{
	size_t l = strlen(entry->d_name);

	return l > 4 && strcmp(entry->d_name + l - 4, ".pem") == 0 &&
	       !(l > 8 && strcmp(entry->d_name + l - 8, "-key.pem") == 0) &&
	       strcmp(entry->d_name, "crl.pem") != 0;
}

static int add_folder(json_t *list, const struct pki *pki, const char *folder, struct err *e)
{
	struct dirent **entries;
	char path[PATH_MAX], name[PATH_MAX];
	int n, err = pki_path(pki, path, e, "%s", folder);

	if (err)
		return err;
	n = scandir(path, &entries, is_cert, alphasort);
	if (n < 0)
		return err_set(e, errno, "%s: cannot be read: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!err &&
		    snprintf(name, sizeof(name), "%s/%s", folder, entries[i]->d_name) < PATH_MAX)
			err = add_cert(list, pki, name, e);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int add_all(json_t *list, const struct pki *pki, struct err *e)
{
	char name[32];
	int err = add_folder(list, pki, "pa", e);

	for (int64_t i = 1; !err && i <= pki->state.cas; i++) {
		(void)snprintf(name, sizeof(name), "ca%lld", (long long)i);
		err = add_folder(list, pki, name, e);
	}
	if (!err)
		err = add_folder(list, pki, "tls", e);
	return err ? err : add_folder(list, pki, "certs", e);
}

static int add_maps(json_t *list, const struct pki *pki, struct err *e)
{
	MAPS_AUTO struct maps m = {0};
	const char *name;
	json_t *authority;
	int err = maps_load(&m, pki, e);

	if (err)
		return err;
	json_object_foreach (m.authorities, name, authority)
		if (json_array_append_new(list, maps_describe(&m, name)))
			return ENOMEM;
	return 0;
}

static void print_maps(const json_t *maps)
{
	size_t i;
	json_t *map;

	json_array_foreach (maps, i, map) {
		const char *authority;
		int sequence, ocns, cics;

		if (json_unpack(map, "{s:s, s:i, s:i, s:i}", "authority", &authority, "sequence",
				&sequence, "ocns", &ocns, "cics", &cics) == 0)
			(void)printf("CPS mapping %-4s sequence %d, %d OCNs, %d CICs\n", authority,
				     sequence, ocns, cics);
	}
	(void)puts("");
}

static void print_text(const struct pki *pki, const json_t *maps, const json_t *certs)
{
	size_t i;
	json_t *cert;

	(void)printf("base URL    %s\nlist        sequence %lld, %lld roots\nCRL         number "
		     "%lld, %zu revoked\n",
		     pki->state.base_url, (long long)pki->state.sequence, (long long)pki->state.cas,
		     (long long)pki->state.crl_number, pki->state.revoked.n);
	print_maps(maps);
	json_array_foreach (certs, i, cert) {
		const char *file, *subject, *end;
		int revoked;

		if (json_unpack(cert, "{s:s, s:s, s:s, s:b}", "file", &file, "subject", &subject,
				"not_after", &end, "revoked", &revoked) == 0)
			(void)printf("%-44s until %s  %s%s\n", file, end, subject,
				     revoked ? "  REVOKED" : "");
	}
}

static int run(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	AUTO(json_decref) json_t *certs = json_array();
	AUTO(json_decref) json_t *maps = json_array();
	struct show_opts o = {0};
	char **operands;
	struct pki pki;
	int err = args_parse(cmd, &o, &operands, argc, argv, e);

	if (!err)
		err = pki_open(&pki, operands[0], PKI_READ, e);
	if (err)
		return err;
	err = certs && maps ? add_all(certs, &pki, e) : ENOMEM;
	if (!err)
		err = add_maps(maps, &pki, e);
	if (!err && o.json)
		err = print_json(json_pack("{s:s, s:I, s:I, s:I, s:O, s:O}", "base_url",
					   pki.state.base_url, "cas", (json_int_t)pki.state.cas,
					   "sequence", (json_int_t)pki.state.sequence, "crl_number",
					   (json_int_t)pki.state.crl_number, "maps", maps,
					   "certificates", certs),
				 e);
	else if (!err)
		print_text(&pki, maps, certs);
	pki_close(&pki);
	return err;
}

const struct cmd cmd_show = {
	.name = "show",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "list what is there",
	.opts = opts,
	.run = run,
};
