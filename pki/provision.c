#include "pki/provision.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/log.h"
#include "lib/stir/list.h"
#include "lib/stir/provision.h"
#include "pki/fault.h"
#include "pki/maps.h"
#include "pki/problem.h"
#include "pki/publish.h"

#define BODY_TYPE "application/jose"
#define CRL_MAX   (16u << 20)

#define ID_ALPHABET "0123456789abcdef"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)
DEFINE_AUTO(struct trust, trust_free)
DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

/* A request on its way. `fault` says why it is refused when a step returns EBADMSG */
struct work {
	struct https_req *req;
	const struct pki_faults_conf *faults;
	struct pki pki;
	struct provision asked;
	struct maps maps;
	bool is_new;
	struct fault fault;
};

static int refuse(struct work *w, const char *check, int err)
{
	w->fault.check = check;
	return err;
}

/* --- what the signer is judged by: the STI-PA's own data --- */

static int read_part(char **ret, const struct pki *pki, const char *name, size_t max, struct err *e)
{
	char path[PATH_MAX];
	size_t len;
	int err = pki_path(pki, path, e, "%s", name);

	return err ? err : file_read(ret, &len, path, max, e);
}

static int load_trust(struct trust **ret, const struct pki *pki, struct err *e)
{
	AUTO(free) char *root = NULL;
	AUTO(free) char *signer = NULL;
	AUTO(free) char *list = NULL;
	AUTO(free) char *crl = NULL;
	AUTO(trust_free) struct trust *trust = NULL;
	int err = read_part(&root, pki, "pa/root.pem", CERT_CHAIN_MAX_LEN, e);

	if (!err)
		err = read_part(&signer, pki, "pa/signer.pem", CERT_CHAIN_MAX_LEN, e);
	if (!err)
		err = read_part(&list, pki, "pa/ca-list.jwt", LIST_MAX_LEN, e);
	if (!err)
		err = read_part(&crl, pki, "pa/crl.pem", CRL_MAX, e);
	if (!err)
		err = trust_alloc(&trust, sv_from(root), &pki->env, e);
	if (!err)
		err = trust_set_ca_list(trust, sv_from(list), sv_from(signer), e);
	if (!err)
		err = trust_set_crl(trust, sv_from(crl), sv_from(signer), e);
	if (err)
		return err;
	*ret = trust;
	trust = NULL;
	return 0;
}

/* x5u must be an address of this repository, where every certificate of its STI-CAs is: so nothing is
 * fetched from where a stranger says */
static int find_chain(struct cert_chain **ret, struct work *w)
{
	BUF_AUTO struct buf head = BUF(4096);
	char path[PATH_MAX], want[120];
	struct sv x5u = w->asked.jws->x5u, id;
	struct err e = {""};

	if (buf_printf(&head, "%s/certificates/", w->pki.state.base_url))
		return ENOMEM;
	id = (struct sv){x5u.p + head.l, x5u.l > head.l + 4 ? x5u.l - head.l - 4 : 0};
	(void)snprintf(want, sizeof(want), "%s<id>.pem", head.p);
	if (!sv_starts(x5u, head.p) || id.l < 1 || id.l > 63 ||
	    memcmp(id.p + id.l, ".pem", 4) != 0 || strspn(id.p, ID_ALPHABET) < id.l)
		return refuse(w, "fetch",
			      fault_set(&w->fault, REASON_CERT_FETCH, want, "%.*s", SV_ARG(x5u)));
	if (pki_path(&w->pki, path, NULL, "certs/%.*s.pem", SV_ARG(id)) ||
	    cert_chain_load(ret, path, &e))
		return refuse(w, "fetch",
			      fault_set(&w->fault, REASON_CERT_FETCH, "a certificate of ours",
					"none at %.*s", SV_ARG(x5u)));
	return 0;
}

/* An STI-CA speaks for its own customers */
static int check_authority(struct work *w, const char *name, const struct trust_anchor *anchor)
{
	AUTO(cert_chain_unref) struct cert_chain *root = NULL;
	struct trust_anchor own;
	char path[PATH_MAX];
	struct err e = {""};
	int64_t ca = 0;

	if (!maps_has(&w->maps, sv_from(name), &ca))
		return refuse(w, "authority",
			      fault_set(&w->fault, REASON_CLAIM, "pa or one of the STI-CAs",
					"authority \"%s\"", name));
	if (!ca)
		return 0;
	if (pki_path(&w->pki, path, &e, "%s/root.pem", name) || cert_chain_load(&root, path, &e))
		return EIO;
	trust_anchor_of(&own, root, 0);
	if (strcmp(own.id, anchor->id) == 0)
		return 0;
	return refuse(w, "authority",
		      fault_set(&w->fault, REASON_NOT_OWN_CA, own.name, "%s", anchor->name));
}

/* --- the steps --- */

static int read_request(struct work *w)
{
	struct sv type = https_req_header(w->req, "Content-Type");
	struct sv path = https_req_path(w->req), ocn;
	int err;

	if (https_req_too_large(w->req))
		return refuse(w, "request",
			      fault_set(&w->fault, REASON_TOO_LARGE,
					"at most " TEXT_OF(PROVISION_MAX_BODY) " octets", "more"));
	if (!sv_ieqz(sv_trim(sv_cut(&type, ';')), BODY_TYPE))
		return refuse(w, "request",
			      fault_set(&w->fault, REASON_MEDIA_TYPE, BODY_TYPE, "another one"));
	err = provision_parse(&w->asked, https_req_body(w->req), &w->fault);
	if (err)
		return err;
	ocn = (struct sv){path.p + sizeof(PROVISION_PATH) - 1,
			  path.l - (sizeof(PROVISION_PATH) - 1)};
	if (sv_eqz(ocn, w->asked.ocn))
		return 0;
	return refuse(w, "ocn",
		      fault_set(&w->fault, REASON_NOT_OWN_OCN, w->asked.ocn, "a request for %.*s",
				SV_ARG(ocn)));
}

