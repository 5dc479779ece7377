/** @file call.h  One question of the CSCF on its way through the STI-VS: gather, check, answer (5.3
 * steps 8 to 10). */
#ifndef REF_VS_CALL_H
#define REF_VS_CALL_H

#include "lib/net/sip.h"
#include "lib/stir/verify.h"
#include "ref-vs/conf.h"
#include "ref-vs/gather.h"

/** What all calls of the STI-VS work with; borrowed */
struct call_env {
	const struct vs_conf *conf;
	struct sip_ep *ep;
	struct verifier *verifier;
	struct gather_source source;
};

struct call_table;

/** @return 0, ENOMEM */
int call_table_alloc(struct call_table **ret, const struct call_env *env);
/** Calls under way are dropped without an answer. Accepts NULL */
void call_table_free(struct call_table *table);

/** A question: an INVITE. It is answered now or later, exactly once */
void call_start(struct call_table *table, struct sip_rx *rx);

#endif
