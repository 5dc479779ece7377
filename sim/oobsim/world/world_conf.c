/* The configurations of a world: built, with the settings over them, and written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/world/world_conf.h"

json_t *conf_pki(const struct world *w, const struct element *el)
{
	json_t *v = conf_listen_tls(w, el, PORT_HTTPS, false);

	(void)json_object_set_new(v, "dir", json_sprintf("%s/pki", w->dir));
	return v;
}

static json_t *(*const builders[ELEMENT_KINDS])(const struct world *, const struct element *) = {
	[ELEMENT_PKI] = conf_pki, [ELEMENT_SWITCH] = conf_switch, [ELEMENT_AS] = conf_as,
	[ELEMENT_GW] = conf_gw,   [ELEMENT_VS] = conf_vs,         [ELEMENT_CPS] = conf_cps,
};

/* Put a value at "faults.answer_delay_ms", or "peers.0.addr"; objects on the way are made. The reference is taken */
static int put(json_t *conf, struct sv path, json_t *value)
{
	struct sv rest = path, part = sv_cut(&rest, '.');
	char name[128];
	unsigned long long i;
	json_t *next;

	(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(part));
	if (json_is_array(conf)) {
		if (!sv_u64(part, json_array_size(conf) - 1, &i) || !json_array_size(conf)) {
			json_decref(value);
			return EINVAL;
		}
		if (!rest.p)
			return json_array_set_new(conf, i, value) ? ENOMEM : 0;
		return put(json_array_get(conf, i), rest, value);
	}
	if (!json_is_object(conf)) {
		json_decref(value);
		return EINVAL;
	}
	if (!rest.p)
		return json_object_set_new(conf, name, value) ? ENOMEM : 0;
	next = json_object_get(conf, name);
	if (!next) {
		next = json_object();
		(void)json_object_set_new(conf, name, next);
	}
	return put(next, rest, value);
}

/* At one element, or at each of a kind. The reference to value is taken */
static int apply(struct world *w, const char *path, json_t *value, struct err *e)
{
	struct element_setting s;
	size_t n = 0;
	int err = 0;

	if (!element_setting(w->scn, sv_from(path), &s)) {
		json_decref(value);
		return err_set(e, EINVAL,
			       "--set: expected an element of this world, or a kind of them, and a "
			       "member, like tsp.cps.store.max=10, got \"%s\"",
			       path);
	}
	for (size_t i = 0; i < w->nelements && !err; i++) {
		struct element *el = &w->elements[i];

		if (!el->conf || (s.all ? el->kind != s.kind : !sv_eqz(s.name, el->name)))
			continue;
		n++;
		if (put(el->conf, s.member, json_incref(value)))
			err = err_set(e, EINVAL, "--set: %s has no member %.*s", el->name,
				      SV_ARG(s.member));
	}
	json_decref(value);
	return n ? err
		 : err_set(e, EINVAL, "--set: \"%s\": this element has no configuration", path);
}

/* Ordinary settings; how services are reached was taken before: many configurations follow from it */
static int apply_all(struct world *w, const struct world_opts *opts, struct err *e)
{
	const char *path;
	json_t *value;
	int err = 0;

	json_object_foreach (w->scn->set, path, value) {
		err = element_way_of(sv_from(path)) < WAYS ? 0
							   : apply(w, path, json_incref(value), e);
		if (err)
			return err;
	}
	for (size_t i = 0; i < opts->nsettings && !err; i++) {
		const struct setting *s = &opts->settings[i];

		if (element_way_of(sv_from(s->path)) < WAYS)
			continue;
		value = json_loads(s->value, JSON_DECODE_ANY, NULL);
		err = apply(w, s->path, value ? value : json_string(s->value), e);
	}
	return err;
}

static int take_way(struct world *w, const char *path, const char *word, struct err *e)
{
	enum element_way way = element_way_of(sv_from(path));
	int i;

	if (way == WAYS)
		return 0;
	i = element_way_word(way, word);
	if (i < 0)
		return err_set(e, EINVAL, "--set: %s: expected %s, got \"%s\"", path,
			       way == WAY_CPS ? "pull or push" : "redirect, proxy or http", word);
	w->way[way] = i;
	return 0;
}

int world_ways(struct world *w, const struct world_opts *opts, struct err *e)
{
	const char *path;
	json_t *value;
	int err = 0;

	json_object_foreach (w->scn->set, path, value)
		if (!err)
			err = take_way(w, path, json_string_value(value), e);
	for (size_t i = 0; i < opts->nsettings && !err; i++)
		err = take_way(w, opts->settings[i].path, opts->settings[i].value, e);
	return err;
}

int world_configure(struct world *w, const struct world_opts *opts, struct err *e)
{
	char path[PATH_MAX];
	int err;

	for (size_t i = 0; i < w->nelements; i++) {
		struct element *el = &w->elements[i];

		if (!builders[el->kind])
			continue;
		el->conf = builders[el->kind](w, el);
		if (!el->conf)
			return err_set(e, ENOMEM, "out of memory");
	}
	err = apply_all(w, opts, e);
	for (size_t i = 0; i < w->nelements && !err; i++) {
		const struct element *el = &w->elements[i];

		world_path(w, path, "config/%s.json", el->name);
		if (el->conf && json_dump_file(el->conf, path, JSON_INDENT(4)))
			err = err_set(e, EIO, "cannot write %s", path);
	}
	return err;
}
