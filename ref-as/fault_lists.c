/* Published mappings, believed unseen: an STI-AS that does not look at who signed them, nor at anything else. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/net/loop.h"
#include "lib/net/map_feed.h"
#include "ref-as/fault.h"

DEFINE_AUTO(json_t, json_decref)

#define FETCH_TIMEOUT_MS 10000
#define BODY_MAX         (4u << 20)

struct fault_lists {
	const struct conf_list *sources;
	int64_t interval_s;
	struct https_client *client;
	void (*ready)(void *arg);
	void *arg;
	struct timer *timer;
	size_t at;           /* the source that is being asked */
	json_t *ocns, *cics; /* key → URL */
};

/* Also what is not protected: as if it were */
static void add(json_t *all, const json_t *more)
{
	static const char plain[] = "http://";
	const char *key;
	json_t *url;

	json_object_foreach ((json_t *)(uintptr_t)more, key, url) {
		const char *text = json_string_value(url);

		if (text && strncmp(text, plain, sizeof(plain) - 1) == 0)
			(void)json_object_set_new(
				all, key, json_sprintf("https://%s", text + sizeof(plain) - 1));
		else
			(void)json_object_set(all, key, url);
	}
}

static void believe(struct fault_lists *l, struct sv jwt)
{
	BUF_AUTO struct buf text = BUF(BODY_MAX);
	AUTO(json_decref) json_t *claims = NULL;
	struct sv rest = sv_trim(jwt);

	(void)sv_cut(&rest, '.');
	if (b64url_decode(&text, sv_cut(&rest, '.')) || !text.l)
		return;
	claims = json_loadb(text.p, text.l, 0, NULL);
	add(l->ocns, json_object_get(claims, "cpsMapping"));
	add(l->cics, json_object_get(claims, "cicMapping"));
}

static void next(void *arg);

static void got(const struct https_response *res, void *arg)
{
	struct fault_lists *l = arg;
	AUTO(json_decref) json_t *master = NULL;
	json_t *jwt;
	size_t i;

	if (!res->err && res->status == 200 && res->body.l) {
		master = json_loadb(res->body.p, res->body.l, 0, NULL);
		json_array_foreach (master, i, jwt) {
			believe(l, sv_from(json_string_value(jwt)));
		}
		if (!master)
			believe(l, res->body);
	}
	l->at++;
	next(l);
}

static void next(void *arg)
{
	struct fault_lists *l = arg;
	const struct map_source *sources = l->sources->v;
	void (*ready)(void *) = l->ready;

	while (l->at < l->sources->n) {
		const struct https_request req = {.method = "GET",
						  .url = sources[l->at].url,
						  .timeout_ms = FETCH_TIMEOUT_MS,
						  .max_response = BODY_MAX};

		if (https_request(l->client, &req, got, l) == 0)
			return;
		l->at++;
	}
	l->at = 0;
	timer_start(l->timer, (uint64_t)l->interval_s * 1000);
	l->ready = NULL;
	if (ready)
		ready(l->arg);
}

int fault_lists_alloc(struct fault_lists **ret, const struct conf_list *sources, int64_t interval_s,
		      struct https_client *client, void (*ready)(void *arg), void *arg)
{
	struct fault_lists *l = calloc(1, sizeof(*l));

	if (!l)
		return ENOMEM;
	*l = (struct fault_lists){.sources = sources,
				  .interval_s = interval_s,
				  .client = client,
				  .ready = ready,
				  .arg = arg,
				  .ocns = json_object(),
				  .cics = json_object()};
	if (!l->ocns || !l->cics || timer_alloc(&l->timer, next, l)) {
		fault_lists_free(l);
		return ENOMEM;
	}
	timer_start(l->timer, 0);
	*ret = l;
	return 0;
}

void fault_lists_free(struct fault_lists *l)
{
	if (!l)
		return;
	https_cancel(l->client, l);
	timer_free(l->timer);
	json_decref(l->ocns);
	json_decref(l->cics);
	free(l);
}

const char *fault_lists_find(const struct fault_lists *l, const char *cic, const char *ocn)
{
	const char *url = cic && *cic ? json_string_value(json_object_get(l->cics, cic)) : NULL;

	if (!url && ocn)
		url = json_string_value(json_object_get(l->ocns, ocn));
	return url;
}
