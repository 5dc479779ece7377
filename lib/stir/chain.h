/** @file chain.h  Chains of PASSporTs: whom the caller called, and how the call came to be here
 * (RFC 8946 §4.2).
 *
 * A call that was retargeted carries the original PASSporT and, for each retargeting, one of type
 * div whose `div` is a number of the `dest` before. verify.h has judged each PASSporT by itself
 * (form, claims, credential, signature); here they are put together, in whatever order and by
 * whatever way they came, and judged as a whole. A call that was not retargeted is a chain of one.
 * So an STI-VS verifies each with verify_call.chained, waits for all, and asks here.
 *
 * `div` of the later stands in `dest` of the earlier: so they follow each other. Decided here:
 * - A chain begins at an original: a PASSporT that is not div. Originals with the same orig and dest
 *   may share the divs after them (RFC 8946 §4.1); each has a chain of its own.
 * - It ends at the PASSporT whose dest has the called number; when several do, at the one with the
 *   most divs before it. The way there from the original is the shortest, so no token is in it
 *   twice: A→B→A is a legal chain of three tokens, for repetition counts by token, not by number.
 *   The earlier item wins where there is still a choice.
 * - Ways through PASSporTs that verified, have the right orig and a signer with the right, come
 *   first: a bad token beside a good one does no harm.
 * - Two divs of one number that lead to different ones (a fork): the branch that ends at the called
 *   number counts, the other one is CHAIN_SPARE. It may be left from the caller's call before.
 * - Divs that no original begins: REASON_DIV_BROKEN; in a ring: REASON_DIV_LOOP. An original alone
 *   still counts for itself (RFC 8946 §4.2).
 * - Freshness (iat against the clock): of the last one always; of the original as chain_opts says;
 *   of those between never. A div may keep the original's iat or have its own (RFC 8946 §3).
 * - A type that verify.h does not know (REASON_PPT; div-o is one: carried, not judged) is ignored,
 *   and so is the chain that begins with it. rph and rcd speak of something else than who calls:
 *   their chains are judged too, but as CHAIN_ASIDE they say nothing of the caller.
 */
#ifndef STIR_CHAIN_H
#define STIR_CHAIN_H

#include "lib/stir/verify.h"

/** PASSporTs that are judged together at the most: what both ways can bring */
#define CHAIN_ITEMS_MAX ((size_t)2 * BUNDLE_MAX)

/** Retargetings of one call at the most: a bound of ours, RFC 8946 names none */
#define CHAIN_DIVS_MAX 10

/**
 * Whose number is this?
 *
 * @param number  The canonical number in a `div` claim
 *
 * @return OCN of the provider that has it; NULL when that is not known. Read at once, not kept
 */
typedef const char *(chain_owner_h)(const struct tn *number, void *arg);

struct chain_opts {
	int64_t freshness_s; /**< of the last PASSporT: FRESHNESS_S unless configured */
	/** Of the original when divs follow it, seconds; recommended only (RFC 8946 §4.2), as a call
	 * may ring long before it is retargeted. Negative: not judged */
	int64_t original_freshness_s;
	/** For the right of a div's signer: its SPC must be the owner's OCN. When this is NULL, or the
	 * owner is not known, or div names a URI, the right cannot be told: then it is taken to be
	 * there, and counted in chain.right_unknown */
	chain_owner_h *owner;
	void *owner_arg;
	uint64_t
		skip; /**< as verify_opts.skip; the rows orig, dest and fresh are a lone original's */
};

/** One PASSporT, as verify.h judged it */
struct chain_item {
	const struct passport *pp; /**< borrowed; NULL: could not be parsed */
	const char *spc;           /**< of its signer; NULL or "" when not known */
	int err;                   /**< verify_result.err */
	struct fault fault;        /**< verify_result.fault */
	enum bundle_via via;
};

/** What a chain is worth, best first */
enum chain_state {
	CHAIN_HOLDS, /**< verified, from the caller to the called number */
	CHAIN_FAILS, /**< err and fault say why */
	CHAIN_ASIDE, /**< rph, rcd: says nothing of the caller; err and fault say whether it holds */
	CHAIN_IGNORED, /**< begins with a type that is not known: REASON_PPT */
	CHAIN_SPARE, /**< one div that is in no chain that counts: REASON_DIV_FORK, or its own fault;
			    err 0 when the same token is there twice */
};

struct chain {
	enum chain_state state;
	int err;            /**< 0; EBADMSG: see fault; other: our own trouble (never "invalid") */
	struct fault fault; /**< its check is a row of verify.h: "div-link", "signature", … */
	size_t at;          /**< index of the item that the fault is about */
	size_t n;           /**< PASSporTs in it, at least 1 */
	size_t item[CHAIN_ITEMS_MAX]; /**< their indices: the original (innermost) first */
	size_t divs;                  /**< how many of them are div */
	bool to_called;               /**< the last one's dest has the called number */
	size_t right_unknown;         /**< divs whose signer's right could not be told */
};

/** All chains of a call: each item is in at least one. Order: state (those that fail by our own
 * trouble after the others), those that end at the called number, most divs, lowest index */
struct chains {
	size_t n;
	struct chain v[CHAIN_ITEMS_MAX];
};

/** What the signalling says of the call, and what is looked at */
struct chain_call {
	struct tn orig;
	struct tn called; /**< target of the INVITE */
	int64_t now_s;
	/** Bits 1 << VIA_IN_BAND, 1 << VIA_OUT_OF_BAND: only what came that way, as if the rest was
	 * not there; the rest is then in no chain. 0: all */
	unsigned ways;
};

/**
 * Put the PASSporTs of a call together and judge the chains.
 *
 * Where several things are wrong, from the original outwards: the PASSporT's own fault, then its
 * link (REASON_DIV_BROKEN, REASON_DIV_LOOP), its orig (REASON_ORIG_MISMATCH for the original,
 * REASON_DIV_ORIG), its signer's right (REASON_DIV_RIGHT); then the length (REASON_DIV_LONG), the
 * last dest (REASON_DIV_DEST, of a lone original REASON_DEST_MISMATCH), freshness (REASON_STALE).
 *
 * @param ret    Written whole
 * @param items  In any order; in-band first makes in-band win where two are as good
 *
 * @return 0, also when no chain holds; E2BIG (n > CHAIN_ITEMS_MAX): ret is then empty
 */
int chain_judge(struct chains *ret, const struct chain_opts *opts, const struct chain_call *call,
		const struct chain_item *items, size_t n);

/** The one that decides: the first that holds, else the first that fails; NULL when none speaks of
 * the caller */
const struct chain *chain_best(const struct chains *chains);

/** Did a PASSporT of the chain come this way? Both may be true */
bool chain_uses(const struct chain *chain, const struct chain_item *items, enum bundle_via via);

/** For notes: "holds", "fails", "aside", "ignored", "spare" */
const char *chain_state_word(enum chain_state state);

#endif
