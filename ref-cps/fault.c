#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/buf.h"
#include "ref-cps/fault.h"

/* Numbers and PASSporTs that are remembered: as many as a run of all cases has */
#define SEEN_MAX 100000

struct seen {
	size_t times;
	UT_hash_handle hh;
	char key[];
};

struct cps_memory {
	struct seen *tokens, *numbers;
};

bool cps_accepts_reason(const struct cps_faults_conf *faults, enum reason reason)
{
	char *const *v = faults->accept_reasons.v;

	for (size_t i = 0; i < faults->accept_reasons.n; i++)
		if (strcmp(v[i], reason_info(reason)->name) == 0)
			return true;
	return false;
}

void cps_mangle(struct buf *body)
{
	const char *last = body->l ? memrchr(body->p, '\n', body->l) : NULL;

	if (last)
		body->l = (size_t)(last - body->p);
}

int cps_memory_alloc(struct cps_memory **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : ENOMEM;
}

static void forget(struct seen *all)
{
	struct seen *s, *tmp;

	HASH_ITER (hh, all, s, tmp) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moved the head on */
		HASH_DEL(all, s);
		free(s);
	}
}

void cps_memory_free(struct cps_memory *m)
{
	if (!m)
		return;
	forget(m->tokens);
	forget(m->numbers);
	free(m);
}

/* How often it came, this time included; 0: out of memory */
static size_t see(struct seen **all, struct sv key)
{
	struct seen *s;

	HASH_FIND(hh, *all, key.p, key.l, s);
	if (!s && HASH_COUNT(*all) < SEEN_MAX) {
		s = calloc(1, sizeof(*s) + key.l);
		if (!s)
			return 0;
		memcpy(s->key, key.p, key.l);
		HASH_ADD_KEYPTR(hh, *all, s->key, key.l, s);
		if (!s->hh.tbl) {
			free(s);
			return 0;
		}
	}
	return s ? ++s->times : 0;
}

size_t cps_memory_add(struct cps_memory *m, const struct passport *pp)
{
	BUF_AUTO struct buf numbers = BUF(256);
	size_t times;

	if (see(&m->tokens, pp->token) > 1)
		return 0;
	(void)buf_addsv(&numbers, pp->orig_tn);
	(void)buf_addz(&numbers, " ");
	(void)buf_addsv(&numbers, passport_dest_count(pp) ? passport_dest(pp, 0) : SV(""));
	times = see(&m->numbers, buf_sv(&numbers));
	return times ? times - 1 : 0;
}

size_t cps_memory_times(const struct cps_memory *m, const struct passport *pp)
{
	const struct seen *s;

	HASH_FIND(hh, m->tokens, pp->token.p, pp->token.l, s);
	return s ? s->times : 1;
}
