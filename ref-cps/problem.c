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
	ret->allow = NULL;
	ret->retry_after_s = -1;
	fault_text(fault, ret->detail);
}

/* Titles of the statuses, where no reason says more; the last one is for all others */
static const struct {
	unsigned status;
	const char *title, *clause;
} statuses[] = {
	{404, "there is nothing of that name", "RFC 9110 §15.5.5"},
	{429, "too many requests", "RFC 6585 §4"},
	{502, "the CPS to which this is sent on cannot be used", "6.3, RFC 9110 §15.6.3"},
	{503, "the service is not available at present", "5.2, RFC 9110 §15.6.4"},
	{504, "the CPS to which this is sent on does not answer", "6.3, RFC 9110 §15.6.5"},
	{508, "this has been here before", "RFC 9110 §7.6.3, RFC 5842 §7.2"},
	{0, "request cannot be understood", "RFC 9110 §15.5.1"},
};

void problem_request(struct problem *ret, unsigned status, const char *reason, const char *fmt, ...)
{
	size_t row = 0;
	va_list ap;

	while (statuses[row].status && statuses[row].status != status)
		row++;
	ret->status = status;
	ret->reason = reason;
	ret->title = statuses[row].title;
	ret->check = "request";
	ret->clause = statuses[row].clause;
	ret->allow = NULL;
	ret->retry_after_s = -1;
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

void problem_reply(struct https_req *req, const struct problem *p)
{
	AUTO(free) char *text = problem_text(p);
	struct https_header headers[3] = {{NULL, NULL}};
	char seconds[24];
	size_t n = 0;

	if (p->allow) /* RFC 9110 §10.2.1 */
		headers[n++] = (struct https_header){"Allow", p->allow};
	if (p->retry_after_s >= 0) { /* §10.2.3 */
		(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)p->retry_after_s);
		headers[n++] = (struct https_header){"Retry-After", seconds};
	}
	/* out of memory: the status alone still says it */
	https_reply(req, p->status, text ? PROBLEM_TYPE : NULL, sv_from(text), headers);
}
