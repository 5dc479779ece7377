/* The calls that the phones play, and what they tell afterwards. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uthash.h>

#include "lib/base/env.h"
#include "lib/net/sip.h"
#include "sim/oobsim/run/phones.h"

#define LOG_MAX  (64u << 20)
#define STAT_MAX (4u << 20)
/* Digits at the end of a calling number that are counted up */
#define VARIED 4

/* Pairs that are taken */
struct pair {
	UT_hash_handle hh;
	char key[2 * TN_MAX + 4];
};

static bool take_pair(struct pair **all, const struct expect_call *call)
{
	struct pair *p = calloc(1, sizeof(*p)), *old;

	if (!p)
		return true; /* then two calls may be alike, which their checks would show */
	(void)snprintf(p->key, sizeof(p->key), "%s>%s", call->orig.s, call->dest.s);
	HASH_FIND_STR(*all, p->key, old);
	if (old) {
		free(p);
		return false;
	}
	HASH_ADD_STR(*all, key, p);
	return true;
}

/* The number with its last digits counted up by k */
static bool vary(struct tn *tn, size_t k)
{
	size_t l = strlen(tn->s);
	unsigned long long n;
	char digits[VARIED + 1];

	if (k == 0)
		return true;
	if (l <= VARIED || !sv_u64((struct sv){tn->s + l - VARIED, VARIED}, 9999, &n) ||
	    k >= CALLS_MAX)
		return false;
	(void)snprintf(digits, sizeof(digits), "%04u", (unsigned)((n + k) % CALLS_MAX));
	memcpy(tn->s + l - VARIED, digits, VARIED);
	return true;
}

static int make_call(struct expect_call *ret, const struct scenario *scn, size_t i,
		     struct pair **taken, struct err *e)
{
	const struct scn_call *from = (const struct scn_call *)scn->calls.v + i % scn->calls.n;

	/* a number that another call of the scenario has already is passed over */
	for (size_t k = i / scn->calls.n;; k++) {
		struct expect_call call = {.attest = from->attest, .again = from->again};

		if (tn_canonical(&call.orig, sv_from(from->from)) ||
		    tn_canonical(&call.dest, sv_from(from->to)) || !vary(&call.orig, k))
			return err_set(e, EINVAL,
				       "--calls: the calls of %s from %s can be told apart only %d "
				       "times, by the last %d digits",
				       scn->id, from->from, CALLS_MAX, VARIED);
		if (!call.again && !take_pair(taken, &call))
			continue;
		*ret = call;
		return 0;
	}
}

int phones_calls(struct expect_call **ret, size_t *ret_n, const struct scenario *scn, size_t n,
		 struct err *e)
{
	struct pair *taken = NULL, *p, *next;
	struct expect_call *calls;
	int err = 0;

	n = n ? n : scn->calls.n;
	calls = calloc(n, sizeof(*calls));
	if (!calls)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < n && !err; i++)
		err = make_call(&calls[i], scn, i, &taken, e);
	p = taken;
	HASH_CLEAR(hh, taken); /* the table; its elements stay linked */
	for (; p; p = next) {
		next = p->hh.next;
		free(p);
	}
	if (err) {
		free(calls);
		return err;
	}
	*ret = calls;
	*ret_n = n;
	return 0;
}

/* The column of that name in the last line of SIPp's statistics */
static size_t stat_column(struct sv text, const char *name)
{
	struct sv head = sv_cut(&text, '\n'), last = {NULL, 0}, value;
	unsigned long long n = 0;

	while (text.p && text.l) {
		struct sv line = sv_trim(sv_cut(&text, '\n'));

		last = line.l ? line : last;
	}
	while (head.p && last.p) {
		struct sv column = sv_trim(sv_cut(&head, ';'));

		value = sv_trim(sv_cut(&last, ';'));
		if (sv_eqz(column, name) && sv_u64(value, SIZE_MAX, &n))
			return (size_t)n;
	}
	return 0;
}

static void read_stats(struct phone *ph, const struct world *w)
{
	char path[PATH_MAX], *text = NULL;
	size_t len;

	if (!ph->proc)
		return;
	ph->code = proc_ended(ph->proc) ? proc_code(ph->proc) : -1;
	world_path(w, path, "log/%s.csv", ph->el->name);
	if (file_read(&text, &len, path, STAT_MAX, NULL))
		return;
	ph->placed = stat_column((struct sv){text, len}, "TotalCallCreated");
	ph->completed = stat_column((struct sv){text, len}, "SuccessfulCall(C)");
	free(text);
}

/* SIPp's wall clock in microseconds → CLOCK_MONOTONIC */
static uint64_t to_mono(struct sv epoch)
{
	struct timespec now;
	char text[40];
	double t;

	(void)snprintf(text, sizeof(text), "%.*s", SV_ARG(epoch));
	t = strtod(text, NULL) * 1e6;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return mono_us() - (uint64_t)((double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3 - t);
}

/* What the phone was shown: the number's verification status, in P-Asserted-Identity or From */
static json_t *shown(struct sv from, struct sv pai)
{
	json_t *v = json_pack("{s:s%}", "from", from.p, from.l);
	struct sv verstat;

	if (pai.l)
		(void)json_object_set_new(v, "pai", json_stringn(pai.p, pai.l));
	if (sip_uri_param(pai, "verstat", &verstat) || sip_uri_param(from, "verstat", &verstat))
		(void)json_object_set_new(v, "verstat", json_stringn(verstat.p, verstat.l));
	return v;
}

/* "called", date, time, epoch, Request-URI, From, P-Asserted-Identity */
static int tell_call(const struct phone *ph, struct events *evs, struct sv line, struct err *e)
{
	struct sv field[7];
	struct tn orig, dest;
	json_t *v;
	char *text;
	int err;

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		field[i] = sv_trim(sv_cut(&line, '\t'));
	if (!sv_eqz(field[0], "called") || sip_tn(&dest, field[4]) ||
	    (sip_tn(&orig, field[6]) && sip_tn(&orig, field[5])))
		return 0;
	v = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:o}", "t", (json_int_t)to_mono(field[3]),
		      "at", ph->el->name, "kind", "note", "what", "phone.called", "orig", orig.s,
		      "dest", dest.s, "data", shown(field[5], field[6]));
	text = v ? json_dumps(v, JSON_COMPACT) : NULL;
	err = text ? events_add(evs, sv_from(text), e) : err_set(e, ENOMEM, "out of memory");
	free(text);
	json_decref(v);
	return err;
}

int phones_finish(struct phones *p, struct events *evs, struct err *e)
{
	char path[PATH_MAX], *text = NULL;
	struct sv rest;
	size_t len;
	int err = 0;

	read_stats(&p->caller, p->w);
	read_stats(&p->called, p->w);
	if (!p->called.proc)
		return 0;
	world_path(p->w, path, "log/%s.calls", p->called.el->name);
	if (file_read(&text, &len, path, LOG_MAX, NULL))
		return 0; /* no call has reached it */
	rest = (struct sv){text, len};
	while (rest.p && rest.l && !err)
		err = tell_call(&p->called, evs, sv_cut(&rest, '\n'), e);
	free(text);
	return err;
}
