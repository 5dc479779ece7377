#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <utlist.h>

#include "lib/stir/verify_checks.h"

struct run {
	struct verifier *v;
	const struct bundle_item *item;
	struct verify_call call;
	struct passport *pp;
	verify_done_h *done;
	void *arg;
	struct run *prev, *next; /* while the credential is fetched */
};

struct verifier {
	struct verify_opts opts;
	struct cred_cache *creds;
	const struct env *env;
	struct run *waiting;
};

int verifier_alloc(struct verifier **ret, const struct verify_opts *opts, struct cred_cache *creds,
		   const struct env *env)
{
	struct verifier *v = calloc(1, sizeof(*v));

	if (!v)
		return ENOMEM;
	*v = (struct verifier){.opts = *opts, .creds = creds, .env = env};
	*ret = v;
	return 0;
}

static void run_free(struct run *run)
{
	passport_unref(run->pp);
	free(run);
}

static void forget(struct run *run)
{
	DL_DELETE(run->v->waiting, run);
	cred_cancel(run->v->creds, run);
	run_free(run);
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	while (v->waiting)
		forget(v->waiting);
	free(v);
}

void verify_cancel(struct verifier *v, void *arg)
{
	struct run *run, *next;

	for (run = v->waiting; run; run = next) {
		next = run->next;
		if (run->arg == arg)
			forget(run);
	}
}

/* Is this check chain.h's for this PASSporT? */
static bool is_left(const struct verify_ctx *ctx, const struct verify_row *row)
{
	if (!ctx->call || !ctx->call->chained)
		return false;
	return row->leaves == LEAVES_ALL ||
	       (row->leaves == LEAVES_DIV && sv_eqz(ctx->pp->ppt, "div"));
}

/* The rows of one stage, up to the first that does not hold */
static int run_rows(const struct verify_ctx *ctx, enum verify_stage stage, struct fault *fault)
{
	const struct verify_row *rows;
	size_t n = verify_rows(&rows);

	for (size_t i = 0; i < n; i++) {
		const struct verify_row *row = &rows[i];
		int err;

		if (row->stage != stage || !(row->by & ctx->opts->role) ||
		    (ctx->opts->skip >> i & 1) || is_left(ctx, row))
			continue;
		err = row->run(ctx, fault);
		if (err == EBADMSG)
			fault->check = row->name;
		if (err)
			return err;
	}
	return 0;
}

static struct verify_ctx context(const struct run *run)
{
	const struct verifier *v = run->v;

	return (struct verify_ctx){
		.opts = &v->opts,
		.now_s = env_now_s(v->env),
		.item = run->item,
		.call = &run->call,
		.pp = run->pp,
	};
}

static void finish(struct run *run, struct verify_result *res)
{
	res->pp = run->pp;
	run->done(res, run->arg);
	run_free(run);
}

static void finish_with_cred(struct run *run, const struct cred *cred)
{
	struct verify_ctx ctx = context(run);
	struct verify_result res = {0};

	ctx.cred = cred;
	if (cred->chain)
		(void)snprintf(res.spc, sizeof(res.spc), "%s", cert_chain_spc(cred->chain));
	res.err = run_rows(&ctx, STAGE_CRED, &res.fault);
	finish(run, &res);
}

static void cred_done(const struct cred *cred, void *arg)
{
	struct run *run = arg;

	DL_DELETE(run->v->waiting, run);
	finish_with_cred(run, cred);
}

/* Form and everything else that needs no credential */
static int judge_token(struct run *run, struct fault *fault)
{
	struct verify_ctx ctx;
	int err = passport_parse(&run->pp, run->item->id.token, fault);

	if (err) {
		fault->check = "form";
		return err;
	}
	ctx = context(run);
	return run_rows(&ctx, STAGE_TOKEN, fault);
}

int verify_run(struct verifier *v, const struct bundle_item *item, const struct verify_call *call,
	       verify_done_h *done, void *arg)
{
	struct run *run;
	struct verify_result res = {0};
	struct cred cred = {0};

	if (v->opts.role == VERIFY_VS && !call)
		return EINVAL;
	run = calloc(1, sizeof(*run));
	if (!run)
		return ENOMEM;
	*run = (struct run){.v = v, .item = item, .done = done, .arg = arg};
	if (call)
		run->call = *call;
	res.err = judge_token(run, &res.fault);
	if (res.err) {
		finish(run, &res);
		return 0;
	}
	res.err = cred_get(v->creds, run->pp->x5u, &cred, cred_done, run);
	if (res.err == EINPROGRESS)
		DL_APPEND(v->waiting, run);
	else if (res.err)
		finish(run, &res);
	else
		finish_with_cred(run, &cred);
	return 0;
}

int verify_form(const struct verifier *v, const struct bundle_item *item, const struct passport *pp,
		struct fault *fault)
{
	struct verify_opts opts = v->opts;
	struct verify_ctx ctx = {.opts = &opts, .item = item, .pp = pp};

	opts.role = VERIFY_CPS; /* no INVITE at hand */
	return run_rows(&ctx, STAGE_TOKEN, fault);
}
