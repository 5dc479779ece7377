/** @file proc_int.h  Inside of proc: shared by proc.c (the loop) and proc_start.c (starting,
 * finding, telling). */
#ifndef OOBSIM_PROC_INT_H
#define OOBSIM_PROC_INT_H

#include <signal.h>
#include <sys/types.h>

#include "sim/oobsim/proc/proc.h"

/** Children at once: elements of the largest world and both phones */
#define PROCS_MAX 128

struct proc {
	struct proc *next;
	struct procs *owner;
	char *name, *log, *ready;
	pid_t pid;
	int pid_fd, out_fd, trace_fd; /**< -1 when not, or no longer, open */
	struct buf out, trace;        /**< begun lines */
	int code;
	bool ended, may_end, any_code, hung;
	bool told;        /**< to end */
	uint64_t stop_ms; /**< 0: as all */
};

struct procs {
	struct proc *list;
	size_t n;
	proc_trace_h *h;
	void *arg;
	char *chunk;
	int signal_fd, sig;
	sigset_t old_mask;
};

void proc_init_buffers(struct proc *p);

#endif
