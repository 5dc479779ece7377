#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/vector/vector.h"

static const char help[] =
	"usage: oobsim vectors [--seed N] DIR\n"
	"\n"
	"Writes test vectors for libraries into DIR, which must be new or empty: PASSporTs, "
	"Identity\n"
	"headers, certificates, CPS mappings, POST bodies and the PASSporTs of calls, each a JSON "
	"file\n"
	"with all that its verdict rests on, the verdict and the reason. DIR/README.md tells how "
	"to\n"
	"read them. The same seed gives the same octets on every machine.\n"
	"\n"
	"  --seed N   what keys, serial numbers and UUIDs are made from (default 1)\n"
	"  --help     this text\n"
	"\n"
	"Exit codes: 0 written, 1 a vector is not judged as it says, 2 usage, 3 it cannot be "
	"written.\n";

int cmd_vectors(int argc, char **argv)
{
	static const struct option longs[] = {
		{"seed", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	unsigned long long seed = 1;
	struct err e = {""};
	size_t n = 0;
	int c, err;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
		if (c == '?') {
			(void)fprintf(stderr, "oobsim vectors: see oobsim vectors --help\n");
			return EXIT_USAGE;
		}
		if (!number_arg("vectors", "--seed", optarg, 0, INT64_MAX, &seed))
			return EXIT_USAGE;
	}
	if (optind + 1 != argc) {
		(void)fprintf(stderr, "oobsim vectors: expected one directory\n%s", help);
		return EXIT_USAGE;
	}
	err = vectors_write(argv[optind], seed, &n, &e);
	if (err) {
		(void)fprintf(stderr, "oobsim vectors: %s\n", e.s);
		return err == EINVAL ? EXIT_FAILED : err == EEXIST ? EXIT_USAGE : EXIT_ENV;
	}
	return printf("%zu vectors in %s\n", n, argv[optind]) < 0 ? EXIT_ENV : 0;
}
