/* What an HTTPS server does wrong on purpose (https_faults.h), apart from plain HTTP: https_plain.c. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "lib/base/env.h"
#include "lib/base/log.h"
#include "lib/net/https_in.h"

/* How often what is held back, or is too slow, is looked at */
#define LOOK_MS 2
/* The program has ended by itself */
#define CODE 70

static const struct https_faults_conf none;

static const struct https_faults_conf *faults_of(const struct https_server *srv)
{
	return srv->opts.faults ? srv->opts.faults : &none;
}

const char *https_fault_priorities(const struct https_server *srv)
{
	static const char *const priorities[] = {
		[HTTPS_TLS_USUAL] = TLS_PRIORITIES,
		[HTTPS_TLS_OLD] = TLS_PRIORITIES ":+VERS-TLS1.1:+VERS-TLS1.0:+SIGN-ALL",
		[HTTPS_TLS_ONLY_12] = "NORMAL:-VERS-ALL:+VERS-TLS1.2",
		[HTTPS_TLS_ONLY_13] = "NORMAL:-VERS-ALL:+VERS-TLS1.3",
	};

	return priorities[faults_of(srv)->tls];
}

static void end_of(const char *what)
{
	log_error("https: ended on purpose: a %s", what);
	_exit(CODE);
}

void https_fault_conn_closed(const struct https_conn *conn)
{
	if (faults_of(conn->srv)->end_of_silence && !conn->any && !conn->srv->stopping)
		end_of("connection ended without a request");
}

void https_fault_completed(struct https_req *req)
{
	struct https_server *srv = req->conn->srv;
	const struct https_faults_conf *faults = faults_of(srv);

	if (req->delivered && faults->one_answer)
		(void)shutdown(req->conn->fd, SHUT_RDWR);
	if (req->delivered || srv->stopping)
		return;
	if (faults->end_of_cut_off)
		end_of("request was cut off");
	if (!faults->take_cut_off || !req->body.l)
		return;
	https_req_deliver(req);
	if (!req->res && req->gone)
		req->gone(req->gone_arg);
}

/* --- one at once, and not too slowly --- */

static bool others_are_coming(const struct https_req *req)
{
	const struct https_conn *conn;

	DL_FOREACH (req->conn->srv->conns, conn)
		if (conn != req->conn && conn->coming_us)
			return true;
	return false;
}

bool https_fault_holds(struct https_req *req)
{
	req->held = faults_of(req->conn->srv)->one_at_once && others_are_coming(req);
	return req->held;
}

static void look(void *arg)
{
	struct https_server *srv = arg;
	uint64_t now = mono_us(), most = (uint64_t)faults_of(srv)->whole_in_ms * 1000;
	struct https_req *req, *tmp;
	struct https_conn *conn;

	DL_FOREACH (srv->conns, conn)
		if (most && conn->coming_us && now - conn->coming_us > most)
			(void)shutdown(conn->fd, SHUT_RDWR);
	DL_FOREACH_SAFE (srv->waiting, req, tmp) {
		if (!req->held || others_are_coming(req))
			continue;
		req->held = false;
		srv->h(req, srv->arg);
	}
	timer_start(srv->look, LOOK_MS);
}

int https_fault_start(struct https_server *srv)
{
	const struct https_faults_conf *faults = faults_of(srv);
	int err;

	if (!faults->one_at_once && !faults->whole_in_ms)
		return 0;
	err = timer_alloc(&srv->look, look, srv);
	if (!err)
		timer_start(srv->look, LOOK_MS);
	return err;
}
