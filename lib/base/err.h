/** @file err.h  One line that a person can act on: what, where, what was expected, what came. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_MAX 512

/** Text of an error, without a trailing newline; cut to fit, always terminated */
struct err {
	char s[ERR_MAX];
};

/**
 * Set the text and return the code, so that a caller can write `return err_set(e, EINVAL, ...)`.
 *
 * @param e     Text to set; may be NULL
 * @param code  errno value to hand back
 * @param fmt   printf format
 *
 * @return code
 */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * Put a prefix ("cps.json:3:7: ") before the text that is there.
 */
void err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
