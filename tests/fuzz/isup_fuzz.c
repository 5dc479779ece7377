/* M3UA and ISUP from the wire: whatever decodes must encode, and decode to the same again. */
#include <stdlib.h>
#include <string.h>

#include "lib/tdm/m3ua.h"
#include "lib/tdm/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decoded encodes to octets that are a fixed point of decoding and encoding */
static void round_trip(const struct isup_msg *msg)
{
	BUF_AUTO struct buf first = BUF(512);
	BUF_AUTO struct buf second = BUF(512);
	struct isup_msg again;

	if (isup_encode(&first, msg, NULL) || isup_decode(&again, buf_sv(&first), NULL) ||
	    isup_encode(&second, &again, NULL) || !sv_eq(buf_sv(&first), buf_sv(&second)))
		abort();
}

static void try_isup(struct sv octets)
{
	struct call_setup setup;
	struct isup_msg msg;
	char line[64];
	struct err e;

	if (isup_decode(&msg, octets, &e))
		return;
	isup_text(&msg, line, sizeof(line));
	if (msg.type == ISUP_IAM && !map_from_iam(&setup, &msg.iam, &e)) {
		struct isup_iam iam;

		/* a number that came from an IAM fits into one */
		if (!setup.cic[0] && map_to_iam(&iam, &setup, &e))
			abort();
	}
	round_trip(&msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv octets = {(const char *)data, size};
	struct m3ua_data m3ua;
	struct err e;

	try_isup(octets);
	if (m3ua_len(data, size) == (long)size && !m3ua_decode(&m3ua, octets, &e))
		try_isup(m3ua.user);
	return 0;
}
