/* Proof of the bench: each case fails on the fault that it exists to find, and passes without. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/conform/session.h"
#include "sim/oobsim/scenario/result.h"

static bool same_fault(const struct case_item *a, const struct case_item *b)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): each batch has a case that names its fault */
	return work_alike(a, b) && json_equal(a->c->fault, b->c->fault);
}

/* With a fault run all cases that have the surroundings of its case, to see who else finds it; where each case is a run of its
 * own, only those that name it */
static bool tries(const struct case_item *item, const struct case_item *fault_of)
{
	return role_alone(item->role) ? same_fault(item, fault_of) : work_alike(item, fault_of);
}

static bool first_with_fault(const struct session *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_fault(s->r[i].item, s->r[at].item))
			return false;
	return true;
}

struct proofs {
	const struct case_item **fault_of; /* of each batch: the first case that names the fault */
	struct work *work;
	size_t n;
	struct conform_result *r; /* of all batches, shared */
	size_t size;
};

static size_t count_tries(const struct session *s, const struct case_item *fault_of)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += tries(s->r[i].item, fault_of);
	return n;
}

static int make_proofs(struct proofs *p, const struct session *s)
{
	p->work = calloc(s->n, sizeof(*p->work));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
	p->fault_of = calloc(s->n, sizeof(*p->fault_of));
	if (!p->work || !p->fault_of)
		return ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		if (!first_with_fault(s, i))
			continue;
		p->fault_of[p->n] = s->r[i].item;
		p->work[p->n].n = count_tries(s, s->r[i].item);
		p->size += p->work[p->n++].n;
	}
	p->r = work_shared(p->size, sizeof(*p->r));
	return p->r ? 0 : ENOMEM;
}

static void fill_proofs(struct proofs *p, const struct session *s)
{
	struct conform_result *at = p->r;

	for (size_t i = 0; i < p->n; i++) {
		const struct case_item *item = p->fault_of[i];

		p->work[i] = session_work(s, item->role, at);
		p->work[i].fault = item->c->fault;
		for (size_t k = 0; k < s->n; k++)
			if (tries(s->r[k].item, item))
				at[p->work[i].n++] = (struct conform_result){
					.item = s->r[k].item, .verdict = CONFORM_ERROR};
		at += p->work[i].n;
	}
}

static void free_proofs(struct proofs *p)
{
	free(p->work);
	free(p->fault_of);
	work_shared_free(p->r, p->size, sizeof(*p->r));
}

/* --- what came out --- */

struct proof {
	bool clean, fault;
	json_t *also; /* ids of others that fail on the same fault; NULL when out of memory */
};

static struct proof proof_of(const struct proofs *p, const struct conform_result *clean)
{
	struct proof ret = {.clean = clean->verdict == CONFORM_PASS, .also = json_array()};
	size_t i = 0;

	while (!same_fault(p->fault_of[i], clean->item))
		i++;
	for (size_t k = 0; k < p->work[i].n; k++) {
		const struct conform_result *r = &p->work[i].r[k];

		if (r->verdict != CONFORM_FAIL)
			continue;
		if (r->item == clean->item)
			ret.fault = true;
		else
			(void)json_array_append_new(ret.also, json_string(r->item->id));
	}
	return ret;
}

static json_t *tell(const struct conform_result *r, const struct proof *proof)
{
	return json_pack("{s:s, s:O, s:b, s:b, s:o}", "id", r->item->id, "fault", r->item->c->fault,
			 "failed_on_fault", proof->fault, "passed_clean", proof->clean,
			 "also_failed", proof->also);
}

static size_t print(const struct session *s, const struct proofs *p, bool json)
{
	json_t *cases = json_array(), *v;
	size_t bad = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct proof proof = proof_of(p, &s->r[i]);

		(void)json_array_append_new(cases, tell(&s->r[i], &proof));
		if (proof.clean && proof.fault)
			continue;
		bad++;
		if (!json)
			(void)printf("%s: %s\n", s->r[i].item->id,
				     !proof.clean ? "fails without a fault"
						  : "does not fail on its fault");
	}
	v = json_pack("{s:s, s:o}", "verdict", bad ? "fail" : "pass", "cases", cases);
	if (json)
		(void)json_dumpf(v, stdout, REPORT_JSON);
	(void)printf(json ? "\n" : "%zu of %zu cases fail on their fault and pass without\n",
		     s->n - bad, s->n);
	json_decref(v);
	return bad;
}

int session_prove(struct session *s, const struct work_opts *opts, bool json, int *ret_code,
		  struct err *e)
{
	struct proofs p = {0};
	struct work_opts with_faults = *opts;
	char dir[PATH_MAX];
	int err = session_run(s, opts, 0, e);

	if (!err && make_proofs(&p, s))
		err = err_set(e, ENOMEM, "out of memory");
	if (!err) {
		fill_proofs(&p, s);
		(void)snprintf(dir, sizeof(dir), "%s/faults", opts->dir);
		with_faults.dir = dir;
		err = mkdir(dir, 0755) ? err_set(e, errno, "%s: %s", dir, strerror(errno))
				       : work_run(p.work, p.n, &with_faults, e);
	}
	if (!err)
		*ret_code = print(s, &p, json) ? EXIT_FAILED : 0;
	free_proofs(&p);
	return err;
}
