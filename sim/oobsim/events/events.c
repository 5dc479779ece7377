/* The array of events: taken line by line, sorted by time, linked by call. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/conf.h"
#include "sim/oobsim/events/events_int.h"

#define CHUNK_SIZE (1u << 20)
/* A kept trace larger than this is not read again */
#define FILE_MAX ((size_t)2 << 30)

char *evs_alloc(struct events *evs, size_t size)
{
	struct chunk *c = evs->chunks;
	char *p;

	if (!c || c->size - c->used < size) {
		size_t want = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		if (evs->octets + want > EVENTS_MAX_OCTETS)
			return NULL;
		c = malloc(sizeof(*c) + want);
		if (!c)
			return NULL;
		*c = (struct chunk){.next = evs->chunks, .size = want};
		evs->chunks = c;
		evs->octets += want;
	}
	p = c->p + c->used;
	c->used += size;
	return p;
}

const char *evs_word(struct events *evs, struct sv v)
{
	struct word *w = NULL;

	HASH_FIND(hh, evs->words, v.p ? v.p : "", v.l, w);
	if (w)
		return w->s;
	w = calloc(1, sizeof(*w) + v.l + 1);
	if (!w)
		return NULL;
	if (v.l)
		memcpy(w->s, v.p, v.l);
	HASH_ADD_KEYPTR(hh, evs->words, w->s, v.l, w);
	return w->s;
}

const struct link *evs_linked(const struct events *evs, const char *key)
{
	struct link *l = NULL;

	HASH_FIND_STR(evs->links, key, l);
	return l;
}

int evs_link(struct events *evs, const char *key, size_t call, const char *text)
{
	struct link *l = NULL;
	size_t len = strlen(key);

	HASH_FIND(hh, evs->links, key, len, l);
	if (!l) {
		l = calloc(1, sizeof(*l) + len + 1);
		if (!l)
			return ENOMEM;
		memcpy(l->key, key, len);
		HASH_ADD_KEYPTR(hh, evs->links, l->key, len, l);
	}
	l->call = call;
	l->text = text;
	return 0;
}

/* Room for one more element */
static int grow(void **v, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 256;
	void *p;

	if (n < *cap)
		return 0;
	p = realloc(*v, more * size);
	if (!p)
		return ENOMEM;
	*v = p;
	*cap = more;
	return 0;
}

/* What a number stands for that calls are retargeted to: the one that was dialled */
static const char *dialled(const struct events *evs, const char *dest)
{
	for (int i = 0; i < HOPS_MAX; i++) {
		const struct link *from;
		char key[TN_MAX + 4];

		(void)snprintf(key, sizeof(key), "R%s", dest);
		from = evs_linked(evs, key);
		if (!from)
			break;
		dest = from->text;
	}
	return dest;
}

static void call_key(const struct events *evs, char *ret, size_t size, const struct tn *orig,
		     const struct tn *dest)
{
	(void)snprintf(ret, size, "N%s>%s", orig->s, dialled(evs, dest->s));
}

size_t events_find_call(const struct events *evs, const struct tn *orig, const struct tn *dest)
{
	const struct link *known;
	char key[2 * TN_MAX + 8];

	call_key(evs, key, sizeof(key), orig, dest);
	known = evs_linked(evs, key);
	return known ? known->call : EVENT_NO_CALL;
}

size_t evs_call(struct events *evs, const struct tn *orig, const struct tn *dest)
{
	const struct link *known;
	char key[2 * TN_MAX + 8];

	call_key(evs, key, sizeof(key), orig, dest);
	known = evs_linked(evs, key);
	if (known)
		return known->call;
	if (grow((void **)&evs->calls, evs->ncalls, &evs->calls_cap, sizeof(*evs->calls)) ||
	    evs_link(evs, key, evs->ncalls, NULL))
		return EVENT_NO_CALL;
	evs->calls[evs->ncalls] = (struct event_call){.orig = *orig};
	(void)snprintf(evs->calls[evs->ncalls].dest.s, sizeof(dest->s), "%s",
		       dialled(evs, dest->s));
	return evs->ncalls++;
}

int events_alloc(struct events **ret)
{
	struct events *evs = calloc(1, sizeof(*evs));

	if (!evs)
		return ENOMEM;
	*ret = evs;
	return 0;
}

