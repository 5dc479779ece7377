/** @file retrieval.h  How PASSporTs are fetched from a CPS that does it in a way of its own (5 leaves CPS → STI-VS private): by an HTTPS
 * GET, by a command, or by asking the STI-VS that is in one box with it. */
#ifndef CONFORM_RETRIEVAL_H
#define CONFORM_RETRIEVAL_H

#include "sim/oobsim/conform/conform.h"

/** Does sut.json name a way of its own? Otherwise it is PUT /calls, on the private interface */
bool retrieval_own(const struct sut *sut);

/** A call that has arrived */
struct retrieval_call {
	struct bench *b;
	const char *orig, *dest; /**< canonical numbers */
	const char *call;        /**< UUID of the call */
};

/**
 * Say that it has arrived, and fetch its PASSporTs.
 *
 * @param ret  As PUT /calls would have answered: status 200 and a PASSporT a line, or 204; another status as it came over HTTP;
 *             body to be freed
 *
 * @return 0 (also when no answer came: ret->err); EINTR; another errno with text: our own trouble, or a mistake in sut.json
 */
int retrieval_fetch(const struct retrieval_call *call, struct answer *ret, struct err *e);

/** `--check`: it answers, whatever. Prints a line. @return 0; EIO … with text */
int retrieval_check(struct bench *b, struct err *e);

/* ---- inside ---- */

/** A template with `{orig}`, `{dest}`, `{call}`, `{addr}` (the implementation's, where we started it) and `{config}` replaced */
void retrieval_fill(const struct retrieval_call *c, char *ret, size_t size, const char *template);

/** retrieval_vs.c */
int retrieval_ask_vs(const struct retrieval_call *c, struct answer *ret, struct err *e);

#endif
