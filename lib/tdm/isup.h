/** @file isup.h  ANSI ISUP messages (ANSI T1.113; layout as in ITU-T Q.763), octet exact, both
 * ways.
 *
 * A message decodes into a plain struct; what the struct has no place for is kept out. Digits are
 * text of 0-9 and the letters A-E for the spare codes; NUL terminated.
 */
#ifndef TDM_ISUP_H
#define TDM_ISUP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"

enum isup_type {
	ISUP_IAM = 0x01,
	ISUP_ACM = 0x06,
	ISUP_ANM = 0x09,
	ISUP_REL = 0x0c,
	ISUP_RLC = 0x10,
	ISUP_CPG = 0x2c,
};

#define ISUP_DIGITS_MAX 24

enum isup_noa { NOA_SUBSCRIBER = 1, NOA_NATIONAL = 3, NOA_INTERNATIONAL = 4 };

struct isup_number {
	bool present;
	uint8_t noa;          /**< nature of address, 7 bits */
	uint8_t plan;         /**< numbering plan, 1 = E.164 */
	uint8_t presentation; /**< 0 allowed, 1 restricted, 2 not available */
	uint8_t screening; /**< calling number: 0 not verified, 1 verified and passed, 2 failed, 3
			      network */
	char digits[ISUP_DIGITS_MAX + 1];
};

struct isup_iam {
	uint8_t nature;     /**< nature of connection indicators */
	uint8_t forward[2]; /**< forward call indicators; [1] & 0x10 is M, number translated */
	uint8_t category;   /**< calling party's category */
	uint8_t usi[8];     /**< user service information */
	size_t usi_len;
	struct isup_number called;
	struct isup_number calling;
	struct isup_number original_called;
	struct isup_number redirecting;
	struct isup_number generic; /**< generic address, type ported number */
	struct isup_number charge;
	bool has_redirection;
	uint8_t redirection[2];
	char jip[ISUP_DIGITS_MAX + 1]; /**< "" when absent */
	char tns[8]; /**< carrier of the transit network selection, "" when absent */
	char cip[8]; /**< carrier identification, "" when absent */
	bool has_oli;
	uint8_t oli; /**< originating line information */
	bool has_carrier_selection;
	uint8_t carrier_selection;
	bool has_hop_counter;
	uint8_t hop_counter;
	char generic_name[16]; /**< calling name, printable ASCII; "" when absent or not to be shown
				*/
};

struct isup_acm {
	uint8_t backward[2]; /**< backward call indicators */
};

struct isup_rel {
	uint8_t location;
	uint8_t cause; /**< Q.850 value */
};

struct isup_msg {
	uint16_t cic; /**< circuit identification code, 14 bits */
	enum isup_type type;
	union {
		struct isup_iam iam;
		struct isup_acm acm; /**< ACM, and CPG's event in backward[0] */
		struct isup_rel rel;
	};
};

/** Append the octets; nothing on failure. @return 0; EINVAL with text (a value out of its bounds);
 * ENOMEM, EMSGSIZE */
int isup_encode(struct buf *ret, const struct isup_msg *msg, struct err *e);

/** Read a message. Unknown optional parameters are passed over, of a repeated one the first counts,
 * octets behind the parameters are ignored. @return 0; EBADMSG with text (which parameter, at which
 * octet, what was expected); ENOTSUP with text (a type that we do not speak: cic and type of *ret
 * are set all the same) */
int isup_decode(struct isup_msg *ret, struct sv octets, struct err *e);

/** "IAM", "REL" …; "?" for an unknown one */
const char *isup_type_name(enum isup_type type);

/** One line for ladders: "IAM CIC 100 called 9032469103 calling 2013776051" */
void isup_text(const struct isup_msg *msg, char *ret, size_t size);

#endif
