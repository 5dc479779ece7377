#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/auto.h"
#include "lib/stir/mapping_in.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct cert_chain, cert_chain_unref)

/* An authority and the list that was last taken of it */
struct authority {
	enum map_kind kind;
	unsigned rank;
	struct trust_anchor anchor;
	struct signed_list list;
	char *chain_pem;
	struct cert_chain *chain; /* of its signer */
	bool signature_ok;
	bool trusted;       /* as of the generation of the set */
	struct fault fault; /* why it is not */
	int64_t until_s;    /* from then on it must be asked again */
	struct authority *next, *prev;
};

struct map_set {
	const struct trust *trust;
	const struct env *env;
	bool checked;
	uint64_t generation; /* of the trust data, when checked */
	struct authority *authorities;
	size_t n;
};

int map_set_alloc(struct map_set **ret, const struct trust *trust, const struct env *env)
{
	struct map_set *set = calloc(1, sizeof(*set));

	if (!set)
		return ENOMEM;
	set->trust = trust;
	set->env = env;
	*ret = set;
	return 0;
}

static void authority_clear(struct authority *a)
{
	signed_list_clear(&a->list);
	cert_chain_unref(a->chain);
	free(a->chain_pem);
}

static void authority_free(struct authority *a)
{
	authority_clear(a);
	free(a);
}

static void set_clear(struct map_set *set)
{
	for (struct authority *a = set->authorities, *next; a; a = next) {
		next = a->next;
		authority_free(a);
	}
	set->authorities = NULL;
	set->n = 0;
}

void map_set_free(struct map_set *set)
{
	if (!set)
		return;
	set_clear(set);
	free(set);
}

/* --- trust --- */

static enum trust_lister lister(enum map_kind kind)
{
	return kind == MAP_STI_PA ? TRUST_STI_PA : TRUST_STI_CA;
}

static int check_signature(struct authority *a, struct fault *fault)
{
	struct err e = {""};
	int err = a->signature_ok ? 0 : list_check_signature(&a->list, a->chain, &e);

	a->signature_ok = !err;
	return err == EBADMSG ? fault_set(fault, REASON_LIST_SIGNATURE, NULL, "%s", e.s) : err;
}

/* DISC-08: whoever delivered it. The anchor is found by it, unless the list had one before */
static int check_trust(const struct map_set *set, struct authority *a, struct fault *fault)
{
	struct trust_anchor anchor = {0};
	int err;

	*fault = (struct fault){.check = "signer"};
	err = trust_check_lister(set->trust, lister(a->kind), a->chain, &anchor, fault);
	if (!err && *a->anchor.id && strcmp(a->anchor.id, anchor.id) != 0)
		err = fault_set(fault, REASON_LIST_SIGNER, a->anchor.name, "%s", anchor.name);
	fault->check = "signer";
	if (err)
		return err;
	a->anchor = anchor;
	a->until_s = trust_lister_until_s(set->trust, lister(a->kind), a->chain);
	err = check_signature(a, fault);
	fault->check = "signature";
	return err;
}

/* When list or CRL of the STI-PA have changed, so may have what may be believed */
static void refresh(struct map_set *set)
{
	uint64_t generation = trust_generation(set->trust);
	struct authority *a;

	if (set->checked && set->generation == generation)
		return;
	for (a = set->authorities; a; a = a->next)
		a->trusted = check_trust(set, a, &a->fault) == 0;
	set->checked = true;
	set->generation = generation;
}

static bool in_use(const struct authority *a, int64_t now_s)
{
	return a->trusted && now_s < a->list.exp_s && now_s < a->until_s;
}

/* --- taking --- */

static struct authority *find(const struct map_set *set, enum map_kind kind, const char *id)
{
	struct authority *a;

	for (a = set->authorities; a; a = a->next)
		if (a->kind == kind && strcmp(a->anchor.id, id) == 0)
			return a;
	return NULL;
}

static const json_t *cics_of(const struct authority *a)
{
	return json_object_get(a->list.claims, map_member(MAP_CIC));
}

static bool same_content(const struct authority *a, const struct authority *b)
{
	json_t *x = (json_t *)(uintptr_t)cics_of(a), *y = (json_t *)(uintptr_t)cics_of(b);

	return json_equal(a->list.content, b->list.content) && (x == y || json_equal(x, y));
}

/* Against what is held. A list that is signed anew with the same content lives longer; nothing else
 * may happen under the same sequence number. */
