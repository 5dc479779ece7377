/* Framed messages over TCP on the loop: pieces, bounds, reconnecting, handlers that free. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/net/framed.h"
#include "lib/net/loop.h"
#include "tests/unit/test.h"

#define PORT    2999
#define MAX_LEN 100
#define LIMIT   5000 /* ms: a test that hangs ends */

/* A message is one octet of length (of all), then what it says; octet 0 is no message */
static long len_of(const uint8_t *p, size_t l)
{
	if (!l)
		return 0;
	return p[0] ? p[0] : -1;
}

/* What the two ends have seen, as text */
static struct {
	char addr[32];
	struct buf log;
	struct framed_conn *accepted;
	struct timer *limit;
	size_t until; /* stop when the log is that long */
	bool free_on_message;
	bool refuse;
	int down_err;
} g;

static void put(const char *what)
{
	(void)buf_addz(&g.log, what);
	if (g.log.l >= g.until)
		loop_stop();
}

static void server_up(struct framed_conn *c, void *arg)
{
	(void)arg;
	g.accepted = c;
	put("U");
	if (g.refuse)
		framed_conn_free(c);
}

static void server_message(struct framed_conn *c, struct sv msg, void *arg)
{
	char text[MAX_LEN + 3];

	(void)arg;
	(void)snprintf(text, sizeof(text), "<%.*s>", (int)msg.l - 1, msg.p + 1);
	if (g.free_on_message)
		framed_conn_free(c);
	put(text);
}

static void server_down(struct framed_conn *c, int err, void *arg)
{
	(void)c;
	(void)arg;
	g.down_err = err;
	put("D");
}

static void client_up(struct framed_conn *c, void *arg)
{
	(void)c;
	(void)arg;
	put("u");
}

static void client_down(struct framed_conn *c, int err, void *arg)
{
	(void)c;
	(void)arg;
	g.down_err = err;
	put("d");
}

static const struct framed_handlers server = {len_of, MAX_LEN, server_up, server_message,
					      server_down};
static const struct framed_handlers client = {len_of, MAX_LEN, client_up, server_message,
					      client_down};

static void too_late(void *arg)
{
	(void)arg;
	CHECK(!"in time");
	loop_stop();
}

static void begin(void)
{
	memset(&g, 0, sizeof(g));
	g.log = BUF(4096);
	/* an address of this process alone, so that two runs do not meet */
	(void)snprintf(g.addr, sizeof(g.addr), "127.%u.%u.1", 100u + (unsigned)getpid() % 100,
		       1u + (unsigned)getpid() / 100 % 254);
	CHECK_INT(0, loop_init());
	CHECK_INT(0, timer_alloc(&g.limit, too_late, NULL));
	timer_start(g.limit, LIMIT);
}

static void end(void)
{
	timer_free(g.limit);
	loop_close();
	buf_free(&g.log);
}

static void run_until(size_t len)
{
	g.until = len;
	if (g.log.l < len)
		CHECK_INT(0, loop_run());
}

static struct framed_listener *serve(void)
{
	struct framed_listener *l = NULL;
	struct err e = {""};

	CHECK_INT(0, framed_listen(&l, g.addr, PORT, &server, NULL, &e));
	CHECK_STR("", e.s);
	return l;
}

static struct framed_conn *dial(void)
{
	struct framed_conn *c = NULL;

	CHECK_INT(0, framed_connect(&c, g.addr, g.addr, PORT, &client, NULL, NULL));
	return c;
}

/* A plain socket that is connected to the listener */
static int plain(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)inet_pton(AF_INET, g.addr, &sa.sin_addr);
	CHECK_INT(0, connect(fd, (const struct sockaddr *)&sa, sizeof(sa)));
	return fd;
}

static void put_raw(int fd, const char *octets, size_t l)
{
	CHECK_INT((long long)l, send(fd, octets, l, 0));
}

TEST(message_both_ways)
{
	struct framed_listener *l;
	struct framed_conn *c;

	begin();
	l = serve();
	c = dial();
	CHECK_INT(ENOTCONN, framed_send(c, SV("\4one")));
	run_until(2);
	CHECK_INT(0, framed_send(c, SV("\4one")));
	run_until(7);
	CHECK_INT(0, framed_send(g.accepted, SV("\4two")));
	run_until(12);
	CHECK_STR("<one><two>", g.log.p + 2);
	framed_conn_free(c);
	framed_listener_free(l);
	end();
}

TEST(peer_is_the_own_address)
{
	struct framed_listener *l;
	struct framed_conn *c;

	begin();
	l = serve();
	c = dial();
	run_until(2);
	CHECK(strncmp(framed_peer(g.accepted), g.addr, strlen(g.addr)) == 0);
	CHECK(strstr(framed_peer(c), ":2999"));
	framed_conn_free(c);
	framed_listener_free(l);
	end();
}

