/** @file m3ua.h  M3UA DATA (RFC 4666 §3.3.1) with one ISUP message; other classes are recognised
 * and named. */
#ifndef TDM_M3UA_H
#define TDM_M3UA_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"

#define M3UA_MAX_LEN 4096
#define MTP_SI_ISUP  5

struct m3ua_data {
	uint32_t opc, dpc; /**< ANSI point codes: network << 16 | cluster << 8 | member */
	uint8_t si, ni, mp, sls;
	struct sv user; /**< ISUP octets */
};

/** Append a DATA message. @return 0; EMSGSIZE, ENOMEM */
int m3ua_encode(struct buf *ret, const struct m3ua_data *data);
/** @return 0; EBADMSG with text; ENOTSUP (another M3UA message) with text */
int m3ua_decode(struct m3ua_data *ret, struct sv msg, struct err *e);
/** Length of the message from its header, for framing: 0 when fewer than 8 octets are at hand, -1
 * as soon as it is clear that it is no M3UA: another version, or a length below 8 or above
 * M3UA_MAX_LEN */
long m3ua_len(const uint8_t *p, size_t l);
/** Point code as text "2-3-4" and back. @return 0; EBADMSG: not three numbers of 0 to 255 */
void m3ua_pc_text(uint32_t pc, char ret[16]);
int m3ua_pc_parse(uint32_t *ret, struct sv text);

#endif
