#include "pki/problem.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/base/auto.h"

#define PROBLEM_TYPE "application/problem+json"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

static void reply(struct https_req *req, unsigned status, json_t *problem,
		  const struct https_header *headers)
{
	AUTO(json_decref) json_t *object = problem;
	AUTO(free) char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	/* out of memory: the status alone still says it */
	https_reply(req, status, text ? PROBLEM_TYPE : NULL, sv_from(text), headers);
}

void problem_fault(struct https_req *req, const struct fault *fault)
{
	const struct reason_info *info = reason_info(fault->reason);
	unsigned status = info->http_status ? info->http_status : 500;
	char type[96], detail[FAULT_TEXT_MAX];

	(void)snprintf(type, sizeof(type), "urn:oob-shaken:reason:%s", info->name);
	fault_text(fault, detail);
	reply(req, status,
	      json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "type", type, "title", info->text,
			"status", (int)status, "detail", detail, "reason", info->name, "check",
			fault->check, "clause", info->clause),
	      NULL);
}

void problem_status(struct https_req *req, unsigned status, const char *title, const char *detail,
		    const struct https_header *headers)
{
	reply(req, status,
	      json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title", title, "status",
			(int)status, "detail", detail),
	      headers);
}
