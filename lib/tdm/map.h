/** @file map.h  SIP ↔ ANSI ISUP (RFC 3398, RFC 4694). What has no field in the IAM is lost: that is the point. */
#ifndef TDM_MAP_H
#define TDM_MAP_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"
#include "lib/tdm/isup.h"

/** What an INVITE says that an IAM has a place for */
struct call_setup {
	struct tn called;             /**< dialled number */
	struct tn calling;            /**< "" when there is none */
	bool restricted;              /**< Privacy: id, or an anonymous From */
	bool calling_verified;        /**< came in P-Asserted-Identity */
	bool npdi;                    /**< number portability query was done */
	struct tn rn;                 /**< routing number (LRN), "" when not ported */
	char cic[8];                  /**< carrier identification code (4 digits), "" when none */
};

/** @return 0; EINVAL with text (a number that does not fit) */
int map_to_iam(struct isup_iam *ret, const struct call_setup *setup, struct err *e);
int map_from_iam(struct call_setup *ret, const struct isup_iam *iam, struct err *e);

/** Q.850 cause → SIP status (RFC 3398 §7.2.4.1), and its usual phrase */
unsigned map_cause_to_status(unsigned cause, bool location_user, const char **phrase);
/** SIP status → Q.850 cause (RFC 3398 §8.2.6.1) */
unsigned map_status_to_cause(unsigned status);
/** ACM's backward call indicators → 180 (subscriber free) or 183 (RFC 3398 §7.2.5) */
unsigned map_acm_to_status(const struct isup_acm *acm);

#endif
