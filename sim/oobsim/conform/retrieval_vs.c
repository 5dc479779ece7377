/* CPS and STI-VS are one box: it is asked as an STI-VS, and the PASSporTs that it hands on are those that the CPS had. */
#include <errno.h>
#include <string.h>

#include "lib/net/loop.h"
#include "lib/net/sip.h"
#include "sim/oobsim/conform/retrieval.h"

#define SLICE_MS 20
#define DOMAIN   "tsp.example"

struct waiting {
	struct answer *ret;
	bool done;
};

static void on_answer(int err, struct sip_rx *rx, void *arg)
{
	struct waiting *w = arg;
	struct sv value;

	w->done = true;
	w->ret->err = err;
	if (err)
		(void)snprintf(w->ret->text, sizeof(w->ret->text), "INVITE: %s", strerror(err));
	for (unsigned i = 0; !err && (value = sip_rx_header(rx, "Identity", i)).p; i++) {
		struct sv token = sv_trim(sv_cut(&value, ';'));

		(void)buf_printf(&w->ret->body, "%.*s\n", SV_ARG(token));
	}
	/* whatever it says of the call: what it had is what counts here */
	w->ret->status = w->ret->body.l ? 200 : 204;
	loop_stop();
}

/* One of the same family as the box */
static const char *own_addr(const struct bench *b, const char *uri)
{
	return strchr(uri, '[') && !strchr(b->pki_addr, ':') ? "::1" : b->pki_addr;
}

static int ask(const struct retrieval_call *c, struct sip_ep *ep, const char *hop,
	       struct waiting *w, struct err *e)
{
	struct bench *b = c->b;
	char uri[64], from[96], to[96], pai[128];
	struct sip_query *query;
	const struct sip_query_opts opts = {
		.method = "INVITE",
		.next_hop = hop,
		.uri = uri,
		.from = from,
		.to = to,
		.headers = pai,
		.timeout_ms = (uint64_t)b->sut->answer_ms,
	};
	int err;

	(void)snprintf(uri, sizeof(uri), "sip:+%.15s@" DOMAIN ";user=phone", c->dest);
	(void)snprintf(from, sizeof(from), "<sip:+%.15s@" DOMAIN ";user=phone>", c->orig);
	(void)snprintf(to, sizeof(to), "<%s>", uri);
	(void)snprintf(pai, sizeof(pai), "P-Asserted-Identity: %s\r\n", from);
	err = sip_query(&query, ep, &opts, on_answer, w);
	if (err)
		return err_set(e, err, "/retrieval/vs: %s: %s", hop, strerror(err));
	while (!w->done) {
		bench_wait(b, SLICE_MS);
		if (procs_poll(b->ps, 0)) {
			sip_query_cancel(query);
			return EINTR;
		}
	}
	return 0;
}

int retrieval_ask_vs(const struct retrieval_call *c, struct answer *ret, struct err *e)
{
	struct waiting w = {.ret = ret};
	struct sip_ep *ep;
	char hop[256];
	int err;

	retrieval_fill(c, hop, sizeof(hop), c->b->sut->retrieval.vs);
	err = sip_ep_alloc(&ep,
			   &(struct sip_ep_opts){.addr = own_addr(c->b, hop),
						 .port = SIP_PORT,
						 .software = "oobsim"},
			   e);
	if (err)
		return err;
	ret->body = BUF(VECTOR_TEXT_MAX);
	err = ask(c, ep, hop, &w, e);
	sip_ep_free(ep);
	return err;
}
