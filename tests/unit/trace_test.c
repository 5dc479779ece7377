#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/trace/trace.h"
#include "tests/unit/test.h"

DEFINE_AUTO(json_t, json_decref)

/* A trace into a pipe, and the other end of it */
static int open_pipe(int *ret_read)
{
	char path[32];
	int fd[2];

	if (pipe(fd))
		abort();
	*ret_read = fd[0];
	(void)snprintf(path, sizeof(path), "fd:%d", fd[1]);
	CHECK_INT(0, trace_open(path, "osp.as", NULL));
	return fd[1];
}

/* What was traced, as text; the trace is closed */
static void read_all(int fd, int wr, char *ret, size_t size)
{
	ssize_t n;

	trace_close();
	(void)close(wr);
	n = read(fd, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
	(void)close(fd);
}

static json_t *one_message(const char *kind, struct sv octets)
{
	char text[8192];
	int fd, wr = open_pipe(&fd);

	trace_message(kind, TRACE_TX, "127.1.2.3:5060", "127.1.2.4:5060", octets, NULL);
	read_all(fd, wr, text, sizeof(text));
	return json_loads(text, 0, NULL);
}

static const char *member(const json_t *ev, const char *name)
{
	return json_string_value(json_object_get(ev, name));
}

TEST(off_until_opened)
{
	CHECK(!trace_on());
	trace_message("sip", TRACE_TX, "a", "b", SV("x"), NULL);
	trace_note("as.signed", NULL, NULL, json_object());
	CHECK_INT(0, trace_open(NULL, "osp.as", NULL));
	CHECK(!trace_on());
}

TEST(message_members)
{
	AUTO(json_decref) json_t *ev = one_message("sip", SV("INVITE sip:x SIP/2.0\r\n\r\n"));

	CHECK_STR("osp.as", member(ev, "at"));
	CHECK_STR("sip", member(ev, "kind"));
	CHECK_STR("tx", member(ev, "dir"));
	CHECK_STR("127.1.2.3:5060", member(ev, "src"));
	CHECK_STR("127.1.2.4:5060", member(ev, "dst"));
	CHECK_STR("INVITE sip:x SIP/2.0\r\n\r\n", member(ev, "raw"));
	CHECK(!json_object_get(ev, "hex"));
}

TEST(time_is_monotonic_microseconds)
{
	uint64_t before = mono_us();
	AUTO(json_decref) json_t *ev = one_message("sip", SV("x"));
	uint64_t t = (uint64_t)json_integer_value(json_object_get(ev, "t"));

	CHECK(t >= before && t <= mono_us());
}

TEST(escapes_come_back)
{
	static const char all[] = "\"\\/\b\f\n\r\t\x01\x1f\x7f end";
	AUTO(json_decref) json_t *ev = one_message("sip", SV(all));

	CHECK_STR(all, member(ev, "raw"));
}

TEST(utf8_is_text)
{
	static const char text[] =
		"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x93\x9e \xed\x9f\xbf \xf4\x8f\xbf\xbf";
	AUTO(json_decref) json_t *ev = one_message("sip", SV(text));

	CHECK_STR(text, member(ev, "raw"));
}

TEST(not_utf8_is_hex)
{
	static const struct {
		struct sv octets;
		const char *hex;
	} cases[] = {
		{SV("a\xff"), "61ff"},                /* never in UTF-8 */
		{SV("\xc3"), "c3"},                   /* cut off */
		{SV("\xc3("), "c328"},                /* no continuation */
		{SV("\xe2\x82"), "e282"},             /* cut off */
		{SV("\xc0\xaf"), "c0af"},             /* overlong */
		{SV("\xe0\x80\xaf"), "e080af"},       /* overlong */
		{SV("\xf0\x80\x80\xaf"), "f08080af"}, /* overlong */
		{SV("\xed\xa0\x80"), "eda080"},       /* surrogate */
		{SV("\xf4\x90\x80\x80"), "f4908080"}, /* past U+10FFFF */
		{SV("\x80"), "80"},                   /* continuation alone */
		{SV("a\0b"), "610062"},               /* NUL: no text to many readers */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(json_decref) json_t *ev = one_message("sip", cases[i].octets);

		CHECK_STR(cases[i].hex, member(ev, "hex"));
		CHECK(!json_object_get(ev, "raw"));
	}
}

TEST(isup_is_always_hex)
{
	AUTO(json_decref) json_t *ev = one_message("isup", SV("letters"));

	CHECK_STR("6c657474657273", member(ev, "hex"));
	CHECK(!json_object_get(ev, "raw"));
}

TEST(long_hex)
{
	char octets[1000], want[2001];
	AUTO(json_decref) json_t *ev = NULL;

	memset(octets, 0xab, sizeof(octets));
	for (size_t i = 0; i < sizeof(octets); i++)
		memcpy(want + 2 * i, "ab", 3);
	ev = one_message("sip", (struct sv){octets, sizeof(octets)});
	CHECK_STR(want, member(ev, "hex"));
}

TEST(empty_message)
{
	AUTO(json_decref) json_t *ev = one_message("sip", (struct sv){NULL, 0});

	CHECK_STR("", member(ev, "raw"));
}

TEST(further_members)
{
	char text[1024];
	AUTO(json_decref) json_t *more = json_pack("{s:i,s:s}", "conn", 7, "msg", "request");
	AUTO(json_decref) json_t *ev = NULL;
	int fd, wr = open_pipe(&fd);

	trace_message("https", TRACE_RX, "a", "b", SV("x"), more);
	CHECK_INT(1, (long long)more->refcount); /* borrowed */
	read_all(fd, wr, text, sizeof(text));
	ev = json_loads(text, 0, NULL);
	CHECK_STR("rx", member(ev, "dir"));
	CHECK_INT(7, json_integer_value(json_object_get(ev, "conn")));
	CHECK_STR("request", member(ev, "msg"));
}

TEST(note_members)
{
	char text[1024];
	struct tn orig = {"12013776051"}, dest = {"19032469103"};
	AUTO(json_decref) json_t *ev = NULL;
	int fd, wr = open_pipe(&fd);

	trace_note("as.attest", &orig, &dest, json_pack("{s:s}", "attest", "A"));
	read_all(fd, wr, text, sizeof(text));
	ev = json_loads(text, 0, NULL);
	CHECK_STR("note", member(ev, "kind"));
	CHECK_STR("as.attest", member(ev, "what"));
	CHECK_STR("12013776051", member(ev, "orig"));
	CHECK_STR("19032469103", member(ev, "dest"));
	CHECK_STR("A", member(json_object_get(ev, "data"), "attest"));
}

TEST(note_without_call)
{
	char text[1024];
	AUTO(json_decref) json_t *ev = NULL;
	int fd, wr = open_pipe(&fd);

	trace_note("cps.waiting", NULL, NULL, NULL);
	read_all(fd, wr, text, sizeof(text));
	ev = json_loads(text, 0, NULL);
	CHECK_STR("cps.waiting", member(ev, "what"));
	CHECK(!json_object_get(ev, "orig") && !json_object_get(ev, "dest") &&
	      !json_object_get(ev, "data"));
}

TEST(one_line_an_event)
{
	char text[1024];
	int fd, wr = open_pipe(&fd);

	trace_note("a.b", NULL, NULL, NULL);
	trace_message("sip", TRACE_TX, "a", "b", SV("x\ny"), NULL);
	read_all(fd, wr, text, sizeof(text));
	CHECK_STR("\n", strchr(strchr(text, '\n') + 1, '\n'));
}

/* A pipe holds 64 kB: the rest must be written when there is room again, not thrown away */
TEST(more_than_the_pipe_takes)
{
	enum { LEN = 300000 };
	char *octets = malloc(LEN), *got = malloc(2 * LEN);
	size_t l = 0;
	ssize_t n;
	pid_t pid;
	int fd, wr = open_pipe(&fd);

	if (!octets || !got)
		abort();
	memset(octets, 'x', LEN);
	CHECK_INT(0, fcntl(wr, F_SETFL, O_NONBLOCK));
	pid = fork();
	if (pid == 0) {
		trace_message("sip", TRACE_TX, "a", "b", (struct sv){octets, LEN}, NULL);
		_exit(0);
	}
	trace_close();
	(void)close(wr);
	while ((n = read(fd, got + l, 2 * LEN - l)) > 0)
		l += (size_t)n;
	(void)close(fd);
	CHECK(l > LEN && got[l - 1] == '\n' && got[l - 2] == '}');
	free(octets);
	free(got);
}

TEST(reader_gone)
{
	int fd, wr = open_pipe(&fd);

	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(fd);
	CHECK(trace_on());
	trace_note("a.b", NULL, NULL, NULL);
	CHECK(!trace_on());
	trace_note("a.b", NULL, NULL, NULL); /* no further warning, no crash */
	trace_close();
	(void)close(wr);
}

TEST(file_is_appended_to)
{
	char path[] = "/tmp/trace_test.XXXXXX", text[512];
	struct err e = {""};
	FILE *f;
	int fd = mkstemp(path);
	size_t n;

	CHECK(fd >= 0);
	CHECK_INT(6, write(fd, "first\n", 6));
	(void)close(fd);
	CHECK_INT(0, trace_open(path, "osp.as", &e));
	trace_note("a.b", NULL, NULL, NULL);
	trace_close();
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	CHECK(sv_starts(sv_from(text), "first\n{\"t\":"));
	if (f)
		(void)fclose(f);
	(void)unlink(path);
}

TEST(errors_name_the_place)
{
	struct err e = {""};

	CHECK_INT(ENOENT, trace_open("/nonexistent/dir/t.jsonl", "x", &e));
	CHECK(strstr(e.s, "/nonexistent/dir/t.jsonl"));
	CHECK_INT(EINVAL, trace_open("fd:77", "x", &e));
	CHECK(strstr(e.s, "fd:77"));
	CHECK_INT(EINVAL, trace_open("fd:x", "x", &e));
	CHECK_INT(EINVAL, trace_open("fd:1", "\xff", &e));
	CHECK(!trace_on());
}

TEST_MAIN(CASE(off_until_opened), CASE(message_members), CASE(time_is_monotonic_microseconds),
	  CASE(escapes_come_back), CASE(utf8_is_text), CASE(not_utf8_is_hex),
	  CASE(isup_is_always_hex), CASE(long_hex), CASE(empty_message), CASE(further_members),
	  CASE(note_members), CASE(note_without_call), CASE(one_line_an_event),
	  CASE(more_than_the_pipe_takes), CASE(reader_gone), CASE(file_is_appended_to),
	  CASE(errors_name_the_place))
