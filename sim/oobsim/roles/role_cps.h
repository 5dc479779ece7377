/** @file role_cps.h  Inside role_cps*.c: steps of a CPS's cases, what is under way, who plays its peers. */
#ifndef CONFORM_ROLE_CPS_H
#define CONFORM_ROLE_CPS_H

#include "lib/net/http_split.h"
#include "lib/net/raw_client.h"
#include "sim/oobsim/conform/role.h"

#define CPS_COMPANY "5678"
#define CPS_URL_MAX 512
/** Another provider's CPS, to which a transit provider's sends on */
#define CPS_NEXT     "cps.other.example"
#define CPS_HOST_MAX 255
/** Octets of one answer */
#define CPS_ANSWER_MAX (1u << 20)

/* ---- role_cps_table.c ---- */

enum cps_do {
	CPS_POST,
	CPS_PULL,
	CPS_RAW,
	CPS_WAIT,
	CPS_AWAIT,
	CPS_NEVER,
	CPS_PEER,
	CPS_GOT,
};
enum cps_answer { CPS_ACCEPTED, CPS_REFUSED };
enum cps_to { CPS_PUBLIC, CPS_PRIVATE };
enum cps_tls { CPS_TLS_USUAL, CPS_TLS_10, CPS_TLS_11, CPS_TLS_12, CPS_TLS_13, CPS_PLAIN };
/** Whom the bench plays: the STI-VS to which it pushes, the CPS to which it sends on */
enum cps_peer { CPS_PEER_VS, CPS_PEER_NEXT, CPS_PEERS };

/** One of the endings of a step: "201", "4xx closed", "201 201", "tls", "closed", "none" */
struct cps_ending {
	char *is;
	bool merely; /**< allowed, where another is preferred */
};

struct cps_step {
	int kind; /**< enum cps_do */

	/* post, pull, raw */
	char *method, *path, *type; /**< post */
	char *body;                 /**< post; raw: `$body` */
	int client;                 /**< pull, raw: enum bench_client */
	bool again;                 /**< pull: the same request as the last one, a repetition */
	int64_t wait_ms;            /**< pull: how long it waits for what is not there yet */
	char *orig, *dest;          /**< pull: numbers */
	struct conf_list
		brings;        /**< char *: tokens that a pull or a got must bring, in any order */
	struct conf_list some; /**< char *: … of these one at least */
	bool maybe;            /**< of `some` none need come */
	bool rest;             /**< of `brings` those that have not come before */
	int answer;            /**< enum cps_answer */
	struct conf_list
		reasons; /**< char *: any of these, when it is refused; empty: not looked at */
	struct conf_list answers; /**< struct cps_ending; empty: `answer` says it */
	int64_t within_ms;        /**< 0: sut.answer_ms */
	bool retry_after;         /**< the answer has a Retry-After */
	char *later;              /**< a name: it is judged by `await`; NULL */
	int64_t times; /**< post: so many at once; got: so many requests; 0: not looked at */

	/* raw */
	int to, tls;         /**< enum cps_to, cps_tls */
	char *octets, *then; /**< texts; `then` follows the first answer; NULL */
	int64_t pieces, pause_ms;
	int end;                  /**< enum raw_end */
	struct conf_list headers; /**< char *: names that the last answer has */
	struct conf_list without; /**< char *: tokens that must not stand in what came */

	/* wait, await, never */
	int64_t ms;
	bool second;         /**< wait: until the clock's next second has begun, and then ms */
	struct conf_list of; /**< char *: names of `later`; "push", "forward" */

	/* peer, got */
	int as; /**< enum cps_peer */
	int64_t status,
		retry_after_s; /**< peer: what it answers from here on; -1: no Retry-After */
	int64_t count;         /**< peer: … so often, then 201; 0: always */
	int64_t delay_ms;      /**< peer: … so late */
	bool same_connection;  /**< got: as the requests before it */
	char *via;             /**< got: in Via; NULL */
};

