#include "pki/maps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/list.h"
#include "pki/publish.h"

#define STATE_NAME  MAP_FOLDER "/state.json"
#define MASTER_NAME MAP_FOLDER "/master.json"
#define STATE_MAX   (64u << 20)
/* Requests of one provider with the same iat */
#define JTI_MAX 64

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

static json_t *member(const struct maps *m, const char *authority, const char *name)
{
	return json_object_get(json_object_get(m->authorities, authority), name);
}

static int add_authority(struct maps *m, const char *name)
{
	if (json_object_get(m->authorities, name))
		return 0;
	return json_object_set_new(m->authorities, name,
				   json_pack("{s:i, s:{}, s:{}}", "sequence", 0, "ocns", "cics"))
		       ? ENOMEM
		       : 0;
}

static int add_authorities(struct maps *m)
{
	int err = add_authority(m, "pa");

	for (int64_t i = 1; i <= m->pki->state.cas && !err; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "ca%lld", (long long)i);
		err = add_authority(m, name);
	}
	return err;
}

static int read_state(struct maps *m, struct err *e)
{
	AUTO(json_decref) json_t *state = NULL;
	AUTO(free) char *text = NULL;
	char path[PATH_MAX];
	json_error_t je;
	size_t len;
	int err = pki_path(m->pki, path, e, STATE_NAME);

	if (!err)
		err = file_read(&text, &len, path, STATE_MAX, e);
	if (err)
		return err == ENOENT ? 0 : err;
	state = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (json_unpack(state, "{s:O, s:O}", "authorities", &m->authorities, "requests",
			&m->requests))
		return err_set(e, EBADMSG, "%s: expected authorities and requests, got %s", path,
			       state ? "something else" : je.text);
	return 0;
}

int maps_load(struct maps *ret, const struct pki *pki, struct err *e)
{
	struct maps m = {.pki = pki};
	int err = read_state(&m, e);

	if (!err && !m.authorities)
		m.authorities = json_object();
	if (!err && !m.requests)
		m.requests = json_object();
	if (!err)
		err = m.authorities && m.requests ? add_authorities(&m) : ENOMEM;
	if (err)
		maps_clear(&m);
	else
		*ret = m;
	return err;
}

void maps_clear(struct maps *m)
{
	json_decref(m->authorities);
	json_decref(m->requests);
	*m = (struct maps){0};
}

bool maps_has(const struct maps *m, struct sv authority, int64_t *ret_ca)
{
	unsigned long long n = 0;
	struct sv rest = {authority.p + 2, authority.l < 2 ? 0 : authority.l - 2};

	if (!sv_eqz(authority, "pa") &&
	    (!sv_starts(authority, "ca") || !rest.l || rest.p[0] == '0' ||
	     !sv_u64(rest, (unsigned long long)m->pki->state.cas, &n)))
		return false;
	if (ret_ca)
		*ret_ca = (int64_t)n;
	return true;
}

static int check_entry(enum map_key by, const char *key, const char *url, struct err *e)
{
	char cic[CIC_MAX + 1];
	const char *want = by == MAP_OCN ? map_check_ocn(sv_from(key)) : NULL;

	if (by == MAP_CIC && (cic_canonical(cic, sv_from(key)) || strcmp(cic, key) != 0))
		want = "a CIC of digits";
	if (want)
		return err_set(e, EINVAL, "expected %s, got \"%s\"", want, key);
	want = url ? map_check_url(sv_from(url)) : NULL;
	return want ? err_set(e, EINVAL, "expected %s, got \"%s\"", want, url) : 0;
}

int maps_set(struct maps *m, const char *authority, enum map_key by, const char *key,
	     const char *url, struct err *e)
{
	json_t *entries = member(m, authority, by == MAP_OCN ? "ocns" : "cics");
	const char *held = json_string_value(json_object_get(entries, key));
	int err = check_entry(by, key, url, e);

	if (!maps_has(m, sv_from(authority), NULL))
		return err_set(e, EINVAL, "expected pa or ca1 to ca%lld as authority, got \"%s\"",
			       (long long)m->pki->state.cas, authority);
	if (err)
		return err;
	if (url && held && strcmp(url, held) == 0)
		return EEXIST;
	if (!url)
		return json_object_del(entries, key) ? EEXIST : 0;
	return json_object_set_new(entries, key, json_string(url)) ? ENOMEM : 0;
}

