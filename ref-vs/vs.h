/** @file vs.h  The STI-VS of a terminating provider. The functions are those of struct app_def. */
#ifndef REF_VS_VS_H
#define REF_VS_VS_H

#include <jansson.h>

#include "lib/base/env.h"
#include "lib/base/err.h"

/** @param conf  struct vs_conf. @return EINPROGRESS: app_ready() comes when the trust data has been
 * fetched; EINVAL with text (configuration); another errno with text (environment) */
int vs_start(void **ret_vs, const void *conf, const struct env *env, json_t *ready, struct err *e);

/** Reread the TLS files, fetch list and CRL again, forget cached certificates */
int vs_reload(void *vs, struct err *e);

void vs_stop(void *vs);

#endif
