#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "sim/oobsim/inspect/inspect_list.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct map_set, map_set_free)
DEFINE_AUTO(char, free)

static json_t *header_of(struct sv jwt)
{
	BUF_AUTO struct buf text = BUF(LIST_MAX_LEN);
	struct sv part = sv_cut(&jwt, '.');

	if (!jwt.p || b64url_decode(&text, part))
		return NULL;
	return json_loadb(text.l ? text.p : "", text.l, 0, NULL);
}

bool inspect_is_list(const char *text)
{
	struct sv v = sv_trim(sv_from(text));
	AUTO(json_decref) json_t *header = NULL;
	const char *typ;

	if (v.l && v.p[0] == '[')
		return true;
	header = header_of(v);
	typ = json_string_value(json_object_get(header, "typ"));
	return typ && strcmp(typ, "JWT") == 0;
}

/* --- judging --- */

static void refuse(struct inspected_list *l)
{
	l->verdict = INSPECT_REFUSED;
}

/* Whose it is nobody says: the STI-PA's is what chains to the pinned root, an STI-CA's what chains to an
 * approved one */
static int take(struct map_set *set, struct map_offer *offer, struct map_info *info,
		struct fault *fault)
{
	int err;

	offer->kind = MAP_STI_PA;
	err = map_set_take(set, offer, info, fault);
	if (err != EBADMSG || fault->reason != REASON_CERT_UNTRUSTED)
		return err;
	offer->kind = MAP_STI_CA;
	return map_set_take(set, offer, info, fault);
}

static void judge_list(struct inspected_list *l, unsigned rank, struct map_set *set,
		       struct inspect_judge *judge)
{
	AUTO(free) char *pem = NULL;
	struct map_offer offer = {.jwt = sv_from(l->list.token), .rank = rank};
	struct map_info info = {.authority = ""};
	struct err e = {""};
	int err;

	if (inspect_judge_signer(judge, l->list.x5u, &pem, &e)) {
		fault_set(&l->fault, REASON_CERT_FETCH, NULL, "%s", e.s);
		l->fault.check = "fetch";
		refuse(l);
		return;
	}
	offer.chain_pem = sv_from(pem);
	err = take(set, &offer, &info, &l->fault);
	l->kind = info.kind;
	(void)snprintf(l->authority, sizeof(l->authority), "%s", info.authority);
	l->verdict = INSPECT_VERIFIED;
	if (err && err != EALREADY)
		refuse(l);
}

/* --- reading --- */

static void read_list(struct inspected_list *l, struct sv jwt)
{
	AUTO(free) char *x5u = map_x5u(jwt, &l->fault);

	l->length = jwt.l;
	l->verdict = INSPECT_SHOWN;
	/* of one whose form is wrong nothing is shown but what is wrong: it may hold anything */
	if (!x5u || list_parse(&l->list, jwt, "cpsMapping", NULL)) {
		l->list = (struct signed_list){0};
		refuse(l);
	}
}

/* The tokens of a master file, or the one; new reference */
static int tokens_of(json_t **ret, const char *text, struct err *e)
{
	struct sv v = sv_trim(sv_from(text));
	json_error_t je;
	size_t i;
	json_t *token;

	if (v.p[0] != '[') {
		*ret = json_pack("[s%]", v.p, v.l);
		return *ret ? 0 : ENOMEM;
	}
	*ret = json_loadb(v.p, v.l, JSON_REJECT_DUPLICATES, &je);
	if (!*ret)
		return err_set(e, EBADMSG, "line %d: expected a JSON array of signed lists: %s",
			       je.line, je.text);
	json_array_foreach (*ret, i, token)
		if (!json_is_string(token))
			return err_set(e, EBADMSG, "list %zu: expected a string", i);
	if (json_array_size(*ret) <= MAP_AUTHORITIES_MAX)
		return 0;
	return err_set(e, EBADMSG, "expected %d lists at the most, got %zu", MAP_AUTHORITIES_MAX,
		       json_array_size(*ret));
}

int inspect_lists_read(struct inspected_lists *ret, const char *text, struct inspect_judge *judge,
		       struct err *e)
{
	AUTO(json_decref) json_t *tokens = NULL;
	AUTO(map_set_free) struct map_set *set = NULL;
	size_t i;
	json_t *token;
	int err = tokens_of(&tokens, text, e);

	if (!err && judge)
		err = map_set_alloc(&set, inspect_judge_trust(judge), inspect_judge_env(judge));
	if (err)
		return err;
	json_array_foreach (tokens, i, token) {
		struct inspected_list *l = &ret->v[ret->n++];

		read_list(l, (struct sv){json_string_value(token), json_string_length(token)});
		if (set && l->verdict != INSPECT_REFUSED)
			judge_list(l, (unsigned)i, set, judge);
	}
	return 0;
}

void inspect_lists_clear(struct inspected_lists *lists)
{
	for (size_t i = 0; i < lists->n; i++)
		signed_list_clear(&lists->v[i].list);
	lists->n = 0;
}

/* --- who vouches for what --- */

static const json_t *entries(const struct inspected_list *l, enum map_key by)
{
	return l->verdict == INSPECT_REFUSED
		       ? NULL
		       : json_object_get(l->list.claims,
					 by == MAP_OCN ? "cpsMapping" : "cicMapping");
}

static void collect(struct vouched *ret, const struct inspected_lists *lists)
{
	ret->n = 0;
	ret->conflict = false;
	for (size_t i = 0; i < lists->n; i++) {
		const struct inspected_list *l = &lists->v[i];
		const char *url = json_string_value(json_object_get(entries(l, ret->by), ret->key));

		if (!url)
			continue;
		ret->conflict = ret->conflict || (ret->n && strcmp(url, ret->url[0]) != 0);
		ret->url[ret->n] = url;
		ret->authority[ret->n++] = l->authority;
	}
}

int inspect_vouched(const struct inspected_lists *lists,
		    void (*h)(const struct vouched *v, void *arg), void *arg)
{
	for (enum map_key by = MAP_OCN; by <= MAP_CIC; by++) {
		AUTO(json_decref) json_t *seen = json_object();

		if (!seen)
			return ENOMEM;
		for (size_t i = 0; i < lists->n; i++) {
			const char *key;
			json_t *url;

			json_object_foreach ((json_t *)(uintptr_t)entries(&lists->v[i], by), key,
					     url) {
				struct vouched v = {.by = by, .key = key};

				if (json_object_get(seen, key))
					continue;
				if (json_object_set_new(seen, key, json_true()))
					return ENOMEM;
				collect(&v, lists);
				h(&v, arg);
			}
		}
	}
	return 0;
}
