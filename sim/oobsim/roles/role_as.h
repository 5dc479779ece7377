/** @file role_as.h  Role as, inside: the bench is the CSCF that asks a STI-AS, the CPS that it posts to, and the authorities whose
 * mappings it reads. */
#ifndef CONFORM_ROLE_AS_H
#define CONFORM_ROLE_AS_H

#include "lib/net/sip.h"
#include "sim/oobsim/conform/role.h"

/** Names of the bench's CPS: where it serves, a name that its certificate does not have, and where nobody listens */
#define AS_CPS       "cps.tsp.example"
#define AS_CPS_OTHER "cps.other.example"
#define AS_CPS_DOWN  "down.tsp.example"
/** Path of the usual company */
#define AS_PATH "/cps/company/5678"
/** First digits of a called number whose PASSporTs always go to the CPS */
#define AS_CONTROL "1909"
/** Certificate and key that it signs with: id of a vector_cred_row */
#define AS_CRED "osp"
#define AS_X5U  BENCH_CR "/certificates/" AS_CRED ".pem"

/* --- steps --- */

enum as_do { AS_ASK, AS_POSTED, AS_CPS_DOES, AS_CPS_CUTS, AS_PUBLISH, AS_FETCHED };
enum as_answer {
	AS_SIGNED,   /**< answered, with the PASSporTs of `types` */
	AS_REFUSED,  /**< 4xx to 6xx */
	AS_UNSIGNED, /**< either refused, or answered without a PASSporT */
};
enum as_requests { AS_ANY, AS_ONE, AS_EACH };

/** What the bench's CPS does with a POST */
struct as_cps_answer {
	int64_t status;
	int64_t retry_after_s; /**< -1: none */
	int64_t delay_ms;
	bool never; /**< no answer before the case ends */
};

struct as_step {
	int kind; /**< enum as_do */

	/* ask: the question. Texts may hold names: as_expand() */
	char *caller, *called;  /**< canonical numbers */
	char *host;             /**< SIP: of the From URI */
	char *from, *pai, *uri; /**< SIP: instead of what these make; pai NULL: there is none */
	char *date; /**< seconds since 1970, or SIP: any text; NULL: SIP none, HTTP now */
	char *attest, *origid;   /**< what the CSCF says of the caller; NULL: nothing */
	char *rn, *cic;          /**< NULL: none */
	struct conf_list brings; /**< char *: PASSporTs that the call has already */
	struct conf_list before; /**< char *: numbers that it was for before, the first one first */
	char *headers;           /**< SIP: further header lines, each with CRLF */
	char *members;           /**< HTTP: merge patch of the signingRequest */

	/* ask: the answer */
	int answer;             /**< enum as_answer */
	struct conf_list codes; /**< char *: statuses, of any interface; empty: as `answer` says */
	struct conf_list types; /**< char *: ppt of each PASSporT, "" for none; empty: shaken */
	char *claims; /**< object: what the first PASSporT must say; null: what it must not */
	struct conf_list checks; /**< char *: words of role_as_form.c */

	/* posted: what has come to the CPS since the step before */
	char *path; /**< of the POST; NULL: not looked at */
	struct conf_list
		posts; /**< char *: "1" the first answered PASSporT …, or names of tokens */
	int requests;  /**< enum as_requests */
	int64_t not_before_ms; /**< it comes no earlier than this after the POST before it */
	int64_t at_most;       /**< so many requests within within_ms; 0: as `posts` says */
	bool never; /**< nothing comes: within_ms; 0: until a later call's PASSporT has come */

	int64_t within_ms; /**< ask, posted, fetched; 0: as is usual */

	struct conf_list
		answers; /**< cps: struct as_cps_answer, one a POST, the last one for all further */
	char *lists;     /**< publish: a word of role_as_lists.c */
	int64_t times;   /**< fetched: so often */
};

/* --- what came --- */

/** PASSporTs of one answer or POST at the most */
#define AS_TOKENS 17

/** An answer, over whatever interface */
struct as_said {
	int err; /**< none came: errno */
	char text[160];
	unsigned status;
	bool forwarded; /**< the INVITE came back, for the CSCF to send on: no status */
	struct buf identities[AS_TOKENS]; /**< values of Identity headers; the caller frees */
	size_t n;
	bool has_date;
	int64_t date_s;
	char contact[256];
	bool reason; /**< it says why it refuses */
	char why[128];
	uint64_t after_ms; /**< so long after the question */
};

/** A POST to the CPS */
struct as_post {
	struct as_post *prev, *next;
	uint64_t at_us, answered_us; /**< mono_us(); answered 0: not yet */
	char method[16], path[128], type[64], length[24], host[64];
	struct buf body;
};

/** A POST that is not answered yet */
struct as_held;

