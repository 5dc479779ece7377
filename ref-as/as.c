#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/net/app.h"
#include "lib/net/https_client.h"
#include "lib/net/redirect.h"
#include "lib/stir/identity.h"
#include "lib/stir/passport.h"
#include "lib/trace/trace.h"
#include "ref-as/as.h"
#include "ref-as/discover.h"
#include "ref-as/publish.h"
#include "ref-as/sign.h"

/** Identity and Date lines of one answer */
#define HEADERS_MAX (PASSPORT_MAX_LEN + 4096)

/* An answer that is held back until the CPS has answered: only by faults.wait_for_cps */
struct held {
	uint64_t call_id;
	struct sip_rx *rx; /* a reference */
	struct tn orig, dest;
	char *headers;
	UT_hash_handle hh;
};

struct as {
	const struct as_conf *conf;
	struct signer signer;
	struct sip_ep *ep;
	struct stir_key *key;
	struct policy *policy;
	struct discovery *discovery;
	struct https_client *client;
	struct publisher *publisher;
	uint64_t last_call_id;
	struct held *held;
};

static void note_answered(const struct tn *orig, const struct tn *dest, unsigned status,
			  const char *why)
{
	trace_note("as.answered", orig->s[0] ? orig : NULL, dest->s[0] ? dest : NULL,
		   json_pack("{s:i, s:s*}", "status", (int)status, "why", why));
}

static void answer(struct as *as, struct sip_rx *rx, const struct tn *orig, const struct tn *dest,
		   const char *headers)
{
	int err = redirect_answer(as->ep, rx, headers);

	if (err)
		log_error("answer-failed orig=%s dest=%s error=\"%s\"", orig->s, dest->s,
			  strerror(err));
	else
		note_answered(orig, dest, 302, NULL);
}

static void held_free(struct held *held)
{
	sip_rx_unref(held->rx);
	free(held->headers);
	free(held);
}

/* @return 0 when the answer is now held back, else an errno: answer at once */
static int held_add(struct as *as, const struct signing *s, uint64_t call_id, const char *headers)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return ENOMEM;
	*held = (struct held){
		.call_id = call_id, .orig = s->orig, .dest = s->dest, .headers = strdup(headers)};
	if (!held->headers) {
		free(held);
		return ENOMEM;
	}
	held->rx = sip_rx_ref(s->rx);
	HASH_ADD(hh, as->held, call_id, sizeof(held->call_id), held);
	if (!held->hh.tbl) {
		held_free(held);
		return ENOMEM;
	}
	return 0;
}

/* A POST is over. Its call went on long ago, so usually nobody is there who would want to know */
static void as_published(uint64_t call_id, void *arg)
{
	struct as *as = arg;
	struct held *held;

	HASH_FIND(hh, as->held, &call_id, sizeof(call_id), held);
	if (!held)
		return;
	answer(as, held->rx, &held->orig, &held->dest, held->headers);
	HASH_DEL(as->held, held);
	held_free(held);
}

/* @return true when a POST is under way */
static bool publish(struct as *as, const struct signing *s, uint64_t call_id)
{
	const char *url = discover_cps(as->discovery, &s->orig, &s->dest);

	return url &&
	       publisher_post(as->publisher, &(struct publish_job){.call_id = call_id,
								   .orig = &s->orig,
								   .dest = &s->dest,
								   .url = url,
								   .bundle = &s->bundle}) == 0;
}

static int print_headers(const struct as *as, const struct signing *s, struct buf *ret)
{
	char date[64];

	(void)buf_addz(ret, "Identity: ");
	(void)identity_print(ret, sign_token(s), sv_from(as->conf->x5u), SV("shaken"));
	(void)buf_addz(ret, "\r\n");
	if (sip_date_print(date, sizeof(date), s->now_s) > 0)
		(void)buf_addz(ret, date);
	return ret->err;
}

