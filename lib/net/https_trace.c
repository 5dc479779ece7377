#include "lib/base/auto.h"
#include "lib/net/https_trace.h"

DEFINE_AUTO(json_t, json_decref)

uint64_t https_conn_id(void)
{
	static uint64_t last;

	return ++last;
}

void https_trace(const struct https_event *ev)
{
	if (!trace_on())
		return;
	/* a Host that is not UTF-8 makes json_stringn() fail: the member is then left out, raw has
	 * it */
	AUTO(json_decref)
	json_t *more = json_pack("{s:I,s:s,s:o*}", "conn", (json_int_t)ev->conn, "msg",
				 ev->request ? "request" : "response", "host",
				 json_stringn(ev->host.p ? ev->host.p : "", ev->host.l));

	trace_message("https", ev->dir, ev->src, ev->dst, ev->raw, more);
}
