/* `conform --check`: is the implementation attached rightly? Before any case. */
#include <errno.h>
#include <stdio.h>

#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/conform.h"

/* Any answer will do: what it says is for the cases to judge */
static int answers(struct bench *b, const char *what, enum case_client client, const char *method,
		   const char *url, struct err *e)
{
	struct answer answer;
	const struct https_request req = {
		.method = method,
		.url = url,
		.timeout_ms = (uint64_t)b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = bench_ask(b, client, &req, &answer);

	if (!err && answer.err)
		err = err_set(e, EIO, "%s: no answer: %s", what, answer.text);
	else if (!err)
		(void)printf("%s: answers (%u)\n", what, answer.status);
	buf_free(&answer.body);
	return err;
}

int conform_check(struct bench *b, const struct sut *sut, struct err *e)
{
	char url[128];
	int err = bench_start(b, sut, "usual", NULL, e), end;
	struct err why = {""};

	if (err)
		return EXIT_FAILED;
	(void)printf("%s: starts, and prints READY\n", sut->name);
	(void)snprintf(url, sizeof(url), "https://" SUT_HOST ":%d/cps/company/5678", HTTPS_PORT);
	err = answers(b, "public interface", CASE_CLIENT_NONE, "GET", url, e);
	(void)snprintf(url, sizeof(url),
		       "https://" SUT_HOST
		       ":%d/calls/8a6e2c40-1b9d-4f3e-9c57-0d1e2f3a4b5c?orig=12010000000&dest="
		       "19030000000&wait_ms=0",
		       PRIVATE_PORT);
	if (!err && sut_can(sut, "retrieval"))
		err = answers(b, "private interface", CASE_CLIENT_VS, "PUT", url, e);
	end = bench_stop(b, err ? &why : e);
	if (!err && !end)
		(void)printf("%s: ends with code 0 after SIGTERM\n", sut->name);
	return err || end ? EXIT_FAILED : 0;
}
