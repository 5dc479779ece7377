#include <ctype.h>
#include <string.h>

#include "ref-cps/question.h"

/* Longest wait that is understood */
#define WAIT_MAX 3600000

static bool read_id(struct sv path, char ret[CALL_ID_MAX + 1])
{
	struct sv id;

	if (!sv_starts(path, CALLS_PATH))
		return false;
	id = (struct sv){path.p + sizeof(CALLS_PATH) - 1, path.l - (sizeof(CALLS_PATH) - 1)};
	if (!id.l || id.l > CALL_ID_MAX)
		return false;
	for (size_t i = 0; i < id.l; i++)
		if (!isalnum((unsigned char)id.p[i]) && (!id.p[i] || !strchr("-._~", id.p[i])))
			return false;
	memcpy(ret, id.p, id.l);
	ret[id.l] = '\0';
	return true;
}

static bool read_numbers(const struct https_req *req, struct tn_pair *ret, struct problem *p)
{
	struct sv orig = https_req_query(req, "orig"), dest = https_req_query(req, "dest");

	if (tn_pair_make(ret, orig, dest))
		return true;
	problem_request(p, 400, "query",
			"expected two telephone numbers, got orig \"%.*s\" and dest \"%.*s\"",
			SV_ARG(orig), SV_ARG(dest));
	return false;
}

bool question_read(struct question *ret, const struct https_req *req, uint64_t most_ms,
		   struct problem *p)
{
	struct sv wait = https_req_query(req, "wait_ms");
	unsigned long long ms = 0;

	if (!read_id(https_req_path(req), ret->id)) {
		problem_request(p, 404, "path", "expected " CALLS_PATH "<call-id>, got \"%.*s\"",
				SV_ARG(https_req_path(req)));
		return false;
	}
	if (!read_numbers(req, &ret->pair, p))
		return false;
	if (wait.p && !sv_u64(wait, WAIT_MAX, &ms)) {
		problem_request(p, 400, "query",
				"wait_ms: expected a number from 0 to %d, got \"%.*s\"", WAIT_MAX,
				SV_ARG(wait));
		return false;
	}
	ret->wait_ms = ms < most_ms ? ms : most_ms;
	return true;
}
