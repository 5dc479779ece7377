/** @file as.h  The STI-AS of an originating provider: INVITE → claims → signature → 302 with
 * Identity, and beside it the same PASSporT to the CPS (5.3 steps 2, 3, 5). The functions are those
 * of struct app_def. */
#ifndef REF_AS_AS_H
#define REF_AS_AS_H

#include <jansson.h>

#include "lib/base/env.h"
#include "lib/base/err.h"

/** @param conf  struct as_conf. @return 0; EINPROGRESS: app_ready() comes when the lists of the
 * discovery have been fetched; EINVAL with text (configuration); another errno with text (environment) */
int as_start(void **ret_as, const void *conf, const struct env *env, json_t *ready, struct err *e);

/** Reread the private key, the TLS files and the tables of the discovery; what cannot be read stays as
 * it was */
int as_reload(void *as, struct err *e);

void as_stop(void *as);

#endif