/** The peers of a STI-AS: b->role_state */
struct as_bench {
	struct bench *b;
	struct sip_ep *ep;
	char key_path[PATH_MAX];
	/* role_as_cps.c */
	struct tls_conf tls;
	struct https_server *cps;
	struct as_post *posts; /**< of the case under way */
	struct as_post *read;  /**< the last one that a step has looked at; NULL */
	struct as_held *held;
	const struct as_step *does; /**< how POSTs are answered; NULL: 201 */
	size_t answered;            /**< POSTs of the case so far */
	bool control;               /**< the PASSporT of the control call has come */
	/* role_as_lists.c */
	json_t *files;  /**< path → text */
	json_t *counts; /**< path → how often it was fetched */
	const struct as_lists *lists;
	uint64_t fetched_us; /**< when something was fetched last */
	/* the case under way */
	struct play *p;
	char digits[8];         /**< last seven of all its numbers: `$n` */
	unsigned asked;         /**< questions so far */
	struct as_said *coming; /**< of the question under way, whose INVITE may come back; NULL */
	struct buf tokens[AS_TOKENS]; /**< PASSporTs of the last answer */
	size_t ntokens;
	char origid[64]; /**< of the answer before */
	int64_t awaited; /**< what a step waits for: so many */
};

/* ---- role_as_steps.c ---- */

extern const struct conf_table as_step_table;
int as_check_step(const struct case_place *at, const struct conform_case *c, size_t i);
const char *as_step_word(const struct as_step *s);

/* ---- role_as.c ---- */

/** Append a text with `$orig`, `$dest`, `$now`, `$n`, `$x5u` and names of PASSporTs */
int as_expand(struct as_bench *a, struct buf *ret, const char *text, struct err *e);
/** Wait in slices until done() holds or so long has passed. @return 0 (also when it does not hold), EINTR */
int as_wait(struct as_bench *a, bool (*done)(struct as_bench *a), uint64_t ms);

/* ---- role_as_ask.c ---- */

/** Interface of the case; where it does not say, the first that the implementation has */
const char *as_over(const struct as_bench *a);

/** Ask over the case's interface. ret: as_said_free(). @return 0 (also when no answer came: ret->err); EINTR; errno with text */
int as_ask(struct as_bench *a, const struct as_step *s, struct as_said *ret, struct err *e);
void as_said_free(struct as_said *said);

/* ---- role_as_proxy.c: an STI-AS that sends the INVITE on, back to its CSCF ---- */

/** Append the Route of a question: by way of the STI-AS (its URI) to us */
void as_add_route(const struct as_bench *a, struct buf *ret, const char *uri);
/** Take an INVITE that comes back */
void as_came_back(struct sip_rx *rx, void *arg);
/** What an INVITE or an answer has for us: Identity that the call had not, Date */
void as_read_headers(const struct as_bench *a, struct as_said *said, const struct sip_rx *rx);

/* ---- role_as_http.c ---- */

int as_ask_http(struct as_bench *a, const struct as_step *s, struct as_said *ret, struct err *e);
/** Keep a value of an Identity header */
void as_said_add(struct as_said *said, struct sv identity);

/* ---- role_as_judge.c ---- */

/** Judge an answer, and keep its PASSporTs. @return 0; errno with text: our own trouble */
int as_judge(struct as_bench *a, const struct as_step *s, const struct as_said *said,
	     struct err *e);
/** What an ask expects, for people */
void as_tell_ask(struct play *p, const struct as_step *s);

/* ---- role_as_form.c: one PASSporT ---- */

/** What else can be checked, ended by NULL */
extern const char *const as_check_words[];
/** A check of the i-th PASSporT by its word. @return Does it hold? Else text says what is wrong */
bool as_check_token(struct as_bench *a, const struct as_step *s, const char *word,
		    const struct as_said *said, size_t i, struct err *text);

/* ---- role_as_cps.c ---- */

int as_cps_open(struct as_bench *a, struct err *e);
void as_cps_close(struct as_bench *a);
/** Answer what is held, forget what came */
void as_cps_reset(struct as_bench *a);
/** End all connections, and go on */
int as_cps_cut(struct as_bench *a, struct err *e);
/** POSTs of the case that no step has looked at */
const struct as_post *as_post_next(const struct as_bench *a);

/* ---- role_as_posted.c ---- */

int as_posted(struct as_bench *a, const struct as_step *s, struct err *e);
void as_tell_posted(struct play *p, const struct as_step *s);

/* ---- role_as_lists.c ---- */

/** Words of what can be published, ended by NULL */
extern const char *const as_published[];
bool as_lists_known(const char *word);
/** Make the files of a word; with again not when they are those that are there. @return 0; EINVAL … with text */
int as_lists_make(struct as_bench *a, const char *word, bool again, struct err *e);
/** Answer when it is one of them */
bool as_lists_serve(struct as_bench *a, struct https_req *req);
/** Set members `discovery` of a configuration, when there is something published; without what is known already */
void as_lists_conf(const struct as_bench *a, json_t *conf);
/** How often each of the present lists has been fetched at least, once that is some time ago: it has been read then too */
int64_t as_lists_fetched(const struct as_bench *a);

#endif
