/* Sends octets by lib/net/raw_client as one JSON object on stdin says, and prints what came of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/net/http_split.h"
#include "lib/net/loop.h"
#include "lib/net/raw_client.h"
#include "lib/trace/trace.h"

struct run {
	struct raw_client *client;
	const json_t *conf;
	size_t wanted; /* messages that are enough; 0: until it ends */
	bool more_sent;
};

static const char *text(const json_t *conf, const char *name)
{
	return json_string_value(json_object_get(conf, name));
}

static long long number(const json_t *conf, const char *name, long long otherwise)
{
	const json_t *v = json_object_get(conf, name);

	return v ? json_integer_value(v) : otherwise;
}

static struct raw_send send_of(const json_t *conf, const char *name)
{
	static const char *const ends[] = {"stay", "half", "close", "reset"};
	const json_t *octets = json_object_get(conf, name);
	const char *end = text(conf, "end");
	struct raw_send send = {
		.octets = {json_string_value(octets), json_string_length(octets)},
		.pieces = (size_t)number(conf, "pieces", 1),
		.pause_ms = (uint64_t)number(conf, "pause_ms", 0),
	};

	for (int i = 0; end && i < 4; i++)
		if (strcmp(ends[i], end) == 0)
			send.end = (enum raw_end)i;
	return send;
}

static size_t messages(struct sv got)
{
	struct http_message msg;
	size_t n = 0;

	while (got.l && http_split(&msg, got, false) == 0) {
		got = (struct sv){got.p + msg.whole.l, got.l - msg.whole.l};
		n++;
	}
	return n;
}

static bool on_got(struct sv got, void *arg)
{
	struct run *run = arg;
	struct raw_send more = send_of(run->conf, "then");

	if (messages(got) && more.octets.l && !run->more_sent)
		run->more_sent = raw_client_send(run->client, &more) == 0;
	return run->wanted && messages(got) >= run->wanted;
}

static void on_done(const struct raw_result *res, void *arg)
{
	struct run *run = arg;
	json_t *v = json_pack("{s:s, s:s, s:s?, s:b, s:b, s:s%, s:I, s:I}", "err",
			      res->err ? strerrorname_np(res->err) : "", "text", res->text,
			      "version", res->version, "closed", res->closed, "reset", res->reset,
			      "got", res->got.p ? res->got.p : "", res->got.l, "took_ms",
			      (json_int_t)res->took_ms, "messages", (json_int_t)messages(res->got));

	(void)json_dumpf(v, stdout, 0);
	json_decref(v);
	raw_client_free(run->client);
	run->client = NULL;
	loop_stop();
}

int main(void)
{
	json_t *conf = json_loadf(stdin, 0, NULL);
	struct run run = {.conf = conf, .wanted = (size_t)number(conf, "wanted", 0)};
	struct raw_client_opts opts = {
		.addr = text(conf, "addr"),
		.port = (uint16_t)number(conf, "port", 8443),
		.self = text(conf, "self"),
		.host = text(conf, "host"),
		.plain = json_is_true(json_object_get(conf, "plain")),
		.tls_min = (int)number(conf, "tls_min", 12),
		.tls_max = (int)number(conf, "tls_max", 13),
		.ca = text(conf, "ca"),
		.cert = text(conf, "cert"),
		.key = text(conf, "key"),
		.max = (size_t)number(conf, "max", 1 << 20),
		.timeout_ms = (uint64_t)number(conf, "timeout_ms", 5000),
	};
	struct raw_send send = send_of(conf, "octets");
	struct err e = {""};
	int err = loop_init();

	if (!err && text(conf, "trace"))
		err = trace_open(text(conf, "trace"), "raw", &e);
	if (!err)
		err = raw_client_alloc(&run.client, &opts, &send, on_got, on_done, &run, &e);
	if (err)
		(void)fprintf(stderr, "%s: %s\n", strerrorname_np(err), e.s);
	else
		(void)loop_run();
	trace_close();
	loop_close();
	json_decref(conf);
	return err ? 1 : 0;
}
