/* What can be wrong with an ES256 signature, and what may look wrong but is not. */
#include <string.h>

#include "sim/oobsim/vector/vector.h"

#define HALF (ES256_SIG_LEN / 2)

/* Order of P-256 (FIPS 186-4 D.1.2.3), big-endian */
static const uint8_t order[HALF] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* One octet of the signature turned over by some bits */
static void flip(struct buf *ret, const uint8_t *sig, size_t at, uint8_t bits)
{
	uint8_t out[ES256_SIG_LEN];

	memcpy(out, sig, sizeof(out));
	out[at] ^= bits;
	(void)buf_add(ret, out, sizeof(out));
}

/* R and S, each or NULL for octets of one value */
static void pair(struct buf *ret, const uint8_t *r, const uint8_t *s, uint8_t fill)
{
	uint8_t out[ES256_SIG_LEN];

	memset(out, fill, sizeof(out));
	if (r)
		memcpy(out, r, HALF);
	if (s)
		memcpy(out + HALF, s, HALF);
	(void)buf_add(ret, out, sizeof(out));
}

/* n - v: the other S that verifies as well */
static void negate(uint8_t ret[HALF], const uint8_t *v)
{
	int borrow = 0;

	for (int i = HALF - 1; i >= 0; i--) {
		int d = order[i] - v[i] - borrow;

		borrow = d < 0;
		ret[i] = (uint8_t)(d + (borrow ? 256 : 0));
	}
}

/* INTEGER of DER: no leading zeros, but one before a high bit */
static void add_integer(struct buf *ret, const uint8_t *v)
{
	size_t skip = 0;
	uint8_t head[3] = {0x02, 0, 0x00};
	bool high;

	while (skip < HALF - 1 && v[skip] == 0)
		skip++;
	high = v[skip] & 0x80;
	head[1] = (uint8_t)(HALF - skip + high);
	(void)buf_add(ret, head, 2u + high);
	(void)buf_add(ret, v + skip, HALF - skip);
}

static void as_der(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	BUF_AUTO struct buf both = BUF(ES256_SIG_LEN + 8);
	uint8_t head[2] = {0x30, 0};

	add_integer(&both, sig);
	add_integer(&both, sig + HALF);
	head[1] = (uint8_t)both.l;
	(void)buf_add(ret, head, sizeof(head));
	(void)buf_addsv(ret, buf_sv(&both));
}

static void as_hex(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	for (size_t i = 0; i < ES256_SIG_LEN; i++)
		(void)buf_printf(ret, "%02x", sig[i]);
}

static void flip_r(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	flip(ret, sig, 0, 0x01);
}

static void flip_s(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	flip(ret, sig, ES256_SIG_LEN - 1, 0x01);
}

static void zero_r(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	pair(ret, NULL, sig + HALF, 0x00);
}

static void zero_s(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	pair(ret, sig, NULL, 0x00);
}

static void zeros(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)sig;
	pair(ret, NULL, NULL, 0x00);
}

static void ones(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)sig;
	pair(ret, NULL, NULL, 0xff);
}

static void order_r(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	pair(ret, order, sig + HALF, 0x00);
}

static void order_s(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	pair(ret, sig, order, 0x00);
}

static void swapped(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	pair(ret, sig + HALF, sig, 0x00);
}

static void minus_s(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	uint8_t s[HALF];

	negate(s, sig + HALF);
	pair(ret, sig, s, 0x00);
}

static void without_first(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)buf_add(ret, sig + 1, ES256_SIG_LEN - 1);
}

static void without_first_of_s(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)buf_add(ret, sig, HALF);
	(void)buf_add(ret, sig + HALF + 1, HALF - 1);
}

static void without_last(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)buf_add(ret, sig, ES256_SIG_LEN - 1);
}

static void zero_before(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)buf_add(ret, "\0", 1);
	(void)buf_add(ret, sig, ES256_SIG_LEN);
}

static void zero_behind(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	(void)buf_add(ret, sig, ES256_SIG_LEN);
	(void)buf_add(ret, "\0", 1);
}

/* 48 octets each, as ES384 has them */
static void as_es384(struct buf *ret, const uint8_t sig[ES256_SIG_LEN])
{
	static const uint8_t pad[16];

	for (size_t i = 0; i < 2; i++) {
		(void)buf_add(ret, pad, sizeof(pad));
		(void)buf_add(ret, sig + i * HALF, HALF);
	}
}

static const struct vector_sig sigs[] = {
	{"flip-r", -1, flip_r},
	{"flip-s", -1, flip_s},
	{"zero-r", -1, zero_r},
	{"zero-s", -1, zero_s},
	{"zeros", -1, zeros},
	{"ones", -1, ones},
	{"order-r", -1, order_r},
	{"order-s", -1, order_s},
	{"swapped", -1, swapped},
	{"minus-s", -1, minus_s},
	{"der", -1, as_der},
	{"hex", -1, as_hex},
	{"es384", -1, as_es384},
	{"63", -1, without_last},
	{"65", -1, zero_behind},
	{"zero-before", -1, zero_before},
	{"lead-r", 0, NULL},
	{"lead-s", HALF, NULL},
	{"lead-r-stripped", 0, without_first},
	{"lead-s-stripped", HALF, without_first_of_s},
};

const struct vector_sig *vector_sig_find(const char *name)
{
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		if (strcmp(sigs[i].name, name) == 0)
			return &sigs[i];
	return NULL;
}
