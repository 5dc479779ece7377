/* Which elements a message is between: by the addresses that the world has told. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/events/events_int.h"

DEFINE_AUTO(json_t, json_decref)

#define END_MAX 80

/* "127.9.1.1" of "127.9.1.1:5060", "[::1]" of "[::1]:5060" */
static struct sv host_of(const char *end)
{
	const char *colon = strrchr(end, ':');

	return (struct sv){end, colon ? (size_t)(colon - end) : strlen(end)};
}

static struct sv without_brackets(struct sv host)
{
	if (host.l > 1 && host.p[0] == '[' && host.p[host.l - 1] == ']')
		return (struct sv){host.p + 1, host.l - 2};
	return host;
}

/* Keys: A<address> and A<address:port>, an element's; S<address>, one that several have */
static const struct link *linked(const struct events *evs, char kind, struct sv text)
{
	char key[END_MAX];

	(void)snprintf(key, sizeof(key), "%c%.*s", kind, SV_ARG(text));
	return evs_linked(evs, key);
}

static int link_to(struct events *evs, char kind, const char *text, const char *word)
{
	char key[END_MAX];

	(void)snprintf(key, sizeof(key), "%c%s", kind, text);
	return evs_link(evs, key, EVENT_NO_CALL, word);
}

int events_name(struct events *evs, const char *addr, const char *name)
{
	const char *word = evs_word(evs, sv_from(name));

	return word ? link_to(evs, 'A', addr, word) : ENOMEM;
}

int event_learn_element(struct events *evs, const struct event *ev)
{
	AUTO(json_decref) json_t *data = event_data(ev);
	const char *name = json_string_value(json_object_get(data, "name"));
	const char *addr = json_string_value(json_object_get(data, "addr"));
	json_t *ports = json_object_get(data, "ports"), *port;
	int err = 0;
	size_t i;

	if (!name || !addr)
		return 0;
	if (json_is_true(json_object_get(data, "foreign")) && evs->nforeign < FOREIGN_MAX) {
		const char *word = evs_word(evs, sv_from(name));

		if (!word)
			return ENOMEM;
		evs->foreign[evs->nforeign++] = word;
	}
	if (json_is_true(json_object_get(data, "rest"))) {
		evs->rest = evs_word(evs, sv_from(name));
		if (!evs->rest)
			return ENOMEM;
	}
	if (!ports)
		return events_name(evs, addr, name);
	evs->shared = true;
	err = link_to(evs, 'S', addr, NULL);
	json_array_foreach (ports, i, port) {
		char end[END_MAX];

		(void)snprintf(end, sizeof(end), strchr(addr, ':') ? "[%s]:%d" : "%s:%d", addr,
			       (int)json_integer_value(port));
		err = err ? err : events_name(evs, end, name);
	}
	return err;
}

/* Both ends in one transit provider? */
static bool inside_transit(const struct events *evs, const struct event *ev)
{
	for (size_t i = 0; i < evs->nhops; i++) {
		const char *name = evs->hops[i].name;
		size_t l = strlen(name);

		if (evs->hops[i].transit && strncmp(ev->from, name, l) == 0 && ev->from[l] == '.' &&
		    strncmp(ev->to, name, l) == 0 && ev->to[l] == '.')
			return true;
	}
	return false;
}

/* At an address that several have, a client's port is known by what it sends itself */
static int resolve_end(struct events *evs, const char **ret, const char *end, const char *self)
{
	struct sv text = host_of(end), host = without_brackets(text);
	const struct link *known;

	if (self && evs->shared && linked(evs, 'S', host)) {
		*ret = self;
		return link_to(evs, 'A', end, self);
	}
	known = linked(evs, 'A', sv_from(end));
	if (!known)
		known = linked(evs, 'A', host);
	if (!known && evs->rest) /* whoever traces knows itself; all others are that one */
		*ret = self ? self : evs->rest;
	else
		*ret = known ? known->text : evs_word(evs, text);
	return *ret ? 0 : ENOMEM;
}

int event_resolve(struct events *evs, struct event *ev)
{
	bool tx = ev->dir == EVENT_TX;
	int err = resolve_end(evs, &ev->from, ev->src, tx ? ev->at : NULL);

	if (!err)
		err = resolve_end(evs, &ev->to, ev->dst, tx ? NULL : ev->at);
	ev->transit = !err && inside_transit(evs, ev);
	return err;
}
