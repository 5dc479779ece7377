#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/net/addr.h"
#include "lib/net/atis82.h"

static const struct conf_member members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 .off = offsetof(struct atis82_conf, addr),
	 .required = true,
	 .doc = "IPv4 or IPv6 address to listen on"},
	{.name = "port",
	 .type = CONF_INT,
	 .off = offsetof(struct atis82_conf, port),
	 .def = "8443",
	 .min = 1,
	 .max = 65535,
	 .doc = "port to listen on"},
	{.name = "tls",
	 .type = CONF_OBJ,
	 .off = offsetof(struct atis82_conf, tls),
	 .required = true,
	 .sub = &tls_conf_table,
	 .doc = "certificate and key; with client_ca, a client certificate of that CA must be "
		"shown"},
	{.name = "answer_status",
	 .type = CONF_INT,
	 .off = offsetof(struct atis82_conf, answer_status),
	 .def = "201",
	 .min = 200,
	 .max = 201,
	 .doc = "status of a question that is answered: 201 as the specification says, or 200 as "
		"ATIS-1000082 says"},
	{.name = "max_conns",
	 .type = CONF_INT,
	 .off = offsetof(struct atis82_conf, max_conns),
	 .def = "1024",
	 .min = 1,
	 .max = 65536,
	 .doc = "connections at once; more wait in the listen queue"},
	{.name = "idle_timeout_s",
	 .type = CONF_INT,
	 .off = offsetof(struct atis82_conf, idle_timeout_s),
	 .def = "3600",
	 .min = 1,
	 .max = 86400,
	 .doc = "an idle connection is closed after this: the CSCF keeps its own open"},
	{.name = NULL},
};

const struct conf_table atis82_conf_table = {"the HTTP interface of ATIS-1000082",
					     sizeof(struct atis82_conf), members};

/* As much as PASSporTs of the greatest number and length take, and the members around them */
#define BODY_MAX   (256u << 10)
#define REQUEST_ID 128
#define CTYPE      "application/json"

struct atis82 {
	struct atis82_opts opts;
	struct https_server *server;
};

struct atis82_req {
	struct atis82 *srv;
	struct https_req *https; /* NULL when the peer has gone */
	char id[REQUEST_ID + 1]; /* X-RequestID; "" when there is none */
	json_t *root;
};

/* What is wrong with a question */
enum flaw {
	FLAW_NO_BODY,
	FLAW_MISSING,
	FLAW_ACCEPT,
	FLAW_RESOURCE,
	FLAW_TYPE,
	FLAW_VALUE,
	FLAW_UNREADABLE,
	FLAW_LENGTH,
	FLAW_CLIENT,
	FLAW_METHOD,
	FLAW_SIZE,
	FLAW_BUSY,
	FLAW_TROUBLE,
	FLAW_MAX,
};

/* SVC: the request is to be mended. POL: it is not served. The numbers are those of ATIS-1000082,
 * but for 4030, 4130 and 5030, which are ours: it has none for these */
static const struct flaw_info {
	unsigned status;
	const char *id, *text;
} flaws[FLAW_MAX] = {
	[FLAW_NO_BODY] = {400, "SVC4000", "a body of JSON is missing"},
	[FLAW_MISSING] = {400, "SVC4001", "mandatory parameter '%1' is missing"},
	[FLAW_ACCEPT] = {406, "SVC4002", "'%1' is not to be had, only " CTYPE},
	[FLAW_RESOURCE] = {404, "SVC4003", "there is no resource '%1'"},
	[FLAW_TYPE] = {415, "SVC4004", "content type '%1' is not " CTYPE},
	[FLAW_VALUE] = {400, "SVC4005", "value of parameter '%1' cannot be used"},
	[FLAW_UNREADABLE] = {400, "SVC4006", "body cannot be read as JSON: '%1'"},
	[FLAW_LENGTH] = {411, "SVC4007", "header Content-Length is missing"},
	[FLAW_CLIENT] = {403, "POL4030", "no acceptable client certificate: '%1'"},
	[FLAW_METHOD] = {405, "POL4050", "method '%1' is not allowed, only POST"},
	[FLAW_SIZE] = {413, "POL4130", "body is larger than the limit"},
	[FLAW_BUSY] = {503, "POL5030", "too many questions at once"},
	[FLAW_TROUBLE] = {500, "POL5000", "internal trouble"},
};

