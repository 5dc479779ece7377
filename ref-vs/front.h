/** @file front.h  How the STI-VS is asked: over SIP (5.3 steps 8, 10; redirect, or proxy where the INVITE
 * says so by a further Route) and over HTTP (ATIS-1000082, with members of our own). */
#ifndef REF_VS_FRONT_H
#define REF_VS_FRONT_H

#include "ref-vs/core.h"

struct sip_front;

/** @param core  Borrowed. @return 0; EADDRINUSE … with text; ENOMEM */
int sip_front_alloc(struct sip_front **ret, struct core *core, struct err *e);
/** Questions under way are dropped. Before the core. Accepts NULL */
void sip_front_free(struct sip_front *front);
/** "127.9.1.1:5060" */
const char *sip_front_addr(const struct sip_front *front);

struct http_front;

/** @return 0, also when there is to be none (*ret is NULL); EADDRINUSE … with text; ENOMEM */
int http_front_alloc(struct http_front **ret, struct core *core, struct err *e);
/** Accepts NULL */
void http_front_free(struct http_front *front);
/** Accepts NULL */
int http_front_reload(struct http_front *front, struct err *e);
/** "https://127.9.1.1:8443", a new string; NULL when there is none */
char *http_front_url(const struct http_front *front);

#endif
