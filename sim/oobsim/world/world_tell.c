/* What a world tells of itself in the trace: who is who, and which number stands for which. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/world/world.h"
#include "sim/oobsim/world/world_conf.h"

/* A note of ours; the reference to data is taken */
static int tell(struct events *evs, uint64_t now, const char *what, json_t *data)
{
	json_t *v = json_pack("{s:I, s:s, s:s, s:s, s:o}", "t", (json_int_t)now, "at", "oobsim",
			      "kind", "note", "what", what, "data", data);
	char *line = v ? json_dumps(v, JSON_COMPACT) : NULL;
	int err = line ? events_add(evs, sv_from(line), NULL) : ENOMEM;

	free(line);
	json_decref(v);
	return err;
}

static int tell_provider(struct events *evs, uint64_t now, const struct provider *p)
{
	const struct scn_retarget *rows = p->scn->retarget.v;
	int err = tell(evs, now, "world.provider",
		       json_pack("{s:s, s:s, s:s, s:i}", "name", p->scn->name, "kind",
				 provider_kind_words[p->scn->kind], "ocn", p->scn->ocn, "hop",
				 p->hop));

	for (size_t i = 0; i < p->scn->retarget.n && !err; i++)
		err = tell(evs, now, "world.retarget",
			   json_pack("{s:o, s:o}", "number", conf_digits(rows[i].number), "to",
				     conf_digits(rows[i].to)));
	return err;
}

/* Where all have one address, they are told apart by their ports */
static int tell_element(struct events *evs, uint64_t now, const struct world *w,
			const struct element *el)
{
	json_t *v = json_pack("{s:s, s:s, s:s, s:b, s:b}", "name", el->name, "addr", el->addr, "is",
			      element_infos[el->kind].what, "dead", el->dead, "foreign",
			      el->sut != NULL);
	json_t *ports = w->listen[0] ? json_array() : NULL;

	for (int i = 0; i < PORTS && ports; i++)
		if (el->ports[i])
			(void)json_array_append_new(ports, json_integer(el->ports[i]));
	if (ports)
		(void)json_object_set_new(v, "ports", ports);
	return tell(evs, now, "world.element", v);
}

int world_tell(const struct world *w, struct events *evs)
{
	uint64_t now = mono_us();
	int err = 0;

	for (size_t hop = 0; hop < scenario_hops(w->scn) && !err; hop++)
		err = tell_provider(evs, now, world_at(w, hop));
	for (size_t i = 0; i < w->nelements && !err; i++)
		err = tell_element(evs, now, w, &w->elements[i]);
	return err;
}