TEST(several_in_one_and_one_in_several)
{
	struct framed_listener *l;
	int fd;

	begin();
	l = serve();
	fd = plain();
	run_until(1);
	put_raw(fd, "\2a\2b\4c", 6);
	run_until(7);
	CHECK_STR("U<a><b>", g.log.p);
	put_raw(fd, "de", 2);
	run_until(12);
	CHECK_STR("U<a><b><cde>", g.log.p);
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(what_is_no_message_costs_the_connection)
{
	struct framed_listener *l;
	int fd;

	begin();
	l = serve();
	fd = plain();
	run_until(1);
	put_raw(fd, "\2a\0bc", 5);
	run_until(5);
	CHECK_STR("U<a>D", g.log.p);
	CHECK_INT(EBADMSG, g.down_err);
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(message_longer_than_allowed)
{
	struct framed_listener *l;
	int fd;

	begin();
	l = serve();
	fd = plain();
	run_until(1);
	put_raw(fd, "\145", 1); /* 101 */
	run_until(2);
	CHECK_INT(EMSGSIZE, g.down_err);
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(longest_message)
{
	static const char body[MAX_LEN] = "\144xx";
	struct framed_listener *l;
	int fd;

	begin();
	l = serve();
	fd = plain();
	run_until(1);
	put_raw(fd, body, MAX_LEN);
	run_until(5);
	CHECK_STR("U<xx>", g.log.p);
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(peer_closes)
{
	struct framed_listener *l;
	int fd;

	begin();
	l = serve();
	fd = plain();
	run_until(1);
	(void)close(fd);
	run_until(2);
	CHECK_STR("UD", g.log.p);
	CHECK_INT(0, g.down_err);
	framed_listener_free(l);
	end();
}

TEST(handler_frees_its_connection)
{
	struct framed_listener *l;
	int fd;

	begin();
	g.free_on_message = true;
	l = serve();
	fd = plain();
	run_until(1);
	put_raw(fd, "\2a\2b", 4);
	run_until(4);
	CHECK_STR("U<a>", g.log.p); /* the second one came too late */
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(connection_is_turned_away_when_it_comes_up)
{
	struct framed_listener *l;
	char octet;
	int fd;

	begin();
	g.refuse = true;
	l = serve();
	fd = plain();
	run_until(1);
	CHECK_INT(0, recv(fd, &octet, 1, 0));
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(listener_bounds_its_connections)
{
	int fds[FRAMED_CONNS_MAX + 1];
	struct framed_listener *l;
	char octet;

	begin();
	l = serve();
	for (size_t i = 0; i < FRAMED_CONNS_MAX; i++) {
		fds[i] = plain();
		run_until(i + 1);
	}
	fds[FRAMED_CONNS_MAX] = plain();
	/* the loop has looked at the one that is too many before two more rounds are over */
	put_raw(fds[1], "\2a", 2);
	run_until(FRAMED_CONNS_MAX + 3);
	(void)close(fds[0]);
	run_until(FRAMED_CONNS_MAX + 4);
	CHECK_INT(0, recv(fds[FRAMED_CONNS_MAX], &octet, 1, MSG_DONTWAIT));
	CHECK_INT(-1, recv(fds[1], &octet, 1, MSG_DONTWAIT));
	CHECK_STR("UUUUUUUUUUUUUUUU<a>D", g.log.p);
	for (size_t i = 1; i <= FRAMED_CONNS_MAX; i++)
		(void)close(fds[i]);
	framed_listener_free(l);
	end();
}

TEST(send_queue_is_bounded)
{
	static char msg[MAX_LEN] = "\144";
	struct framed_listener *l;
	int fd, err = 0;

	begin();
	l = serve();
	fd = plain();
	run_until(1);
	/* nobody reads: the socket's buffers fill, then the queue, then it says so */
	for (long i = 0; i < 1000000 && !err; i++)
		err = framed_send(g.accepted, (struct sv){msg, sizeof(msg)});
	CHECK_INT(ENOSPC, err);
	(void)close(fd);
	framed_listener_free(l);
	end();
}

TEST(connects_again_until_it_is_up)
{
	struct framed_listener *l;
	struct framed_conn *c;

	begin();
	c = dial();
	run_until(1);
	CHECK_STR("d", g.log.p);
	CHECK_INT(ECONNREFUSED, g.down_err);
	l = serve();
	run_until(3);
	framed_conn_free(g.accepted);
	run_until(6); /* lost, and again */
	CHECK_INT(1, strchr(g.log.p + 3, 'd') != NULL);
	CHECK_INT(0, framed_send(c, SV("\2a")));
	framed_conn_free(c);
	framed_listener_free(l);
	end();
}

TEST(address_in_use)
{
	struct framed_listener *l, *second = NULL;
	struct err e = {""};

	begin();
	l = serve();
	CHECK_INT(EADDRINUSE, framed_listen(&second, g.addr, PORT, &server, NULL, &e));
	CHECK(strstr(e.s, ":2999"));
	framed_listener_free(l);
	end();
}

TEST(not_an_address)
{
	struct framed_conn *c = NULL;
	struct err e = {""};

	begin();
	CHECK_INT(EINVAL, framed_connect(&c, g.addr, "gateway", PORT, &client, NULL, &e));
	CHECK(strstr(e.s, "gateway"));
	framed_conn_free(NULL);
	framed_listener_free(NULL);
	end();
}

/* clang-format off */
TEST_MAIN(
	CASE(message_both_ways),
	CASE(peer_is_the_own_address),
	CASE(several_in_one_and_one_in_several),
	CASE(what_is_no_message_costs_the_connection),
	CASE(message_longer_than_allowed),
	CASE(longest_message),
	CASE(peer_closes),
	CASE(handler_frees_its_connection),
	CASE(connection_is_turned_away_when_it_comes_up),
	CASE(listener_bounds_its_connections),
	CASE(send_queue_is_bounded),
	CASE(connects_again_until_it_is_up),
	CASE(address_in_use),
	CASE(not_an_address))
