/** @file core.h  The STI-VS apart from how it is asked: gathers the PASSporTs of a call, checks them, and
 * comes to a verdict (5.3 steps 8 to 10). The fronts (front.h) read questions and write answers.
 */
#ifndef REF_VS_CORE_H
#define REF_VS_CORE_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "ref-vs/choose.h"
#include "ref-vs/conf.h"
#include "ref-vs/gather.h"

struct core;
struct check;

/** One question, part of what its front keeps of it; zeroed first */
struct question {
	const char *front;    /**< "redirect", "proxy", "http": for the trace */
	struct tn orig, dest; /**< of the call; filled by the front, as got.in_band is */
	struct gathered got;
	/** Answer it; called exactly once. v[n] are all PASSporTs of the call. The core is done with it
	 * then, but for question_clear() */
	void (*answer)(struct question *q, const struct verdict *verdict);
	/** Refuse it: it could not be judged; instead of answer */
	void (*fail)(struct question *q, int err);

	/** PASSporTs after verification: in-band, out-of-band, unreadable */
	struct checked *v;
	size_t n;

	/* the core's own */
	struct core *core;
	struct gathering *gathering;
	struct slot *slots;
	size_t pending;
	bool counted;
};

/** @param ready  Called once from the loop when the trust data has been fetched, well or badly.
 * @return 0; EINVAL with text (configuration); another errno with text */
int core_alloc(struct core **ret, const struct vs_conf *conf, const struct env *env,
	       void (*ready)(void *arg), void *arg, struct err *e);
/** After all questions are cleared. Accepts NULL */
void core_free(struct core *core);
/** Reread the TLS files, fetch list and CRL again, forget cached certificates */
int core_reload(struct core *core, struct err *e);

const struct vs_conf *core_conf(const struct core *core);
/** Where PASSporTs are pushed to, a new string; NULL: nowhere */
char *core_push_url(const struct core *core);

/** A question. Answered now or later; when max_calls are under way already, fail() gets EBUSY */
void core_ask(struct core *core, struct question *q);

/** Free what it holds; one that is under way is forgotten */
void question_clear(struct question *q);

#endif
