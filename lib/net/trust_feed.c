#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/net/loop.h"
#include "lib/net/trust_feed.h"
#include "lib/net/trust_source.h"
#include "lib/stir/list.h"

#define PEM_MAX_LEN   (1u << 20)
#define CRL_FETCH_MAX (16u << 20)
/* After a round that failed; also the shortest time between two rounds */
#define RETRY_S 10
/* So long before list or CRL runs out both are asked for again */
#define EXPIRY_LEAD_S 60
/* A certificate that could not be fetched is not asked for again for so long */
#define FAIL_AGE_S 10

static const struct conf_member members[] = {
	{.name = "pa_root",
	 .type = CONF_STR,
	 .off = offsetof(struct trust_conf, pa_root),
	 .required = true,
	 .doc = "PEM file with the STI-PA's root certificate: the one pinned anchor"},
	{.name = "ca_list",
	 .type = CONF_STR,
	 .off = offsetof(struct trust_conf, ca_list),
	 .required = true,
	 .check = check_trust_source,
	 .doc = "https URL or file of the STI-PA's signed list of approved STI-CAs"},
	{.name = "crl",
	 .type = CONF_STR,
	 .off = offsetof(struct trust_conf, crl),
	 .required = true,
	 .check = check_trust_source,
	 .doc = "https URL or file of the STI-PA's CRL, PEM or DER"},
	{.name = "crl_chain",
	 .type = CONF_STR,
	 .off = offsetof(struct trust_conf, crl_chain),
	 .check = check_trust_source,
	 .doc = "https URL or PEM file with the chain of the CRL's signer; absent: the chain of "
		"the list's signer"},
	{.name = "refresh_s",
	 .type = CONF_INT,
	 .off = offsetof(struct trust_conf, refresh_s),
	 .def = "3600",
	 .min = 1,
	 .max = 604800,
	 .doc = "seconds until list and CRL are fetched again"},
	{.name = "freshness_s",
	 .type = CONF_INT,
	 .off = offsetof(struct trust_conf, freshness_s),
	 .def = "60",
	 .min = 1,
	 .max = 86400,
	 .doc = "seconds that the iat of a PASSporT may be off the clock"},
	{.name = "cert_cache_entries",
	 .type = CONF_INT,
	 .off = offsetof(struct trust_conf, cert_cache_entries),
	 .def = "10000",
	 .min = 1,
	 .max = 1000000,
	 .doc = "certificate chains kept at the most"},
	{.name = "cert_cache_age_s",
	 .type = CONF_INT,
	 .off = offsetof(struct trust_conf, cert_cache_age_s),
	 .def = "3600",
	 .min = 0,
	 .max = 604800,
	 .doc = "seconds until a certificate is fetched again at the latest"},
	{0},
};

const struct conf_table trust_conf_table = {"trust", sizeof(struct trust_conf), members};

/* What a round fetches, in this order: a CRL is by default signed by whom signed the list */
enum step { STEP_LIST, STEP_LIST_CHAIN, STEP_CRL, STEP_CRL_CHAIN, STEP_END };

struct trust_feed {
	const struct trust_conf *conf;
	const struct env *env;
	struct trust *trust;
	struct cred_cache *creds;
	struct verifier *verifier;
	struct fetcher fetcher;
	struct trust_source *source;
	struct timer *timer;
	void (*ready)(void *arg);
	void *arg;
	void (*round)(void *arg);
	void *round_arg;

	bool running, again; /* a round is under way; another one is wanted */
	enum step step;
	struct buf
		got[STEP_END]; /* what each step brought; STEP_LIST_CHAIN is kept for later CRLs */
	struct err said_list, said_crl; /* troubles already logged */
	bool failed;
};

/* --- a round --- */

/* Each trouble is logged once, and its end */
static void judge(struct trust_feed *feed, const char *what, struct err *said, int err,
		  const struct err *e)
{
	if (err == 0 || err == EALREADY) {
		if (said->s[0])
			log_info("trust: %s is in order again", what);
		said->s[0] = '\0';
		return;
	}
	feed->failed = true;
	if (strcmp(said->s, e->s) == 0)
		return;
	log_error("trust: %s: %s; what was in force stays until it runs out", what, e->s);
	*said = *e;
}

static void judge_list(struct trust_feed *feed, int err, const struct err *e)
{
	judge(feed, "list of approved STI-CAs", &feed->said_list, err, e);
}

