/** @file question.h  What a request of the STI-VS says: PUT /calls/<call-id>?orig=…&dest=…&wait_ms=… */
#ifndef REF_CPS_QUESTION_H
#define REF_CPS_QUESTION_H

#include "lib/base/tn_pair.h"
#include "lib/net/https_server.h"
#include "ref-cps/calls.h"
#include "ref-cps/problem.h"

/** Path of retrieval */
#define CALLS_PATH "/calls/"

struct question {
	char id[CALL_ID_MAX + 1];
	struct tn_pair pair;
	uint64_t wait_ms;
};

/** @param most_ms  Longest wait; a longer one is cut to that. @return false with the refusal */
bool question_read(struct question *ret, const struct https_req *req, uint64_t most_ms,
		   struct problem *p);

#endif
