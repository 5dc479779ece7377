#include <errno.h>
#include <stdint.h>

#include "lib/base/b64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* One more than the value of a character; 0 for a foreign one. */
static const uint8_t plus_one[256] = {
	['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,
	['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63,
	['_'] = 64,
};

int b64url_encode(struct buf *dst, const void *src, size_t len)
{
	const uint8_t *p = src;
	char out[4];
	int err = 0;

	while (len && !err) {
		size_t take = len < 3 ? len : 3;
		uint32_t v = (uint32_t)p[0] << 16;

		if (take > 1)
			v |= (uint32_t)p[1] << 8;
		if (take > 2)
			v |= p[2];
		for (unsigned i = 0; i < 4; i++)
			out[i] = alphabet[v >> (18 - 6 * i) & 63];
		err = buf_add(dst, out, take + 1);
		p += take;
		len -= take;
	}
	return err;
}

/* The n (2 to 4) characters at p as n - 1 octets. */
static int decode_group(struct buf *dst, const char *p, size_t n)
{
	uint32_t v = 0;
	char out[3];

	for (size_t i = 0; i < 4; i++) {
		uint8_t d = i < n ? plus_one[(unsigned char)p[i]] : 1;

		if (!d)
			return EBADMSG;
		v = v << 6 | (uint32_t)(d - 1);
	}
	/* RFC 4648 3.5: one octet string has one form only, else one signature could be written in
	 * several ways */
	if (v & 0xffffffu >> 8 * (n - 1))
		return EBADMSG;
	for (unsigned i = 0; i < 3; i++)
		out[i] = (char)(v >> (16 - 8 * i) & 0xff);
	return buf_add(dst, out, n - 1);
}

int b64url_decode(struct buf *dst, struct sv src)
{
	size_t start = dst->l;
	int err = src.l % 4 == 1 ? EBADMSG : dst->err;

	for (size_t i = 0; i < src.l && !err; i += 4)
		err = decode_group(dst, src.p + i, src.l - i < 4 ? src.l - i : 4);
	if (err && dst->p) {
		dst->l = start;
		dst->p[start] = '\0';
	}
	return err;
}
