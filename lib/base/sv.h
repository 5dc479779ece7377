/** @file sv.h  String views: a pointer and a length into somebody else's buffer.
 *
 * A view owns nothing and dies with its buffer. It need not end in NUL. The empty view has l == 0;
 * its p may be NULL. Parsers hand out views so that octets as received are never copied or
 * re-serialised on their way to a signature check (RFC 8225 §9 is for writers only).
 */
#ifndef BASE_SV_H
#define BASE_SV_H

#include <stdbool.h>
#include <stddef.h>

struct sv {
	const char *p;
	size_t l;
};

/** View of a string literal */
#define SV(lit) ((struct sv){(lit), sizeof(lit) - 1})
/** Arguments for a printf "%.*s" */
#define SV_ARG(v) (int)(v).l, ((v).p ? (v).p : "")

/** View of a NUL terminated string; NULL gives the empty view */
struct sv sv_from(const char *z);

/** Octet for octet equality */
bool sv_eq(struct sv a, struct sv b);

/** Equality with a NUL terminated string; false when z is NULL */
bool sv_eqz(struct sv a, const char *z);

/** ASCII case-insensitive equality (SIP and HTTP header names) */
bool sv_ieqz(struct sv a, const char *z);

/** Does a begin with the NUL terminated string z (octet for octet)? */
bool sv_starts(struct sv a, const char *z);

/** The view without leading and trailing SP, HT, CR and LF */
struct sv sv_trim(struct sv a);

/**
 * Take the part before the first `sep` off the front of `rest`.
 *
 * @param rest  In: what is left. Out: what follows `sep`, or the empty view with p == NULL when no
 *              `sep` was found
 * @param sep   Separator octet
 *
 * @return The part before `sep`, or all of `rest`
 */
struct sv sv_cut(struct sv *rest, char sep);

/** Position of the first occurrence of octet c, or a.l when there is none */
size_t sv_find(struct sv a, char c);

/**
 * Copy into a new NUL terminated string.
 *
 * @return New string, to be freed with free(); NULL when out of memory
 */
char *sv_dup(struct sv a);

/**
 * Read an unsigned decimal number: digits only, the whole view, no sign, no blank.
 *
 * @param a    View
 * @param max  Largest value accepted
 * @param ret  Value; untouched on failure
 *
 * @return true when the view is such a number
 */
bool sv_u64(struct sv a, unsigned long long max, unsigned long long *ret);

#endif
