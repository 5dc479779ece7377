#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/inspect/inspect_list.h"
#include "sim/oobsim/proc/terminal.h"

static const char *ink(bool colour, const char *code)
{
	return colour ? code : "";
}

static const char *key_word(enum map_key by)
{
	return by == MAP_OCN ? "OCN" : "CIC";
}

/* --- text --- */

static void explained(FILE *f, const char *name, const char *value, const char *text,
		      const char *clause, bool colour)
{
	(void)fprintf(f, "    %-10s %s\n               %s%s (%s)%s\n", name, value,
		      ink(colour, INSPECT_FAINT), text, clause, ink(colour, INSPECT_PLAIN));
}

static void print_exp(FILE *f, int64_t exp_s, int64_t now_s, bool colour)
{
	char value[32], text[32], span[48], all[128];

	(void)snprintf(value, sizeof(value), "%" PRId64, exp_s);
	inspect_time(text, exp_s);
	inspect_span(span, llabs(exp_s - now_s));
	(void)snprintf(all, sizeof(all), "until when it may be used: %s, %s%s%s", text,
		       exp_s > now_s ? "in " : "", span, exp_s > now_s ? "" : " ago");
	explained(f, "exp", value, all, "6.1.1", colour);
}

static void print_entries(FILE *f, const struct signed_list *list, const char *member,
			  const char *text, bool colour)
{
	const json_t *entries = json_object_get(list->claims, member);
	const char *key;
	json_t *url;

	if (!entries)
		return;
	(void)fprintf(f, "    %s\n               %s%s%s\n", member, ink(colour, INSPECT_FAINT),
		      text, ink(colour, INSPECT_PLAIN));
	json_object_foreach ((json_t *)(uintptr_t)entries, key, url)
		(void)fprintf(f, "      %-8s %s\n", key,
			      json_is_string(url) ? json_string_value(url) : "(no string)");
}

static void print_members(FILE *f, const struct signed_list *list, int64_t now_s, bool colour)
{
	char sequence[32];

	if (!list->token)
		return;
	(void)snprintf(sequence, sizeof(sequence), "%" PRId64, list->sequence);
	(void)fprintf(f, "  header\n");
	explained(f, "alg", "\"ES256\"", "ECDSA on P-256 with SHA-256", "6.1.1", colour);
	explained(f, "typ", "\"JWT\"", "this is a signed list, no PASSporT", "6.1.1", colour);
	explained(f, "x5u", list->x5u, "where the signer's certificate is", "6.1.1", colour);
	(void)fprintf(f, "  payload\n");
	explained(f, "version", "\"" LIST_VERSION "\"", "form of the list", "6.1.1", colour);
	explained(f, "sequence", sequence, "each new list of an authority has a higher one",
		  "6.1.1", colour);
	print_exp(f, list->exp_s, now_s, colour);
	print_entries(f, list, "cpsMapping", "OCN of a provider, and the URL of its CPS (6.1.1)",
		      colour);
	print_entries(f, list, "cicMapping",
		      "CIC of a carrier, and the URL of its CPS (6.2; the form is our own)",
		      colour);
}

static void print_verdict(FILE *f, const struct inspected_list *l, bool colour)
{
	char text[FAULT_TEXT_MAX];

	switch (l->verdict) {
	case INSPECT_SHOWN:
		(void)fprintf(f,
			      "  %sshown%s, signature and certificate not checked (--trust does)\n",
			      ink(colour, INSPECT_BOLD), ink(colour, INSPECT_PLAIN));
		break;
	case INSPECT_VERIFIED:
		(void)fprintf(f, "  %sverified%s: %s vouches for these mappings, as %s\n",
			      ink(colour, INSPECT_GREEN INSPECT_BOLD), ink(colour, INSPECT_PLAIN),
			      l->authority,
			      l->kind == MAP_STI_PA ? "the STI-PA" : "an approved STI-CA");
		break;
	case INSPECT_REFUSED:
		fault_text(&l->fault, text);
		(void)fprintf(f, "  %srefused%s: %s\n", ink(colour, INSPECT_RED INSPECT_BOLD),
			      ink(colour, INSPECT_PLAIN), text);
		break;
	}
}

