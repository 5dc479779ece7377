/* CPS mappings: what the authorities publish, and the request with which a provider tells them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/provision.h"
#include "pki/cmds.h"
#include "pki/maps.h"
#include "pki/publish.h"

#define UNSET INT64_MIN

DEFINE_AUTO(struct stir_key, key_unref)

struct map_opts {
	const char *ocn, *cic, *url;
	struct opt_list authorities;
	bool remove;
	int64_t days, end_s;
	const char *key, *x5u;
	int64_t iat_s;
};

#define OFF(member) offsetof(struct map_opts, member)

/* clang-format off */
#define OPT_OCN {"ocn", OPT_STR, OFF(ocn), 0, 0, "OCN", "the provider whose CPS it is"}
#define OPT_CIC {"cic", OPT_STR, OFF(cic), 0, 0, "CIC", "the carrier whose CPS it is, for toll-free calls"}
#define OPT_URL {"url", OPT_STR, OFF(url), 0, 0, "URL", "https URL that takes its PASSporTs"}

static const struct opt map_opts[] = {
	OPT_OCN,
	OPT_CIC,
	OPT_URL,
	{"authority", OPT_LIST, OFF(authorities), 0, 0, "NAME", "who publishes it: pa (default), ca1, ca2 …; may be given several times"},
	{"remove", OPT_FLAG, OFF(remove), 0, 0, NULL, "take the mapping out"},
	{"days", OPT_INT, OFF(days), 1, 36500, "D", "good for D days from now (30)"},
	{"until", OPT_TIME, OFF(end_s), 0, 0, "TIME", "good until then; a time that has passed makes a stale one"},
	{0},
};

static const struct opt request_opts[] = {
	OPT_OCN,
	OPT_CIC,
	OPT_URL,
	{"authority", OPT_LIST, OFF(authorities), 0, 0, "NAME", "who shall publish it: pa (default), ca1 …; may be given several times"},
	{"key", OPT_STR, OFF(key), 0, 0, "FILE", "private key of the provider's STI certificate"},
	{"x5u", OPT_STR, OFF(x5u), 0, 0, "URL", "where that certificate is published"},
	{"iat", OPT_TIME, OFF(iat_s), 0, 0, "TIME", "when it was made (now)"},
	{0},
};
/* clang-format on */

static int change(struct maps *m, const struct map_opts *o, const char *authority, struct err *e)
{
	const char *url = o->remove ? NULL : o->url;
	char cic[CIC_MAX + 1];
	int err = 0;

	if (o->ocn)
		err = maps_set(m, authority, MAP_OCN, o->ocn, url, e);
	if (err && err != EEXIST)
		return err;
	if (!o->cic)
		return 0;
	if (cic_canonical(cic, sv_from(o->cic)))
		return err_set(e, EINVAL, "--cic: expected a CIC, got \"%s\"", o->cic);
	err = maps_set(m, authority, MAP_CIC, cic, url, e);
	return err == EEXIST ? 0 : err;
}

static int publish_one(struct maps *m, const struct map_opts *o, const char *authority,
		       struct err *e)
{
	int64_t now_s = env_now_s(&m->pki->env);
	int64_t exp_s = o->end_s != UNSET ? o->end_s : now_s + o->days * DAY_S;
	int err;

	if (!maps_has(m, sv_from(authority), NULL))
		return err_set(e, EINVAL, "--authority: expected pa or ca1 to ca%lld, got \"%s\"",
			       (long long)m->pki->state.cas, authority);
	err = change(m, o, authority, e);
	if (!err)
		err = maps_publish(m, authority, exp_s, e);
	return err ? err : print_json(maps_describe(m, authority), e);
}

static int publish_all(const struct pki *pki, const struct map_opts *o, struct err *e)
{
	MAPS_AUTO struct maps m = {0};
	int err = maps_load(&m, pki, e);

	if (!err && !o->authorities.n)
		err = publish_one(&m, o, "pa", e);
	for (size_t i = 0; i < o->authorities.n && !err; i++)
		err = publish_one(&m, o, o->authorities.v[i].value, e);
	return err;
}

