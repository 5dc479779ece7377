/** @file hex.h  Octets written as hex in a test, blanks allowed between them. */
#ifndef UNIT_HEX_H
#define UNIT_HEX_H

#include <stdint.h>
#include <stdlib.h>

#include "lib/base/sv.h"

/** @return Octets read, at most max; stops at the first character that is no hex */
static inline size_t hex_octets(uint8_t *ret, size_t max, const char *hex)
{
	size_t n = 0;

	for (; *hex && n < max; hex++) {
		char two[3] = {hex[0], hex[1], '\0'};
		char *end;

		if (*hex == ' ')
			continue;
		ret[n] = (uint8_t)strtoul(two, &end, 16);
		if (end != two + 2)
			break;
		n++;
		hex++;
	}
	return n;
}

#endif
