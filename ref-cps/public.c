/* Where STI-ASs publish (5.1, 5.4): the interface, and which requests are looked at. What becomes of them:
 * post.c */

#include <errno.h>
#include <stdlib.h>

#include "lib/net/https_server.h"
#include "ref-cps/cps.h"
#include "ref-cps/name_set.h"
#include "ref-cps/post.h"
#include "ref-cps/problem.h"
#include "ref-cps/question.h"

#define PATH  "/cps/company/"
#define CTYPE "application/passport"

struct cps_public {
	const struct cps *cps;
	struct https_server *server;
	struct name_set *companies;
	struct posts posts;
	int64_t turned_away; /* by the fault of that name */
};

/* --- admit --- */

static int admit_path(const struct cps_public *pub, struct sv path, struct sv *company,
		      struct fault *fault)
{
	if (!sv_starts(path, PATH))
		return fault_set(fault, REASON_WRONG_COMPANY, PATH "<OCN>", "\"%.*s\"",
				 SV_ARG(path));
	*company = (struct sv){path.p + sizeof(PATH) - 1, path.l - (sizeof(PATH) - 1)};
	if (!name_set_has(pub->companies, *company))
		return fault_set(fault, REASON_WRONG_COMPANY, "an OCN of this provider", "\"%.*s\"",
				 SV_ARG(*company));
	return 0;
}

/* The media type without parameters; type and subtype in any case (RFC 9110 §8.3.1) */
static bool is_passport(struct sv ctype)
{
	return sv_ieqz(sv_trim(sv_cut(&ctype, ';')), CTYPE);
}

/* In the order in which a request can be judged with the least of it (and of our work) */
static int admit(const struct cps_public *pub, const struct https_req *req, struct sv *company,
		 struct fault *fault)
{
	struct sv method = https_req_method(req), ctype = https_req_header(req, "Content-Type");

	if (!sv_eqz(method, "POST")) /* CPS-07: nothing is to be had here */
		return fault_set(fault, REASON_METHOD, "POST", "\"%.*s\"", SV_ARG(method));
	if (admit_path(pub, https_req_path(req), company, fault))
		return EBADMSG;
	if (!is_passport(ctype))
		return fault_set(fault, REASON_MEDIA_TYPE, CTYPE, ctype.p ? "\"%.*s\"" : "none%.*s",
				 SV_ARG(ctype));
	if (https_req_too_large(req))
		return fault_set(fault, REASON_TOO_LARGE, NULL, "more than %lld octets",
				 (long long)pub->cps->conf->public.max_body);
	if (!passport_store_room(pub->cps->store)) /* CPS-12: before any work is spent on it */
		return fault_set(fault, REASON_OVERLOAD, NULL, "%zu PASSporTs kept",
				 passport_store_size(pub->cps->store));
	return 0;
}

/* Wrong on purpose: overload where there is none */
static bool turn_away(struct cps_public *pub, struct problem *p)
{
	const struct cps_faults_conf *faults = &pub->cps->conf->faults;

	if (!faults->answer_status)
		return false;
	if (faults->answer_status_count && pub->turned_away >= faults->answer_status_count)
		return false;
	pub->turned_away++;
	problem_request(p, (unsigned)faults->answer_status, "overload",
			"turned away on purpose, the %lldth time", (long long)pub->turned_away);
	p->retry_after_s = faults->retry_after_s;
	return true;
}

static void refuse(struct https_req *req, const struct problem *p)
{
	post_note_refused(p, NULL);
	problem_reply(req, p);
}

static void refuse_fault(const struct cps_public *pub, struct https_req *req, struct fault *fault)
{
	struct problem p;

	if (cps_accepts_reason(&pub->cps->conf->faults, fault->reason)) {
		https_reply(req, 201, NULL, (struct sv){0}, NULL);
		return;
	}
	fault->check = "request";
	problem_fault(&p, fault, PROBLEM_WHOLE);
	if (p.status == 405 && !pub->cps->conf->faults.no_allow)
		p.allow = "POST";
	if (p.status == 503 && !pub->cps->conf->faults.no_retry_after)
		p.retry_after_s = passport_store_retry_s(pub->cps->store);
	refuse(req, &p);
}

static void on_request(struct https_req *req, void *arg)
{
	struct cps_public *pub = arg;
	struct sv company = {NULL, 0}, via = https_req_header(req, "Via");
	struct fault fault;
	struct problem p;

	if (pub->cps->conf->faults.public_retrieval && sv_starts(https_req_path(req), CALLS_PATH)) {
		cps_private_serve(pub->cps->private, req);
	} else if (admit(pub, req, &company, &fault)) {
		refuse_fault(pub, req, &fault);
	} else if (turn_away(pub, &p)) {
		refuse(req, &p);
	} else if (cps_forward_is_loop(pub->cps->forward, via)) {
		problem_request(&p, 508, "loop", "\"%s\" is in Via: \"%.*s\"",
				pub->cps->conf->forward.name, SV_ARG(via));
		refuse(req, &p);
	} else if (post_receive(&pub->posts, req, company)) {
		(void)fault_set(&fault, REASON_INTERNAL, NULL, "out of memory");
		refuse_fault(pub, req, &fault);
	}
}

/* --- life --- */

int cps_public_alloc(struct cps_public **ret, const struct cps *cps, struct err *e)
{
	const struct cps_public_conf *conf = &cps->conf->public;
	struct https_server_opts opts = {
		.addr = conf->addr,
		.port = (uint16_t)conf->port,
		.tls = &conf->tls,
		.max_body = (size_t)conf->max_body,
		.max_conns = (unsigned)conf->max_conns,
		.idle_timeout_s = (unsigned)conf->idle_timeout_s,
		.faults = &cps->conf->faults.http,
	};
	struct cps_public *pub = calloc(1, sizeof(*pub));
	int err;

	if (!pub)
		return err_set(e, ENOMEM, "out of memory");
	pub->cps = cps;
	pub->posts.cps = cps;
	err = name_set_alloc(&pub->companies, &cps->conf->companies);
	if (err)
		(void)err_set(e, err, "out of memory");
	else
		err = https_server_alloc(&pub->server, &opts, on_request, pub, e);
	if (err) {
		cps_public_free(pub);
		return err;
	}
	*ret = pub;
	return 0;
}

void cps_public_free(struct cps_public *pub)
{
	if (!pub)
		return;
	https_server_free(pub->server);
	posts_free(&pub->posts);
	name_set_free(pub->companies);
	free(pub);
}

int cps_public_reload(struct cps_public *pub, struct err *e)
{
	return https_server_reload(pub->server, e);
}