void events_free(struct events *evs)
{
	struct word *w, *wnext;
	struct link *l, *lnext;

	if (!evs)
		return;
	/* the tables; their elements stay linked */
	w = evs->words;
	HASH_CLEAR(hh, evs->words);
	for (; w; w = wnext) {
		wnext = w->hh.next;
		free(w);
	}
	l = evs->links;
	HASH_CLEAR(hh, evs->links);
	for (; l; l = lnext) {
		lnext = l->hh.next;
		free(l);
	}
	for (struct chunk *c = evs->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(evs->v);
	free(evs->next);
	free(evs->calls);
	free(evs);
}

static int learn_provider(struct events *evs, const struct event *ev)
{
	char name[64], kind[16], hop[8];
	const char *word;

	if (!event_fact(ev, "name", name, sizeof(name)) ||
	    !event_fact(ev, "hop", hop, sizeof(hop)) ||
	    !event_fact(ev, "kind", kind, sizeof(kind)) || evs->nhops == HOPS_MAX)
		return 0;
	word = evs_word(evs, sv_from(name));
	evs->hops[evs->nhops].name = word;
	evs->hops[evs->nhops++].transit = strcmp(kind, "transit") == 0;
	return word ? 0 : ENOMEM;
}

static int learn_retarget(struct events *evs, const struct event *ev)
{
	char number[TN_MAX + 1], to[TN_MAX + 1], key[TN_MAX + 4];
	const char *word;

	if (!event_fact(ev, "number", number, sizeof(number)) ||
	    !event_fact(ev, "to", to, sizeof(to)))
		return 0;
	(void)snprintf(key, sizeof(key), "R%s", to);
	word = evs_word(evs, sv_from(number));
	return word ? evs_link(evs, key, EVENT_NO_CALL, word) : ENOMEM;
}

/* The world tells by notes who is who, so that a kept trace needs nothing beside it */
static int learn(struct events *evs, const struct event *ev)
{
	static const struct {
		const char *what;
		int (*learn)(struct events *evs, const struct event *ev);
	} notes[] = {{"world.element", event_learn_element},
		     {"world.provider", learn_provider},
		     {"world.retarget", learn_retarget}};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]) && ev->kind == EVENT_NOTE; i++)
		if (strcmp(ev->what, notes[i].what) == 0)
			return notes[i].learn(evs, ev);
	return 0;
}

int events_add(struct events *evs, struct sv line, struct err *e)
{
	struct entry entry = {.owner = evs, .order = evs->n};
	char *copy = evs_alloc(evs, line.l + 1);
	int err;

	if (!copy)
		return err_set(e, evs->octets + line.l > EVENTS_MAX_OCTETS ? EMSGSIZE : ENOMEM,
			       "the trace is larger than memory allows");
	memcpy(copy, line.p, line.l);
	copy[line.l] = '\0';
	entry.ev.line = (struct sv){copy, line.l};
	err = event_read(evs, &entry.ev, e);
	if (!err)
		err = learn(evs, &entry.ev);
	if (!err)
		err = grow((void **)&evs->v, evs->n, &evs->cap, sizeof(*evs->v));
	if (err)
		return err == ENOMEM ? err_set(e, err, "out of memory") : err;
	evs->v[evs->n++] = entry;
	return 0;
}

static int by_time(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->ev.t_us != b->ev.t_us)
		return a->ev.t_us < b->ev.t_us ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int link_calls(struct events *evs)
{
	size_t *last = malloc((evs->ncalls + 1) * sizeof(*last));
	size_t *next = realloc(evs->next, (evs->n + 1) * sizeof(*next));

	if (next)
		evs->next = next;
	if (!next || !last) {
		free(last);
		return ENOMEM;
	}
	for (size_t i = 0; i < evs->ncalls; i++) {
		evs->calls[i].n = 0;
		evs->calls[i].first = evs->n;
	}
	for (size_t i = 0; i < evs->n; i++) {
		size_t call = evs->v[i].ev.call;

		next[i] = evs->n;
		if (call == EVENT_NO_CALL)
			continue;
		if (evs->calls[call].n++)
			next[last[call]] = i;
		else
			evs->calls[call].first = i;
		last[call] = i;
	}
	evs->next_n = evs->n;
	free(last);
	return 0;
}

/* What both ends of a message have in common. An HTTP message is written by curl and read by
 * another library, so its octets may differ where its meaning does not: there the first line and
 * the body count */
static void twin_key(const struct event *ev, char *ret, size_t size)
{
	struct sv text = ev->octets_;
	uint64_t h = 14695981039346656037ull; /* FNV-1a */

	if (ev->kind == EVENT_HTTPS) {
		(void)snprintf(ret, size, "%zu/%s/%s/%s/%u", ev->call, ev->from, ev->to, ev->what,
			       ev->status);
		return;
	}
	for (size_t i = 0; i < text.l; i++)
		h = (h ^ (unsigned char)text.p[i]) * 1099511628211ull;
	(void)snprintf(ret, size, "%d/%s/%llx", (int)ev->kind, ev->to, (unsigned long long)h);
}

