/** @file buf.h  A growing octet buffer that is given its maximum when it is made.
 *
 * Errors are sticky: after the first ENOMEM or EMSGSIZE nothing more is added, and buf_err() tells.
 * So a writer adds all its parts and asks once. The content is always NUL terminated (the NUL is
 * not counted in l).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/auto.h"
#include "lib/base/sv.h"

struct buf {
	char *p;    /**< Octets; NULL as long as nothing was added */
	size_t l;   /**< Octets in use */
	size_t cap; /**< Octets allocated */
	size_t max; /**< Largest l allowed */
	int err;    /**< 0, ENOMEM, EMSGSIZE */
};

/** An empty buffer that may grow to `maximum` octets */
#define BUF(maximum) ((struct buf){NULL, 0, 0, (maximum), 0})

/** Append octets. @return 0, or the sticky error */
int buf_add(struct buf *b, const void *p, size_t l);

/** Append a view */
int buf_addsv(struct buf *b, struct sv v);

/** Append a NUL terminated string */
int buf_addz(struct buf *b, const char *z);

/** Append formatted text */
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Make it empty again and forget the error; memory is kept */
void buf_reset(struct buf *b);

/** Remove the first n octets */
void buf_shift(struct buf *b, size_t n);

/** View of the content; dies with the next change */
struct sv buf_sv(const struct buf *b);

/** The content as a new string for free(); the buffer is empty afterwards. NULL on a sticky error or
 * when out of memory */
char *buf_take(struct buf *b);

/** Free what it holds; safe on an empty buffer, and again */
void buf_free(struct buf *b);

/** For AUTO-like use: `BUF_AUTO struct buf b = BUF(4096);` */
#define BUF_AUTO __attribute__((cleanup(buf_free)))

#endif
