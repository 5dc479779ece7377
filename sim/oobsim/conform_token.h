/** @file conform_token.h  The PASSporTs of a case, made when they are sent. */
#ifndef OOBSIM_CONFORM_TOKEN_H
#define OOBSIM_CONFORM_TOKEN_H

#include "sim/oobsim/conform.h"

#define CASE_TOKENS 16

/** A case under way */
struct play {
	struct bench *b;
	const struct conform_case *c;
	char orig[16], dest[16]; /**< telephone numbers of its own */
	char call_id[UUID_LEN + 1];
	struct buf tokens[CASE_TOKENS]; /**< in the order of the case's; made by play_sign() */
	bool signed_;
	bool cut_off; /**< a connection ended without an answer: it may have crashed */
};

void play_begin(struct play *p, struct bench *b, const struct conform_case *c);
void play_end(struct play *p);

/** Make its PASSporTs, unless it has them. @return 0; EINVAL … with text: the case cannot be made */
int play_sign(struct play *p, struct err *e);
/** A PASSporT by its name; empty when there is none */
struct sv play_token(const struct play *p, const char *name);
/** Append a text with names of its PASSporTs */
int play_expand(const struct play *p, struct buf *ret, const char *text, struct err *e);

#endif