/* 5.3 step 3: the POST to the CPS and the answer to the CSCF start together, neither waits (AS-06)
 */
static void send_both(struct as *as, const struct signing *s)
{
	BUF_AUTO struct buf headers = BUF(HEADERS_MAX);
	uint64_t call_id = ++as->last_call_id;
	bool posting;

	if (print_headers(as, s, &headers)) {
		log_error("answer-failed orig=%s dest=%s error=\"%s\"", s->orig.s, s->dest.s,
			  strerror(headers.err));
		return;
	}
	posting = publish(as, s, call_id);
	if (posting && as->conf->faults.wait_for_cps && held_add(as, s, call_id, headers.p) == 0)
		return;
	answer(as, s->rx, &s->orig, &s->dest, headers.p);
}

static void as_request(struct sip_rx *rx, void *arg)
{
	struct as *as = arg;
	struct signing s = {0};
	struct redirect_refusal refusal;

	if (redirect_not_invite(as->ep, rx))
		return;
	if (sign_request(&as->signer, rx, &s, &refusal)) {
		log_info("refused orig=%s dest=%s status=%u why=\"%s\"", s.orig.s, s.dest.s,
			 refusal.status, refusal.why);
		if (redirect_refuse(as->ep, rx, &refusal) == 0)
			note_answered(&s.orig, &s.dest, refusal.status, refusal.why);
	} else {
		send_both(as, &s);
	}
	bundle_clear(&s.bundle);
}

void as_stop(void *arg)
{
	struct as *as = arg;
	struct held *held = as->held, *next;

	publisher_free(as->publisher);
	HASH_CLEAR(hh, as->held); /* the table; its elements stay linked */
	for (; held; held = next) {
		next = held->hh.next;
		held_free(held);
	}
	sip_ep_free(as->ep);
	https_client_free(as->client);
	discovery_free(as->discovery);
	policy_free(as->policy);
	key_unref(as->key);
	free(as);
}

static int as_open(struct as *as, const struct env *env, struct err *e)
{
	const struct as_conf *conf = as->conf;
	int err = as_conf_check(conf, e);

	if (!err)
		err = discover_alloc(&as->discovery, conf, e);
	if (!err)
		err = policy_alloc(&as->policy, conf, e);
	if (!err)
		err = key_load_private(&as->key, conf->key, e);
	if (!err)
		err = https_client_alloc(&as->client, &conf->https, conf->sip.addr, e);
	if (!err)
		err = publisher_alloc(&as->publisher, &conf->publish, as->client, as_published, as);
	if (!err)
		err = sip_ep_alloc(&as->ep,
				   &(struct sip_ep_opts){.addr = conf->sip.addr,
							 .port = (uint16_t)conf->sip.port,
							 .software = "ref-as/" OOB_VERSION},
				   e);
	if (err)
		return err;
	as->signer = (struct signer){conf, env, as->policy, as->key};
	sip_ep_on_request(as->ep, as_request, as);
	return 0;
}

int as_start(void **ret_as, const void *conf, const struct env *env, json_t *ready, struct err *e)
{
	struct as *as = calloc(1, sizeof(*as));
	int err;

	if (!as)
		return ENOMEM;
	as->conf = conf;
	err = as_open(as, env, e);
	if (err) {
		as_stop(as);
		return err;
	}
	(void)json_object_set_new(ready, "sip", json_string(sip_ep_addr(as->ep)));
	(void)json_object_set_new(ready, "spc", json_string(as->conf->spc));
	*ret_as = as;
	return 0;
}

int as_reload(void *arg, struct err *e)
{
	struct as *as = arg;
	struct stir_key *key = NULL;
	int err = key_load_private(&key, as->conf->key, e);

	if (!err)
		err = https_client_reload(as->client, e);
	if (err) {
		key_unref(key);
		return err;
	}
	key_unref(as->key);
	as->key = key;
	as->signer.key = key;
	return 0;
}
