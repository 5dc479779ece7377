/** @file work.h  Batches of cases, worked off by several processes, each with a bench of its own. */
#ifndef CONFORM_WORK_H
#define CONFORM_WORK_H

#include "sim/oobsim/conform/role.h"

/** Cases with the same surroundings, which share one started implementation */
struct work {
	const struct role *role;
	const struct sut *sut;
	const struct given *given; /**< what it was given beforehand; NULL */
	const json_t *fault;       /**< what is wrong with a reference; NULL */
	struct conform_result *r;  /**< shared memory (work_shared()); item is set */
	size_t n;
};

struct work_opts {
	const char *dir; /**< exists; what the benches write */
	uint64_t seed;   /**< of keys and UUIDs */
	int profile;     /**< enum profile */
	unsigned jobs;   /**< processes, from 1 */
};

/** Do two cases have the same surroundings? */
bool work_alike(const struct case_item *a, const struct case_item *b);

/** Memory of n elements of a size, zeroed, that processes share. @return NULL when there is none */
void *work_shared(size_t n, size_t size);
void work_shared_free(void *p, size_t n, size_t size);

/**
 * Work off all batches, in their order, `jobs` at a time. Verdicts are in work[].r.
 *
 * @return 0; with text: EINTR, EIO (one of our own processes ended), others: surroundings could not be made
 */
int work_run(const struct work *work, size_t n, const struct work_opts *opts, struct err *e);

#endif