static void print_vouched(const struct vouched *v, void *arg)
{
	bool colour = terminal_colour(arg);

	(void)fprintf(arg, "  %s %-8s%s\n", key_word(v->by), v->key,
		      v->conflict ? " the authorities disagree" : "");
	for (size_t i = 0; i < v->n; i++)
		(void)fprintf(arg, "    %s\n               %s%s%s\n", v->url[i],
			      ink(colour, INSPECT_FAINT),
			      *v->authority[i] ? v->authority[i] : "not verified",
			      ink(colour, INSPECT_PLAIN));
}

static void print_text(FILE *f, const struct inspected_lists *lists, int64_t now_s)
{
	bool colour = terminal_colour(f);

	for (size_t i = 0; i < lists->n; i++) {
		const struct inspected_list *l = &lists->v[i];

		(void)fprintf(f, "%s%sCPS mapping %zu of %zu%s, %zu octets\n", i ? "\n" : "",
			      ink(colour, INSPECT_BOLD), i + 1, lists->n,
			      ink(colour, INSPECT_PLAIN), l->length);
		print_members(f, &l->list, now_s, colour);
		print_verdict(f, l, colour);
	}
	if (lists->n < 2)
		return;
	(void)fprintf(f, "\n%sWho vouches for what%s\n", ink(colour, INSPECT_BOLD),
		      ink(colour, INSPECT_PLAIN));
	(void)inspect_vouched(lists, print_vouched, f);
}

/* --- JSON --- */

static json_t *list_json(const struct inspected_list *l)
{
	json_t *v = json_pack("{s:s}", "verdict", inspect_verdict_name(l->verdict));

	if (!v)
		return NULL;
	if (l->list.token) {
		(void)json_object_set_new(v, "x5u", json_string(l->list.x5u));
		(void)json_object_set(v, "payload", l->list.claims);
	}
	if (l->verdict == INSPECT_VERIFIED)
		(void)json_object_set_new(v, "kind",
					  json_string(l->kind == MAP_STI_PA ? "sti-pa" : "sti-ca"));
	if (*l->authority)
		(void)json_object_set_new(v, "authority", json_string(l->authority));
	if (l->verdict == INSPECT_REFUSED)
		(void)json_object_set_new(v, "refused", inspect_fault_json(&l->fault));
	return v;
}

static void add_vouched(const struct vouched *v, void *arg)
{
	json_t *urls = json_array();

	for (size_t i = 0; i < v->n; i++)
		(void)json_array_append_new(urls,
					    json_pack("{s:s, s:s*}", "url", v->url[i], "authority",
						      *v->authority[i] ? v->authority[i] : NULL));
	(void)json_array_append_new(arg, json_pack("{s:s, s:s, s:o, s:b}", "by",
						   v->by == MAP_OCN ? "ocn" : "cic", "key", v->key,
						   "vouched", urls, "conflict", v->conflict));
}

static int print_json(const struct inspected_lists *lists, enum inspect_verdict worst,
		      int64_t now_s)
{
	json_t *list = json_array(), *mappings = json_array(), *all;
	int err = inspect_vouched(lists, add_vouched, mappings);

	for (size_t i = 0; i < lists->n; i++)
		(void)json_array_append_new(list, list_json(&lists->v[i]));
	all = json_pack("{s:s, s:I, s:o, s:o}", "verdict", inspect_verdict_name(worst), "at",
			(json_int_t)now_s, "lists", list, "mappings", mappings);
	if (!all || json_dumpf(all, stdout, JSON_INDENT(2)) || puts("") == EOF)
		err = -1;
	json_decref(all);
	return err;
}

int inspect_lists_print(const struct inspected_lists *lists, const struct inspect_opts *opts,
			int64_t now_s)
{
	enum inspect_verdict worst = opts->trust ? INSPECT_VERIFIED : INSPECT_SHOWN;

	for (size_t i = 0; i < lists->n; i++)
		if (lists->v[i].verdict == INSPECT_REFUSED)
			worst = INSPECT_REFUSED;
	if (!opts->json)
		print_text(stdout, lists, now_s);
	else if (print_json(lists, worst, now_s))
		worst = INSPECT_REFUSED;
	return worst == INSPECT_REFUSED;
}