/* --- answers --- */

static void reply(struct https_req *https, const char *id, unsigned status, json_t *root)
{
	struct https_header headers[3] = {{NULL, NULL}};
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	size_t n = 0;

	if (*id)
		headers[n++] = (struct https_header){"X-RequestID", id};
	if (status == 405)
		headers[n++] = (struct https_header){"Allow", "POST"};
	https_reply(https, text ? status : 500, text ? CTYPE : NULL, sv_from(text), headers);
	free(text);
	json_decref(root);
}

static void reply_flaw(struct https_req *https, const char *id, enum flaw flaw,
		       const char *variable)
{
	const struct flaw_info *info = &flaws[flaw];
	bool policy = info->id[0] == 'P';

	reply(https, id, info->status,
	      json_pack("{s:{s:{s:s, s:s, s:[s*]}}}", "requestError",
			policy ? "policyException" : "serviceException", "messageId", info->id,
			"text", info->text, "variables", variable));
}

static void req_free(struct atis82_req *req)
{
	json_decref(req->root);
	free(req);
}

void atis82_answer(struct atis82_req *req, json_t *response)
{
	const struct atis82_opts *opts = &req->srv->opts;

	if (req->https)
		reply(req->https, req->id, (unsigned)opts->conf->answer_status,
		      json_pack("{s:o}", opts->response, response));
	else
		json_decref(response);
	req_free(req);
}

void atis82_fail(struct atis82_req *req, enum atis82_error error, const char *variable)
{
	static const enum flaw of[] = {
		[ATIS82_MISSING] = FLAW_MISSING,
		[ATIS82_INVALID] = FLAW_VALUE,
		[ATIS82_BUSY] = FLAW_BUSY,
		[ATIS82_TROUBLE] = FLAW_TROUBLE,
	};

	if (req->https)
		reply_flaw(req->https, req->id, of[error], variable);
	req_free(req);
}

void atis82_drop(struct atis82_req *req)
{
	req_free(req);
}

/* --- questions --- */

/* Does an Accept header let JSON through (RFC 9110 §12.5.1)? Weights are not looked at, but for 0 */
static bool accepts_json(struct sv accept)
{
	static const char *const fit[] = {CTYPE, "application/*", "*/*"};

	while (accept.p) {
		struct sv one = sv_cut(&accept, ',');
		struct sv range = sv_trim(sv_cut(&one, ';'));

		for (size_t i = 0; i < sizeof(fit) / sizeof(fit[0]); i++)
			if (sv_ieqz(range, fit[i]) && !sv_eqz(sv_trim(one), "q=0"))
				return true;
	}
	return false;
}

static bool is_json(struct sv ctype)
{
	return sv_ieqz(sv_trim(sv_cut(&ctype, ';')), CTYPE);
}

/* A finding: which flaw, and what its text is about */
struct finding {
	enum flaw flaw;
	char variable[128];
};

static bool find(struct finding *ret, enum flaw flaw, struct sv variable)
{
	ret->flaw = flaw;
	(void)snprintf(ret->variable, sizeof(ret->variable), "%.*s", SV_ARG(variable));
	return true;
}

static bool is_wrong_client(const struct atis82 *srv, const struct https_req *https,
			    struct finding *ret)
{
	char name[256];
	struct err e = {"none was shown"};

	if (!srv->opts.conf->tls.client_ca || https_req_client(https, name, sizeof(name), &e) == 0)
		return false;
	return find(ret, FLAW_CLIENT, sv_from(e.s));
}

/* In the order in which a request can be judged with the least of it */
static bool is_wrong(const struct atis82 *srv, const struct https_req *https, struct finding *ret)
{
	struct sv accept = https_req_header(https, "Accept");
	struct sv ctype = https_req_header(https, "Content-Type");

	if (is_wrong_client(srv, https, ret))
		return true;
	if (!sv_eqz(https_req_path(https), srv->opts.path))
		return find(ret, FLAW_RESOURCE, https_req_path(https));
	if (!sv_eqz(https_req_method(https), "POST"))
		return find(ret, FLAW_METHOD, https_req_method(https));
	if (accept.p && !accepts_json(accept))
		return find(ret, FLAW_ACCEPT, accept);
	if (https_req_too_large(https))
		return find(ret, FLAW_SIZE, (struct sv){NULL, 0});
	if (!https_req_header(https, "Content-Length").p &&
	    !https_req_header(https, "Transfer-Encoding").p)
		return find(ret, FLAW_LENGTH, (struct sv){NULL, 0});
	if (!https_req_body(https).l)
		return find(ret, FLAW_NO_BODY, (struct sv){NULL, 0});
	return !is_json(ctype) && find(ret, FLAW_TYPE, ctype);
}

