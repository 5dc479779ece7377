#include "pki/fault.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/stir/list.h"
#include "pki/publish.h"

#define CRL_FILE    "pa/crl.der"
#define MASTER_FILE "map/master.json"
/* Certificates of the repository that a CRL of all of them lists */
#define ENTRIES_MAX 256

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct stir_key, key_unref)
DEFINE_AUTO(DIR, closedir)
DEFINE_AUTO(char, free)

const struct pki_answer_fault *fault_find(const struct pki_faults_conf *faults, struct sv path)
{
	const struct pki_answer_fault *v = faults->answers.v;

	for (size_t i = 0; i < faults->answers.n; i++) {
		struct sv want = sv_from(v[i].path);
		struct sv head = {path.p, want.l ? want.l - 1 : 0};

		if (sv_eq(path, want))
			return &v[i];
		if (want.l && want.p[want.l - 1] == '*' && path.l >= head.l &&
		    sv_eq(head, (struct sv){want.p, head.l}))
			return &v[i];
	}
	return NULL;
}

bool fault_accepts(const struct pki_faults_conf *faults, enum reason reason)
{
	char *const *v = faults->accept_reasons.v;

	for (size_t i = 0; i < faults->accept_reasons.n; i++)
		if (strcmp(v[i], reason_info(reason)->name) == 0)
			return true;
	return false;
}

/* --- signed lists --- */

/* RFC 7396. Takes the target, returns a new reference */
static json_t *merge(json_t *target, const json_t *patch)
{
	const char *name;
	json_t *value;

	if (!json_is_object(patch)) {
		json_decref(target);
		return json_deep_copy(patch);
	}
	if (!json_is_object(target)) {
		json_decref(target);
		target = json_object();
	}
	json_object_foreach ((json_t *)(uintptr_t)patch, name, value) {
		if (json_is_null(value))
			(void)json_object_del(target, name);
		else
			(void)json_object_set_new(
				target, name,
				merge(json_incref(json_object_get(target, name)), value));
	}
	return target;
}

static json_t *part_json(struct sv part)
{
	BUF_AUTO struct buf text = BUF(LIST_MAX_LEN);

	if (b64url_decode(&text, part) || !text.l)
		return NULL;
	return json_loadb(text.p, text.l, 0, NULL);
}

/* Append a part with its patch, in base64url */
static int add_part(struct buf *ret, struct sv part, const json_t *patch)
{
	AUTO(json_decref) json_t *object = NULL;
	AUTO(free) char *text = NULL;

	if (!patch)
		return buf_addsv(ret, part);
	object = part_json(part);
	object = object ? merge(object, patch) : NULL;
	text = object ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	return text ? b64url_encode(ret, text, strlen(text)) : EINVAL;
}

/* Its authority's key: the x5u of the list as it was ends with "/pa/signer.pem" */
static int own_key(char ret[64], struct sv header)
{
	AUTO(json_decref) json_t *object = part_json(header);
	const char *x5u = json_string_value(json_object_get(object, "x5u"));
	const char *name = x5u ? strrchr(x5u, '/') : NULL;

	while (name && name > x5u && name[-1] != '/')
		name--;
	if (!name || strlen(name) < sizeof(".pem"))
		return EINVAL;
	(void)snprintf(ret, 64, "%.*s", (int)(strlen(name) - (sizeof(".pem") - 1)), name);
	return 0;
}

static int find_key(struct stir_key **ret, const char *dir, const char *key, struct sv header,
		    struct err *e)
{
	char path[PATH_MAX], own[64];

	if (key && strcmp(key, FAULT_KEY_NEW) == 0)
		return key_generate(ret);
	if (!key && own_key(own, header))
		return err_set(e, EINVAL, "a fault of a list whose x5u names no key");
	(void)snprintf(path, sizeof(path), "%s/%s-key.pem", dir, key ? key : own);
	return key_load_private(ret, path, e);
}

static int change_list(struct buf *ret, struct sv jwt, const char *dir,
		       const struct pki_answer_fault *f, struct err *e)
{
	AUTO(key_unref) struct stir_key *key = NULL;
	struct sv rest = sv_trim(jwt);
	struct sv header = sv_cut(&rest, '.'), payload = sv_cut(&rest, '.');
	size_t from = ret->l;
	uint8_t sig[ES256_SIG_LEN];
	int err = add_part(ret, header, f->header);

	if (!err)
		err = buf_addz(ret, ".");
	if (!err)
		err = f->payload ? b64url_encode(ret, f->payload, strlen(f->payload))
				 : add_part(ret, payload, f->claims);
	if (err)
		return err_set(e, err, "a fault of a list: %s", strerror(err));
	if (f->key && strcmp(f->key, FAULT_KEY_OLD) == 0)
		return buf_printf(ret, ".%.*s", SV_ARG(rest));
	err = find_key(&key, dir, f->key, header, e);
	if (!err)
		err = key_sign(key, (struct sv){ret->p + from, ret->l - from}, sig);
	if (!err)
		err = buf_addz(ret, ".");
	return err ? err : b64url_encode(ret, sig, sizeof(sig));
}

