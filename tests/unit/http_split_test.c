#include <errno.h>

#include "lib/net/http_split.h"
#include "tests/unit/test.h"

static struct http_message m;

#define SPLIT(text)       http_split(&m, SV(text), false)
#define CHUNKED           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
#define SPLIT_ENDED(text) http_split(&m, SV(text), true)

TEST(request)
{
	CHECK_INT(0, SPLIT("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcPOST "));
	CHECK_SV("POST /x HTTP/1.1", m.start);
	CHECK_SV("abc", m.body);
	CHECK_SV("a", http_header(&m, "host"));
	CHECK_INT(0, m.status);
	CHECK_INT(51, m.whole.l);
}

TEST(response)
{
	CHECK_INT(0, SPLIT("HTTP/1.1 201 Created\r\nContent-Length: 0\r\nA:b\r\n\r\n"));
	CHECK_INT(201, m.status);
	CHECK_SV("b", http_header(&m, "A"));
	CHECK(http_header(&m, "B").p == NULL);
}

TEST(no_more_than_the_head_has_come)
{
	CHECK_INT(EAGAIN, SPLIT(""));
	CHECK_INT(EAGAIN, SPLIT("HTTP/1.1 201 Created"));
	CHECK_INT(EAGAIN, SPLIT("HTTP/1.1 201 Created\r\nA: b\r\n"));
	CHECK_INT(EAGAIN, SPLIT("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nx"));
	CHECK_INT(EAGAIN, SPLIT("HTTP/1.1 201 Created\r\n\r\nx"));
}

TEST(a_response_without_a_length_ends_with_the_connection)
{
	CHECK_INT(0, SPLIT_ENDED("HTTP/1.1 201 Created\r\n\r\nxyz"));
	CHECK_SV("xyz", m.body);
}

TEST(a_request_without_a_length_has_no_body)
{
	CHECK_INT(0, SPLIT("GET / HTTP/1.1\r\n\r\nGET"));
	CHECK_INT(0, m.body.l);
	CHECK_INT(18, m.whole.l);
}

TEST(statuses_without_a_body)
{
	CHECK_INT(0, SPLIT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201"));
	CHECK_INT(25, m.whole.l);
	CHECK_INT(0, SPLIT("HTTP/1.1 204 No Content\r\n\r\n"));
	CHECK_INT(0, SPLIT("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"));
}

TEST(chunks)
{
	CHECK_INT(0, SPLIT(CHUNKED "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nnext"));
	CHECK_INT(sizeof(CHUNKED) - 1 + 32, m.whole.l);
	CHECK_INT(0, SPLIT(CHUNKED "0\r\nTrailer: x\r\n\r\n"));
	CHECK_INT(EAGAIN, SPLIT(CHUNKED "3\r\nab"));
	CHECK_INT(EAGAIN, SPLIT(CHUNKED "3\r\nabc\r\n"));
	CHECK_INT(EAGAIN, SPLIT(CHUNKED "3\r\nabc\r\n0\r\n"));
	CHECK_INT(EBADMSG, SPLIT(CHUNKED "zz\r\nabc\r\n"));
	CHECK_INT(EBADMSG, SPLIT(CHUNKED "\r\nabc\r\n"));
	CHECK_INT(EBADMSG, SPLIT(CHUNKED "3\r\nabcd\r\n"));
	CHECK_INT(EBADMSG, SPLIT(CHUNKED "FFFFFFFFFFFFFFFFF\r\nabcd\r\n"));
}

TEST(not_http)
{
	CHECK_INT(EBADMSG, SPLIT("hello\r\n\r\n"));
	CHECK_INT(EBADMSG, SPLIT("HTTP/1.1 2x1 Created\r\n\r\n"));
	CHECK_INT(EBADMSG, SPLIT("HTTP/1.1 2\r\n\r\n"));
	CHECK_INT(EBADMSG, SPLIT("POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\na"));
	CHECK_INT(EBADMSG, SPLIT("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\na"));
}

TEST(lf_alone_ends_lines_too)
{
	CHECK_INT(0, SPLIT("GET / HTTP/1.1\nHost: a\n\n"));
	CHECK_SV("a", http_header(&m, "Host"));
}

TEST_MAIN(CASE(request), CASE(response), CASE(no_more_than_the_head_has_come),
	  CASE(a_response_without_a_length_ends_with_the_connection),
	  CASE(a_request_without_a_length_has_no_body), CASE(statuses_without_a_body), CASE(chunks),
	  CASE(not_http), CASE(lf_alone_ends_lines_too))
