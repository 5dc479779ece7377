/* The service speaks the HTTP interface of ATIS-1000082: one POST, one JSON object each way. */
#include <errno.h>
#include <stdlib.h>

#include "sim/switch/ask_json.h"

#define ANSWER_MAX ((size_t)256 * 1024)
#define URL_MAX    2048

static const struct sw_json_role *role_of(const struct sw_call *call)
{
	return &sw_json_roles[call->role];
}

/* 201 as the specification says (5.3 steps 3, 10), 200 as ATIS-1000082 does */
static void read_body(struct sw_answer *a, const struct sw_call *call, struct sv body)
{
	const struct sw_json_role *role = role_of(call);
	json_t *root = json_loadb(body.p ? body.p : "", body.l, JSON_REJECT_DUPLICATES, NULL);
	const json_t *response = json_object_get(root, role->response);
	BUF_AUTO struct buf error = BUF(SW_WHY_MAX);

	if (a->status != 200 && a->status != 201) {
		sw_json_error(&error, root);
		sw_answer_useless(a, "%s answered %u%s", call->service->uri, a->status,
				  error.p ? error.p : "");
	} else if (!json_is_object(response)) {
		sw_answer_useless(a, "the answer of %s is no JSON object with %s",
				  call->service->uri, role->response);
	} else {
		role->take(a, call, response);
	}
	json_decref(root);
}

static void done(const struct https_response *res, void *arg)
{
	struct sw_call *call = arg;
	struct sw_answer answer;

	call->http = false;
	sw_answer_begin(&answer);
	answer.came = res->err == 0;
	answer.status = res->status;
	if (!res->err)
		read_body(&answer, call, res->body);
	else if (res->err == ETIMEDOUT)
		sw_answer_none(&answer, call, ETIMEDOUT);
	else
		sw_answer_useless(&answer, "%s: %s", call->service->uri, res->text);
	sw_answered(call, &answer);
	sw_answer_free(&answer);
}

static char *question(const struct sw_call *call)
{
	const struct sw_json_role *role = role_of(call);
	json_t *root = json_object();
	char *text;

	(void)json_object_set_new(root, role->request, role->ask(call));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static int print_url(struct buf *b, const struct sw_call *call)
{
	struct sv base = sv_from(call->service->uri);

	while (base.l && base.p[base.l - 1] == '/')
		base.l--;
	(void)buf_addsv(b, base);
	return buf_addz(b, role_of(call)->path);
}

static int post(struct sw_call *call, const char *url, const char *body)
{
	char id[sizeof("X-RequestID: ") + UUID_LEN] = "X-RequestID: ";
	const char *headers[] = {id, NULL};

	env_uuid(call->sw->env, id + sizeof("X-RequestID: ") - 1);
	return https_request(call->sw->https,
			     &(struct https_request){
				     .method = "POST",
				     .url = url,
				     .ctype = "application/json",
				     .accept = "application/json",
				     .headers = headers,
				     .body = sv_from(body),
				     .timeout_ms = (uint64_t)call->service->timeout_ms,
				     .max_response = ANSWER_MAX,
			     },
			     done, call);
}

static int ask(struct sw_call *call)
{
	BUF_AUTO struct buf url = BUF(URL_MAX);
	char *body;
	int err;

	if (!call->has_orig)
		return EDESTADDRREQ;
	err = print_url(&url, call);
	body = question(call);
	if (!err)
		err = body ? post(call, url.p, body) : ENOMEM;
	free(body);
	call->http = err == 0;
	return err;
}

static void forget(struct sw_call *call)
{
	if (call->http)
		https_cancel(call->sw->https, call);
	call->http = false;
}

const struct sw_interface_def sw_http = {ask, forget};
