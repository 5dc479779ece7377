#include "ref-as/fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/stir/passport.h"
#include "ref-as/core.h"
#include "ref-as/publish.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct passport, passport_unref)
DEFINE_AUTO(struct stir_key, key_unref)

#define URL_MAX 2048

/* --- configuration --- */

/* What can be left out: the doc of the member skip says what each means */
static const char *const skips[] = {
	"date", "members",  "existing",    "history", "attestation", "origination", "rn",
	"cic",  "identity", "answer-date", "reason",  "retry-after", "freshness",   "final"};

static const char *check_skip(struct sv v)
{
	for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++)
		if (sv_eqz(v, skips[i]))
			return NULL;
	return "\"date\", \"members\", \"existing\", \"history\", \"attestation\", "
	       "\"origination\", \"rn\", \"cic\", \"identity\", \"answer-date\", \"reason\", "
	       "\"retry-after\", \"freshness\" or \"final\"";
}

static const char *const token_words[] = {[AS_TOKEN_USUAL] = "usual",
					  [AS_TOKEN_PADDED] = "padded",
					  [AS_TOKEN_BLANKS] = "blanks",
					  [AS_TOKEN_UNORDERED] = "unordered",
					  [AS_TOKEN_COMPACT] = "compact",
					  [AS_TOKEN_FORGED] = "forged",
					  NULL};
static const char *const publish_words[] = {[AS_PUBLISH_USUAL] = "usual",
					    [AS_PUBLISH_TWICE] = "twice",
					    [AS_PUBLISH_REVERSED] = "reversed",
					    [AS_PUBLISH_CHANGED] = "changed",
					    NULL};

#define MEMBER(member_, kind_, ...)                                                            \
	{                                                                                      \
		.name = #member_, .off = offsetof(struct as_faults, member_), .type = (kind_), \
		__VA_ARGS__                                                                    \
	}

static const struct conf_member members[] = {
	MEMBER(wait_for_cps, CONF_BOOL,
	       .doc = "answer the CSCF only after the CPS has answered (breaks AS-06)"),
	MEMBER(header, CONF_ANY, .doc = "merge patch (RFC 7396) of the header of each PASSporT"),
	MEMBER(claims, CONF_ANY, .doc = "merge patch of the claims of each PASSporT"),
	MEMBER(token, CONF_ENUM, .words = token_words,
	       .doc = "how a PASSporT is written: parts end with \"=\", blanks in its JSON, its "
		      "members from z to a, the signature alone, signed with another key"),
	MEMBER(identity, CONF_STR,
	       .doc = "what follows the PASSporT in each Identity header, instead of the "
		      "parameters"),
	MEMBER(redirect_status, CONF_INT, .min = 0, .max = 699, .def = "0",
	       .doc = "status of the answer to an INVITE, without Contact; 0: 302 with it"),
	MEMBER(publish, CONF_ENUM, .words = publish_words,
	       .doc = "POSTs: two, the last PASSporT first, each with another last octet"),
	MEMBER(publish_path, CONF_STR, .doc = "path of the POSTs, instead of the right one"),
	MEMBER(publish_type, CONF_STR, .doc = "media type of the POSTs, instead of the right one"),
	MEMBER(publish_delay_ms, CONF_INT, .min = 0, .max = 60000, .def = "0",
	       .doc = "POSTs are begun so much later"),
	MEMBER(any_list, CONF_BOOL,
	       .doc = "published CPS mappings are believed whoever signed them and whatever is "
		      "wrong with them, the last one most; and before all other sources"),
	MEMBER(skip, CONF_STRS, .max = 16, .check = check_skip,
	       .doc = "what is left out: date (one that is stale is signed), members (so is a "
		      "question with missing or wrong ones), existing (PASSporTs that the call "
		      "brings), history (its former targets), attestation and origination (what "
		      "the CSCF says of the caller), rn, cic, identity and answer-date (in "
		      "answers), reason (in refusals), retry-after, freshness (of what is posted "
		      "again), final (that a refusal of the CPS is)"),
	{.name = NULL},
};
const struct conf_table as_faults_table = {
	"wrong on purpose: for proving that a test case can fail", sizeof(struct as_faults),
	members};

int as_faults_check(const struct as_faults *faults, struct err *e)
{
	if (faults->header && !json_is_object(faults->header))
		return err_set(e, EINVAL, "/faults/header: expected an object");
	if (faults->claims && !json_is_object(faults->claims))
		return err_set(e, EINVAL, "/faults/claims: expected an object");
	return 0;
}

bool fault_skips(const struct as_faults *faults, const char *what)
{
	char *const *v = faults->skip.v;

	for (size_t i = 0; i < faults->skip.n; i++)
		if (strcmp(v[i], what) == 0)
			return true;
	return false;
}

/* --- questions --- */

bool fault_overlooks(const struct as_faults *faults, const char *member)
{
	return fault_skips(faults, strcmp(member, "iat") == 0 ? "date" : "members");
}

void fault_question(const struct as_faults *faults, struct question *q)
{
	struct signing *s = &q->s;

	if (q->refusal.status && fault_skips(faults, q->refusal.status == 403 ? "date" : "members"))
		q->refusal = (struct redirect_refusal){0};
	if (fault_skips(faults, "existing"))
		bundle_clear(&s->bundle);
	if (fault_skips(faults, "history"))
		s->before_count = 0;
	if (fault_skips(faults, "attestation"))
		s->attestation_info = (struct sv){NULL, 0};
	if (fault_skips(faults, "origination"))
		s->origination_id = (struct sv){NULL, 0};
	if (fault_skips(faults, "rn"))
		q->rn = (struct sv){NULL, 0};
	if (fault_skips(faults, "cic"))
		q->cic = (struct sv){NULL, 0};
}

