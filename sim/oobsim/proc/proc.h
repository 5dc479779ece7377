/** @file proc.h  Child processes: started, watched, stopped; and the one loop of oobsim.
 *
 * Nothing outlives us: each child gets SIGKILL from the kernel when we die in whatever way (parent
 * death signal), and sits in a process group of its own, so that Ctrl-C reaches oobsim alone, which
 * then stops them in order.
 *
 * A child's standard output is read for its `READY {json}` line, its standard error goes to a log
 * file, and its trace comes through a pipe (`--trace fd:3`) of which each line is handed over as it
 * comes.
 */
#ifndef OOBSIM_PROC_H
#define OOBSIM_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"

struct procs;
struct proc;

/** A trace line of any child, without newline; it dies with the call */
typedef void(proc_trace_h)(struct sv line, void *arg);

/** Also takes over SIGINT, SIGTERM and SIGHUP: see procs_poll(). @return 0 or errno with text */
int procs_alloc(struct procs **ret, proc_trace_h *h, void *arg, struct err *e);
/** Kill what is left, at once. Accepts NULL */
void procs_free(struct procs *ps);

struct proc_opts {
	const char *name;        /**< for messages: "osp.as" */
	const char *const *argv; /**< program (path, or name to be found in PATH) and arguments,
				    NULL terminated */
	const char *log;         /**< file for standard error; made anew */
	const char *out;         /**< file for standard output; NULL: read by us for READY */
	int in_fd;               /**< its standard input; 0: nothing to read */
	int out_fd;              /**< its standard output instead of `out`; 0: none */
	bool trace;              /**< give it a trace pipe as descriptor 3 */
};

/** Descriptor of the trace pipe in the child */
#define PROC_TRACE_FD 3

/** @return 0; ENOENT, EACCES … with text when the program cannot be started */
int procs_start(struct procs *ps, struct proc **ret, const struct proc_opts *opts, struct err *e);

/**
 * Wait for something to happen, and take it in: traces, READY lines, ends.
 *
 * @param timeout_ms  0: only what is there already
 *
 * @return 0; EINTR once a signal has asked us to end (then at each call)
 */
int procs_poll(struct procs *ps, uint64_t timeout_ms);

/** The signal that asked us to end, 0 when none has */
int procs_signal(const struct procs *ps);

/** JSON behind READY, NULL before it came */
const char *proc_ready(const struct proc *p);
bool proc_ended(const struct proc *p);
/** It ended before anybody asked it to */
bool proc_early(const struct proc *p);
/** Only after its end: exit code, or 128 + number of the signal that killed it */
int proc_code(const struct proc *p);
const char *proc_name(const struct proc *p);

/** "osp.as was killed by SIGKILL", "osp.as ended with exit code 3: <end of its log>" */
void proc_text(const struct proc *p, struct buf *ret);

/** A child that ended though nobody asked it to; NULL when there is none. Those that may end are
 * marked by proc_may_end() */
struct proc *procs_died(const struct procs *ps);
void proc_may_end(struct proc *p);

/** Free what is held for a child that has ended; p is gone then */
void procs_forget(struct procs *ps, struct proc *p);

/** Ask one to end (SIGTERM), or kill it */
void proc_stop(struct proc *p, bool kill_it);

/** How long it may take to end, in place of the timeout of procs_stop() */
void proc_stop_within(struct proc *p, uint64_t ms);

/**
 * Stop all: SIGTERM, and SIGKILL to those that still live after `timeout_ms`; traces are read to
 * their end.
 *
 * @return the first that did not end by itself with exit code 0, or NULL
 */
struct proc *procs_stop(struct procs *ps, uint64_t timeout_ms);

/** Path of a program: beside our own, else in PATH. @return 0, ENOENT with text that says how to
 * get it */
int proc_find(char *ret, size_t size, const char *program, struct err *e);

/** Folder that our own program is in */
int proc_self_dir(char *ret, size_t size);

#endif
