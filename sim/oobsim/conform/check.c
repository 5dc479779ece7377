/* `conform --check`: is the implementation attached rightly? Before any case. */
#include <errno.h>
#include <stdio.h>

#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/conform/role.h"

int conform_check(struct bench *b, const struct sut *sut, struct err *e)
{
	const struct surroundings in = {.trust = CASE_USUAL, .published = CASE_USUAL};
	int err = bench_start(b, sut, &in, e), end;
	struct err why = {""};

	if (err)
		return EXIT_FAILED;
	(void)printf("%s: starts, and prints READY\n", sut->name);
	err = b->role->check(b, e);
	end = bench_stop(b, err ? &why : e);
	if (!err && !end)
		(void)printf("%s: ends with code 0 after SIGTERM\n", sut->name);
	return err || end ? EXIT_FAILED : 0;
}
