/** @file loop.h  The one event loop of a process (libre's), with timers. Everything runs on its thread: SIP, HTTPS
 * server (microhttpd's epoll descriptor joins it), HTTPS client (curl's multi socket interface joins it). So no
 * handler needs a lock, and a handler that blocks stops the element: none may. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdint.h>

/** Set up loop and libraries. @return 0 or errno */
int loop_init(void);
void loop_close(void);

/** Run until loop_stop() */
int loop_run(void);
void loop_stop(void);

typedef void(timer_h)(void *arg);

/** A one-shot timer; allocated stopped */
struct timer;
int timer_alloc(struct timer **ret, timer_h *h, void *arg);
/** (Re)start: h is called once after `ms` */
void timer_start(struct timer *t, uint64_t ms);
void timer_stop(struct timer *t);
/** Stops it first; accepts NULL */
void timer_free(struct timer *t);

/** Call h from the loop when fd is readable; one handler a descriptor */
int loop_watch(int fd, void (*h)(int fd, void *arg), void *arg);
void loop_unwatch(int fd);

/** The same for other events too; called again it changes them. LOOP_ERROR is told unasked */
#define LOOP_READ  1u
#define LOOP_WRITE 2u
#define LOOP_ERROR 4u
typedef void(loop_event_h)(int fd, unsigned events, void *arg);
int loop_watch_for(int fd, unsigned events, loop_event_h *h, void *arg);

/** Call h once from the loop, after the present handler has returned */
int loop_defer(timer_h *h, void *arg);

#endif
