#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/given.h"
#include "sim/oobsim/conform/session.h"

/* More cases than this are not run in a row: others may take the rest */
#define BATCH_MAX 48
#define NOT_TRIED "it was not tried"

static bool has_interface(const struct role *role, const char *name)
{
	const struct role_interface *at = role->at;
	const char *const *told = role->told;

	while (at && at->name && strcmp(at->name, name) != 0)
		at++;
	while (told && *told && strcmp(*told, name) != 0)
		told++;
	return (at && at->name) || (told && *told);
}

/* Each interface that it says where it is belongs to one of its roles */
static int check_address(const struct sut *sut, struct err *e)
{
	const struct conf_pair *v = sut->address.at.v;
	const struct role *role;

	for (size_t i = 0; i < sut->address.at.n; i++) {
		bool known = false;

		for (size_t k = 0; (role = role_at(k)) != NULL; k++)
			known = known || (sut_has_role(sut, role->name) &&
					  (role->run || has_interface(role, v[i].name)));
		if (!known)
			return err_set(e, EINVAL,
				       "%s: /address/at/%s: its roles have no interface of that "
				       "name",
				       sut->file, v[i].name);
	}
	return 0;
}

static int check_sut(const struct session_role *sr, struct err *e)
{
	const struct sut *sut = &sr->sut;
	const struct sut_known *known = sut->known.v;

	if (!sut_has_role(sut, sr->role->name))
		return err_set(e, EINVAL, "%s does not play the role %s", sut->name,
			       sr->role->name);
	if ((sut->kind == SUT_JUDGE) != (sr->role->batch != NULL))
		return err_set(e, EINVAL, "%s: expected the attachment %s for the role %s",
			       sut->file ? sut->file : sut->name,
			       sut->kind == SUT_JUDGE ? "process or address" : "judge",
			       sr->role->name);
	if (check_address(sut, e))
		return EINVAL;
	if (sr->given && strcmp(sr->given->role, sr->role->name) != 0)
		return err_set(e, EINVAL, "%s: /address/provisioned: %s is for the role %s",
			       sut->file, sr->given->dir, sr->given->role);
	for (size_t i = 0; i < sut->known.n; i++) {
		size_t k = 0;

		while (k < sr->cases.nitems && strcmp(sr->cases.items[k].id, known[i].id) != 0)
			k++;
		if (k == sr->cases.nitems)
			return err_set(e, EINVAL, "%s: /known/%zu/case: there is no case \"%s\"",
				       sut->file, i, known[i].id);
	}
	return 0;
}

int session_add(struct session *s, const struct role *role, const char *sut, struct err *e)
{
	struct session_role *sr = &s->roles[s->nroles];
	int err = cases_load(&sr->cases, role, e);

	if (err)
		return err;
	sr->role = role;
	s->nroles++;
	err = sut ? sut_load(&sr->sut, sut, e) : sut_reference(&sr->sut, role->reference, e);
	if (!err && sr->sut.address.provisioned)
		err = given_load(&sr->given, sr->sut.address.provisioned, e);
	return err ? err : check_sut(sr, e);
}

static size_t all_items(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nroles; i++)
		n += s->roles[i].cases.nitems;
	return n;
}

void session_free(struct session *s)
{
	work_shared_free(s->r, all_items(s), sizeof(*s->r));
	for (size_t i = 0; i < s->nroles; i++) {
		given_free(s->roles[i].given);
		sut_free(&s->roles[i].sut);
		cases_free(&s->roles[i].cases);
	}
}

/* --- choosing --- */

static bool names(const char *id, const struct case_item *item)
{
	return strcmp(id, item->id) == 0 || strcmp(id, item->c->id) == 0;
}

static bool wanted(const char *const *ids, size_t n, const struct case_item *item)
{
	for (size_t i = 0; i < n; i++)
		if (names(ids[i], item))
			return true;
	return n == 0;
}

static bool found(const struct session *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (names(id, s->r[i].item))
			return true;
	return false;
}

