/** @file post.h  One request of an STI-AS: parsed, verified, then kept (and pushed) or sent on, answered. */
#ifndef REF_CPS_POST_H
#define REF_CPS_POST_H

#include "lib/net/https_server.h"
#include "ref-cps/cps.h"
#include "ref-cps/problem.h"

struct post;

/** Requests under way; zero but for cps */
struct posts {
	const struct cps *cps;
	struct post *list;
};

/** Take a request that was admitted, and answer it some time. @return 0; ENOMEM: it is not taken */
int post_receive(struct posts *posts, struct https_req *req, struct sv company);

/** Drop them all; the server must be gone */
void posts_free(struct posts *posts);

/** Note cps.refused. pp: what it is about, or NULL */
void post_note_refused(const struct problem *p, const struct passport *pp);

#endif
