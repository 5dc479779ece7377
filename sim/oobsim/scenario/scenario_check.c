/* What the tables of a scenario file cannot say of providers, path and the course of a run. */
#include <errno.h>
#include <string.h>

#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/events/pattern.h"
#include "sim/oobsim/scenario/scenario_int.h"

static char *const *strings(const struct conf_list *list)
{
	return list->v;
}

/* Providers at the even places, each once, legs between them */
static int check_words(const struct scenario *scn, size_t i, struct err *e)
{
	char *const *path = strings(&scn->path);
	char at[32];

	(void)snprintf(at, sizeof(at), "/path/%zu", i);
	if (i % 2 == 0 && !scenario_provider(scn, path[i]))
		return scenario_refuse(scn, at, e, "expected the name of a provider, got \"%.40s\"",
				       path[i]);
	if (i % 2 && strcmp(path[i], "tdm") != 0 && strcmp(path[i], "sip") != 0)
		return scenario_refuse(
			scn, at, e, "expected a leg: \"tdm\" or \"sip\", got \"%.40s\"", path[i]);
	for (size_t k = 0; k < i; k += 2)
		if (i % 2 == 0 && strcmp(path[k], path[i]) == 0)
			return scenario_refuse(
				scn, at, e, "expected another provider, got \"%.40s\"%s", path[i],
				k + 2 == i ? ": a leg does not lead back to where it begins"
					   : ", through which the call has come already");
	return 0;
}

/* Kinds by place: who begins, who ends, who is between */
static int check_kind(const struct scenario *scn, size_t hop, struct err *e)
{
	const struct scn_provider *p = scenario_at(scn, hop);
	bool first = hop == 0, last = hop + 1 == scenario_hops(scn);
	bool right = first  ? p->kind == PROVIDER_OSP
		     : last ? p->kind == PROVIDER_TSP
			    : p->kind == PROVIDER_TRANSIT || p->kind == PROVIDER_RETARGET;
	char at[32];

	(void)snprintf(at, sizeof(at), "/path/%zu", 2 * hop);
	if (right)
		return 0;
	return scenario_refuse(scn, at, e, "expected a provider of kind %s, got \"%.40s\"",
			       first  ? "osp at the beginning"
			       : last ? "tsp at the end"
				      : "transit or retarget between the ends",
			       p->name);
}

int scenario_check_path(const struct scenario *scn, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < scn->path.n && !err; i++)
		err = check_words(scn, i, e);
	if (!err && scn->path.n % 2 == 0)
		return scenario_refuse(
			scn, "/path", e,
			"expected provider, leg, provider …, got %zu elements: a leg leads nowhere",
			scn->path.n);
	for (size_t i = 0; i < scenario_hops(scn) && !err; i++)
		err = check_kind(scn, i, e);
	return err;
}

static int refuse_provider(const struct scenario *scn, const struct scn_provider *p,
			   const char *member, struct err *e, const char *want)
{
	char at[80];

	(void)snprintf(at, sizeof(at), "/providers/%s%s", p->name, member);
	return scenario_refuse(scn, at, e, "expected %s", want);
}

/* What its place on the path needs of it */
static int check_elements(const struct scenario *scn, const struct scn_provider *p, struct err *e)
{
	int hop = scenario_hop(scn, p);
	bool end = hop == 0 || hop + 1 == (int)scenario_hops(scn);
	bool phone = element_of(scn, p, ELEMENT_PHONE), gw = element_of(scn, p, ELEMENT_GW);
	bool has_switch = element_of(scn, p, ELEMENT_SWITCH);

	if (hop >= 0 && (!gw || !has_switch))
		return refuse_provider(scn, p, "/elements", e,
				       "a switch and a gw: the provider is on the path");
	if (end && !phone)
		return refuse_provider(scn, p, "/elements", e,
				       "a phone: the path begins and ends at one");
	if (!end && phone)
		return refuse_provider(scn, p, "/elements", e,
				       "no phone: the path neither begins nor ends here");
	if (hop < 0 && (gw || has_switch))
		return refuse_provider(scn, p, "/elements", e,
				       "neither switch nor gw: the provider is not on the path");
	if (p->kind == PROVIDER_RETARGET && hop >= 0 && !p->retarget.n)
		return refuse_provider(scn, p, "", e,
				       "\"retarget\": which of its calls go on to which number");
	if (p->kind != PROVIDER_TRANSIT && !p->numbers.n)
		return refuse_provider(scn, p, "", e, "\"numbers\": prefixes of its own numbers");
	return 0;
}

/* A rule of local policy looks at one thing, and leads to a CPS that there is */
static int check_policy(const struct scenario *scn, const struct scn_provider *p, struct err *e)
{
	const struct scn_policy *rules = p->local_policy.v;
	char at[80];

	for (size_t i = 0; i < p->local_policy.n; i++) {
		const struct scn_policy *r = &rules[i];
		const struct scn_provider *to = scenario_provider(scn, r->cps);
		int keys = (r->prefix != NULL) + (r->cic != NULL) + (r->ocn != NULL);

		(void)snprintf(at, sizeof(at), "/providers/%s/local_policy/%zu", p->name, i);
		if (keys > 1)
			return scenario_refuse(scn, at, e,
					       "expected one of prefix, cic and ocn, got %d", keys);
		(void)snprintf(at, sizeof(at), "/providers/%s/local_policy/%zu/cps", p->name, i);
		if (!to || !element_of(scn, to, ELEMENT_CPS))
			return scenario_refuse(scn, at, e,
					       "expected a provider with a CPS, got \"%.40s\"",
					       r->cps);
	}
	return 0;
}