static void judge_crl(struct trust_feed *feed, int err, const struct err *e)
{
	judge(feed, "CRL of the STI-PA", &feed->said_crl, err, e);
}

/* When to look again: routinely, before something runs out, soon after trouble */
static int64_t next_round_s(const struct trust_feed *feed)
{
	int64_t now = env_now_s(feed->env), list = trust_list_expires_s(feed->trust),
		crl = trust_crl_expires_s(feed->trust);
	int64_t left = (list < crl ? list : crl) - now - EXPIRY_LEAD_S,
		next = feed->conf->refresh_s;

	if (feed->failed)
		return next < RETRY_S ? next : RETRY_S;
	if (left < next)
		next = left > RETRY_S ? left : RETRY_S;
	return next;
}

static void round_end(struct trust_feed *feed)
{
	void (*ready)(void *) = feed->ready;

	feed->running = false;
	timer_start(feed->timer, feed->again ? 0 : (uint64_t)next_round_s(feed) * 1000);
	feed->again = false;
	feed->ready = NULL;
	if (ready)
		ready(feed->arg);
	if (feed->round)
		feed->round(feed->round_arg);
}

static void step_done(int err, struct sv body, const char *text, void *arg);

static void step_run(struct trust_feed *feed, enum step step, const char *where, const char *beside,
		     size_t max_len)
{
	feed->step = step;
	trust_source_get(feed->source, where, beside, max_len, step_done, feed);
}

static void crl_begin(struct trust_feed *feed)
{
	step_run(feed, STEP_CRL, feed->conf->crl, NULL, CRL_FETCH_MAX);
}

static void list_came(struct trust_feed *feed)
{
	struct err e = {""};
	char *x5u = trust_list_x5u(buf_sv(&feed->got[STEP_LIST]));

	if (x5u && !check_https_url(sv_from(x5u))) {
		step_run(feed, STEP_LIST_CHAIN, x5u, feed->conf->ca_list, PEM_MAX_LEN);
	} else {
		(void)err_set(&e, EBADMSG, "%s: expected a signed list with an https x5u",
			      feed->conf->ca_list);
		judge_list(feed, EBADMSG, &e);
		crl_begin(feed);
	}
	free(x5u);
}

static void list_chain_came(struct trust_feed *feed)
{
	struct err e = {""};
	int err = trust_set_ca_list(feed->trust, buf_sv(&feed->got[STEP_LIST]),
				    buf_sv(&feed->got[STEP_LIST_CHAIN]), &e);

	judge_list(feed, err, &e);
	crl_begin(feed);
}

static void use_crl(struct trust_feed *feed, enum step chain)
{
	struct err e = {""};
	int err = trust_set_crl(feed->trust, buf_sv(&feed->got[STEP_CRL]),
				buf_sv(&feed->got[chain]), &e);

	judge_crl(feed, err, &e);
	round_end(feed);
}

static void crl_came(struct trust_feed *feed)
{
	if (feed->conf->crl_chain)
		step_run(feed, STEP_CRL_CHAIN, feed->conf->crl_chain, NULL, PEM_MAX_LEN);
	else
		use_crl(feed, STEP_LIST_CHAIN);
}

static void crl_chain_came(struct trust_feed *feed)
{
	use_crl(feed, STEP_CRL_CHAIN);
}

/* The one judges the trouble of a step, the other goes on with what it brought */
static const struct {
	void (*judge)(struct trust_feed *feed, int err, const struct err *e);
	void (*came)(struct trust_feed *feed);
	void (*failed)(struct trust_feed *feed);
} steps[STEP_END] = {
	[STEP_LIST] = {judge_list, list_came, crl_begin},
	[STEP_LIST_CHAIN] = {judge_list, list_chain_came, crl_begin},
	[STEP_CRL] = {judge_crl, crl_came, round_end},
	[STEP_CRL_CHAIN] = {judge_crl, crl_chain_came, round_end},
};

static void step_done(int err, struct sv body, const char *text, void *arg)
{
	struct trust_feed *feed = arg;
	enum step step = feed->step;
	struct err e = {""};

	if (!err) {
		buf_reset(&feed->got[step]);
		err = buf_addsv(&feed->got[step], body);
		text = strerror(err);
	}
	if (!err) {
		steps[step].came(feed);
		return;
	}
	(void)err_set(&e, err, "%s", text);
	steps[step].judge(feed, err, &e);
	steps[step].failed(feed);
}

