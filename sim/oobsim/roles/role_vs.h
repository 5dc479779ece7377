/** @file role_vs.h  Inside of role vs: its steps, what plays the CSCF and the CPS around the STI-VS, what it answered. */
#ifndef CONFORM_ROLE_VS_H
#define CONFORM_ROLE_VS_H

#include "lib/net/sip.h"
#include "sim/oobsim/conform/role.h"

/** Names and addresses beside the implementation: 127.<world>.1.<…> */
#define VS_SELF      "sti-vs.tsp.example"
#define VS_NET       1
#define VS_CPS       "cps.tsp.example"
#define VS_CPS_HOST  2
#define VS_CSCF_HOST 3
#define VS_DOMAIN    "tsp.example"

enum vs_do { VS_CALL, VS_PUSH };
enum vs_answer { VS_PASSED, VS_REFUSED, VS_REJECTED, VS_NONE };
enum vs_cps { VS_CPS_ANSWERS, VS_CPS_MUTE, VS_CPS_GONE };

struct vs_step {
	int kind; /**< enum vs_do */

	/* call: what it brings. Nothing said: all PASSporTs, on the way that the interface is */
	bool empty;               /**< none at all */
	struct conf_list in_band; /**< char *: values of Identity headers, texts */
	char *out_of_band;        /**< what the CPS hands over, or is pushed: text; NULL */

	/* call: the question */
	char *caller, *called;    /**< From, Request-URI: texts */
	char *pai;                /**< P-Asserted-Identity: text; NULL: as caller; "": none */
	struct conf_list headers; /**< char *: further lines, texts */
	char *body;               /**< over HTTP: the whole body, a text; NULL */

	/* the CPS, when it is asked */
	int cps;              /**< enum vs_cps */
	int64_t cps_after_ms; /**< it waits so long */
	int64_t cps_status;   /**< 0: 200, or 204 when it has nothing */
	int64_t cps_asked; /**< so often it must have been asked, in the end; -1: not looked at */

	int64_t push_after_ms; /**< it pushes what is out_of_band, so long after the question; 0: it does not */

	/* push */
	char *path, *method, *type;
	int client; /**< enum bench_client: CLIENT_PEER is the CPS */

	/* what must come */
	int answer;               /**< enum vs_answer */
	char *verstat;            /**< refused: this one; NULL: either */
	int64_t status;           /**< over HTTP: this one; 0: 200 or 201 */
	struct conf_list reasons; /**< char *: any of these; empty: not looked at */
	bool told;                /**< the reason must be there to be read */
	struct conf_list
		brings; /**< char *: PASSporTs that are handed on, exactly; empty: not looked at */
	int64_t within_ms; /**< 0: answer_ms of sut.json */
};

#define VS_CAUSES_MAX 16

/** What the STI-VS answered */
struct vs_said {
	int err;        /**< no answer: errno */
	char text[160]; /**< … and why */
	unsigned status;
	bool goes_on;                  /**< the call may go on */
	char verstat[64];              /**< "" when there is none */
	unsigned cause[VS_CAUSES_MAX]; /**< SIP statuses that it gives as reasons */
	size_t ncauses;
	char why[768];        /**< and its words for them */
	struct buf passports; /**< handed on, one a line */
	uint64_t ms;          /**< after so long */
};

/** What surrounds the STI-VS: b->role_state */
struct vs_around {
	struct sip_ep *cscf;
	struct https_server *cps;
	struct tls_conf cps_tls;
	struct timer *late, *push;
	struct https_req *waiting; /**< answered when `late` is over */

	const struct play *p; /**< under way; NULL */
	const struct vs_step *step;
	struct buf hand_over; /**< what the CPS has for it */
	unsigned asked;       /**< how often it was asked */
	char bad[200];        /**< what was wrong with a question to it; "" */
};

static inline struct vs_around *vs_around(const struct bench *b)
{
	return b->role_state;
}

/* ---- role_vs_text.c ---- */

/** Append a text with names: those of play_expand(), `$id_a` for the PASSporT a as the value of an Identity header, `$x5u` of the
 * first PASSporT, `$date` for a Date header of now. @return 0, EINVAL with text */
int vs_expand(const struct play *p, struct buf *ret, const char *text, struct err *e);
/** Append all PASSporTs of the case, one a line */
void vs_all_tokens(const struct play *p, struct buf *ret);
/** The values of the Identity headers of a step, as JSON strings. @return New reference, NULL with text: also for octets that
 * are no UTF-8 */
json_t *vs_identities_json(const struct play *p, const struct vs_step *s, struct err *e);
/** The same as header lines. @return 0, EINVAL with text */
int vs_identities_lines(const struct play *p, const struct vs_step *s, struct buf *ret,
			struct err *e);

/* ---- role_vs_cps.c ---- */

int vs_cps_open(struct bench *b, struct err *e);
void vs_cps_close(struct bench *b);
/** Get ready to be asked for the step's call. @return 0; EADDRINUSE … with text */
int vs_cps_expect(struct play *p, const struct vs_step *s, struct err *e);
/** The peer that the bench is to a STI-VS is its CPS: with that certificate it asks. @return 0, with text */
int vs_peer_is_cps(struct bench *b, struct err *e);
/** Push. ret->body is to be freed. @return 0 (also when no answer came); EINTR; another errno with text */
int vs_push(struct play *p, const struct vs_step *s, struct answer *ret, struct err *e);

/** Push what the step says while its call waits, by a timer; what goes wrong is kept in vs_around.bad */
void vs_push_later(struct play *p, const struct vs_step *s);
/** Forget that, when it is still under way */
void vs_push_forget(struct bench *b);

/* ---- role_vs_ask.c ---- */

/** Is the question one of HTTP? */
bool vs_over_http(const struct play *p);
/** Ask the STI-VS what the step says, over the interface of the play. ret->passports is to be freed. @return 0 (also when no
 * answer came); EINTR; another errno with text: it cannot be asked */
int vs_ask(struct play *p, const struct vs_step *s, struct vs_said *ret, struct err *e);

/* ---- role_vs_judge.c ---- */

void vs_tell_expected(struct play *p, const struct vs_step *s);
/** @return 0 */
int vs_judge(struct play *p, const struct vs_step *s, struct vs_said *said);
int vs_judge_push(struct play *p, const struct vs_step *s, const struct answer *a);

#endif