static int run_map(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	struct map_opts o = {.days = LIST_DAYS, .end_s = UNSET};
	bool entry;
	char **operands;
	struct pki pki;
	int err = args_parse(cmd, &o, &operands, argc, argv, e);

	if (err)
		return err;
	entry = o.ocn || o.cic;
	if (entry ? !o.url == !o.remove : o.url || o.remove)
		return err_set(e, EINVAL,
			       "expected --ocn or --cic with --url or --remove, or none of them to "
			       "sign the list anew");
	err = pki_open(&pki, operands[0], PKI_CHANGE, e);
	if (err)
		return err;
	err = publish_all(&pki, &o, e);
	pki_close(&pki);
	return err;
}

static int fill(struct provision *ret, const struct map_opts *o, struct err *e)
{
	if (!o->ocn || map_check_ocn(sv_from(o->ocn)))
		return err_set(e, EINVAL, "--ocn: expected an OCN");
	if (!o->url || map_check_url(sv_from(o->url)))
		return err_set(e, EINVAL, "--url: expected an https URL");
	if (o->cic && cic_canonical(ret->cic, sv_from(o->cic)))
		return err_set(e, EINVAL, "--cic: expected a CIC, got \"%s\"", o->cic);
	if (!o->x5u || map_check_url(sv_from(o->x5u)))
		return err_set(e, EINVAL, "--x5u: expected an https URL");
	if (!o->key)
		return err_set(e, EINVAL, "--key: expected a file");
	if (o->authorities.n > PROVISION_AUTHORITIES)
		return err_set(e, EINVAL, "--authority: expected %d at the most",
			       PROVISION_AUTHORITIES);
	(void)snprintf(ret->ocn, sizeof(ret->ocn), "%s", o->ocn);
	(void)snprintf(ret->url, sizeof(ret->url), "%s", o->url);
	for (size_t i = 0; i < o->authorities.n; i++)
		(void)snprintf(ret->authorities[ret->authority_count++],
			       sizeof(ret->authorities[0]), "%s", o->authorities.v[i].value);
	return 0;
}

static int run_request(const struct cmd *cmd, int argc, char **argv, struct err *e)
{
	AUTO(key_unref) struct stir_key *key = NULL;
	BUF_AUTO struct buf jws = BUF(PASSPORT_MAX_LEN);
	struct map_opts o = {.iat_s = UNSET};
	struct provision request = {0};
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	char **operands, jti[UUID_LEN + 1];
	int err = args_parse(cmd, &o, &operands, argc, argv, e);

	if (!err)
		err = fill(&request, &o, e);
	if (!err)
		err = key_load_private(&key, o.key, e);
	if (err)
		return err;
	env_uuid(&env, jti);
	(void)snprintf(request.jti, sizeof(request.jti), "%s", jti);
	request.iat_s = o.iat_s == UNSET ? env_now_s(&env) : o.iat_s;
	err = provision_sign(&jws, &request, o.x5u, key);
	if (err)
		return err_set(e, err, "the request cannot be signed: %s", strerror(err));
	return puts(jws.p) < 0 ? err_set(e, EIO, "standard output: %s", strerror(errno)) : 0;
}

const struct cmd cmd_map = {
	.name = "map",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary =
		"tell authorities the CPS of a provider or carrier, and publish their lists anew",
	.opts = map_opts,
	.notes = "Prints one JSON object a line: authority, sequence, ocns and cics (numbers of "
		 "mappings), url.\n",
	.run = run_map,
};

const struct cmd cmd_map_request = {
	.name = "map-request",
	.operands = "",
	.summary = "make the signed request with which a provider tells its CPS over HTTPS",
	.opts = request_opts,
	.notes = "Prints the request. To send it:\n  sti-pki map-request … | curl -T - -H "
		 "\"Content-Type: application/jose\" https://HOST/cps/OCN\n",
	.run = run_request,
};
