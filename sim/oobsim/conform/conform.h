/** @file conform.h  Cases run against an implementation: its surroundings (bench), itself (attachment), requests, verdicts.
 *
 * The surroundings of an implementation are its PKI and the repository from which it fetches certificates and lists, and what
 * plays its peers (role.h); all are in this process, made when the bench begins. One implementation runs at a time; cases with
 * the same surroundings share it, each with telephone numbers of its own.
 */
#ifndef OOBSIM_CONFORM_H
#define OOBSIM_CONFORM_H

#include <limits.h>

#include "lib/net/https_client.h"
#include "lib/net/https_server.h"
#include "sim/oobsim/conform/case.h"
#include "sim/oobsim/world/sut.h"
#include "sim/oobsim/vector/vector.h"
#include "sim/oobsim/world/world.h"

/** Where the repository is */
#define BENCH_CR "https://cr." WORLD_PKI_DOMAIN ":8443"

enum conform_verdict {
	CONFORM_PASS,
	CONFORM_FAIL,
	CONFORM_UNSUPPORTED, /**< it does not say that it can do what the case needs */
	CONFORM_ERROR,       /**< it could not be tried */
	CONFORM_VERDICTS,
};

/** "pass", "fail", "unsupported", "error" */
const char *conform_verdict_name(enum conform_verdict v);

/** What became of one case. Plain memory: it crosses processes as it is */
struct conform_result {
	const struct case_item *item; /**< borrowed */
	enum conform_verdict verdict;
	bool unreadable;                /**< it was refused, and why cannot be read */
	const struct sut_known *listed; /**< it is listed as known to fail; borrowed, NULL */
	char expected[256], actual[512];
	uint64_t from_us, to_us; /**< when it ran (mono_us()), 0: it did not */
	uint64_t failed_us;      /**< when the step was judged that failed, 0: none was */
	unsigned part;           /**< which bench ran it: its trace is <role>-<part>/trace.jsonl */
	unsigned
		started; /**< which of its implementations: its log is <role>-<part>/log/sut-<started>.log; 0: none */
};

struct answer {
	int err;        /**< no answer: errno */
	char text[160]; /**< … and why */
	unsigned status;
	char ctype[96];    /**< Content-Type, "" when absent; cut to fit */
	char etag[128];    /**< ETag, likewise */
	int64_t max_age_s; /**< Cache-Control max-age; -1 when absent */
	struct buf body;
};

/** With which client certificate the bench asks */
enum bench_client { CLIENT_PEER, CLIENT_NONE, CLIENT_FOREIGN, BENCH_CLIENTS };
extern const char *const bench_client_words[BENCH_CLIENTS + 1];

/** Names of those whose certificates these are: of the same provider, of another one */
#define BENCH_PEER    "vs.tsp.example"
#define BENCH_FOREIGN "vs.other.example"

struct given;

struct bench {
	const struct role *role;
	const struct given *
		provision; /**< what the implementation was given; borrowed, NULL: it is given anew */
	const char *home; /**< directory instead of <dir>/<role>-<part>; NULL */
	struct procs *ps;
	struct world w; /**< its number, directory and the PKI of TLS: no elements */
	char pki_addr[ADDR_MAX], sut_addr[ADDR_MAX];
	uint64_t seed;
	int profile;   /**< enum profile: which status stands for a reason */
	unsigned part; /**< one of several benches that share a directory: names of files */
	struct vector_scene *scene;
	int64_t scene_s; /**< when it was made */
	struct tls_conf tls;
	struct https_server *repository;
	json_t *trust; /**< what the repository publishes at present; borrowed */
	struct https_client *clients[BENCH_CLIENTS];
	struct https_client_conf client_confs[BENCH_CLIENTS];
	struct conf_list
		resolve; /**< struct conf_pair: names of the implementation, for the clients */
	struct conf_pair self;
	struct timer *tick;
	void *role_state; /**< of the role: what plays the peers */

	const struct sut *sut; /**< borrowed; NULL: nothing is attached at present */
	struct proc *proc;     /**< NULL: no process of its runs */
	json_t *conf;          /**< what it was configured with; NULL */
	unsigned started;      /**< how often one was: names of files */
	unsigned calls;        /**< numbers given so far */
};

/** What an implementation is started with; cases that have it alike share one */
struct surroundings {
	const char *trust, *published;
	const json_t *config; /**< object path → value over its configuration; NULL */
	const json_t *fault;  /**< likewise, of a reference; NULL */
};

/* ---- bench.c ---- */

/** Make surroundings in <dir>/<role>-<part>; dir exists, part is set. @return 0; with text: EADDRINUSE, EIO … */
int bench_open(struct bench *b, const struct role *role, const char *dir, uint64_t seed,
	       struct err *e);
