#include <errno.h>

#include "ref-vs/choose.h"

#define PASSED "TN-Validation-Passed"
#define FAILED "TN-Validation-Failed"
#define NONE   "No-TN-Validation"

/* The one that decides; NULL when none can */
typedef const struct checked *pick_h(const struct checked *v, size_t n);

static const struct checked *first_with(const struct checked *v, size_t n, int err)
{
	for (size_t i = 0; i < n; i++)
		if (!v[i].ignored && v[i].err == err)
			return &v[i];
	return NULL;
}

static const struct checked *first_counted(const struct checked *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!v[i].ignored)
			return &v[i];
	return NULL;
}

/* One that verifies, in-band before out-of-band; else one that does not, else one that we could not
 * check for a trouble of our own */
static const struct checked *pick_verified_first(const struct checked *v, size_t n)
{
	const struct checked *by = first_with(v, n, 0);

	if (!by)
		by = first_with(v, n, EBADMSG);
	return by ? by : first_counted(v, n);
}

/* Those that came one way alone, when there are any */
static const struct checked *pick_via(const struct checked *v, size_t n, enum bundle_via via)
{
	size_t first = 0, count;

	while (first < n && v[first].via != via) /* they stand together: in-band first */
		first++;
	for (count = 0; first + count < n && v[first + count].via == via;)
		count++;
	return first_counted(v + first, count) ? pick_verified_first(v + first, count)
					       : pick_verified_first(v, n);
}

static const struct checked *pick_in_band(const struct checked *v, size_t n)
{
	return pick_via(v, n, VIA_IN_BAND);
}

static const struct checked *pick_out_of_band(const struct checked *v, size_t n)
{
	return pick_via(v, n, VIA_OUT_OF_BAND);
}

/* What came one way decides only as long as what came the other way agrees */
static const struct checked *pick_both(const struct checked *v, size_t n)
{
	const struct checked *in = pick_in_band(v, n), *out = pick_out_of_band(v, n);

	return in && in->err ? in : out;
}

#define POLICIES(X)                              \
	X("verified-first", pick_verified_first) \
	X("in-band", pick_in_band)               \
	X("out-of-band", pick_out_of_band)       \
	X("both", pick_both)

#define X(name, pick) name,
const char *const choose_words[] = {POLICIES(X) NULL};
#undef X

#define X(name, pick) pick,
static pick_h *const picks[] = {POLICIES(X)};
#undef X

const char *choose_via_word(enum bundle_via via)
{
	return via == VIA_IN_BAND ? "in-band" : "out-of-band";
}

/* The specification leaves it open which failures are "failed" and which "not validated".
 * "signature" keeps TN-Validation-Failed for what speaks of forgery: a signature or a chain that
 * does not hold */
static const char *failure_word(const struct vs_policy *policy, enum reason reason)
{
	if (policy->failed_means == VS_FAILED_ANY)
		return FAILED;
	return reason == REASON_SIGNATURE || reason == REASON_CERT_UNTRUSTED ||
			       reason == REASON_CERT_CHAIN
		       ? FAILED
		       : NONE;
}

void choose_verdict(struct verdict *ret, const struct vs_policy *policy, const struct checked *v,
		    size_t n)
{
	const struct checked *by = picks[policy->choose](v, n);

	*ret = (struct verdict){.by = by};
	if (!by) { /* none, or only types that are ignored: RFC 8224 §6.2 step 1 wants 428 then */
		ret->verstat = NONE;
		ret->reason = REASON_NO_IDENTITY;
		ret->refuse = policy->on_missing == VS_REFUSE;
	} else if (!by->err) {
		ret->verstat = PASSED;
		ret->reason = REASON_OK;
	} else if (by->err == EBADMSG) {
		ret->reason = by->fault.reason;
		ret->verstat = failure_word(policy, ret->reason);
		ret->refuse = policy->on_failure == VS_REFUSE &&
			      reason_info(ret->reason)->sip_status != 0;
	} else { /* our own trouble is never "invalid", and never refuses a call */
		ret->verstat = NONE;
		ret->reason = REASON_INTERNAL;
	}
}
