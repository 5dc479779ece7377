/** @file inspect.h  `oobsim inspect`: a PASSporT decoded, explained and, when trust is given, verified. */
#ifndef OOBSIM_INSPECT_H
#define OOBSIM_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/stir/bundle.h"
#include "lib/stir/cert.h"
#include "lib/stir/chain.h"
#include "lib/stir/passport.h"
#include "lib/stir/trust.h"

struct inspect_opts {
	const char *input; /**< a token, a header value, a file, or "-" */
	const char *trust; /**< directory of sti-pki, or the STI-PA's root in it; NULL: only show */
	const char *cert;  /**< the signer's chain instead of the one found by x5u; may be NULL */
	bool has_at;
	int64_t at_s; /**< the clock, when has_at */
	bool has_called;
	struct tn called; /**< where the call arrived, when has_called */
	bool json;
};

enum inspect_verdict { INSPECT_SHOWN, INSPECT_VERIFIED, INSPECT_REFUSED };

/** One PASSporT and what became of it */
struct inspected {
	struct bundle_item
		item; /**< borrowed; its token is empty when the Identity header cannot be read */
	const char *text;    /**< what was given; borrowed */
	struct passport *pp; /**< reference; NULL when it cannot be parsed */
	enum inspect_verdict verdict;
	struct fault fault; /**< when refused */
	int err;            /**< our own trouble while verifying, else 0 */
	char spc[SPC_MAX + 1];
	bool has_signer;
	struct cert_info signer; /**< the leaf, when there is one */
};

/* ---- inspect_explain.c ---- */

/** What a member is, in words, with its clause; never NULL */
struct explanation {
	const char *text;
	const char *clause; /**< "" when no document says it */
};

/**
 * @param where  "identity", "header" or "claims"
 * @param name   Member's name
 * @param value  Its value, or NULL
 */
struct explanation inspect_explain(const char *where, const char *name, const json_t *value);

/** A moment as 2020-03-23T17:10:02Z; "?" when no calendar has it */
void inspect_time(char ret[32], int64_t s);

/** A distance in words: "3 s", "2 h 5 min", "6 years 12 days" */
void inspect_span(char ret[48], int64_t s);

/* ---- inspect_trust.c ---- */

struct inspect_judge;

/**
 * Read root, list and CRL.
 *
 * @param now_s  The clock
 * @return 0; errno with text that names the file
 */
int inspect_judge_alloc(struct inspect_judge **ret, const struct inspect_opts *opts, int64_t now_s,
			struct err *e);
/** Accepts NULL */
void inspect_judge_free(struct inspect_judge *judge);

/** Verify one: fills verdict, fault, err, spc and signer */
void inspect_judge_run(struct inspect_judge *judge, struct inspected *i);

/** The trust data and the clock of a judge; belong to it */
const struct trust *inspect_judge_trust(const struct inspect_judge *judge);
const struct env *inspect_judge_env(const struct inspect_judge *judge);

/** Chain of a list's signer: what --cert says, else the file in the directory that the x5u names by its last two parts
 * (pa/signer.pem). @param ret new string. @return 0; errno with text */
int inspect_judge_signer(const struct inspect_judge *judge, const char *x5u, char **ret,
			 struct err *e);

/** Verify one as an STI-VS does before it looks at the chains */
void inspect_judge_link(struct inspect_judge *judge, const struct inspected *i,
			const struct verify_call *call, struct chain_item *ret);

/* ---- inspect_chain.c ---- */

/** The chains of a bundle */
struct inspect_chain {
	struct chain_call call;
	struct chain_item items[BUNDLE_MAX];
	struct chains chains;
	bool is_guess;   /**< nobody said where the call arrived: the end of a chain is taken */
	bool is_judged;  /**< signatures and freshness too */
	bool is_refused; /**< the call does not verify; as a guess: something in it does not */
};

/**
 * Put the PASSporTs together.
 *
 * @param judge  NULL: their form only
 * @return false: nothing to say, there is no div and no called number was given
 */
bool inspect_chain_find(struct inspect_chain *ret, const struct inspect_opts *opts,
			const struct inspected *v, size_t n, struct inspect_judge *judge,
			int64_t now_s);

void inspect_chain_text(FILE *f, const struct inspect_chain *c, bool colour);

/** @return New reference, NULL when out of memory */
json_t *inspect_chain_json(const struct inspect_chain *c);

/* ---- inspect_text.c, inspect_json.c ---- */

/** Colours of the text; "" where there are none */
#define INSPECT_BOLD  "\033[1m"
#define INSPECT_GREEN "\033[32m"
#define INSPECT_RED   "\033[31m"
#define INSPECT_FAINT "\033[2m"
#define INSPECT_PLAIN "\033[0m"

void inspect_text(FILE *f, const struct inspected *i, size_t index, size_t n, int64_t now_s,
		  bool colour);

/** @return New reference, NULL when out of memory */
json_t *inspect_json(const struct inspected *i, int64_t now_s);

/** Check, reason, clause, expected, got and text of a fault */
json_t *inspect_fault_json(const struct fault *fault);

/** Word for a verdict */
const char *inspect_verdict_name(enum inspect_verdict verdict);

#endif
