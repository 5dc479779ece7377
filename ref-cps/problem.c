#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "lib/base/auto.h"
#include "ref-cps/problem.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

void problem_fault(struct problem *ret, const struct fault *fault, int index)
{
	const struct reason_info *info = reason_info(fault->reason);

	ret->status = info->http_status ? info->http_status : 500;
	ret->reason = info->name;
	ret->title = info->text;
	ret->check = fault->check;
	ret->clause = info->clause;
	ret->index = index;
	fault_text(fault, ret->detail);
}

void problem_request(struct problem *ret, unsigned status, const char *reason, const char *fmt, ...)
{
	va_list ap;

	ret->status = status;
	ret->reason = reason;
	ret->title =
		status == 404 ? "there is nothing of that name" : "request cannot be understood";
	ret->check = "request";
	ret->clause = status == 404 ? "RFC 9110 §15.5.5" : "RFC 9110 §15.5.1";
	ret->index = PROBLEM_WHOLE;
	va_start(ap, fmt);
	(void)vsnprintf(ret->detail, sizeof(ret->detail), fmt, ap);
	va_end(ap);
	for (char *z = ret->detail; *z; z++) /* it may quote what came */
		if ((unsigned char)*z < 0x20 || (unsigned char)*z > 0x7e)
			*z = '?';
}

char *problem_text(const struct problem *p)
{
	AUTO(json_decref) json_t *j = json_object();
	char type[96];
	int err;

	(void)snprintf(type, sizeof(type), "urn:oob-shaken:reason:%s", p->reason);
	err = json_object_set_new(j, "type", json_string(type));
	err |= json_object_set_new(j, "title", json_string(p->title));
	err |= json_object_set_new(j, "status", json_integer(p->status));
	err |= json_object_set_new(j, "detail", json_string(p->detail));
	err |= json_object_set_new(j, "reason", json_string(p->reason));
	err |= json_object_set_new(j, "check", json_string(p->check));
	err |= json_object_set_new(j, "clause", json_string(p->clause));
	if (p->index >= 0)
		err |= json_object_set_new(j, "index", json_integer(p->index));
	return err ? NULL : json_dumps(j, JSON_COMPACT);
}

void problem_reply(struct https_req *req, const struct problem *p,
		   const struct https_header *headers)
{
	AUTO(free) char *text = problem_text(p);

	/* out of memory: the status alone still says it */
	https_reply(req, p->status, text ? PROBLEM_TYPE : NULL, sv_from(text), headers);
}
