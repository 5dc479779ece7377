/** @file core.h  The STI-AS apart from how it is asked: signs, publishes, and has the question
 * answered. The fronts (front.h) read questions and write answers.
 */
#ifndef REF_AS_CORE_H
#define REF_AS_CORE_H

#include <uthash.h>

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "ref-as/conf.h"
#include "ref-as/sign.h"

struct core;

/** One question, part of what its front keeps of it */
struct question {
	const char *front; /**< "redirect", "proxy", "http": for the trace */
	struct signing s;  /**< filled by the front, then by the core */
	struct sv rn, cic; /**< routing number and carrier, when the call has them (AS-16); views */
	struct redirect_refusal refusal; /**< status 0: it is answered */
	/** Answer it; called exactly once. The core is done with it */
	void (*answer)(struct question *q);

	/* the core's own */
	uint64_t id;
	size_t posts; /**< that are waited for: only by faults.wait_for_cps */
	UT_hash_handle hh;
};

/** @param conf, env  Borrowed. @return 0; EINVAL with text (configuration); another errno with text */
int core_alloc(struct core **ret, const struct as_conf *conf, const struct env *env, struct err *e);
/** Are lists of CPSs being fetched for the first time? app_ready() is called afterwards */
bool core_pending(const struct core *core);
/** Questions that are held back are forgotten: their fronts free them. Accepts NULL */
void core_free(struct core *core);
/** Reread key and TLS files. @return 0, or an errno with text: all that was in force stays */
int core_reload(struct core *core, struct err *e);

const struct as_conf *core_conf(const struct core *core);
const struct signer *core_signer(const struct core *core);

/**
 * A question: sign, start the POST, and have it answered, all at once (AS-06). With refusal.status set
 * already, it is only answered.
 */
void core_ask(struct core *core, struct question *q);

/** Forget a question that is held back */
void core_forget(struct core *core, struct question *q);

/** The answer has left: as.answered. status 0: the INVITE was sent on. why: what the answer is not
 * good for, NULL when it is */
void core_note_answered(const struct question *q, unsigned status, const char *why);

#endif