/* --- PASSporTs --- */

/* RFC 7396 2 */
static void merge(json_t *target, const json_t *patch)
{
	const char *name;
	json_t *value, *inner;

	json_object_foreach ((json_t *)(uintptr_t)patch, name, value) {
		inner = json_object_get(target, name);
		if (json_is_null(value)) {
			(void)json_object_del(target, name);
		} else if (json_is_object(value) && json_is_object(inner)) {
			merge(inner, value);
		} else {
			(void)json_object_set_new(target, name, json_deep_copy(value));
		}
	}
}

static int by_name_down(const void *a, const void *b)
{
	return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* The same object, its members set in the order from z to a */
static json_t *unordered(const json_t *object)
{
	const char *names[64], *name;
	json_t *ret = json_object(), *value;
	size_t n = 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value)
		if (n < sizeof(names) / sizeof(names[0]))
			names[n++] = name;
	qsort(names, n, sizeof(names[0]), by_name_down);
	for (size_t i = 0; i < n; i++)
		(void)json_object_set(ret, names[i], json_object_get(object, names[i]));
	return ret;
}

static int add_part(const struct as_faults *faults, struct buf *ret, const json_t *object)
{
	AUTO(json_decref) json_t *other = NULL;
	char *text;
	int err;

	switch (faults->token) {
	case AS_TOKEN_BLANKS:
		text = json_dumps(object, JSON_SORT_KEYS | JSON_INDENT(1));
		break;
	case AS_TOKEN_UNORDERED:
		other = unordered(object);
		text = json_dumps(other, JSON_COMPACT);
		break;
	default:
		text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	}
	err = text ? b64url_encode(ret, text, strlen(text)) : ENOMEM;
	free(text);
	if (!err && faults->token == AS_TOKEN_PADDED)
		err = buf_addz(ret, "=");
	return err;
}

static int write_token(const struct as_faults *faults, struct buf *ret, const struct passport *pp,
		       const struct stir_key *key)
{
	AUTO(key_unref) struct stir_key *other = NULL;
	uint8_t sig[ES256_SIG_LEN];
	int err = add_part(faults, ret, pp->header);

	if (!err)
		err = buf_addz(ret, ".");
	if (!err)
		err = add_part(faults, ret, pp->claims);
	if (!err && faults->token == AS_TOKEN_FORGED)
		err = key_generate(&other);
	if (!err)
		err = key_sign(other ? other : key, buf_sv(ret), sig);
	if (!err && faults->token == AS_TOKEN_COMPACT) {
		buf_reset(ret);
		err = buf_addz(ret, ".");
	}
	if (!err)
		err = buf_addz(ret, ".");
	if (!err)
		err = b64url_encode(ret, sig, sizeof(sig));
	if (!err && faults->token == AS_TOKEN_PADDED)
		err = buf_addz(ret, "=");
	return err;
}

int fault_token(const struct as_faults *faults, struct buf *token, const struct stir_key *key)
{
	AUTO(passport_unref) struct passport *pp = NULL;
	int err;

	if (!faults->header && !faults->claims && !faults->token)
		return 0;
	err = passport_parse(&pp, buf_sv(token), NULL);
	if (err)
		return err;
	merge(pp->header, faults->header);
	merge(pp->claims, faults->claims);
	buf_reset(token);
	return write_token(faults, token, pp, key);
}

/* --- POSTs --- */

/* The URL with another path */
static const char *with_path(const char *url, const char *path, char ret[URL_MAX])
{
	const char *host = strstr(url, "://");
	size_t l = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/") : strlen(url);

	(void)snprintf(ret, URL_MAX, "%.*s%s", (int)l, url, path);
	return ret;
}

/* The PASSporTs of a call as they are posted instead; each octet of them is in text */
static void change(int how, struct bundle *b)
{
	for (size_t i = 0; how == AS_PUBLISH_REVERSED && i < b->n / 2; i++) {
		struct bundle_item item = b->v[i];

		b->v[i] = b->v[b->n - 1 - i];
		b->v[b->n - 1 - i] = item;
	}
	for (size_t i = 0; how == AS_PUBLISH_CHANGED && i < b->n; i++) {
		char *last = (char *)(uintptr_t)b->v[i].id.token.p + b->v[i].id.token.l - 1;

		*last = *last == 'A' ? 'Q' : 'A';
	}
}

/* Its own tokens, for the answer has the others */
static int copy(struct bundle *ret, const struct bundle *b)
{
	int err = 0;

	for (size_t i = 0; i < b->n && !err; i++)
		err = bundle_add_token(ret, b->v[i].id.token, b->v[i].via);
	return err;
}

size_t fault_publish(const struct as_faults *faults, struct publisher *p,
		     const struct publish_job *job)
{
	struct publish_job other = *job;
	struct bundle bundle = {.n = 0};
	char url[URL_MAX];
	size_t n = 0;

	if (faults->publish_path)
		other.url = with_path(job->url, faults->publish_path, url);
	if (copy(&bundle, job->bundle) == 0) {
		change(faults->publish, &bundle);
		other.bundle = &bundle;
		n = publisher_post(p, &other);
		if (faults->publish == AS_PUBLISH_TWICE)
			n += publisher_post(p, &other);
	}
	bundle_clear(&bundle);
	return n;
}
