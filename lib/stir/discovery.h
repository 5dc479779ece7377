/** @file discovery.h  Which CPS takes the PASSporTs of a call (clause 6): called digits → OCN → URL,
 * toll-free calls by CIC, and local policy.
 *
 * Sources are asked in a declared order, and the first that knows the call answers: the lists of the
 * STI-PA, those of the STI-CAs (mapping.h), the rules of local policy. What the call is looked up by
 * in each of them: its CIC when it has one (6.2), else the OCN of its number (6.1). Authorities that
 * give different URLs for one key are a conflict, which a named policy decides. DISC-01, DISC-11,
 * DISC-12, AS-08, AS-09.
 */
#ifndef STIR_DISCOVERY_H
#define STIR_DISCOVERY_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"
#include "lib/stir/mapping.h"

struct discovery;

/** Who is asked */
enum discovery_source { DISCOVERY_STI_PA, DISCOVERY_STI_CA, DISCOVERY_POLICY, DISCOVERY_SOURCES };

/** "sti-pa", "sti-ca", "policy"; ends with NULL */
extern const char *const discovery_source_words[DISCOVERY_SOURCES + 1];

/** What happens when authorities disagree */
enum discovery_conflict {
	CONFLICT_FIRST,  /**< the one that is asked first counts */
	CONFLICT_REFUSE, /**< none counts: there is no CPS, as when nobody knows one */
	CONFLICT_NEWEST, /**< the list that runs out last counts */
};

/** "first", "refuse", "newest"; ends with NULL */
extern const char *const discovery_conflict_words[];

struct discovery_opts {
	enum discovery_source order[DISCOVERY_SOURCES]; /**< each once at the most */
	size_t order_count;
	enum discovery_conflict conflict;
};

/** @param opts  NULL: sti-pa, sti-ca, policy; first. @return 0, ENOMEM */
int discovery_alloc(struct discovery **ret, const struct discovery_opts *opts);
/** Accepts NULL */
void discovery_free(struct discovery *d);

/** The lists that answer for sti-pa and sti-ca; borrowed, NULL: none */
void discovery_set_maps(struct discovery *d, struct map_set *maps);

/**
 * Numbers that begin with `prefix` are served by the provider of this OCN. The longest prefix wins.
 *
 * @param prefix  1 to 15 digits of a canonical number
 * @param ocn     1 to SPC_MAX characters
 *
 * @return 0; EINVAL with text (not a prefix, not an OCN, the prefix is there already); ENOMEM
 */
int discovery_add_number(struct discovery *d, struct sv prefix, struct sv ocn, struct err *e);

/**
 * Add a table of numbers: a line `prefix,ocn` each; blank lines and lines that begin with `#` are
 * passed over.
 *
 * @param where  Its name in the error text: `numbers.csv:17: …`
 *
 * @return 0; EINVAL with text, as discovery_add_number(): what came before that line is in; ENOMEM
 */
int discovery_add_numbers(struct discovery *d, struct sv csv, const char *where, struct err *e);

/** Octets of a table of numbers at the most: some ten million rows */
#define DISCOVERY_CSV_MAX (256u << 20)

/** What a rule of local policy looks at. Asked in this order: the more special one first */
enum discovery_rule {
	RULE_NUMBER,  /**< first digits of the called number; the longest prefix wins */
	RULE_CIC,     /**< the carrier that the call is routed by */
	RULE_OCN,     /**< the provider of the number */
	RULE_DEFAULT, /**< every call for which nobody else knows a CPS, whatever the order is */
};

/**
 * A rule of local policy (6.3).
 *
 * @param key  Prefix, CIC or OCN; empty for RULE_DEFAULT
 * @param url  Complete target of the POST; https only: the connection to the CPS must be secured
 *             using HTTPS (5.1)
 *
 * @return 0; EINVAL with text (not an https URL, not such a key, there is such a rule already);
 *         ENOMEM
 */
int discovery_add_rule(struct discovery *d, enum discovery_rule rule, struct sv key, struct sv url,
		       struct err *e);

/** What is known of the call */
struct discovery_query {
	const struct tn *called; /**< dialled number */
	struct sv
		rn; /**< routing number when it is ported, as in the Request-URI ("+19034050000"): the
			  OCN is that of this one (portability-corrected, DISC-01). Empty: not ported */
	struct sv
		cic; /**< "0288", "+10288": the call is routed by this carrier; empty: it is not */
};

/** Longest name of a rule: "number 123456789012345" */
#define DISCOVERY_RULE_MAX 32

/** Where its PASSporTs go. The strings belong to the discovery and its lists, and last until one of
 * them changes */
struct discovery_route {
	struct tn number; /**< whose range was looked for: the routing number or the called one */
	const char *ocn;  /**< of that number; NULL: it is in no range */
	char cic[CIC_MAX + 1]; /**< digits of the query's; "": none */
	const char *url;       /**< NULL: not found */
	const char *source;    /**< word of the source that answered; NULL: none */
	const char *authority; /**< who vouches for it (DISC-09); "local" for the policy */
	char rule
		[DISCOVERY_RULE_MAX]; /**< what it was found by: "cic 0288", "default"; "": not found */
	/** Another authority gives another URL for the same key: who, which; NULL: they agree.
	 * With CONFLICT_REFUSE url is NULL, and authority and first_url tell the other side */
	const char *other_authority, *other_url, *first_url;
};

/**
 * Find the CPS of a call.
 *
 * @param ret  Filled as far as the search came
 * @param e    Why there is none, for the trace
 *
 * @return 0; ENOENT with text: no POST is made then, and the call goes on (5.2)
 */
int discovery_find(const struct discovery *d, const struct discovery_query *query,
		   struct discovery_route *ret, struct err *e);

#endif
