#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include "ref-as/core.h"

#include "lib/base/log.h"
#include "lib/net/https_client.h"
#include "lib/trace/trace.h"
#include "ref-as/discover.h"
#include "ref-as/publish.h"

struct core {
	const struct as_conf *conf;
	struct signer signer;
	struct stir_key *key;
	struct policy *policy;
	struct discover *discover;
	struct https_client *client;
	struct publisher *publisher;
	uint64_t last_id;
	struct question *held; /* answers held back until the CPS has answered */
};

/* --- answers --- */

void core_note_answered(const struct question *q, unsigned status, const char *why)
{
	const struct tn *orig = q->s.orig.s[0] ? &q->s.orig : NULL;
	const struct tn *dest = q->s.dest.s[0] ? &q->s.dest : NULL;

	trace_note("as.answered", orig, dest,
		   json_pack("{s:s, s:o*, s:s*}", "front", q->front, "status",
			     status ? json_integer((json_int_t)status) : NULL, "why", why));
}

static bool hold(struct core *core, struct question *q, size_t posts)
{
	q->id = core->last_id;
	q->posts = posts;
	HASH_ADD(hh, core->held, id, sizeof(q->id), q);
	return q->hh.tbl != NULL;
}

void core_forget(struct core *core, struct question *q)
{
	if (q->posts)
		HASH_DEL(core->held, q);
	q->posts = 0;
}

/* A POST is over. Its call went on long ago, so usually nobody is there who would want to know */
static void on_published(uint64_t id, void *arg)
{
	struct core *core = arg;
	struct question *q;

	HASH_FIND(hh, core->held, &id, sizeof(id), q);
	if (!q || --q->posts)
		return;
	HASH_DEL(core->held, q);
	q->answer(q);
}

/* --- questions --- */

/* @return number of POSTs under way */
static size_t publish(struct core *core, const struct question *q)
{
	const struct as_faults *faults = &core->conf->faults;
	const struct signing *s = &q->s;
	struct publish_job job = {
		.call_id = core->last_id, .orig = &s->orig, .dest = &s->dest, .bundle = &s->bundle};

	if (!s->bundle.n)
		return 0;
	job.url = discover_cps(
		core->discover,
		&(struct discovery_query){.called = &s->dest, .rn = q->rn, .cic = q->cic},
		&s->orig);
	if (!job.url)
		return 0;
	if (faults->publish || faults->publish_path)
		return fault_publish(faults, core->publisher, &job);
	return publisher_post(core->publisher, &job);
}

/* 5.3 step 3: the POST to the CPS and the answer to the CSCF start together, neither waits (AS-06) */
void core_ask(struct core *core, struct question *q)
{
	size_t posts = 0;

	core->last_id++;
	fault_question(&core->conf->faults, q);
	if (!q->refusal.status && sign_call(&core->signer, &q->s, &q->refusal) == 0)
		posts = publish(core, q);
	if (q->refusal.status)
		log_info("refused orig=%s dest=%s status=%u why=\"%s\"", q->s.orig.s, q->s.dest.s,
			 q->refusal.status, q->refusal.why);
	if (posts && core->conf->faults.wait_for_cps && hold(core, q, posts))
		return;
	q->posts = 0;
	q->answer(q);
}

/* --- life --- */

const struct as_conf *core_conf(const struct core *core)
{
	return core->conf;
}

const struct signer *core_signer(const struct core *core)
{
	return &core->signer;
}

void core_free(struct core *core)
{
	if (!core)
		return;
	publisher_free(core->publisher);
	HASH_CLEAR(hh, core->held);
	discover_free(core->discover);
	https_client_free(core->client);
	policy_free(core->policy);
	key_unref(core->key);
	free(core);
}

static int core_open(struct core *core, const struct env *env, struct err *e)
{
	const struct as_conf *conf = core->conf;
	int err = as_conf_check(conf, e);

	if (!err)
		err = policy_alloc(&core->policy, conf, e);
	if (!err)
		err = key_load_private(&core->key, conf->key, e);
	if (!err)
		err = https_client_alloc(&core->client, &conf->https, conf->sip.addr, e);
	if (!err)
		err = discover_alloc(&core->discover, conf, core->client, env, e);
	if (!err)
		err = publisher_alloc(&core->publisher,
				      &(struct publisher_opts){.conf = &conf->publish,
							       .faults = &conf->faults,
							       .freshness_s = conf->freshness_s,
							       .client = core->client,
							       .env = env,
							       .h = on_published,
							       .arg = core});
	core->signer = (struct signer){conf, env, core->policy, core->key};
	return err;
}

int core_alloc(struct core **ret, const struct as_conf *conf, const struct env *env, struct err *e)
{
	struct core *core = calloc(1, sizeof(*core));
	int err;

	if (!core)
		return ENOMEM;
	core->conf = conf;
	err = core_open(core, env, e);
	if (err) {
		core_free(core);
		return err;
	}
	*ret = core;
	return 0;
}

bool core_pending(const struct core *core)
{
	return discover_pending(core->discover);
}

int core_reload(struct core *core, struct err *e)
{
	struct stir_key *key = NULL;
	int err = key_load_private(&key, core->conf->key, e);

	if (!err)
		err = https_client_reload(core->client, e);
	if (!err)
		err = discover_reload(core->discover, e);
	if (err) {
		key_unref(key);
		return err;
	}
	key_unref(core->key);
	core->key = key;
	core->signer.key = key;
	return 0;
}
