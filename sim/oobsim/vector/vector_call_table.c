/* One row a call. Where nothing is said, A calls B. In-band PASSporTs come before out-of-band ones. */
#include "sim/oobsim/vector/vector_call.h"

#define OUT .out_of_band = true
/* From one number to another; further members may follow */
#define ORIGINAL(...)                       \
	{                                   \
		.orig = CALL_A, __VA_ARGS__ \
	}
#define DIV_BY(who, was, is, ...)                                              \
	{                                                                      \
		.div = CALL_##was, .dest = CALL_##is, .cred = who, __VA_ARGS__ \
	}
#define DIV(was, is, ...) DIV_BY("tsp", was, is, __VA_ARGS__)
#define ITEMS(count, ...) .n = (count), .items = {__VA_ARGS__}
#define GOOD(name, text, ...)                                               \
	{                                                                   \
		.id = name, .title = text, .reason = REASON_OK, __VA_ARGS__ \
	}
#define BAD(name, text, why, ...)                                              \
	{                                                                      \
		.id = name, .title = text, .reason = REASON_##why, __VA_ARGS__ \
	}

#define FORGED  .jws = {.sig = "flip-s"}
#define UNKNOWN .jws = {.header = "{\"ppt\":\"foo\"}"}

/* Retargeted time and again: B, then numbers that end in 00, 01, … */
#define HOP(was, is)                                      \
	{                                                 \
		.div = (was), .dest = (is), .cred = "tsp" \
	}

static const struct vector_call_item ten_divs[] = {
	ORIGINAL(),
	HOP(CALL_B, "12025550100"),
	HOP("12025550100", "12025550101"),
	HOP("12025550101", "12025550102"),
	HOP("12025550102", "12025550103"),
	HOP("12025550103", "12025550104"),
	HOP("12025550104", "12025550105"),
	HOP("12025550105", "12025550106"),
	HOP("12025550106", "12025550107"),
	HOP("12025550107", "12025550108"),
	HOP("12025550108", "12025550109"),
};

static const struct vector_call_item eleven_divs[] = {
	ORIGINAL(),
	HOP(CALL_B, "12025550100"),
	HOP("12025550100", "12025550101"),
	HOP("12025550101", "12025550102"),
	HOP("12025550102", "12025550103"),
	HOP("12025550103", "12025550104"),
	HOP("12025550104", "12025550105"),
	HOP("12025550105", "12025550106"),
	HOP("12025550106", "12025550107"),
	HOP("12025550107", "12025550108"),
	HOP("12025550108", "12025550109"),
	HOP("12025550109", "12025550110"),
};

