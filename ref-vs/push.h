/** @file push.h  Where the provider's own CPS pushes verified PASSporTs to, before their call comes (5.3
 * step 9, CPS-14): POST /passports, the body of 5.4, 201. Over mutual TLS: nobody else may put
 * PASSporTs here. They are kept until their call comes or they are stale, and verified when it comes.
 */
#ifndef REF_VS_PUSH_H
#define REF_VS_PUSH_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/net/passport_room.h"
#include "ref-vs/conf.h"

struct push;

/** @param conf, env  Borrowed. @return 0, also when nobody pushes (*ret is NULL); EADDRINUSE … with text;
 * ENOMEM */
int push_alloc(struct push **ret, const struct vs_conf *conf, const struct env *env, struct err *e);
/** Who waits in the room must have left it. Accepts NULL */
void push_free(struct push *push);
/** Accepts NULL */
int push_reload(struct push *push, struct err *e);

/** Where calls wait for what is pushed; NULL when nobody pushes */
struct passport_room *push_room(const struct push *push);
/** "https://127.9.1.1:8444", a new string; NULL when nobody pushes */
char *push_url(const struct push *push);

#endif