static int check_sequence(const struct authority *held, const struct authority *a, int64_t now_s,
			  struct fault *fault)
{
	char want[64];

	if (!held || a->list.sequence > held->list.sequence)
		return 0;
	fault->check = "sequence";
	(void)snprintf(want, sizeof(want), "a sequence above %lld", (long long)held->list.sequence);
	if (a->list.sequence < held->list.sequence)
		fault_set(fault, REASON_LIST_ROLLBACK, want, "%lld", (long long)a->list.sequence);
	else if (!same_content(held, a))
		fault_set(fault, REASON_LIST_CHANGED, want, "%lld again",
			  (long long)a->list.sequence);
	else
		return a->list.exp_s > held->list.exp_s || !in_use(held, now_s) ? 0 : EALREADY;
	fault->check = "sequence";
	return EBADMSG;
}

static int parse(struct authority *a, const struct map_offer *offer, struct fault *fault)
{
	int err = map_parse(&a->list, offer->jwt, fault);

	fault->check = "form";
	if (err)
		return err;
	err = cert_chain_parse(&a->chain, offer->chain_pem, fault);
	fault->check = "signer";
	if (err)
		return err;
	a->chain_pem = sv_dup(offer->chain_pem);
	return a->chain_pem ? 0 : ENOMEM;
}

static int check_exp(const struct authority *a, int64_t now_s, struct fault *fault)
{
	if (now_s < a->list.exp_s)
		return 0;
	fault_set(fault, REASON_LIST_EXPIRED, "an exp that is to come", "%lld s ago",
		  (long long)(now_s - a->list.exp_s));
	fault->check = "exp";
	return EBADMSG;
}

static void describe(const struct authority *a, struct map_info *ret)
{
	*ret = (struct map_info){.kind = a->kind,
				 .sequence = a->list.sequence,
				 .exp_s = a->list.exp_s,
				 .ocns = json_object_size(a->list.content),
				 .cics = json_object_size(cics_of(a))};
	memcpy(ret->authority, a->anchor.name, sizeof(ret->authority));
}

static int by_rank(const struct authority *a, const struct authority *b)
{
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* a's content moves into the set; a is empty afterwards */
static int put(struct map_set *set, struct authority *held, struct authority *a)
{
	struct authority *place = held;

	if (!held) {
		if (set->n == MAP_AUTHORITIES_MAX)
			return ENOSPC;
		place = calloc(1, sizeof(*place));
		if (!place)
			return ENOMEM;
		set->n++;
	} else {
		DL_DELETE(set->authorities, held);
		authority_clear(held);
	}
	*place = *a;
	*a = (struct authority){0};
	DL_INSERT_INORDER(set->authorities, place, by_rank);
	return 0;
}

static int take(struct map_set *set, struct authority *a, const struct map_offer *offer,
		struct map_info *info, struct fault *fault)
{
	struct authority *held;
	int64_t now_s = env_now_s(set->env);
	int err = parse(a, offer, fault);

	if (!err) {
		describe(a, info);
		err = check_trust(set, a, fault);
		describe(a, info);
	}
	if (!err)
		err = check_exp(a, now_s, fault);
	if (err)
		return err;
	refresh(set);
	held = find(set, a->kind, a->anchor.id);
	if (held && held->rank > a->rank) {
		held->rank = a->rank;
		DL_SORT(set->authorities, by_rank);
	} else if (held) {
		a->rank = held->rank;
	}
	err = check_sequence(held, a, now_s, fault);
	a->trusted = true;
	return err ? err : put(set, held, a);
}

int map_set_take(struct map_set *set, const struct map_offer *offer, struct map_info *info,
		 struct fault *fault)
{
	struct authority a = {.kind = offer->kind, .rank = offer->rank};
	struct map_info unwanted_info;
	struct fault unwanted_fault;
	int err;

	info = info ? info : &unwanted_info;
	fault = fault ? fault : &unwanted_fault;
	*info = (struct map_info){.kind = offer->kind};
	*fault = (struct fault){.check = ""};
	err = take(set, &a, offer, info, fault);
	authority_clear(&a);
	return err;
}

/* --- asking --- */

size_t map_set_find(struct map_set *set, enum map_kind kind, enum map_key by, const char *key,
		    struct map_entry ret[MAP_AUTHORITIES_MAX])
{
	int64_t now_s = env_now_s(set->env);
	struct authority *a;
	size_t n = 0;

	refresh(set);
	for (a = set->authorities; a; a = a->next) {
		const json_t *entries = by == MAP_OCN ? a->list.content : cics_of(a);
		const char *url = json_string_value(json_object_get(entries, key));

		if (a->kind != kind || !url || !in_use(a, now_s))
			continue;
		ret[n++] = (struct map_entry){url, a->anchor.name, a->list.sequence, a->list.exp_s};
	}
	return n;
}

int map_set_info(struct map_set *set, size_t i, struct map_info *ret, struct fault *fault)
{
	struct authority *a;
	int64_t now_s = env_now_s(set->env);

	refresh(set);
	for (a = set->authorities; a; a = a->next)
		if (i-- == 0)
			break;
	if (!a)
		return ENOENT;
	describe(a, ret);
	*fault = (struct fault){.check = ""};
	if (in_use(a, now_s))
		return 0;
	if (now_s >= a->list.exp_s)
		return check_exp(a, now_s, fault);
	if (!a->trusted)
		*fault = a->fault;
	else
		(void)check_trust(set, a, fault);
	return EBADMSG;
}

int64_t map_set_expires_s(struct map_set *set)
{
	int64_t now_s = env_now_s(set->env), first_s = INT64_MAX;
	struct authority *a;

	refresh(set);
	for (a = set->authorities; a; a = a->next)
		if (in_use(a, now_s) && a->list.exp_s < first_s)
			first_s = a->list.exp_s;
	return first_s;
}

/* --- keeping --- */

static const char *const kind_words[] = {"sti-pa", "sti-ca"};

int map_set_save(const struct map_set *set, struct buf *ret)
{
	AUTO(json_decref) json_t *lists = json_array();
	struct authority *a;
	char *text;

	for (a = set->authorities; a; a = a->next)
		if (json_array_append_new(lists, json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "kind",
							   kind_words[a->kind], "authority",
							   a->anchor.name, "id", a->anchor.id,
							   "rank", (int)a->rank, "list",
							   a->list.token, "chain", a->chain_pem)))
			return ENOMEM;
	text = lists ? json_dumps(lists, JSON_INDENT(1)) : NULL;
	if (!text)
		return ENOMEM;
	(void)buf_addz(ret, text);
	(void)buf_addz(ret, "\n");
	free(text);
	return ret->err;
}

