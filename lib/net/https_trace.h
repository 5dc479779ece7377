/** @file https_trace.h  Trace events of HTTP messages: one form for server and client. */
#ifndef NET_HTTPS_TRACE_H
#define NET_HTTPS_TRACE_H

#include <stdint.h>

#include "lib/base/sv.h"
#include "lib/trace/trace.h"

/** Number for a new connection, unique in the process: what `conn` in the trace says */
uint64_t https_conn_id(void);

struct https_event {
	enum trace_dir dir;
	bool request; /**< else a response */
	uint64_t conn;
	const char *src, *dst; /**< "a.b.c.d:port" */
	struct sv host;        /**< Host of the request, for its response too */
	struct sv raw;
};

/** Nothing happens when no trace is open */
void https_trace(const struct https_event *ev);

#endif
