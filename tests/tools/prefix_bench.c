/* How fast a table of numbers is read and asked: prefix_bench [ROWS]
 *
 * Makes the text of a table (prefixes of 4 to 11 digits to a thousand OCNs), reads it as ref-as reads its
 * numbers_file, asks for as many numbers that are spread over it, and prints what both took. Exit 1 when
 * it is slower than it must be: two seconds to read, a microsecond to ask. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/stir/discovery.h"

#define OCNS        1000
#define LOOKUPS     2000000
#define LOAD_MAX_S  2.0
#define FIND_MAX_US 1.0

/* Numbers that are far from each other, one by one: i → i·a mod m is one to one for m prime to a */
static uint64_t spread(uint64_t i, uint64_t m)
{
	return i * UINT64_C(2654435761) % m;
}

static void make_table(struct buf *ret, uint64_t rows)
{
	(void)buf_addz(ret, "# prefix,ocn\n1,0000\n");
	for (uint64_t i = 1; i < rows; i++) {
		/* mostly single numbers and thousands blocks, as in a table that knows of porting */
		unsigned digits = i % 16 == 0 ? 3 : i % 4 == 0 ? 7 : 10;
		uint64_t m = digits == 3 ? 1000 : digits == 7 ? 10000000 : 10000000000;

		if (digits == 3 && i / 16 >= 1000)
			digits = 10, m = 10000000000;
		(void)buf_printf(ret, "1%0*" PRIu64 ",%04" PRIu64 "\n", (int)digits,
				 digits == 3 ? i / 16 : spread(i, m), i % OCNS);
	}
}

static double ask(const struct discovery *d, uint64_t rows, uint64_t *found)
{
	uint64_t begin = mono_us();

	for (uint64_t i = 0; i < LOOKUPS; i++) {
		struct discovery_route route;
		struct tn tn;

		/* every second one is a row, so that both ends of the search are there */
		(void)snprintf(tn.s, sizeof(tn.s), "1%010" PRIu64,
			       spread(i % 2 ? i % rows : i * 7, 10000000000));
		(void)discovery_find(d, &(struct discovery_query){.called = &tn}, &route, NULL);
		*found += route.ocn != NULL;
	}
	return (double)(mono_us() - begin) / LOOKUPS;
}

int main(int argc, char **argv)
{
	uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, begin, found = 0;
	struct buf table = BUF(DISCOVERY_CSV_MAX);
	struct discovery *d = NULL;
	struct err e = {""};
	double load_s, find_us;
	int err;

	make_table(&table, rows);
	if (table.err || discovery_alloc(&d, NULL))
		return 3;
	begin = mono_us();
	err = discovery_add_numbers(d, buf_sv(&table), "table", &e);
	load_s = (double)(mono_us() - begin) / 1e6;
	if (err) {
		(void)fprintf(stderr, "prefix_bench: %s\n", e.s);
		return 3;
	}
	find_us = ask(d, rows, &found);
	(void)printf("%" PRIu64 " rows (%zu octets) read in %.3f s; %d numbers asked, %" PRIu64
		     " known, %.3f us each\n",
		     rows, table.l, load_s, LOOKUPS, found, find_us);
	discovery_free(d);
	buf_free(&table);
	return load_s > LOAD_MAX_S || find_us > FIND_MAX_US;
}