/* @return the question's object, borrowed from *root; NULL with a finding */
static const json_t *parse(const struct atis82 *srv, struct sv body, json_t **root,
			   struct finding *ret)
{
	const char *member = srv->opts.request;
	json_error_t e;
	const json_t *v;

	*root = json_loadb(body.p, body.l, JSON_REJECT_DUPLICATES, &e);
	if (!*root) {
		(void)find(ret, FLAW_UNREADABLE, sv_from(e.text));
		return NULL;
	}
	v = json_object_get(*root, member);
	if (!json_is_object(v)) {
		(void)find(ret, v ? FLAW_VALUE : FLAW_MISSING, sv_from(member));
		return NULL;
	}
	return v;
}

static void on_gone(void *arg)
{
	((struct atis82_req *)arg)->https = NULL; /* whoever works on it is told nothing: it ends */
}

static void on_request(struct https_req *https, void *arg)
{
	struct atis82 *srv = arg;
	struct atis82_req *req = calloc(1, sizeof(*req));
	struct sv id = https_req_header(https, "X-RequestID");
	struct finding finding;
	const json_t *body = NULL;

	if (!req) {
		reply_flaw(https, "", FLAW_TROUBLE, NULL);
		return;
	}
	*req = (struct atis82_req){.srv = srv, .https = https};
	if (id.l <= REQUEST_ID)
		(void)snprintf(req->id, sizeof(req->id), "%.*s", SV_ARG(id));
	if (!is_wrong(srv, https, &finding))
		body = parse(srv, https_req_body(https), &req->root, &finding);
	if (!body) {
		reply_flaw(https, req->id, finding.flaw,
			   finding.variable[0] ? finding.variable : NULL);
		req_free(req);
		return;
	}
	https_req_on_gone(https, on_gone, req);
	srv->opts.h(req, body, srv->opts.arg);
}

int atis82_tn(struct tn *ret, const json_t *body, const char *member)
{
	const json_t *v = json_object_get(body, member), *tn = json_object_get(v, "tn");

	if (!v)
		return ENOENT;
	if (json_array_size(tn) == 1)
		tn = json_array_get(tn, 0);
	return json_is_string(tn) ? tn_canonical(ret, sv_from(json_string_value(tn))) : EBADMSG;
}

/* --- life --- */

int atis82_alloc(struct atis82 **ret, const struct atis82_opts *opts, struct err *e)
{
	const struct atis82_conf *conf = opts->conf;
	struct https_server_opts server = {
		.addr = conf->addr,
		.port = (uint16_t)conf->port,
		.tls = &conf->tls,
		.max_body = BODY_MAX,
		.max_conns = (unsigned)conf->max_conns,
		.idle_timeout_s = (unsigned)conf->idle_timeout_s,
	};
	struct atis82 *srv;
	int err;

	*ret = NULL;
	if (!conf->addr)
		return 0;
	srv = calloc(1, sizeof(*srv));
	if (!srv)
		return ENOMEM;
	srv->opts = *opts;
	err = https_server_alloc(&srv->server, &server, on_request, srv, e);
	if (err) {
		free(srv);
		return err;
	}
	*ret = srv;
	return 0;
}

void atis82_free(struct atis82 *srv)
{
	if (!srv)
		return;
	https_server_free(srv->server);
	free(srv);
}

int atis82_reload(struct atis82 *srv, struct err *e)
{
	return srv ? https_server_reload(srv->server, e) : 0;
}

char *atis82_url(const struct atis82 *srv)
{
	BUF_AUTO struct buf url = BUF(ADDR_TEXT_MAX + 16);
	char at[ADDR_TEXT_MAX];

	if (!srv)
		return NULL;
	addr_join(srv->opts.conf->addr, (uint16_t)srv->opts.conf->port, at);
	(void)buf_printf(&url, "https://%s", at);
	return buf_take(&url);
}