/* DISC-07: the lists of all STI-CAs that have published one */
static int publish_master(const struct maps *m, struct err *e)
{
	AUTO(json_decref) json_t *lists = json_array();
	AUTO(free) char *text = NULL;

	for (int64_t i = 1; i <= m->pki->state.cas; i++) {
		AUTO(free) char *jwt = NULL;
		char path[PATH_MAX];
		size_t len;
		int err = pki_path(m->pki, path, e, MAP_FOLDER "/ca%lld.jwt", (long long)i);

		if (!err)
			err = file_read(&jwt, &len, path, LIST_MAX_LEN, e);
		if (err == ENOENT)
			continue;
		if (err)
			return err;
		if (json_array_append_new(lists, json_stringn(jwt, len)))
			return ENOMEM;
	}
	text = lists ? json_dumps(lists, JSON_INDENT(1)) : NULL;
	return text ? pki_write(m->pki, MASTER_NAME, sv_from(text), e) : ENOMEM;
}

static int sign(struct buf *ret, const struct maps *m, const char *authority, int64_t sequence,
		int64_t exp_s, struct err *e)
{
	HOLDER_AUTO struct holder signer = {0};
	BUF_AUTO struct buf x5u = BUF(4096);
	char name[64];
	int err;

	(void)snprintf(name, sizeof(name), "%s/signer", authority);
	err = holder_load(&signer, m->pki, name, e);
	if (!err)
		err = buf_printf(&x5u, "%s/%s.pem", m->pki->state.base_url, name);
	if (err)
		return err;
	err = map_sign(ret, x5u.p, sequence, exp_s, member(m, authority, "ocns"),
		       member(m, authority, "cics"), signer.key);
	return err ? err_set(e, err, "the CPS mapping of %s cannot be signed: %s", authority,
			     strerror(err))
		   : 0;
}

int maps_save(const struct maps *m, struct err *e)
{
	AUTO(json_decref)
	json_t *state =
		json_pack("{s:O, s:O}", "authorities", m->authorities, "requests", m->requests);
	AUTO(free) char *text = state ? json_dumps(state, JSON_INDENT(1)) : NULL;

	return text ? pki_write(m->pki, STATE_NAME, sv_from(text), e) : ENOMEM;
}

/* The sequence is noted before the list is there: a crash between the two leaves a gap, not one number
 * for two lists */
int maps_publish(struct maps *m, const char *authority, int64_t exp_s, struct err *e)
{
	BUF_AUTO struct buf jwt = BUF(LIST_MAX_LEN);
	json_t *held = member(m, authority, "sequence");
	int64_t sequence = json_integer_value(held) + 1;
	char file[64];
	int err = sign(&jwt, m, authority, sequence, exp_s, e);

	if (!err && json_integer_set(held, sequence))
		err = err_set(e, EBADMSG, STATE_NAME ": expected a sequence of %s", authority);
	if (!err)
		err = maps_save(m, e);
	(void)snprintf(file, sizeof(file), MAP_FOLDER "/%s.jwt", authority);
	if (!err)
		err = pki_write(m->pki, file, buf_sv(&jwt), e);
	if (err || strcmp(authority, "pa") == 0)
		return err;
	return publish_master(m, e);
}

/* One that was made before the last one says what is out of date, so each provider's requests go
 * forward only. With that, a request that was used can be told by its iat and jti alone */
int maps_use_request(struct maps *m, const char *ocn, const char *jti, int64_t iat_s)
{
	json_t *last = json_object_get(m->requests, ocn);
	json_t *used = json_object_get(last, "jti"), *one;
	int64_t last_s = json_integer_value(json_object_get(last, "iat"));
	size_t i;

	if (!last || iat_s > last_s)
		return json_object_set_new(
			       m->requests, ocn,
			       json_pack("{s:I, s:[s]}", "iat", (json_int_t)iat_s, "jti", jti))
			       ? ENOMEM
			       : 0;
	if (iat_s < last_s)
		return EALREADY;
	json_array_foreach (used, i, one)
		if (strcmp(json_string_value(one), jti) == 0)
			return EALREADY;
	if (json_array_size(used) == JTI_MAX)
		return ENOSPC;
	return json_array_append_new(used, json_string(jti)) ? ENOMEM : 0;
}

json_t *maps_describe(const struct maps *m, const char *authority)
{
	BUF_AUTO struct buf url = BUF(4096);

	if (buf_printf(&url, "%s" MAP_PATH "%s", m->pki->state.base_url, authority))
		return NULL;
	return json_pack("{s:s, s:O, s:i, s:i, s:s}", "authority", authority, "sequence",
			 member(m, authority, "sequence"), "ocns",
			 (int)json_object_size(member(m, authority, "ocns")), "cics",
			 (int)json_object_size(member(m, authority, "cics")), "url", url.p);
}