int session_want(struct session *s, const char *const *ids, size_t n, struct err *e)
{
	s->r = work_shared(all_items(s), sizeof(*s->r));
	if (!s->r)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < s->nroles; i++) {
		const struct case_file *f = &s->roles[i].cases;

		for (size_t k = 0; k < f->nitems; k++)
			if (wanted(ids, n, &f->items[k]))
				s->r[s->n++].item = &f->items[k];
	}
	for (size_t i = 0; i < n; i++)
		if (!found(s, ids[i]))
			return err_set(e, EINVAL,
				       "there is no case \"%s\": see oobsim conform --list",
				       ids[i]);
	return 0;
}

/* --- running --- */

struct work session_work(const struct session *s, const struct role *role, struct conform_result *r)
{
	const struct session_role *sr = s->roles;

	while (sr->role != role)
		sr++;
	return (struct work){.role = role, .sut = &sr->sut, .given = sr->given, .r = r};
}

/* Numbers that look drawn: the order of cases, no secret (xorshift64*) */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static void shuffle_results(struct conform_result *r, size_t n, uint64_t seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = draw(&seed) % i;
		struct conform_result swap = r[i - 1];

		r[i - 1] = r[k];
		r[k] = swap;
	}
}

static int in_file_order(const void *a, const void *b)
{
	const struct conform_result *x = a, *y = b;

	return x->item < y->item ? -1 : x->item > y->item;
}

/* Back into the order of roles and files: each role's items are one array */
static void put_back(struct session *s, struct conform_result *r)
{
	size_t at = 0;

	for (size_t i = 0; i < s->nroles; i++) {
		size_t from = at;

		for (size_t k = 0; k < s->n; k++)
			if (r[k].item->role == s->roles[i].role)
				s->r[at++] = r[k];
		qsort(&s->r[from], at - from, sizeof(*s->r), in_file_order);
	}
}

/* Put those with the same surroundings together, as batches. r: room for all */
static size_t make_batches(const struct session *s, struct conform_result *r, struct work *work)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct case_item *first = s->r[i].item;

		if (!first) /* it is in a batch */
			continue;
		work[n] = session_work(s, first->role, &r[at]);
		for (size_t k = i; k < s->n && work[n].n < BATCH_MAX; k++) {
			if (!s->r[k].item || !work_alike(s->r[k].item, first))
				continue;
			r[at++].item = s->r[k].item;
			s->r[k].item = NULL;
			work[n].n++;
			if (first->role->run) /* nothing is shared */
				break;
		}
		n++;
	}
	return n;
}

static int by_role(const void *a, const void *b)
{
	const struct work *x = a, *y = b;

	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	return x->r < y->r ? -1 : x->r > y->r;
}

static void not_tried(struct conform_result *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r[i].verdict = CONFORM_ERROR;
		(void)snprintf(r[i].actual, sizeof(r[i].actual), NOT_TRIED);
	}
}

/* The bench has trouble of its own: those that it did not come to say so */
static void tell_trouble(struct conform_result *r, size_t n, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(r[i].actual, NOT_TRIED) == 0)
			(void)snprintf(r[i].actual, sizeof(r[i].actual),
				       NOT_TRIED ": the bench: %.400s", e->s);
}

bool session_alone(const struct session *s)
{
	for (size_t i = 0; i < s->nroles; i++)
		if (s->roles[i].sut.kind == SUT_ADDRESS)
			return true;
	return false;
}

int session_run(struct session *s, const struct work_opts *opts, uint64_t shuffle, struct err *e)
{
	struct conform_result *r = work_shared(s->n, sizeof(*r));
	struct work *work = calloc(s->n, sizeof(*work));
	size_t n;
	int err;

	if (!r || !work) {
		err = err_set(e, ENOMEM, "out of memory");
	} else {
		if (shuffle)
			shuffle_results(s->r, s->n, shuffle);
		n = make_batches(s, r, work);
		qsort(work, n, sizeof(*work), by_role);
		not_tried(r, s->n);
		err = work_run(work, n, opts, e);
		if (err)
			tell_trouble(r, s->n, e);
		put_back(s, r);
	}
	work_shared_free(r, s->n, sizeof(*r));
	free(work);
	return err;
}