int scenario_check_providers(const struct scenario *scn, struct err *e)
{
	const struct scn_provider *all = scn->providers.v;
	char at[80];
	int err = 0;

	for (size_t i = 0; i < scn->providers.n && !err; i++) {
		const char *want = scenario_check_name(sv_from(all[i].name));

		(void)snprintf(at, sizeof(at), "/providers/%.40s", all[i].name);
		if (want)
			return scenario_refuse(scn, at, e, "expected %s, got \"%.40s\"", want,
					       all[i].name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(all[k].ocn, all[i].ocn) == 0) {
				(void)snprintf(at, sizeof(at), "/providers/%s/ocn", all[i].name);
				return scenario_refuse(scn, at, e,
						       "expected an OCN of its own, got \"%s\", "
						       "which is that of %s",
						       all[i].ocn, all[k].name);
			}
		err = check_elements(scn, &all[i], e);
		if (!err)
			err = check_policy(scn, &all[i], e);
	}
	return err;
}

static int check_without(const struct scenario *scn, struct err *e)
{
	char at[32];

	for (size_t i = 0; i < scn->without.n; i++) {
		(void)snprintf(at, sizeof(at), "/without/%zu", i);
		if (!element_exists(scn, sv_from(strings(&scn->without)[i])))
			return scenario_refuse(scn, at, e,
					       "expected an element of this world, like "
					       "\"tsp.cps\", got \"%.40s\"",
					       strings(&scn->without)[i]);
	}
	return 0;
}

static int check_set(const struct scenario *scn, struct err *e)
{
	const char *path;
	json_t *value;

	if (!scn->set)
		return 0;
	if (!json_is_object(scn->set))
		return scenario_refuse(scn, "/set", e, "expected an object of paths and values");
	json_object_foreach (scn->set, path, value) {
		enum element_way way = element_way_of(sv_from(path));
		struct element_setting s;
		char at[128];

		(void)snprintf(at, sizeof(at), "/set/%.100s", path);
		if (way < WAYS && element_way_word(way, json_string_value(value)) < 0)
			return scenario_refuse(
				scn, at, e, "expected %s, got %s%s%s",
				way == WAY_CPS ? "pull or push" : "redirect, proxy or http",
				json_is_string(value) ? "\"" : "",
				json_is_string(value) ? json_string_value(value) : "another type",
				json_is_string(value) ? "\"" : "");
		if (way == WAYS && !element_setting(scn, sv_from(path), &s))
			return scenario_refuse(scn, at, e,
					       "expected members like "
					       "\"tsp.cps.faults.answer_delay_ms\", got \"%.80s\"",
					       path);
	}
	return 0;
}

static bool is_dead(const struct scenario *scn, size_t before, const char *name)
{
	const struct scn_during *all = scn->during.v;

	for (size_t i = 0; i < before; i++)
		if (all[i].kill && strcmp(all[i].kill, name) == 0)
			return true;
	for (size_t i = 0; i < scn->without.n; i++)
		if (strcmp(strings(&scn->without)[i], name) == 0)
			return true;
	return false;
}

static int check_during(const struct scenario *scn, size_t i, struct err *e)
{
	const struct scn_during *d = (const struct scn_during *)scn->during.v + i;
	const char *name = d->kill ? d->kill : d->start;
	enum element_kind kind;
	struct pattern p;
	char at[48];

	(void)snprintf(at, sizeof(at), "/during/%zu", i);
	if (!d->kill == !d->start)
		return scenario_refuse(scn, at, e, "expected either \"kill\" or \"start\"");
	(void)snprintf(at, sizeof(at), "/during/%zu/after", i);
	(void)pattern_read(&p, sv_from(d->after));
	if (!element_exists(scn, sv_from(p.from)) || (*p.to && !element_exists(scn, sv_from(p.to))))
		return scenario_refuse(scn, at, e,
				       "expected an event of elements of this world, got \"%.60s\"",
				       d->after);
	(void)snprintf(at, sizeof(at), "/during/%zu/%s", i, d->kill ? "kill" : "start");
	if (!element_exists(scn, sv_from(name)) || !element_kind_of(sv_from(name), &kind) ||
	    kind == ELEMENT_PHONE)
		return scenario_refuse(scn, at, e,
				       "expected an element of this world that is no phone, got "
				       "\"%.40s\"",
				       name);
	if (d->start && !is_dead(scn, i, name))
		return scenario_refuse(scn, at, e,
				       "expected an element that is dead, by \"without\" or "
				       "\"kill\" before, got \"%.40s\"",
				       name);
	return 0;
}

static int check_clock(const struct scenario *scn, size_t i, struct err *e)
{
	const struct scn_clock *c = (const struct scn_clock *)scn->clocks.v + i;
	enum element_kind kind;
	char at[48];

	(void)snprintf(at, sizeof(at), "/clocks/%zu/element", i);
	if (element_exists(scn, sv_from(c->element)) &&
	    element_kind_of(sv_from(c->element), &kind) && kind != ELEMENT_PHONE)
		return 0;
	return scenario_refuse(scn, at, e,
			       "expected an element of this world that is no phone, got \"%.40s\"",
			       c->element);
}

int scenario_check_run(const struct scenario *scn, struct err *e)
{
	int err = check_without(scn, e);

	if (!err)
		err = check_set(scn, e);
	for (size_t i = 0; i < scn->during.n && !err; i++)
		err = check_during(scn, i, e);
	for (size_t i = 0; i < scn->clocks.n && !err; i++)
		err = check_clock(scn, i, e);
	return err;
}
