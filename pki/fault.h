/** @file fault.h  What `sti-pki serve` does wrong on purpose, so that the cases of a conformance test can be shown to fail: one
 * answer changed in a way that is named, all else as it is.
 */
#ifndef PKI_FAULT_H
#define PKI_FAULT_H

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/stir/reason.h"
#include "pki/conf.h"

/** Words of pki_answer_fault.key that are no names of keys in the directory */
#define FAULT_KEY_OLD "old" /**< the signature stays what it was before the change */
#define FAULT_KEY_NEW "new" /**< one that nobody knows */

/** The first member of faults.answers that is about a path; NULL: nothing is wrong with it */
const struct pki_answer_fault *fault_find(const struct pki_faults_conf *faults, struct sv path);

/**
 * Change what a file holds.
 *
 * @param text    In and out: the file's octets
 * @param file    Which of the directory it is, "pa/crl.der"
 * @param answer  NULL: nothing is wrong with this answer
 *
 * @return 0, also when there was nothing to change; errno with text
 */
int fault_change(struct buf *text, const struct pki_conf *conf, const char *file,
		 const struct pki_answer_fault *answer, const struct env *env, struct err *e);

/** Is a request for a CPS URL that is refused for this reason answered as if it were granted? */
bool fault_accepts(const struct pki_faults_conf *faults, enum reason reason);

#endif