static int check_request(struct work *w)
{
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct trust_anchor anchor;
	struct err e = {""};
	int err = load_trust(&trust, &w->pki, &e);

	if (err) {
		log_error("provisioning: %s", e.s);
		return EIO;
	}
	err = find_chain(&chain, w);
	if (!err)
		err = provision_check(&w->asked, chain, trust, env_now_s(&w->pki.env), &anchor,
				      &w->fault);
	for (size_t i = 0; i < w->asked.authority_count && !err; i++)
		err = check_authority(w, w->asked.authorities[i], &anchor);
	if (err)
		return err;
	err = maps_use_request(&w->maps, w->asked.ocn, w->asked.jti, w->asked.iat_s);
	if (err == EALREADY)
		return refuse(w, "replay",
			      fault_set(&w->fault, REASON_REPLAY,
					"a request that is newer than all", "jti \"%s\" of %lld",
					w->asked.jti, (long long)w->asked.iat_s));
	return err;
}

static int apply_one(struct work *w, const char *authority, struct err *e)
{
	const struct provision *p = &w->asked;
	int64_t exp_s = env_now_s(&w->pki.env) + LIST_DAYS * (int64_t)DAY_S;
	json_t *held = json_object_get(json_object_get(w->maps.authorities, authority), "ocns");
	bool known = json_object_get(held, p->ocn);
	int ocn_err = maps_set(&w->maps, authority, MAP_OCN, p->ocn, p->url, e), cic_err = EEXIST;

	if (p->cic[0])
		cic_err = maps_set(&w->maps, authority, MAP_CIC, p->cic, p->url, e);
	if (ocn_err == EEXIST && cic_err == EEXIST)
		return 0; /* it says so already: no new sequence for that */
	if (ocn_err && ocn_err != EEXIST)
		return ocn_err;
	if (cic_err && cic_err != EEXIST)
		return cic_err;
	w->is_new = w->is_new || !known;
	return maps_publish(&w->maps, authority, exp_s, e);
}

static int apply(struct work *w)
{
	struct err e = {""};
	/* first of all, so that no request works twice, whatever becomes of it */
	int err = maps_save(&w->maps, &e);

	for (size_t i = 0; i < w->asked.authority_count && !err && !w->faults->lose_mappings; i++)
		err = apply_one(w, w->asked.authorities[i], &e);
	if (err)
		log_error("provisioning of %s: %s", w->asked.ocn, *e.s ? e.s : strerror(err));
	return err;
}

static void answer(struct work *w)
{
	AUTO(json_decref) json_t *lists = json_array();
	AUTO(json_decref) json_t *object = NULL;
	AUTO(free) char *text = NULL;

	for (size_t i = 0; i < w->asked.authority_count; i++)
		(void)json_array_append_new(lists,
					    maps_describe(&w->maps, w->asked.authorities[i]));
	object = json_pack("{s:s, s:s, s:s*, s:O}", "ocn", w->asked.ocn, "cps_url", w->asked.url,
			   "cic", w->asked.cic[0] ? w->asked.cic : NULL, "lists", lists);
	text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	log_info("provisioned ocn=%s url=\"%s\"", w->asked.ocn, w->asked.url);
	https_reply(w->req, w->is_new ? 201 : 200, "application/json", sv_from(text), NULL);
}

static void answer_failure(struct work *w, int err)
{
	static const struct https_header later[] = {{"Retry-After", "1"}, {NULL, NULL}};

	switch (err) {
	case EBADMSG:
		if (fault_accepts(w->faults, w->fault.reason)) {
			https_reply(w->req, 201, "application/json", SV("{}"), NULL);
			break;
		}
		log_info("provisioning refused: %s", reason_info(w->fault.reason)->name);
		problem_fault(w->req, &w->fault);
		break;
	case EWOULDBLOCK:
	case ENOSPC:
		problem_status(w->req, 503, "Service Unavailable",
			       "the lists are being changed by somebody else: try again", later);
		break;
	default:
		problem_status(w->req, 500, "Internal Server Error",
			       "the lists cannot be changed now", NULL);
	}
}

void provision_request(struct https_req *req, const struct pki_conf *conf, const struct env *env)
{
	struct work w = {.req = req, .faults = &conf->faults, .fault = {.check = ""}};
	struct err e = {""};
	int err = read_request(&w);

	if (err) {
		answer_failure(&w, err);
		provision_clear(&w.asked);
		return;
	}
	err = pki_open(&w.pki, conf->dir, PKI_TRY, &e);
	if (err) {
		log_error("provisioning: %s", e.s);
		answer_failure(&w, err);
		provision_clear(&w.asked);
		return;
	}
	w.pki.env = *env;
	err = maps_load(&w.maps, &w.pki, &e);
	if (!err)
		err = check_request(&w);
	else
		log_error("provisioning: %s", e.s), err = EIO;
	if (!err)
		err = apply(&w);
	if (!err)
		answer(&w);
	else
		answer_failure(&w, err == EBADMSG && !*w.fault.check ? EIO : err);
	maps_clear(&w.maps);
	provision_clear(&w.asked);
	pki_close(&w.pki);
}
