/* Proof of the bench: each case fails on the fault that it exists to find, and passes without. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/conform.h"
#include "sim/oobsim/result.h"

struct proof {
	bool clean, fault, done;
	json_t *also; /* ids of others that fail on the same fault */
};

static bool same_fault(const struct conform_case *a, const struct conform_case *b)
{
	return json_equal(a->fault, b->fault) && strcmp(a->trust, b->trust) == 0;
}

/* All with what is usual in force, and those of the fault */
static size_t pick(const struct conform_result *all, size_t n, const struct conform_case *c,
		   struct conform_result *ret)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].c->trust, c->trust) == 0)
			ret[k++] = (struct conform_result){.c = all[i].c};
	return k;
}

static json_t *failed_ids(const struct conform_result *r, size_t n, const struct conform_case *but)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < n; i++)
		if (r[i].verdict == CONFORM_FAIL && r[i].c != but)
			(void)json_array_append_new(ids, json_string(r[i].c->id));
	return ids;
}

static bool failed(const struct conform_result *r, size_t n, const struct conform_case *c)
{
	for (size_t i = 0; i < n; i++)
		if (r[i].c == c)
			return r[i].verdict == CONFORM_FAIL;
	return false;
}

/* Run with the fault of case `at`; it also serves all others that have the same */
static int prove_fault(struct bench *b, const struct sut *sut, const struct conform_result *all,
		       size_t n, size_t at, struct proof *proofs, struct err *e)
{
	const struct conform_case *c = all[at].c;
	struct conform_result *some = calloc(n, sizeof(*some));
	size_t k = some ? pick(all, n, c, some) : 0;
	int err = some ? conform_run(b, sut, c->fault, some, k, e) : ENOMEM;

	for (size_t i = at; i < n && !err; i++) {
		if (proofs[i].done || !same_fault(all[i].c, c))
			continue;
		proofs[i].done = true;
		proofs[i].fault = failed(some, k, all[i].c);
		proofs[i].also = failed_ids(some, k, all[i].c);
	}
	free(some);
	return err;
}

static size_t print(const struct conform_result *all, const struct proof *proofs, size_t n,
		    bool json)
{
	json_t *cases = json_array(), *v;
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		bool good = proofs[i].clean && proofs[i].fault;

		bad += !good;
		(void)json_array_append_new(cases, json_pack("{s:s, s:O, s:b, s:b, s:O}", "id",
							     all[i].c->id, "fault", all[i].c->fault,
							     "failed_on_fault", proofs[i].fault,
							     "passed_clean", proofs[i].clean,
							     "also_failed", proofs[i].also));
		if (!json && !good)
			(void)printf("%s: %s\n", all[i].c->id,
				     !proofs[i].clean ? "fails without a fault"
						      : "does not fail on its fault");
	}
	v = json_pack("{s:s, s:o}", "verdict", bad ? "fail" : "pass", "cases", cases);
	if (json)
		(void)json_dumpf(v, stdout, REPORT_JSON);
	(void)printf(json ? "\n" : "%zu of %zu cases fail on their fault and pass without\n",
		     n - bad, n);
	json_decref(v);
	return bad;
}

int conform_prove(struct bench *b, const struct sut *sut, struct conform_result *results, size_t n,
		  bool json, struct err *e)
{
	struct proof *proofs = calloc(n, sizeof(*proofs));
	int err = proofs ? conform_run(b, sut, NULL, results, n, e) : ENOMEM;
	size_t bad = 0;

	for (size_t i = 0; i < n && !err; i++)
		proofs[i].clean = results[i].verdict == CONFORM_PASS;
	for (size_t i = 0; i < n && !err; i++)
		if (!proofs[i].done)
			err = prove_fault(b, sut, results, n, i, proofs, e);
	if (!err)
		bad = print(results, proofs, n, json);
	for (size_t i = 0; i < n && proofs; i++)
		json_decref(proofs[i].also);
	free(proofs);
	return err ? EXIT_ENV : bad ? EXIT_FAILED : 0;
}
