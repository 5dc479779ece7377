#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/tdm/m3ua.h"

#define HEAD_LEN       8 /* version, reserved, class, type, length of all */
#define PARAM_HEAD_LEN 4 /* tag, length without padding */
#define PROTOCOL_DATA  0x0210
#define LABEL_LEN      12 /* OPC, DPC, SI, NI, MP, SLS */
#define VERSION        1
#define CLASS_TRANSFER 1
#define TYPE_DATA      1

/* RFC 4666 §3.1.3; class in the high octet */
/* clang-format off */
static const struct {
	unsigned code;
	const char *name;
} names[] = {
	{0x0000, "ERR"}, {0x0001, "NTFY"}, {0x0101, "DATA"}, {0x0201, "DUNA"},
	{0x0202, "DAVA"}, {0x0203, "DAUD"}, {0x0204, "SCON"}, {0x0205, "DUPU"},
	{0x0206, "DRST"}, {0x0301, "ASPUP"}, {0x0302, "ASPDN"}, {0x0303, "BEAT"},
	{0x0304, "ASPUP ACK"}, {0x0305, "ASPDN ACK"}, {0x0306, "BEAT ACK"}, {0x0401, "ASPAC"},
	{0x0402, "ASPIA"}, {0x0403, "ASPAC ACK"}, {0x0404, "ASPIA ACK"}, {0x0901, "REG REQ"},
	{0x0902, "REG RSP"}, {0x0903, "DEREG REQ"}, {0x0904, "DEREG RSP"},
};
/* clang-format on */

static const char *message_name(unsigned code)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return "unknown";
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put32(uint8_t *p, size_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static size_t padded(size_t l)
{
	return (l + 3) & ~(size_t)3;
}

int m3ua_encode(struct buf *ret, const struct m3ua_data *data)
{
	uint8_t head[HEAD_LEN + PARAM_HEAD_LEN + LABEL_LEN] = {VERSION, 0, CLASS_TRANSFER,
							       TYPE_DATA};
	size_t param = PARAM_HEAD_LEN + LABEL_LEN + data->user.l;
	size_t all = HEAD_LEN + padded(param);

	if (all > M3UA_MAX_LEN)
		return EMSGSIZE;
	put32(head + 4, all);
	put32(head + 8, (size_t)PROTOCOL_DATA << 16 | param);
	put32(head + 12, data->opc);
	put32(head + 16, data->dpc);
	head[20] = data->si;
	head[21] = data->ni;
	head[22] = data->mp;
	head[23] = data->sls;
	(void)buf_add(ret, head, sizeof(head));
	(void)buf_addsv(ret, data->user);
	return buf_add(ret, "\0\0\0", padded(param) - param);
}

/* The parameter of that tag among those behind the header. @return 0; EBADMSG */
static int find_param(struct sv *ret, unsigned tag, struct sv msg, struct err *e)
{
	const uint8_t *p = (const uint8_t *)msg.p;
	size_t at = HEAD_LEN;

	while (at < msg.l) {
		size_t len;

		if (msg.l - at < PARAM_HEAD_LEN)
			return err_set(
				e, EBADMSG,
				"M3UA: expected a parameter at octet %zu, got only %zu octets",
				at + 1, msg.l - at);
		len = get16(p + at + 2);
		if (len < PARAM_HEAD_LEN || len > msg.l - at)
			return err_set(e, EBADMSG,
				       "M3UA: parameter %04x at octet %zu: expected a length from "
				       "4 to %zu, "
				       "got %zu",
				       get16(p + at), at + 1, msg.l - at, len);
		if (get16(p + at) == tag) {
			*ret = (struct sv){msg.p + at + PARAM_HEAD_LEN, len - PARAM_HEAD_LEN};
			return 0;
		}
		at += padded(len); /* the last one's padding may be missing (RFC 4666 §3.1.4) */
	}
	return err_set(e, EBADMSG, "M3UA: expected parameter %04x (protocol data), got none", tag);
}

int m3ua_decode(struct m3ua_data *ret, struct sv msg, struct err *e)
{
	const uint8_t *p = (const uint8_t *)msg.p;
	struct sv label = {NULL, 0};
	unsigned code;
	int err;

	if (m3ua_len(p, msg.l) != (long)msg.l || msg.l < HEAD_LEN)
		return err_set(e, EBADMSG,
			       "M3UA: expected version 1 and a length that is that of the message, "
			       "got %zu "
			       "octets that are none",
			       msg.l);
	code = get16(p + 2);
	if (code != (CLASS_TRANSFER << 8 | TYPE_DATA))
		return err_set(e, ENOTSUP, "M3UA: expected DATA, got %s (class %u, type %u)",
			       message_name(code), p[2], p[3]);
	err = find_param(&label, PROTOCOL_DATA, msg, e);
	if (err)
		return err;
	if (label.l < LABEL_LEN)
		return err_set(e, EBADMSG,
			       "M3UA: protocol data: expected 12 octets or more, got %zu", label.l);
	p = (const uint8_t *)label.p;
	*ret = (struct m3ua_data){.opc = get32(p),
				  .dpc = get32(p + 4),
				  .si = p[8],
				  .ni = p[9],
				  .mp = p[10],
				  .sls = p[11],
				  .user = {label.p + LABEL_LEN, label.l - LABEL_LEN}};
	return 0;
}

long m3ua_len(const uint8_t *p, size_t l)
{
	uint32_t len;

	if (l && p[0] != VERSION)
		return -1;
	if (l < HEAD_LEN)
		return 0;
	len = get32(p + 4);
	return len < HEAD_LEN || len > M3UA_MAX_LEN ? -1 : (long)len;
}

void m3ua_pc_text(uint32_t pc, char ret[16])
{
	(void)snprintf(ret, 16, "%u-%u-%u", pc >> 16 & 255, pc >> 8 & 255, pc & 255);
}

int m3ua_pc_parse(uint32_t *ret, struct sv text)
{
	uint32_t pc = 0;

	for (int i = 0; i < 3; i++) {
		unsigned long long v;

		if (!sv_u64(sv_cut(&text, '-'), 255, &v))
			return EBADMSG;
		pc = pc << 8 | (uint32_t)v;
	}
	if (text.p)
		return EBADMSG;
	*ret = pc;
	return 0;
}
