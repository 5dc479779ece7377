/** @file given.h  What an implementation that runs somewhere is given beforehand: a folder with the trust, keys, addresses and
 * configuration of a bench, which later runs take up again (docs/plug-in.md). */
#ifndef CONFORM_GIVEN_H
#define CONFORM_GIVEN_H

#include "sim/oobsim/conform/conform.h"

/** The folder's bench.json */
struct given {
	char *role;
	int64_t seed;            /**< of keys */
	int64_t world, net;      /**< addresses 127.<world>.<net + of>.<element> */
	struct conf_list listen; /**< char *: addresses of the bench instead of these */
	char *at;                /**< where the implementation is; NULL: one of these */

	/* not a member of the file */
	char dir[WORLD_DIR_MAX];
};

/** What the command says */
struct given_opts {
	const char *dir;
	const char *listen[8];
	size_t nlisten;
	const char *at;
	uint64_t seed;
	bool serve; /**< keep up what the folder tells of, until a signal */
};

/** Read what is in a folder. @return 0; EBADMSG, ENOENT … with text */
int given_load(struct given **ret, const char *dir, struct err *e);
/** Accepts NULL */
void given_free(struct given *p);

/** Claim its addresses for one run. @return 0; EADDRINUSE with text: another one has them */
int given_claim(const struct given *p, int *ret_fd, struct err *e);
/** Address of a host of the bench */
void given_addr(const struct given *p, const struct role *role, unsigned of, unsigned element,
		char ret[ADDR_MAX]);

/** `conform ROLE --provision`: make the folder, or serve what it tells of. Prints what was done. @return 0; with text: EEXIST (there is
 * one already), EINVAL, EADDRINUSE … */
int given_provide(const struct given_opts *opts, const struct role *role, const struct sut *sut,
		  struct err *e);

/* ---- given_files.c ---- */

/** Write bench.json, the configuration, sut.json and README.txt of a bench that is open. @return 0, errno with text */
int given_write(struct bench *b, const struct given *p, struct err *e);

extern const struct conf_table given_table;

#endif