const struct vector_call_row vector_call_rows[] = {
	GOOD("in-band", "one PASSporT, in-band", ITEMS(1, ORIGINAL()), .clause = "RFC 8224 §6.2"),
	GOOD("out-of-band", "one PASSporT, out-of-band", ITEMS(1, ORIGINAL(OUT)), .clause = "5.3"),
	GOOD("both-ways", "the same PASSporT in-band and out-of-band",
	     ITEMS(2, ORIGINAL(), ORIGINAL(OUT, .same_as = 1)), .clause = "5.3"),
	GOOD("bad-beside-good", "a forged PASSporT beside a good one",
	     ITEMS(2, ORIGINAL(FORGED), ORIGINAL(OUT)), .clause = "RFC 8224 §6.2.1"),
	GOOD("stale-beside-fresh", "a stale PASSporT in-band, a fresh one out-of-band",
	     ITEMS(2, ORIGINAL(.age_s = 61), ORIGINAL(OUT)), .clause = "RFC 8224 §6.2.1"),
	GOOD("unknown-beside-good", "a type that nobody knows beside a good one",
	     ITEMS(2, ORIGINAL(UNKNOWN), ORIGINAL(OUT)), .clause = "RFC 8224 §6.2 step 1"),
	GOOD("div", "retargeted once", ITEMS(2, ORIGINAL(), DIV(B, C, )), .called = CALL_C),
	GOOD("div-first", "the div before the original", ITEMS(2, DIV(B, C, ), ORIGINAL()),
	     .called = CALL_C),
	GOOD("div-out-of-band", "retargeted once, all out-of-band",
	     ITEMS(2, ORIGINAL(OUT), DIV(B, C, OUT)), .called = CALL_C),
	GOOD("div-in-band", "the original out-of-band, the div in-band",
	     ITEMS(2, DIV(B, C, ), ORIGINAL(OUT)), .called = CALL_C),
	GOOD("div-twice", "retargeted twice", ITEMS(3, ORIGINAL(), DIV(B, C, ), DIV(C, D, )),
	     .called = CALL_D),
	GOOD("div-twice-mixed", "retargeted twice, in no order",
	     ITEMS(3, DIV(C, D, ), ORIGINAL(OUT), DIV(B, C, OUT)), .called = CALL_D),
	GOOD("div-back", "retargeted, and back again",
	     ITEMS(3, ORIGINAL(), DIV(B, C, ), DIV(C, B, ))),
	GOOD("div-old-original", "rang for five minutes before it was retargeted",
	     ITEMS(2, ORIGINAL(.age_s = 300), DIV(B, C, )), .called = CALL_C),
	GOOD("div-right", "signed by the provider of the number that was retargeted",
	     ITEMS(2, ORIGINAL(), DIV(B, C, )), .called = CALL_C, .owners = {{CALL_B, "5678"}}),
	GOOD("div-right-unknown", "nobody knows whose number was retargeted",
	     ITEMS(2, ORIGINAL(), DIV_BY("osp", B, C, )), .called = CALL_C,
	     .owners = {{CALL_D, "5678"}}),
	GOOD("div-fork", "a div that leads elsewhere beside the right one",
	     ITEMS(3, ORIGINAL(), DIV(B, C, ), DIV(B, D, )), .called = CALL_C),
	GOOD("div-forged-beside", "a forged div beside a good one",
	     ITEMS(3, ORIGINAL(), DIV(B, C, FORGED), DIV(B, C, )), .called = CALL_C),
	GOOD("div-ten", "retargeted ten times", .n = 11, .many = ten_divs, .called = "12025550109"),

	BAD("none", "no PASSporT at all", NO_IDENTITY, ),
	BAD("unknown-alone", "a type that nobody knows, alone", NO_IDENTITY,
	    ITEMS(1, ORIGINAL(UNKNOWN)), .clause = "RFC 8224 §6.2 step 1"),
	BAD("rph-alone", "an rph, which does not speak of the caller", NO_IDENTITY,
	    ITEMS(1, ORIGINAL(.jws = {.header = "{\"ppt\":\"rph\"}",
				      .claims = "{\"attest\":null,\"origid\":null,\"rph\":{"
						"\"auth\":[\"ets.0\"]}}"}))),
	BAD("forged", "the only PASSporT is forged", SIGNATURE, ITEMS(1, ORIGINAL(FORGED))),
	BAD("forged-out-of-band", "the only PASSporT is forged, out-of-band", SIGNATURE,
	    ITEMS(1, ORIGINAL(OUT, FORGED))),
	BAD("stale", "the only PASSporT is stale", STALE, ITEMS(1, ORIGINAL(.age_s = 61))),
	BAD("orig", "the PASSporT of another caller", ORIG_MISMATCH,
	    ITEMS(1, ORIGINAL(.jws = {.claims = "{\"orig\":{\"tn\":\"12025550100\"}}"}))),
	BAD("dest", "the PASSporT is for another called number", DEST_MISMATCH,
	    ITEMS(1, ORIGINAL()), .called = CALL_C),
	BAD("div-alone", "a div without an original", DIV_BROKEN, ITEMS(1, DIV(B, C, )),
	    .called = CALL_C),
	BAD("div-gap", "the div in between is missing", DIV_BROKEN, ITEMS(1, DIV(C, D, )),
	    .called = CALL_D),
	BAD("div-ring", "two divs that lead to each other, without an original", DIV_LOOP,
	    ITEMS(2, DIV(B, C, ), DIV(C, B, )), .called = CALL_C),
	BAD("div-orig", "the caller changes on the way", DIV_ORIG,
	    ITEMS(2, ORIGINAL(), DIV(B, C, .orig = "12025550100")), .called = CALL_C),
	BAD("div-orig-original", "the original is of another caller", ORIG_MISMATCH,
	    ITEMS(2, {.orig = "12025550100"}, DIV(B, C, )), .called = CALL_C),
	BAD("div-no-right", "signed by a provider that has no right to the number", DIV_RIGHT,
	    ITEMS(2, ORIGINAL(), DIV_BY("osp", B, C, )), .called = CALL_C,
	    .owners = {{CALL_B, "5678"}}),
	BAD("div-eleven", "retargeted eleven times", DIV_LONG, .n = 12, .many = eleven_divs,
	    .called = "12025550110"),
	BAD("div-elsewhere", "the chain ends at another number", DIV_DEST,
	    ITEMS(2, ORIGINAL(), DIV(B, C, )), .called = CALL_D),
	BAD("div-stale", "the last div is stale", STALE,
	    ITEMS(2, ORIGINAL(.age_s = 90), DIV(B, C, .age_s = 61)), .called = CALL_C),
	BAD("div-forged", "the only div is forged", SIGNATURE,
	    ITEMS(2, ORIGINAL(), DIV(B, C, FORGED)), .called = CALL_C),
	BAD("div-forged-original", "the original before a good div is forged", SIGNATURE,
	    ITEMS(2, ORIGINAL(FORGED), DIV(B, C, )), .called = CALL_C),
	BAD("div-fork-spare", "the div that leads elsewhere, by itself", DIV_FORK,
	    ITEMS(3, ORIGINAL(), DIV(B, C, ), DIV(B, D, )), .called = CALL_C, .about = 3),
	BAD("div-forged-spare", "the forged div beside a good one, by itself", SIGNATURE,
	    ITEMS(3, ORIGINAL(), DIV(B, C, FORGED), DIV(B, C, )), .called = CALL_C, .about = 2),
};

const size_t vector_call_rows_n = sizeof(vector_call_rows) / sizeof(vector_call_rows[0]);
