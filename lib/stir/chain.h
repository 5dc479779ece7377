/** @file chain.h  Chains of PASSporTs: who was called first, and how the call came to be here (RFC 8946 §4.2).
 *
 * A call that was retargeted carries the original PASSporT and, for each retargeting, one of type div whose `div` is
 * a number of the `dest` before. verify.h has judged each PASSporT by itself (form, claims, credential, signature);
 * here they are put together, in whatever order and by whatever way they came, and judged as a whole. A call that was
 * not retargeted is a chain of one. So an STI-VS verifies with verify_call.chained, waits for all, and asks here.
 *
 * Which PASSporTs follow each other: `div` of the later stands in `dest` of the earlier. What is decided here:
 * - A chain begins at an original: any PASSporT that is not div. Originals with the same orig and dest may share the
 *   divs after them (RFC 8946 §4.1); each has a chain of its own.
 * - From each original the way to a PASSporT is the shortest one, so no token is in a chain twice. A→B→A is a
 *   legal chain of three tokens: repetition counts by token, not by number.
 * - A chain ends at the PASSporT whose dest has the called number; when several do, at the one with most divs
 *   before it, then at the earlier item. Only PASSporTs that verified, with the right orig and signer, are gone through
 *   as long as such a way is there: a broken token beside a whole chain does no harm.
 * - Two divs of one number that lead to different ones (a fork): the branch that ends at the called number counts, the
 *   other one is CHAIN_SPARE with REASON_DIV_FORK. It may be what an earlier call of the same caller left behind.
 * - Divs that no original begins: REASON_DIV_BROKEN; when their links go round in a ring: REASON_DIV_LOOP. An original
 *   alone still counts for itself (RFC 8946 §4.2).
 * - Freshness (iat against the clock): of the last one always; of the original as chain_opts says; of those between
 *   never. A div may keep the iat of the original or have its own (RFC 8946 §3; ATIS-1000085).
 * - A type that verify.h does not know (REASON_PPT; div-o is one: it is carried, not judged) is no PASSporT to us: it
 *   and the chain that begins with it are CHAIN_IGNORED. rph and rcd speak of something else than who calls: their
 *   chains are judged too, but as CHAIN_ASIDE they say nothing of the caller.
 */
#ifndef STIR_CHAIN_H
#define STIR_CHAIN_H

#include "lib/stir/verify.h"

/** PASSporTs that are judged together at the most: what both ways can bring */
#define CHAIN_ITEMS_MAX (2 * BUNDLE_MAX)

/** Retargetings of one call at the most: a bound of ours, RFC 8946 names none. More: REASON_DIV_LONG */
#define CHAIN_DIVS_MAX 10

/**
 * Whose number is this?
 *
 * @param number  The canonical number in a `div` claim
 * @return OCN of the provider that has it; NULL when that is not known. Read at once, not kept
 */
typedef const char *(chain_owner_h)(const struct tn *number, void *arg);

struct chain_opts {
	int64_t freshness_s; /**< of the last PASSporT: FRESHNESS_S unless configured */
	/** Of the original when divs follow it; recommended only (RFC 8946 §4.2), and calls may ring long or be
	 * transferred late. Negative: not judged */
	int64_t original_freshness_s;
	/** For the right of a div's signer: its SPC must be the owner's. NULL, or an owner that is not known, or a div
	 * that names a URI: the right cannot be told; allowed, and counted in chain.right_unknown */
	chain_owner_h *owner;
	void *owner_arg;
	uint64_t
		skip; /**< checks left out: verify_opts.skip; rows dest and fresh are those of a chain of one */
};

/** One PASSporT, as verify.h judged it */
struct chain_item {
	const struct passport *pp; /**< borrowed; NULL: could not be parsed */
	const char *spc;           /**< of its signer; "" or NULL when not known */
	int err;                   /**< verify_result.err */
	struct fault fault;        /**< verify_result.fault */
	enum bundle_via via;
};

/** What a chain is worth, best first */
enum chain_state {
	CHAIN_HOLDS, /**< verified, from the caller to the called number */
	CHAIN_FAILS, /**< err and fault say why */
	CHAIN_ASIDE, /**< says nothing of the caller (rph, rcd); err and fault say whether it holds */
	CHAIN_IGNORED, /**< begins with a type that is not known; fault is REASON_PPT */
	CHAIN_SPARE, /**< part of no chain that counts: REASON_DIV_FORK; or REASON_OK: the same token again */
};

struct chain {
	enum chain_state state;
	int err; /**< 0; EBADMSG: fault says why; other: our own trouble (never "invalid") */
	struct fault
		fault; /**< of the item at `at`; its check is the row's name ("div-link", "signature", …) */
	size_t at; /**< index of the item that the fault is about */
	size_t n; /**< PASSporTs in it; the number of divs is n - 1 when it begins with an original */
	size_t item
		[CHAIN_ITEMS_MAX]; /**< their indices, original (innermost) first, outermost last */
	bool has_original;
	size_t right_unknown; /**< divs of which it could not be told whether the signer may divert the number */
};

/** All chains of a call. Each item is in at least one, in the order: state, most divs first, then the lowest index */
struct chains {
	size_t n;
	struct chain v[CHAIN_ITEMS_MAX];
};

/** What the signalling says, and what is to be looked at */
struct chain_call {
	struct tn orig;
	struct tn called; /**< target of the INVITE */
	int64_t now_s;
	/** Bits 1 << VIA_IN_BAND, 1 << VIA_OUT_OF_BAND: only what came that way, as if the other was not there; the
	 * others' items are then in no chain. 0: all */
	unsigned ways;
};

/**
 * Put the PASSporTs of a call together and judge the chains.
 *
 * Reasons of its own (the others are the items' own): REASON_DIV_BROKEN (a link is missing), REASON_DIV_LOOP,
 * REASON_DIV_ORIG (a link changes orig), REASON_DIV_RIGHT, REASON_DIV_LONG, REASON_DIV_DEST (the last dest is not the
 * called number), REASON_STALE (check "div-fresh"), REASON_DIV_FORK; for a chain of one REASON_ORIG_MISMATCH,
 * REASON_DEST_MISMATCH and REASON_STALE as verify.h has them. Where several apply: from the original outwards the
 * item's own fault, its orig, its signer's right; then length, dest, freshness.
 *
 * @param ret    Written whole
 * @param items  In any order; in-band first makes in-band win where two are as good
 *
 * @return 0, also when no chain holds; E2BIG (n > CHAIN_ITEMS_MAX), ret is then empty
 */
int chain_judge(struct chains *ret, const struct chain_opts *opts, const struct chain_call *call,
		const struct chain_item *items, size_t n);

/** The chain that decides: the first that holds, else the first that fails; NULL when none speaks of the caller */
const struct chain *chain_best(const struct chains *chains);

/** Words of enum chain_state, for notes: "holds", "fails", "aside", "ignored", "spare" */
const char *chain_state_word(enum chain_state state);

/** How it came: true when an item of the chain came this way. Both may be true */
bool chain_uses(const struct chain *chain, const struct chain_item *items, enum bundle_via via);

#endif
