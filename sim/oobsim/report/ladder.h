/** @file ladder.h  The picture of one call: lanes (elements) and rungs (messages and decisions),
 * made once from the events and drawn as text or as Mermaid.
 */
#ifndef OOBSIM_LADDER_H
#define OOBSIM_LADDER_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/oobsim/events/events.h"

#define LADDER_LANES 32
#define RUNG_LABEL   160

/** What happens to the PASSporT on a rung: chooses the colour */
enum rung_tone {
	TONE_PLAIN,
	TONE_PRESENT,  /**< Identity is in the message */
	TONE_COPIED,   /**< the out-of-band copy moves */
	TONE_LOST,     /**< here it dies */
	TONE_RESTORED, /**< it is back, or the result of its verification is there */
	TONE_TROUBLE,  /**< something did not work, and the call goes on (or not) */
};

struct rung {
	size_t event;  /**< index in the events */
	uint64_t t_us; /**< when it left, by whichever end told it first */
	unsigned step; /**< 1 to 11 of clause 5.3, 0: none */
	int from, to;  /**< lanes; a decision has from == to */
	enum rung_tone tone;
	char label[RUNG_LABEL]; /**< UTF-8 */
};

struct ladder {
	const char *lane[LADDER_LANES]; /**< element names, left to right */
	int lanes;
	struct rung *rungs;
	size_t n;
	uint64_t start_us; /**< time of the first rung's event */
	bool stable;       /**< no times, and an order that does not depend on them */
};

/**
 * Make the ladder of a call. 100 Trying and the ACK of refusals and redirections are left out.
 *
 * @param stable  Draw every run of a scenario alike: without times, and what happens beside the call in
 *                one place
 *
 * @return 0; ENOENT (there is no such call); ENOMEM
 */
int ladder_make(struct ladder *ret, const struct events *evs, size_t call, bool stable);

/**
 * Make the ladder of all that was sent and received in a stretch of time, except for what is still to come of calls before it.
 *
 * @param first  Index of its first event
 * @param end    … of the first one behind it
 *
 * @return 0; ENOMEM
 */
int ladder_make_span(struct ladder *ret, const struct events *evs, size_t first, size_t end);
void ladder_free(struct ladder *ladder);

/** On which line ladder_text() draws a rung's arrow, from 1 */
unsigned ladder_line(const struct ladder *ladder, size_t rung);

/** Draw it with box characters, in about 160 columns at the most: more than eleven lanes become narrower */
int ladder_text(FILE *f, const struct ladder *ladder, bool colour);

/** Draw it as SVG to be put into HTML, which gives the colours: classes `lane`, `rung`, and tone-plain, tone-present … of a rung */
int ladder_svg(FILE *f, const struct ladder *ladder);

/** Draw it as a Mermaid sequence diagram */
int ladder_mermaid(FILE *f, const struct ladder *ladder);

/** ANSI colour of a tone, and the one that ends it; "" without colour */
const char *tone_colour(enum rung_tone tone, bool colour);
const char *tone_end(bool colour);

#endif