/* One that waits for its other end */
struct single {
	UT_hash_handle hh;
	size_t i;
	char key[160];
};

static int find_twins(struct events *evs)
{
	struct single *singles = NULL, *s, *next;
	int err = 0;

	for (size_t i = 0; i < evs->n && !err; i++) {
		struct event *ev = &evs->v[i].ev;
		char key[sizeof(s->key)];

		ev->twin = EVENT_NO_TWIN;
		if (ev->dir == EVENT_NONE)
			continue;
		twin_key(ev, key, sizeof(key));
		HASH_FIND_STR(singles, key, s);
		if (s && evs->v[s->i].ev.dir != ev->dir) {
			ev->twin = s->i;
			evs->v[s->i].ev.twin = i;
			HASH_DEL(singles, s);
			free(s);
			continue;
		}
		if (s)
			continue;
		s = calloc(1, sizeof(*s));
		if (!s) {
			err = ENOMEM;
			break;
		}
		s->i = i;
		memcpy(s->key, key, sizeof(key));
		HASH_ADD_STR(singles, key, s);
	}
	s = singles;
	HASH_CLEAR(hh, singles); /* the table; its elements stay linked */
	for (; s; s = next) {
		next = s->hh.next;
		free(s);
	}
	return err;
}

int events_sort(struct events *evs)
{
	int err = 0;

	if (evs->n)
		qsort(evs->v, evs->n, sizeof(*evs->v), by_time);
	for (size_t i = 0; i < evs->n; i++)
		evs->v[i].order = i;
	for (size_t i = 0; i < evs->n && evs->shared && !err; i++) {
		struct event *ev = &evs->v[i].ev;

		if (ev->dir == EVENT_NONE)
			continue;
		err = event_resolve(evs, ev);
		if (!err)
			event_guess(evs, ev);
	}
	if (!err)
		err = link_calls(evs);
	return err ? err : find_twins(evs);
}

int events_load(struct events **ret, const char *path, struct err *e)
{
	struct events *evs = NULL;
	struct stat st;
	char *text = NULL, file[4096];
	size_t len, n = 0;
	struct sv rest;
	int err;

	(void)snprintf(file, sizeof(file), "%s%s", path,
		       stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? "/trace.jsonl" : "");
	err = file_read(&text, &len, file, FILE_MAX, e);
	if (err)
		return err;
	err = events_alloc(&evs);
	rest = (struct sv){text, len};
	while (!err && rest.p && rest.l) {
		struct sv line = sv_trim(sv_cut(&rest, '\n'));

		n++;
		if (line.l == 0)
			continue;
		err = events_add(evs, line, e);
		if (err)
			err_prefix(e, "%s:%zu: ", file, n);
	}
	if (!err)
		err = events_sort(evs);
	free(text);
	if (err) {
		events_free(evs);
		return err;
	}
	*ret = evs;
	return 0;
}

int events_write(const struct events *evs, FILE *f)
{
	for (size_t i = 0; i < evs->n; i++)
		if (fwrite(evs->v[i].ev.line.p, 1, evs->v[i].ev.line.l, f) != evs->v[i].ev.line.l ||
		    fputc('\n', f) == EOF)
			return errno ? errno : EIO;
	return 0;
}

size_t events_count(const struct events *evs)
{
	return evs->n;
}

bool events_shared(const struct events *evs)
{
	return evs->shared;
}

const struct event *events_at(const struct events *evs, size_t i)
{
	return &evs->v[i].ev;
}

size_t events_hops(const struct events *evs)
{
	return evs->nhops;
}

const char *events_hop(const struct events *evs, size_t hop)
{
	return evs->hops[hop].name;
}

bool events_hop_transit(const struct events *evs, size_t hop)
{
	return evs->hops[hop].transit;
}

size_t events_calls(const struct events *evs)
{
	return evs->ncalls;
}

const struct event_call *events_call(const struct events *evs, size_t call)
{
	return &evs->calls[call];
}

bool events_is_late(const struct events *evs, size_t i, size_t first)
{
	size_t call = evs->v[i].ev.call;

	if (call == EVENT_NO_CALL || evs->calls[call].first >= first)
		return false;
	for (size_t k = first; k <= i; k++) {
		const struct event *ev = &evs->v[k].ev;

		if (ev->call == call && ev->kind != EVENT_NOTE && !ev->status &&
		    strcmp(ev->what, "ACK") != 0)
			return false;
	}
	return true;
}

size_t events_next(const struct events *evs, size_t i)
{
	return i < evs->next_n ? evs->next[i] : evs->n;
}