void bench_close(struct bench *b);
/** Make certificates and lists anew when they are no more of this moment; no implementation may run. @return as bench_open() */
int bench_scene(struct bench *b, struct err *e);
/** New clients, without connections to an implementation that ran before. @return 0, ENOMEM … with text */
int bench_connect(struct bench *b, struct err *e);
void bench_disconnect(struct bench *b);

/** Address of a host of the bench: 127.<world>.<of>.<element>, or as it was provisioned */
void bench_addr(const struct bench *b, char ret[ADDR_MAX], unsigned of, unsigned element);
/** Path of a TLS file of a name: suffix "" its chain, "-key" its key. @return New string, NULL when out of memory */
char *bench_tls_file(const struct bench *b, const char *name, const char *suffix);

/* ---- bench_conf.c: what configurations of all roles have in common. Each: new reference, NULL when out of memory ---- */

/** `tls` of a name, with client_ca when clients must show a certificate */
json_t *bench_conf_tls(const struct bench *b, const char *name, bool client_ca);
/** `trust`: pa_root, ca_list, crl, crl_chain */
json_t *bench_conf_trust(const struct bench *b);
/** `https`: ca, resolve of all names of the bench; client: name whose certificate it shows, or NULL */
json_t *bench_conf_https(const struct bench *b, const char *client);
/** Set the member that a path with dots names; objects on the way are made, a number is a place in an array */
void bench_conf_set(json_t *conf, const char *path, json_t *value);

/* ---- tell.c ---- */

/** Tell the trace who is who */
void bench_tell(const struct bench *b);

/* ---- attach.c ---- */

/**
 * Where an interface of the implementation is: "public" → "https://cps.tsp.example:8443".
 *
 * @return 0; ENOENT with text: sut.json does not say so (an implementation that runs somewhere)
 */
int bench_at(const struct bench *b, const char *interface, char *ret, size_t size, struct err *e);
/**
 * Do its interfaces take TCP connections: all that it has, or any at all? What is not TCP is not looked at.
 *
 * @return 0 (any: e names it); with text: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH …
 */
int bench_reachable(const struct bench *b, bool any, struct err *e);

/** Octets of a host name or literal address in a URL */
#define BENCH_HOST_MAX 255
/** Where an https URL leads: its host, the address of that as sut.json or the bench has it (the host itself when neither has), its
 * port. @return 0; EINVAL with text */
int bench_where(const struct bench *b, const char *url, char host[BENCH_HOST_MAX + 1],
		char addr[BENCH_HOST_MAX + 1], uint16_t *port, struct err *e);

/* ---- start.c ---- */

/**
 * Start the implementation, or find it, in its surroundings.
 *
 * @return 0; with text: ENOTSUP (it ended with SUT_CANNOT), EIO (it ended), ETIMEDOUT (it does not serve), EINTR, others (our own
 *         trouble)
 */
int bench_start(struct bench *b, const struct sut *sut, const struct surroundings *in,
		struct err *e);
/** What comes before: certificates and lists, clients, what authorities publish. @return as bench_open() */
int bench_publish(struct bench *b, const struct sut *sut, const struct surroundings *in,
		  struct err *e);
/** End it. @return 0; EIO with text: it did not end by itself after SIGTERM, or not with code 0 */
int bench_stop(struct bench *b, struct err *e);
/** Write what it is configured with in these surroundings; also into b->conf. @return 0, errno with text */
int bench_write_conf(struct bench *b, const char *path, const struct surroundings *in,
		     struct err *e);
/** Has its process ended by itself? */
bool bench_died(const struct bench *b);

/* ---- request.c ---- */

/** Ask, and wait for the answer. ret->body is to be freed. @return 0 (also when no answer came: ret->err); EINTR */
int bench_ask(struct bench *b, enum bench_client client, const struct https_request *req,
	      struct answer *ret);
/** Let the loop run for so long, or until something calls loop_stop() */
void bench_wait(struct bench *b, uint64_t ms);

/* ---- play.c ---- */

/** Run one case against what has been started. @return 0; EINTR */
int case_run(struct bench *b, struct conform_result *ret);

/* ---- run.c ---- */

/**
 * Run cases that have the same surroundings. results: n of them, at least one, of which item is set.
 *
 * @param fault  What is wrong with a reference in each of them; NULL
 *
 * @return 0; EINTR with text
 */
int conform_run(struct bench *b, const struct sut *sut, const json_t *fault,
		struct conform_result *results, size_t n, struct err *e);

/* ---- check.c ---- */

/** Try the attachment itself, and print what holds: it starts, answers, ends. @return exit code */
/** first: a case of the role, for a judge */
int conform_check(struct bench *b, const struct sut *sut, const struct case_item *first,
		  struct err *e);

int cmd_conform(int argc, char **argv); /* cmd_conform.c */

#endif