/* One list of the file. Its trust is told by refresh() */
static int restore(struct map_set *set, json_t *entry, struct fault *fault)
{
	struct authority a = {0};
	const char *kind, *name, *id, *list, *chain;
	int rank, err;

	if (json_unpack(entry, "{s:s, s:s, s:s, s:i, s:s, s:s}", "kind", &kind, "authority", &name,
			"id", &id, "rank", &rank, "list", &list, "chain", &chain) ||
	    rank < 0 || strlen(id) >= sizeof(a.anchor.id))
		return fault_set(fault, REASON_LIST_FORM, NULL,
				 "expected kind, authority, id, rank, list, chain");
	a.kind = strcmp(kind, kind_words[MAP_STI_PA]) == 0 ? MAP_STI_PA : MAP_STI_CA;
	a.rank = (unsigned)rank;
	(void)snprintf(a.anchor.name, sizeof(a.anchor.name), "%s", name);
	(void)snprintf(a.anchor.id, sizeof(a.anchor.id), "%s", id);
	err = parse(&a, &(struct map_offer){.jwt = sv_from(list), .chain_pem = sv_from(chain)},
		    fault);
	if (!err && find(set, a.kind, id))
		err = fault_set(fault, REASON_LIST_FORM, NULL, "authority %s is there twice", name);
	if (!err)
		err = put(set, NULL, &a);
	authority_clear(&a);
	return err;
}

int map_set_load(struct map_set *set, struct sv text, struct err *e)
{
	AUTO(json_decref) json_t *lists = NULL;
	json_error_t je;
	json_t *entry;
	size_t i;

	lists = json_loadb(text.l ? text.p : "", text.l, JSON_REJECT_DUPLICATES, &je);
	if (!json_is_array(lists))
		return err_set(e, EBADMSG, "expected a JSON array of lists, got %s",
			       lists ? "something else" : je.text);
	json_array_foreach (lists, i, entry) {
		struct fault fault = {.check = ""};
		int err = restore(set, entry, &fault);

		if (!err)
			continue;
		set_clear(set);
		if (err != EBADMSG)
			return err;
		return err_set(e, EBADMSG, "list %zu: %s: %s", i, reason_info(fault.reason)->name,
			       fault.got);
	}
	set->checked = false;
	return 0;
}