static int change_master(struct buf *ret, struct sv text, const char *dir,
			 const struct pki_answer_fault *f, struct err *e)
{
	AUTO(json_decref) json_t *lists = json_loadb(text.p, text.l, 0, NULL);
	AUTO(free) char *out = NULL;
	size_t i;
	json_t *list;

	json_array_foreach (lists, i, list) {
		BUF_AUTO struct buf jwt = BUF(LIST_MAX_LEN);
		int err = change_list(&jwt, sv_from(json_string_value(list)), dir, f, e);

		if (!err)
			err = json_array_set_new(lists, i, json_stringn(jwt.p, jwt.l)) ? ENOMEM : 0;
		if (err)
			return err;
	}
	out = lists ? json_dumps(lists, JSON_COMPACT) : NULL;
	return out ? buf_addz(ret, out) : EINVAL;
}

/* --- chains --- */

static int change_chain(struct buf *ret, struct sv pem, enum pki_chain_fault chain)
{
	static const char end[] = "-----END CERTIFICATE-----\n";
	const char *at = memmem(pem.p, pem.l, end, sizeof(end) - 1);
	size_t first = at ? (size_t)(at - pem.p) + sizeof(end) - 1 : pem.l;

	if (chain == PKI_CHAIN_REVERSED)
		(void)buf_add(ret, pem.p + first, pem.l - first);
	return buf_add(ret, pem.p, first);
}

/* --- the CRL --- */

static int add_all(struct crl_entry *entries, size_t *n, const char *dir, int64_t at_s,
		   struct err *e)
{
	char path[PATH_MAX];
	AUTO(closedir) DIR *folder = NULL;
	const struct dirent *file;

	(void)snprintf(path, sizeof(path), "%s/certs", dir);
	folder = opendir(path);
	while (folder && *n < ENTRIES_MAX && (file = readdir(folder))) {
		struct cert_chain *chain;
		int l = snprintf(path, sizeof(path), "%s/certs/%s", dir, file->d_name);

		if (l < 4 || strcmp(path + l - 4, ".pem") != 0 || strstr(path, "-key.pem"))
			continue;
		if (cert_chain_load(&chain, path, e))
			return EIO;
		entries[(*n)++] = (struct crl_entry){chain, at_s};
	}
	return 0;
}

static int make_crl(struct buf *ret, const struct pki *pki, const struct pki_crl_fault *f,
		    struct crl_entry *entries, size_t n, struct err *e)
{
	HOLDER_AUTO struct holder signer = {0};
	BUF_AUTO struct buf pem = BUF(CRL_TEXT_MAX);
	struct cert_issuer issuer;
	int64_t now_s = env_now_s(&pki->env);
	int64_t next_s = now_s + (f->next_update_s ? f->next_update_s : (int64_t)LIST_DAYS * DAY_S);
	int err = holder_load(&signer, pki, f->signer ? f->signer : "pa/signer", e);

	if (err)
		return err;
	issuer = holder_issuer(&signer);
	err = crl_make(&pem, &issuer, entries, n, pki->state.crl_number,
		       (next_s < now_s ? next_s : now_s) - BACKDATE_S, next_s, e);
	return err ? err : crl_der(ret, buf_sv(&pem), e);
}

static int change_crl(struct buf *ret, const struct pki_conf *conf, const struct env *env,
		      struct err *e)
{
	const struct pki_crl_fault *f = &conf->faults.crl;
	struct crl_entry all[ENTRIES_MAX], *entries = all;
	struct pki pki;
	size_t n = 0;
	int err = pki_open(&pki, conf->dir, PKI_READ, e);

	if (err)
		return err;
	pki.env = *env;
	if (f->lists == PKI_CRL_ALL) {
		err = add_all(all, &n, conf->dir, env_now_s(env), e);
	} else if (f->lists == PKI_CRL_REVOKED) {
		entries = publish_revoked(&pki, e);
		n = entries ? pki.state.revoked.n : 0;
		err = entries ? 0 : EBADMSG;
	}
	if (!err)
		err = make_crl(ret, &pki, f, entries, n, e);
	publish_revoked_clear(entries, n);
	if (entries != all)
		free(entries);
	pki_close(&pki);
	return err;
}

/* --- one file --- */

static bool is_crl_wrong(const struct pki_crl_fault *f)
{
	return f->signer || f->next_update_s || f->lists != PKI_CRL_REVOKED;
}

static int change(struct buf *ret, bool *is_changed, struct sv was, const struct pki_conf *conf,
		  const char *file, const struct pki_answer_fault *f, const struct env *env,
		  struct err *e)
{
	*is_changed = true;
	if (strcmp(file, CRL_FILE) == 0 && is_crl_wrong(&conf->faults.crl))
		return change_crl(ret, conf, env, e);
	if (f && f->body)
		return buf_addz(ret, f->body);
	if (f && f->chain != PKI_CHAIN_USUAL)
		return change_chain(ret, was, (enum pki_chain_fault)f->chain);
	if (f && (f->header || f->claims || f->payload || f->key))
		return strcmp(file, MASTER_FILE) == 0 ? change_master(ret, was, conf->dir, f, e)
						      : change_list(ret, was, conf->dir, f, e);
	*is_changed = false;
	return 0;
}

int fault_change(struct buf *text, const struct pki_conf *conf, const char *file,
		 const struct pki_answer_fault *answer, const struct env *env, struct err *e)
{
	struct buf bent = BUF(text->max);
	bool is_changed;
	int err = change(&bent, &is_changed, buf_sv(text), conf, file, answer, env, e);

	if (err || !is_changed) {
		buf_free(&bent);
		return err;
	}
	buf_free(text);
	*text = bent;
	return 0;
}
