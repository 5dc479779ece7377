/** @file map.h  SIP ↔ ANSI ISUP (RFC 3398, RFC 4694). What has no field in the IAM is lost: that is
 * the point. */
#ifndef TDM_MAP_H
#define TDM_MAP_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"
#include "lib/tdm/isup.h"

/** Why a call was diverted; values of ITU-T Q.763 §3.45 */
enum divert_reason {
	DIVERT_UNKNOWN,
	DIVERT_BUSY,
	DIVERT_NO_REPLY,
	DIVERT_UNCONDITIONAL,
	DIVERT_WHILE_ALERTING,
	DIVERT_IMMEDIATE,
	DIVERT_NOT_REACHABLE,
};

struct diversion {
	struct tn from;  /**< number that the call was for before; "" when it is not known */
	unsigned reason; /**< enum divert_reason */
	bool restricted; /**< that number is not to be shown to the called person */
};

/** Diversions that an IAM can count (ITU-T Q.763 §3.45) */
#define MAP_DIVERSIONS_MAX 5

/** What an INVITE says that an IAM has a place for */
struct call_setup {
	struct tn called;      /**< dialled number */
	struct tn calling;     /**< "" when there is none */
	bool restricted;       /**< Privacy: id, or an anonymous From */
	bool calling_verified; /**< came in P-Asserted-Identity */
	bool npdi;             /**< number portability query was done */
	struct tn rn;          /**< routing number (LRN), "" when not ported */
	char cic[8];           /**< carrier identification code (4 digits), "" when none */
	unsigned diversions;   /**< how often the call was diverted; 0: it was not */
	struct diversion first,
		last; /**< the first and the last time; the same when there was one only. Those
			 between have no field in an IAM */
};

/**
 * The numbers go as on a NANP trunk: +1 and ten digits as a national number of ten digits, another
 * country's number as an international one, a code of fewer than seven digits (911) as a subscriber
 * number.
 *
 * A diverted call has original called number, redirecting number and redirection information; more
 * than MAP_DIVERSIONS_MAX diversions count as so many.
 *
 * @return 0; EINVAL with text (no called number, a number or a carrier that does not fit)
 */
int map_to_iam(struct isup_iam *ret, const struct call_setup *setup, struct err *e);

/**
 * The way back; numbers are canonical with country code again. A calling number that cannot be
 * brought to that form is left out: the call goes on without. So is a number that it was diverted from.
 *
 * @return 0; EINVAL with text (a called, ported or routing number that does not fit)
 */
int map_from_iam(struct call_setup *ret, const struct isup_iam *iam, struct err *e);

/** `cause` of a History-Info entry's URI (RFC 4458): 302, 486 … → reason; DIVERT_UNKNOWN for one
 * that is not listed there */
enum divert_reason map_cause_to_divert(unsigned cause);
/** … and back; 404 for an unknown reason */
unsigned map_divert_to_cause(unsigned reason);

/** Q.850 cause → SIP status (RFC 3398 §7.2.4.1), and its usual phrase (may be NULL). Cause 16
 * before the answer has no row there: 480 */
unsigned map_cause_to_status(unsigned cause, bool location_user, const char **phrase);
/** SIP status → Q.850 cause (RFC 3398 §8.2.6.1); 31 for all that are not listed */
unsigned map_status_to_cause(unsigned status);
/** Name of a Q.850 cause, for the text of a Reason header; "Interworking, unspecified" for one
 * without a row */
const char *map_cause_text(unsigned cause);
/** Cause of a Reason header's value (RFC 3326; one value of several may be Q.850). @return 0;
 * ENOENT */
int map_reason_cause(struct sv reason, unsigned *ret);

/** Location of a cause, as far as we make it (Q.850 §2.2.3) */
enum { LOCATION_USER = 0, LOCATION_LOCAL = 2, LOCATION_BEYOND = 10 };
/** Location for a final response: 6xx came from the user, the rest from the network beyond the
 * interworking point */
unsigned map_status_to_location(unsigned status);

/** ACM's backward call indicators → 180 (subscriber free) or 183 (RFC 3398 §7.2.5) */
unsigned map_acm_to_status(const struct isup_acm *acm);
/** 180 → subscriber free, else no indication (RFC 3398 §8.2.3) */
void map_status_to_acm(struct isup_acm *ret, unsigned status);
/** CPG's event → 180 (alerting), 183 (progress, in-band information); 0 for another (RFC 3398
 * §7.2.6) */
unsigned map_cpg_to_status(const struct isup_acm *cpg);
/** 180 → alerting, else progress */
void map_status_to_cpg(struct isup_acm *ret, unsigned status);

#endif
