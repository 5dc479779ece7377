/** @file play.h  A case under way: its numbers, its PASSporTs (made when they are sent), its verdict so far. */
#ifndef CONFORM_PLAY_H
#define CONFORM_PLAY_H

#include "sim/oobsim/conform/conform.h"

#define CASE_TOKENS 16

struct play {
	struct bench *b;
	const struct conform_case *c;
	const char *over; /**< interface; NULL */
	size_t at;        /**< number of the step under way, from 0 */
	struct conform_result *ret;
	void *state;             /**< of the role */
	char orig[16], dest[16]; /**< telephone numbers of its own, canonical */
	char call_id[UUID_LEN + 1];
	struct buf tokens[CASE_TOKENS]; /**< in the order of the case's; made by play_sign() */
	bool signed_;
	bool cut_off; /**< a connection ended without an answer: it may have crashed */
};

/* ---- token.c ---- */

void play_begin(struct play *p, struct bench *b, const struct case_item *item);
void play_end(struct play *p);

/** Make its PASSporTs, unless it has them. @return 0; EINVAL … with text: the case cannot be made */
int play_sign(struct play *p, struct err *e);
/** A PASSporT by its name; empty when there is none */
struct sv play_token(const struct play *p, const char *name);
/** Append a text with names of its PASSporTs, `$orig`, `$dest` and `$now` */
int play_expand(const struct play *p, struct buf *ret, const char *text, struct err *e);

/* ---- play.c ---- */

/** What the step expects, for the result */
void play_expects(struct play *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** The step fails. word: what the step is, "post". @return 0 */
int play_fails(struct play *p, const char *word, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** An answer of the implementation over HTTP was to be a refusal. reasons: char *, our names; empty: whatever. Counts what cannot be
 * read apart. @return 0 */
int play_refused(struct play *p, const char *word, const struct answer *a,
		 const struct conf_list *reasons);
/** Why it was refused: what the body says ("reason" of RFC 9457's object), else the status, both as the implementation's map has
 * them. @return Name of our reason; NULL when it cannot be read */
const char *play_reason(const struct play *p, const struct answer *a);

/** Words of a list, with something between them */
void play_words(struct buf *ret, const struct conf_list *words, const char *between);
bool play_has_word(const struct conf_list *words, const char *word);

#endif