extern const struct conf_table cps_step_table;
extern const char *const cps_do_words[];

int cps_check_step(const struct case_place *at, const struct conform_case *c, size_t i);

/* ---- role_cps.c ---- */

/** What came of a request, or is still to come */
struct cps_ask {
	struct play *p;
	const struct cps_step *step;
	size_t at;            /**< number of its step */
	bool done;            /**< it is over */
	struct answer answer; /**< body of the last answer; err: there is none */
	char outcome[160];    /**< "201 201 closed"; "none" as long as there is none */
	int64_t retry_after_s;
	struct sv fields; /**< raw: header lines of the last answer, in `got` */
	struct buf got;   /**< raw: all that came; before, what is sent behind the first answer */
	char host[CPS_HOST_MAX + 1], addr[ADDR_MAX]; /**< raw: where it is sent */
	uint64_t since_us, took_ms;
	struct raw_client *raw;
	struct https_client *https; /**< borrowed */
	bool then_sent;
	struct cps_ask *prev, *next;
};

/** play->state */
struct cps_play {
	struct cps_ask *asks;
	bool brought[CASE_TOKENS]; /**< by a pull before */
	uint64_t from[CPS_PEERS];  /**< first request to a peer that is this case's */
};

const char *cps_word(const struct cps_ask *ask);
/** Let the loop run until all is there, or for ms. @return 0; EINTR */
int cps_run_until(struct bench *b, bool (*there)(const void *arg), const void *arg, uint64_t ms);

/* ---- role_cps_ask.c ---- */

/** Begin the request of a step: it is under way, among play->state's asks. @return 0; with text: it cannot be made */
int cps_ask_begin(struct play *p, const struct cps_step *step, struct cps_ask **ret, struct err *e);
/** Wait until it is over, which it has a time of its own to be; judge and free it. @return 0; EINTR */
int cps_ask_end(struct cps_ask *ask);
/** Give it up, if it is still under way */
void cps_ask_free(struct cps_ask *ask);
/** Where it was reached: host, address, port of an interface. @return 0; EINVAL, ENOENT with text */
int cps_where(struct bench *b, enum cps_to to, char host[CPS_HOST_MAX + 1], char addr[ADDR_MAX],
	      uint16_t *port, struct err *e);
/** Path and query of a pull; a new call-id unless it is again. @return 0, EINVAL with text */
int cps_calls_path(struct play *p, const struct cps_step *step, struct buf *ret, struct err *e);

/* ---- role_cps_raw.c ---- */

/** Begin a step `raw`. @return 0; with text: it cannot be made */
int cps_raw_begin(struct cps_ask *ask, struct err *e);

/* ---- role_cps_judge.c ---- */

/** What a step expects, for the result */
void cps_tell_expected(struct play *p, const struct cps_step *s);
/** Judge what came of a request. @return 0 */
int cps_judge(struct cps_ask *ask);
/** Is an outcome one of a step's endings? merely: it is allowed only */
bool cps_ends_well(const struct conf_list *endings, const char *outcome, bool *merely);
/** Take a line that is this token off the text. @return false when there is none */
bool cps_take_line(struct buf *came, struct sv token);

/* ---- role_cps_peer.c ---- */

int cps_peers_open(struct bench *b, struct err *e);
void cps_peers_close(struct bench *b);
/** Begin with a case: what came to the peers before is not its */
void cps_peers_begin(struct play *p);
/** `push` and `forward` of the configuration, as the case's `published` says */
int cps_peers_publish(struct bench *b, const char *published, struct err *e);
int cps_peers_conf(struct bench *b, json_t *conf);
/** Steps `peer`, `got`, and `never` of a push or a request sent on. @return 0; EINTR */
int cps_peer_set(struct play *p, const struct cps_step *s);
int cps_peer_got(struct play *p, const struct cps_step *s);
/** How many requests with a PASSporT of this case a peer has got */
size_t cps_peer_count(const struct play *p, enum cps_peer peer);

#endif
