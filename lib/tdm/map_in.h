/** @file map_in.h  Inside lib/tdm: what the parts of the mapping share. */
#ifndef TDM_MAP_IN_H
#define TDM_MAP_IN_H

#include "lib/tdm/map.h"

/** A number as it goes over a NANP trunk. what: its name, for the text. @return 0; EINVAL with text */
int map_to_number(struct isup_number *ret, const struct tn *tn, const char *what, struct err *e);
/** Canonical again: with country code (RFC 8224 §8.3). @return 0; EINVAL with text */
int map_from_number(struct tn *ret, const struct isup_number *n, const char *what, struct err *e);

/** Original called number, redirecting number and redirection information, and back. A number that
 * does not fit is left out */
void map_to_diversions(struct isup_iam *iam, const struct call_setup *s);
void map_from_diversions(struct call_setup *s, const struct isup_iam *iam);

#endif