static void round_begin(void *arg)
{
	struct trust_feed *feed = arg;

	feed->running = true;
	feed->failed = false;
	step_run(feed, STEP_LIST, feed->conf->ca_list, NULL, LIST_MAX_LEN);
}

/* --- life --- */

static int skip_bits(uint64_t *ret, const struct conf_list *skip, struct err *e)
{
	char **name = skip ? skip->v : NULL;

	*ret = 0;
	for (size_t i = 0; skip && i < skip->n; i++) {
		uint64_t bit = verify_check_bit(sv_from(name[i]));

		if (!bit)
			return err_set(
				e, EINVAL,
				"expected the name of a check that can be left out, got \"%s\"",
				name[i]);
		*ret |= bit;
	}
	return 0;
}

static int make_trust(struct trust_feed *feed, struct err *e)
{
	char *pem;
	size_t len;
	int err = file_read(&pem, &len, feed->conf->pa_root, PEM_MAX_LEN, e);

	if (err)
		return err;
	err = trust_alloc(&feed->trust, (struct sv){pem, len}, feed->env, e);
	free(pem);
	if (err == EBADMSG)
		err_prefix(e, "%s: ", feed->conf->pa_root);
	return err;
}

static int make_verifier(struct trust_feed *feed, const struct verify_opts *opts,
			 struct https_client *client)
{
	struct cred_opts cred = {.max_entries = (size_t)feed->conf->cert_cache_entries,
				 .max_age_s = feed->conf->cert_cache_age_s,
				 .fail_age_s = FAIL_AGE_S,
				 .skip = verify_cred_skip(opts->skip)};
	int err;

	feed->fetcher = https_fetcher(client);
	err = cred_cache_alloc(&feed->creds, &cred, feed->trust, &feed->fetcher, feed->env);
	return err ? err : verifier_alloc(&feed->verifier, opts, feed->creds, feed->env);
}

static int feed_init(struct trust_feed *feed, const struct verify_opts *opts,
		     struct https_client *client, struct err *e)
{
	int err = make_trust(feed, e);

	if (!err)
		err = make_verifier(feed, opts, client);
	if (!err)
		err = trust_source_alloc(&feed->source, client);
	if (!err)
		err = timer_alloc(&feed->timer, round_begin, feed);
	return err;
}

int trust_feed_alloc(struct trust_feed **ret, const struct trust_conf *conf, enum verify_role role,
		     bool accept_unknown_ppt, const struct conf_list *skip,
		     struct https_client *client, const struct env *env, void (*ready)(void *arg),
		     void *arg, struct err *e)
{
	struct verify_opts opts = {.role = role,
				   .freshness_s = conf->freshness_s,
				   .accept_unknown_ppt = accept_unknown_ppt};
	struct trust_feed *feed;
	int err = skip_bits(&opts.skip, skip, e);

	if (err)
		return err;
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		return err_set(e, ENOMEM, "out of memory");
	feed->conf = conf;
	feed->env = env;
	feed->ready = ready;
	feed->arg = arg;
	for (enum step i = 0; i < STEP_END; i++)
		feed->got[i] = BUF(CRL_FETCH_MAX);
	err = feed_init(feed, &opts, client, e);
	if (err) {
		trust_feed_free(feed);
		return err == ENOMEM ? err_set(e, ENOMEM, "out of memory") : err;
	}
	timer_start(feed->timer, 0);
	*ret = feed;
	return 0;
}

void trust_feed_free(struct trust_feed *feed)
{
	if (!feed)
		return;
	timer_free(feed->timer);
	trust_source_free(feed->source);
	verifier_free(feed->verifier);
	cred_cache_free(feed->creds);
	trust_free(feed->trust);
	for (enum step i = 0; i < STEP_END; i++)
		buf_free(&feed->got[i]);
	free(feed);
}

struct verifier *trust_feed_verifier(struct trust_feed *feed)
{
	return feed->verifier;
}

const struct trust *trust_feed_trust(const struct trust_feed *feed)
{
	return feed->trust;
}

void trust_feed_on_round(struct trust_feed *feed, void (*h)(void *arg), void *arg)
{
	feed->round = h;
	feed->round_arg = arg;
}

void trust_feed_reload(struct trust_feed *feed)
{
	cred_cache_flush(feed->creds);
	if (feed->running)
		feed->again = true;
	else
		timer_start(feed->timer, 0);
}
