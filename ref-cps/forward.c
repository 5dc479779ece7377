#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "ref-cps/forward.h"

#define CTYPE "application/passport"

/* Body of the other CPS's answer: a problem */
#define ANSWER_MAX 65536

struct cps_forward {
	const struct cps_forward_conf *conf;
	const struct cps_faults_conf *faults;
	struct prefix_map *urls; /* called number → const char * of the configuration */
	struct https_client *client;
};

/* --- Via --- */

static struct sv word(struct sv *rest)
{
	struct sv v;

	while (rest->l && isspace((unsigned char)*rest->p))
		*rest = (struct sv){rest->p + 1, rest->l - 1};
	v = (struct sv){rest->p, 0};
	while (v.l < rest->l && !isspace((unsigned char)rest->p[v.l]))
		v.l++;
	*rest = (struct sv){rest->p + v.l, rest->l - v.l};
	return v;
}

/* protocol, received-by, a comment perhaps, with a comma in it perhaps: a part of a comment in second
 * place that is our name would be no accident */
bool cps_forward_is_loop(const struct cps_forward *fwd, struct sv via)
{
	if (!fwd)
		return false;
	if (via.l > VIA_MAX)
		return true;
	while (via.l) {
		struct sv hop = sv_cut(&via, ',');

		(void)word(&hop);
		if (sv_ieqz(word(&hop), fwd->conf->name))
			return true;
	}
	return false;
}

/* --- where to --- */

/* Has the call gone on from this number? */
static bool is_diverted(struct passport *const *pp, size_t n, const struct tn *dest)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *div = json_object_get(pp[i]->claims, "div");
		const char *z = json_string_value(json_object_get(div, "tn"));
		struct tn tn;

		if (z && !tn_canonical(&tn, sv_from(z)) && tn_eq(&tn, dest))
			return true;
	}
	return false;
}

const char *cps_forward_find(const struct cps_forward *fwd, struct passport *const *pp, size_t n)
{
	for (size_t i = 0; fwd && i < n; i++) {
		size_t dests = passport_dest_count(pp[i]);

		for (size_t d = 0; d < dests; d++) {
			const char *url;
			struct tn tn;

			if (tn_canonical(&tn, passport_dest(pp[i], d)) || is_diverted(pp, n, &tn))
				continue;
			url = prefix_map_find(fwd->urls, tn_sv(&tn), NULL);
			if (url)
				return url;
		}
	}
	return NULL;
}

/* --- sending --- */

int cps_forward_send(struct cps_forward *fwd, const char *url, struct sv body, struct sv via,
		     https_done_h *done, void *arg)
{
	BUF_AUTO struct buf line = BUF(VIA_MAX + 512);
	const char *headers[] = {NULL, NULL};
	struct https_request req = {
		.method = "POST",
		.url = url,
		.ctype = CTYPE,
		.body = body,
		.headers = headers,
		.timeout_ms = (uint64_t)fwd->conf->timeout_ms,
		.max_response = ANSWER_MAX,
	};

	(void)buf_printf(&line, "Via: %.*s%s1.1 %s", SV_ARG(via), via.l ? ", " : "",
			 fwd->conf->name);
	if (line.err)
		return line.err;
	for (size_t i = 0; i < line.l; i++) /* a tab is a blank too */
		if ((unsigned char)line.p[i] < 0x20)
			line.p[i] = ' ';
	headers[0] = fwd->faults->forward_no_via ? NULL : line.p;
	return https_request(fwd->client, &req, done, arg);
}

void cps_forward_cancel(struct cps_forward *fwd, void *arg)
{
	https_cancel(fwd->client, arg);
}

/* --- life --- */

static int add_numbers(struct cps_forward *fwd, struct err *e)
{
	const struct cps_forward_number *v = fwd->conf->numbers.v;

	for (size_t i = 0; i < fwd->conf->numbers.n; i++) {
		const char *url = cps_forward_url(fwd->conf, sv_from(v[i].cic));
		int err = prefix_map_add(fwd->urls, sv_from(v[i].prefix), url);

		if (err == EEXIST)
			return err_set(e, EINVAL,
				       "/forward/numbers/%zu/prefix: \"%s\" is there already", i,
				       v[i].prefix);
		if (err)
			return err_set(e, err, "out of memory");
	}
	return 0;
}

int cps_forward_alloc(struct cps_forward **ret, const struct cps_forward_conf *conf,
		      const struct cps_faults_conf *faults, const struct https_client_conf *https,
		      const char *self, struct err *e)
{
	struct cps_forward *fwd;
	int err;

	*ret = NULL;
	if (!conf->numbers.n)
		return 0;
	fwd = calloc(1, sizeof(*fwd));
	if (!fwd || prefix_map_alloc(&fwd->urls)) {
		free(fwd);
		return err_set(e, ENOMEM, "out of memory");
	}
	fwd->conf = conf;
	fwd->faults = faults;
	err = add_numbers(fwd, e);
	if (!err)
		err = https_client_alloc(&fwd->client, https, self, e);
	if (err) {
		cps_forward_free(fwd);
		return err;
	}
	*ret = fwd;
	return 0;
}

void cps_forward_free(struct cps_forward *fwd)
{
	if (!fwd)
		return;
	https_client_free(fwd->client);
	prefix_map_free(fwd->urls);
	free(fwd);
}

int cps_forward_reload(struct cps_forward *fwd, struct err *e)
{
	return fwd ? https_client_reload(fwd->client, e) : 0;
}
