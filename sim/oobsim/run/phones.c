/* SIPp as both phones: started, waited for, read. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/addr.h"
#include "sim/oobsim/run/phones.h"

#define SIPP "sipp"
/* SIPp listens within a moment; more time than this only a hang takes */
#define LISTEN_TIMEOUT_MS 5000
/* What one message of a call may take, beside ringing and talking */
#define MESSAGE_TIMEOUT_MS 15000
/* The slowest world that is still waited for, calls a second */
#define SLOWEST  20
#define LOG_MAX  (64u << 20)
#define ARGS_MAX 64

int phones_check(struct err *e)
{
	char program[PATH_MAX];

	return proc_find(program, sizeof(program), SIPP, e);
}

/* Files of a phone in the world's directory: log/<name>.<suffix> */
static void phone_path(const struct world *w, char ret[PATH_MAX], const struct element *el,
		       const char *suffix)
{
	world_path(w, ret, "log/%s.%s", el->name, suffix);
}

static int write_calls(const struct phones_opts *opts, const char *path, struct err *e)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return err_set(e, errno, "cannot write %s: %s", path, strerror(errno));
	(void)fputs("SEQUENTIAL\n", f);
	for (size_t i = 0; i < opts->n; i++)
		(void)fprintf(f, "+%s;+%s\n", opts->calls[i].orig.s, opts->calls[i].dest.s);
	if (fclose(f))
		return err_set(e, errno, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

/* Arguments of SIPp, with the memory of those that are made */
struct args {
	const char *v[ARGS_MAX];
	size_t n;
	char text[ARGS_MAX][PATH_MAX];
};

static void arg(struct args *a, const char *name, const char *value)
{
	if (a->n + 3 > ARGS_MAX)
		return;
	a->v[a->n++] = name;
	if (value)
		a->v[a->n++] = value;
}

static void arg_number(struct args *a, const char *name, uint64_t n)
{
	char *text = a->text[a->n];

	(void)snprintf(text, PATH_MAX, "%" PRIu64, n);
	arg(a, name, text);
}

static void arg_file(struct args *a, const struct world *w, const struct element *el,
		     const char *name, const char *suffix)
{
	char *text = a->text[a->n];

	phone_path(w, text, el, suffix);
	arg(a, name, text);
}

/* What both phones have in common */
static void common_args(struct args *a, const struct world *w, const struct element *el,
			const struct phones_opts *opts)
{
	uint64_t call_ms =
		MESSAGE_TIMEOUT_MS + (uint64_t)w->scn->ring_ms + (uint64_t)w->scn->talk_ms;

	arg(a, "-t", w->scn->transport == TRANSPORT_UDP ? "u1" : "t1");
	arg(a, "-i", el->addr);
	arg_number(a, "-p", el->ports[PORT_SIP]);
	arg(a, "-bind_local", NULL);
	/* its control socket, too, is this phone's own */
	arg(a, "-ci", el->addr);
	arg_number(a, "-m", opts->n);
	arg_number(a, "-recv_timeout", call_ms);
	arg_number(a, "-timeout", (call_ms + opts->n * 1000 / SLOWEST) / 1000 + 1);
	arg(a, "-timeout_error", NULL);
	arg(a, "-nostdin", NULL);
	arg(a, "-trace_err", NULL);
	arg_file(a, w, el, "-error_file", "err");
	arg(a, "-trace_stat", NULL);
	arg_file(a, w, el, "-stf", "csv");
	arg_number(a, "-fd", 86400);
}

static int scenario_arg(struct args *a, const struct world *w, const char *side, struct err *e)
{
	static const char *const plays[] = {[ENDS_CALLER_HANGS_UP] = "caller-hangs-up",
					    [ENDS_CALLED_HANGS_UP] = "called-hangs-up",
					    [ENDS_BUSY] = "busy",
					    [ENDS_NO_ANSWER] = "no-answer",
					    [ENDS_CALLER_CANCELS] = "caller-cancels"};
	char dir[PATH_MAX - 64], *text = a->text[a->n];
	int err = scenario_dir(dir, sizeof(dir), e);

	if (err)
		return err;
	(void)snprintf(text, PATH_MAX, "%s/sipp/%s-%s.xml", dir, side, plays[w->scn->ends]);
	if (access(text, R_OK))
		return err_set(e, errno, "SIPp's scenario %s: %s", text, strerror(errno));
	arg(a, "-sf", text);
	return 0;
}

static int start(struct phone *ph, const struct world *w, struct args *a, struct procs *ps,
		 struct err *e)
{
	char program[PATH_MAX], log[PATH_MAX], out[PATH_MAX];
	struct proc_opts opts = {.name = ph->el->name, .argv = a->v, .log = log, .out = out};
	int err = proc_find(program, sizeof(program), SIPP, e);

	if (err)
		return err;
	a->v[0] = program;
	phone_path(w, log, ph->el, "log");
	phone_path(w, out, ph->el, "out");
	err = procs_start(ps, &ph->proc, &opts, e);
	if (!err)
		proc_may_end(ph->proc);
	return err;
}

/* Does somebody listen there? Read from the kernel's list of sockets: a connection made to find out would be a call to SIPp */
static bool listens(const struct element *el, bool udp)
{
	bool v6 = strchr(el->addr, ':');
	char want[64], line[512], local[64];
	uint32_t words[4] = {0};
	unsigned state;
	size_t l = 0;
	bool found = false;
	FILE *f;

	(void)snprintf(line, sizeof(line), "/proc/net/%s%s", udp ? "udp" : "tcp", v6 ? "6" : "");
	f = fopen(line, "re");
	if (!f)
		return true;
	(void)inet_pton(v6 ? AF_INET6 : AF_INET, el->addr, words);
	for (int i = 0; i < (v6 ? 4 : 1); i++, l += 8)
		(void)snprintf(want + l, sizeof(want) - l, "%08X", words[i]);
	(void)snprintf(want + l, sizeof(want) - l, ":%04X", el->ports[PORT_SIP]);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %63s %*s %x", local, &state) == 2 &&
			strcmp(local, want) == 0 && (udp || state == 0x0a /* TCP_LISTEN */);
	(void)fclose(f);
	return found;
}

static int wait_listening(const struct phone *ph, const struct world *w, struct procs *ps,
			  struct err *e)
{
	uint64_t until = mono_us() + LISTEN_TIMEOUT_MS * 1000ull;
	BUF_AUTO struct buf why = BUF(ERR_MAX);

	while (!listens(ph->el, w->scn->transport == TRANSPORT_UDP)) {
		if (procs_poll(ps, 5))
			return err_set(e, EINTR, "interrupted");
		if (proc_ended(ph->proc)) {
			proc_text(ph->proc, &why);
			return err_set(e, EIO, "%s", why.p);
		}
		if (mono_us() > until)
			return err_set(e, ETIMEDOUT,
				       "%s: SIPp does not listen after %d ms: see %s/log",
				       ph->el->name, LISTEN_TIMEOUT_MS, w->dir);
	}
	return 0;
}

static int start_called(struct phones *p, const struct phones_opts *opts, struct procs *ps,
			struct err *e)
{
	struct args *a = calloc(1, sizeof(*a));
	const struct world *w = p->w;
	int err;

	if (!a)
		return err_set(e, ENOMEM, "out of memory");
	a->n = 1;
	err = scenario_arg(a, w, "uas", e);
	common_args(a, w, p->called.el, opts);
	arg_number(a, "-d", (uint64_t)w->scn->ring_ms);
	arg(a, "-trace_logs", NULL);
	arg_file(a, w, p->called.el, "-log_file", "calls");
	if (!err)
		err = start(&p->called, w, a, ps, e);
	free(a);
	return err ? err : wait_listening(&p->called, w, ps, e);
}

static int start_caller(struct phones *p, const struct phones_opts *opts, struct procs *ps,
			struct err *e)
{
	struct args *a = calloc(1, sizeof(*a));
	const struct world *w = p->w;
	const struct provider *osp = world_first(w);
	const struct element *next = world_element(w, osp, ELEMENT_SWITCH);
	char path[PATH_MAX], to[ADDR_TEXT_MAX];
	int err;

	if (!a)
		return err_set(e, ENOMEM, "out of memory");
	a->n = 1;
	addr_join(next->addr, next->ports[PORT_SIP], to);
	arg(a, to, NULL);
	err = scenario_arg(a, w, "uac", e);
	common_args(a, w, p->caller.el, opts);
	arg_number(a, "-d", (uint64_t)w->scn->talk_ms);
	arg_number(a, "-r", opts->rate);
	arg_number(a, "-l", opts->at_once);
	arg_file(a, w, p->caller.el, "-inf", "numbers");
	arg(a, "-key", "domain");
	arg(a, osp->domain, NULL);
	phone_path(w, path, p->caller.el, "numbers");
	if (!err)
		err = write_calls(opts, path, e);
	if (!err)
		err = start(&p->caller, w, a, ps, e);
	free(a);
	return err;
}

int phones_start(struct phones *ret, struct world *w, const struct phones_opts *opts,
		 struct procs *ps, struct err *e)
{
	int err = 0;

	*ret = (struct phones){.w = w};
	ret->caller.el = world_element(w, world_first(w), ELEMENT_PHONE);
	ret->called.el = world_element(w, world_last(w), ELEMENT_PHONE);
	if (!ret->called.el->dead)
		err = start_called(ret, opts, ps, e);
	return err ? err : start_caller(ret, opts, ps, e);
}

bool phones_done(const struct phones *p)
{
	return proc_ended(p->caller.proc) && (!p->called.proc || proc_ended(p->called.proc));
}
