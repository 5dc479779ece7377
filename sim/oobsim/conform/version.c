/* What an implementation says of its version, for reports. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/report.h"
#include "sim/oobsim/proc/proc.h"

#define VERSION_MS 5000
#define SLICE_MS   20
#define OUTPUT_MAX 65536

static void no_trace(struct sv line, void *arg)
{
	(void)line;
	(void)arg;
}

/* @return 0; ETIMEDOUT, EINTR, EIO with text */
static int wait_end(struct procs *ps, const struct proc *p, struct err *e)
{
	const uint64_t until = mono_us() + VERSION_MS * UINT64_C(1000);
	BUF_AUTO struct buf why = BUF(ERR_MAX);

	while (!proc_ended(p)) {
		if (procs_poll(ps, SLICE_MS))
			return err_set(e, EINTR, "interrupted");
		if (mono_us() > until)
			return err_set(e, ETIMEDOUT, "it has not ended within %d ms", VERSION_MS);
	}
	if (proc_code(p) == 0)
		return 0;
	proc_text(p, &why);
	return err_set(e, EIO, "%s", why.p ? why.p : "it failed");
}

static int run(const struct sut *sut, const char *out, const char *log, struct err *e)
{
	char program[PATH_MAX];
	const char *argv[64 + 1] = {NULL};
	struct proc_opts opts = {.name = "version", .argv = argv, .log = log, .out = out};
	struct procs *ps = NULL;
	struct proc *p;
	int err;

	err = sut_argv(&sut->version, program, argv, e);
	if (!err)
		err = procs_alloc(&ps, no_trace, NULL, e);
	if (!err)
		err = procs_start(ps, &p, &opts, e);
	if (!err) {
		proc_may_end(p);
		err = wait_end(ps, p, e);
	}
	procs_free(ps);
	return err;
}

int sut_version(char **ret, const struct sut *sut, const char *dir, struct err *e)
{
	char out[PATH_MAX], log[PATH_MAX], *text = NULL;
	struct sv rest;
	size_t len;
	int err;

	*ret = NULL;
	if (!sut->version.n)
		return 0;
	(void)snprintf(out, sizeof(out), "%s/version.out", dir);
	(void)snprintf(log, sizeof(log), "%s/version.log", dir);
	err = run(sut, out, log, e);
	if (!err)
		err = file_read(&text, &len, out, OUTPUT_MAX, e);
	(void)unlink(out);
	(void)unlink(log);
	if (err) {
		err_prefix(e, "/version of %s: ", sut->name);
		return err;
	}
	rest = (struct sv){text, len};
	*ret = sv_dup(sv_trim(sv_cut(&rest, '\n')));
	free(text);
	return *ret ? 0 : err_set(e, ENOMEM, "out of memory");
}
