/** @file conform.h  Cases run against an implementation: its surroundings (bench), itself (process), requests, verdicts.
 *
 * The surroundings of an implementation are its PKI and the repository from which it fetches certificates and lists; both are
 * in this process, made when the bench begins. One implementation runs at a time; cases with the same surroundings share it,
 * each with telephone numbers of its own.
 */
#ifndef OOBSIM_CONFORM_H
#define OOBSIM_CONFORM_H

#include <limits.h>

#include "lib/net/https_client.h"
#include "lib/net/https_server.h"
#include "sim/oobsim/case.h"
#include "sim/oobsim/sut.h"
#include "sim/oobsim/vector.h"
#include "sim/oobsim/world.h"

/** Names of the implementation, and of the one that retrieves from it */
#define SUT_HOST     "cps.tsp.example"
#define SUT_CLIENT   "vs.tsp.example"
#define SUT_STRANGER "vs.other.example"

enum conform_verdict {
	CONFORM_PASS,
	CONFORM_FAIL,
	CONFORM_UNSUPPORTED, /**< it does not say that it can do what the case needs */
	CONFORM_ERROR,       /**< it could not be tried */
	CONFORM_VERDICTS,
};

/** "pass", "fail", "unsupported", "error" */
const char *conform_verdict_name(enum conform_verdict v);

/** What became of one case */
struct conform_result {
	const struct conform_case *c; /**< borrowed */
	enum conform_verdict verdict;
	bool unreadable; /**< it was refused, and why cannot be read */
	bool known;      /**< its failure is known: it does not count */
	char expected[256], actual[512];
};

struct answer {
	int err;        /**< no answer: errno */
	char text[160]; /**< … and why */
	unsigned status;
	struct buf body;
};

struct bench {
	struct procs *ps;
	struct world w; /**< its number, directory and the PKI of TLS: no elements */
	char pki_addr[ADDR_MAX], sut_addr[ADDR_MAX];
	uint64_t seed;
	struct vector_scene *scene;
	int64_t scene_s; /**< when it was made */
	struct tls_conf tls;
	struct https_server *repository;
	json_t *trust;                   /**< what the repository publishes at present; borrowed */
	struct https_client *clients[3]; /**< by enum case_client */
	struct https_client_conf client_confs[3];
	struct conf_pair sut_name; /**< its name and its address */
	struct timer *tick;

	const struct sut *sut; /**< borrowed */
	struct proc *proc;     /**< NULL: it does not run */
	unsigned started;      /**< how often one was: names of files */
	unsigned calls;        /**< numbers given so far */
};

/* ---- conform_bench.c ---- */

/** Make surroundings in a directory that exists. @return 0; with text: EADDRINUSE, EIO … */
int bench_open(struct bench *b, const char *dir, uint64_t seed, struct err *e);
void bench_close(struct bench *b);
/** Make certificates and lists anew when they are no more of this moment; no implementation may run. @return as bench_open() */
int bench_scene(struct bench *b, struct err *e);
/** New clients, without connections to an implementation that ran before. @return 0, ENOMEM … with text */
int bench_connect(struct bench *b, struct err *e);
void bench_disconnect(struct bench *b);

/* ---- conform_start.c ---- */

/**
 * Start the implementation with what is published as `trust`.
 *
 * @param fault  Object path → value over its configuration; NULL
 *
 * @return 0; with text: ENOTSUP (it ended with SUT_CANNOT), EIO (it ended), ETIMEDOUT (no READY), EINTR, others (our own trouble)
 */
int bench_start(struct bench *b, const struct sut *sut, const char *trust, const json_t *fault,
		struct err *e);
/** End it. @return 0; EIO with text: it did not end by itself after SIGTERM, or not with code 0 */
int bench_stop(struct bench *b, struct err *e);

/* ---- conform_request.c ---- */

/** Ask, and wait for the answer. ret->body is to be freed. @return 0 (also when no answer came: ret->err); EINTR */
int bench_ask(struct bench *b, enum case_client client, const struct https_request *req,
	      struct answer *ret);
/** Let the loop run for so long, or until something calls loop_stop() */
void bench_wait(struct bench *b, uint64_t ms);

/* ---- conform_case.c ---- */

/** Run one case against what has been started. @return 0; EINTR */
int case_run(struct bench *b, const struct conform_case *c, struct conform_result *ret);

/* ---- conform_run.c ---- */

/**
 * Run all cases, those with the same surroundings together. results: n of them, of which c is set.
 *
 * @param fault  What is wrong with a reference in each of them; NULL
 *
 * @return 0; EINTR with text
 */
int conform_run(struct bench *b, const struct sut *sut, const json_t *fault,
		struct conform_result *results, size_t n, struct err *e);

/* ---- conform_report.c ---- */

/** What a case is, as JSON. @return New reference */
json_t *conform_case_json(const char *role, const struct conform_case *c);
/** The object of `conform --json`. @return New reference */
json_t *conform_json(const struct sut *sut, const char *role, const struct conform_result *r,
		     size_t n, double duration_s);
void conform_print(const struct sut *sut, const char *role, const struct conform_result *r,
		   size_t n, double duration_s);
/** Exit code: 0, 1 something failed, 3 something could not be tried */
/** Does it count against the implementation: failed, or listed as known to fail and passed */
bool conform_failed(const struct sut *sut, const struct conform_result *r);
int conform_code(const struct sut *sut, const struct conform_result *r, size_t n);

/** Write them as JUnit. @return 0 or errno with text that names the file */
int conform_junit(const char *path, const struct sut *sut, const char *role,
		  const struct conform_result *r, size_t n, double duration_s, struct err *e);

/* ---- conform_check.c ---- */

/** Try the attachment itself, and print what holds: it starts, answers, ends. @return exit code */
int conform_check(struct bench *b, const struct sut *sut, struct err *e);

/* ---- conform_prove.c ---- */

/** Show that each case fails on its fault and passes without. @return exit code; with text for EXIT_ENV */
int conform_prove(struct bench *b, const struct sut *sut, struct conform_result *results, size_t n,
		  bool json, struct err *e);

int cmd_conform(int argc, char **argv); /* cmd_conform.c */

#endif
