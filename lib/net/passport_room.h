/** @file passport_room.h  Where calls wait for their PASSporTs to come into a store
 * (lib/stir/passport_store.h): at a CPS for the answer to its STI-VS, at an STI-VS to which its CPS
 * pushes.
 *
 * A call waits, within its time, until its chain is whole: until there is a PASSporT that says who
 * calls, and all that its divs refer to, whether they come in one request or in several, in any order.
 * Then it waits (within its time still) until nothing more has come for settle_ms, because several
 * PASSporTs of a call may come as several requests (5.1), and takes them. When its time is over it takes
 * what there is, a part of a chain or nothing. Of calls between the same numbers the first that asked is
 * served first.
 */
#ifndef NET_PASSPORT_ROOM_H
#define NET_PASSPORT_ROOM_H

#include <stdint.h>

#include "lib/base/tn.h"
#include "lib/stir/passport_store.h"

struct passport_room;
struct passport_wait; /**< one call that waits */

/**
 * @param store      Borrowed for the life of the room. Whoever made it must call
 *                   passport_room_arrived() when it tells that something arrived
 * @param settle_ms  0: several requests are not waited for
 * @return 0, ENOMEM
 */
int passport_room_alloc(struct passport_room **ret, struct passport_store *store,
			int64_t settle_ms);
/** Who waits is forgotten, the handlers are not called. Accepts NULL */
void passport_room_free(struct passport_room *room);

/** For passport_store_opts.arrived: serve whom it concerns */
void passport_room_arrived(struct passport_room *room, const struct tn *orig,
			   const struct tn *dest);

struct passport_wait_opts {
	struct tn orig, dest; /**< canonical */
	uint64_t wait_ms;     /**< 0: take what there is now */
	/** It has to wait for something that is not there, `there` PASSporTs are; NULL: not told. At most
	 * once, before done */
	void (*waiting)(size_t there, void *arg);
	/** Called exactly once, before the return when it need not wait. res->n is 0 when there is
	 * nothing; what it holds is deleted from the store then. The handle is invalid from here on. May
	 * begin new waits, may not cancel another one of the same numbers */
	passport_take_h *done;
	void *arg;
};

/**
 * @param ret  For passport_wait_cancel(); set before done may be called, not touched after it
 * @return 0; ENOMEM: done is then not called
 */
int passport_room_wait(struct passport_room *room, const struct passport_wait_opts *opts,
		       struct passport_wait **ret);

/** The call does not wait any more; its handler is not called, nothing is taken. Accepts NULL */
void passport_wait_cancel(struct passport_wait *wait);

#endif
