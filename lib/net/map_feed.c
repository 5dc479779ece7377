#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "lib/base/log.h"
#include "lib/net/loop.h"
#include "lib/net/map_feed.h"
#include "lib/stir/cert.h"
#include "lib/stir/list.h"
#include "lib/trace/trace.h"

#define FETCH_TIMEOUT_MS 10000
/* A master file holds several lists */
#define MASTER_MAX_LEN (4 * LIST_MAX_LEN)
#define ETAG_MAX       256
/* After a round in which something failed: at first, then twice as long each time, up to the interval */
#define RETRY_S 10
/* So long before a list runs out it is asked for again */
#define EXPIRY_LEAD_S 60
#define STATE_FILE    "cps-maps.json"

DEFINE_AUTO(json_t, json_decref)

static const char *const kind_words[] = {"sti-pa", "sti-ca", "master", NULL};

static const struct conf_member members[] = {
	{.name = "authority",
	 .type = CONF_ENUM,
	 .off = offsetof(struct map_source, authority),
	 .required = true,
	 .words = kind_words,
	 .doc = "whose list it is; master: a file with the lists of several STI-CAs"},
	{.name = "url",
	 .type = CONF_STR,
	 .off = offsetof(struct map_source, url),
	 .required = true,
	 .check = check_https_url,
	 .doc = "https URL of the signed CPS mapping"},
	{0},
};

const struct conf_table map_source_table = {"where a CPS mapping is published",
					    sizeof(struct map_source), members};

/* What is known of a source */
struct source {
	char etag[ETAG_MAX];
	struct err said; /* trouble already logged */
	bool bad;        /* some of it was refused, so it is asked for whole the next time */
};

struct map_feed {
	struct map_feed_opts opts;
	struct map_set *set;
	struct source *sources;
	struct timer *timer;
	char *state_path; /* NULL: none is kept */

	bool running, again; /* a round is under way; another one is wanted */
	bool failed;         /* something of this round went wrong */
	int64_t retry_s;     /* how long it was waited after the last round; 0: it went well */
	bool changed;        /* the set differs from the file */
	size_t at;           /* the source that is being asked */
	char etag[ETAG_MAX]; /* of what it gave */
	json_t *lists;       /* its lists, an array of strings */
	size_t next;         /* the list whose signer's chain is being fetched */
	struct err trouble;  /* the first of this source */
};

static const struct map_source *source_of(const struct map_feed *feed)
{
	return &feed->opts.sources[feed->at];
}

/* --- what came of a list --- */

static void note_refused(struct map_feed *feed, const struct map_info *info,
			 const struct fault *fault)
{
	const struct map_source *source = source_of(feed);
	const char *authority = info && info->authority[0] ? info->authority : NULL;
	char text[FAULT_TEXT_MAX];

	fault_text(fault, text);
	trace_note("map.refused", NULL, NULL,
		   json_pack("{s:s, s:s, s:s*, s:s, s:s, s:s}", "url", source->url, "kind",
			     kind_words[source->authority], "authority", authority, "reason",
			     reason_info(fault->reason)->name, "check", fault->check, "text",
			     text));
	if (!feed->trouble.s[0])
		(void)err_set(&feed->trouble, EBADMSG, "%s: %s%s%s", source->url,
			      authority ? authority : "", authority ? ": " : "", text);
}

static void note_failed(struct map_feed *feed, const char *url, const char *why)
{
	trace_note("map.failed", NULL, NULL,
		   json_pack("{s:s, s:s, s:s}", "url", url, "kind",
			     kind_words[source_of(feed)->authority], "error", why));
	if (!feed->trouble.s[0])
		(void)err_set(&feed->trouble, EIO, "%s: %s", url, why);
}

static void note_taken(const struct map_feed *feed, const struct map_info *info)
{
	trace_note("map.taken", NULL, NULL,
		   json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i}", "url", source_of(feed)->url,
			     "kind", kind_words[source_of(feed)->authority], "authority",
			     info->authority, "sequence", (json_int_t)info->sequence, "exp",
			     (json_int_t)info->exp_s, "ocns", (int)info->ocns, "cics",
			     (int)info->cics));
}

static void take(struct map_feed *feed, struct sv jwt, struct sv chain_pem)
{
	struct map_offer offer = {
		.kind = source_of(feed)->authority == MAP_SOURCE_STI_PA ? MAP_STI_PA : MAP_STI_CA,
		.jwt = jwt,
		.chain_pem = chain_pem,
		/* those of a master file in its order, behind those before it */
		.rank = (unsigned)(feed->at * MAP_AUTHORITIES_MAX + feed->next),
	};
	struct map_info info;
	struct fault fault;
	int err = map_set_take(feed->set, &offer, &info, &fault);

	if (err == EBADMSG) {
		note_refused(feed, &info, &fault);
	} else if (!err) {
		feed->changed = true;
		note_taken(feed, &info);
	} else if (err != EALREADY) {
		note_failed(feed, source_of(feed)->url,
			    err == ENOSPC ? "more authorities than there is room for"
					  : strerror(err));
	}
}

/* --- a round: each source, each of its lists, the chain of its signer --- */

static void source_begin(struct map_feed *feed);
static void list_next(struct map_feed *feed);

/* Each trouble is logged once, and its end */
static void source_judge(struct map_feed *feed)
{
	struct source *s = &feed->sources[feed->at];

	s->bad = feed->trouble.s[0] != '\0';
	(void)snprintf(s->etag, sizeof(s->etag), "%s", s->bad ? "" : feed->etag);
	if (s->bad) {
		feed->failed = true;
		if (strcmp(s->said.s, feed->trouble.s) != 0)
			log_error("map: %s; what was in force stays until it runs out",
				  feed->trouble.s);
	} else if (s->said.s[0]) {
		log_info("map: %s is in order again", source_of(feed)->url);
	}
	s->said = feed->trouble;
}

static void save(struct map_feed *feed)
{
	BUF_AUTO struct buf text = BUF(MAP_STATE_MAX);
	struct err e = {""};
	int err = map_set_save(feed->set, &text);

	err = err ? err_set(&e, err, "%s: %s", feed->state_path, strerror(err))
		  : file_write(feed->state_path, buf_sv(&text), &e);
	if (err)
		log_error("map: %s; a restart would not know what was taken", e.s);
	else
		feed->changed = false;
}

/* When to look again: routinely, before something runs out, soon after trouble */
static int64_t next_round_s(struct map_feed *feed)
{
	int64_t next = feed->opts.interval_s, end_s = map_set_expires_s(feed->set), left;

	feed->retry_s = !feed->failed ? 0 : feed->retry_s ? 2 * feed->retry_s : RETRY_S;
	if (feed->failed && feed->retry_s < next)
		return feed->retry_s;
	if (feed->failed)
		feed->retry_s = next;
	if (feed->failed || end_s == INT64_MAX)
		return next;
	left = end_s - env_now_s(feed->opts.env) - EXPIRY_LEAD_S;
	if (left < next)
		next = left > RETRY_S ? left : RETRY_S;
	return next;
}

static void round_end(struct map_feed *feed)
{
	void (*ready)(void *) = feed->opts.ready;

	if (feed->changed && feed->state_path)
		save(feed);
	feed->running = false;
	timer_start(feed->timer, feed->again ? 0 : (uint64_t)next_round_s(feed) * 1000);
	feed->again = false;
	feed->opts.ready = NULL;
	if (ready)
		ready(feed->opts.arg);
}

static void source_end(struct map_feed *feed)
{
	source_judge(feed);
	json_decref(feed->lists);
	feed->lists = NULL;
	feed->at++;
	source_begin(feed);
}

static void get(struct map_feed *feed, const char *url, const char *etag, size_t max_len,
		https_done_h *done)
{
	char line[sizeof("If-None-Match: ") + ETAG_MAX];
	const char *const lines[] = {line, NULL};
	struct https_request req = {.method = "GET",
				    .url = url,
				    .headers = *etag ? lines : NULL,
				    .timeout_ms = FETCH_TIMEOUT_MS,
				    .max_response = max_len};
	int err;

	(void)snprintf(line, sizeof(line), "If-None-Match: %s", etag);
	err = https_request(feed->opts.client, &req, done, feed);
	if (err) /* the handler will not be called */
		done(&(struct https_response){.err = err, .text = strerror(err)}, feed);
}

/* Why a response is of no use; NULL: it is */
static const char *failure(const struct https_response *res, char *text, size_t size)
{
	if (res->err)
		return res->text;
	if (res->status == 200)
		return NULL;
	(void)snprintf(text, size, "expected status 200, got %u", res->status);
	return text;
}

static struct sv list_at(const struct map_feed *feed)
{
	const json_t *list = json_array_get(feed->lists, feed->next);

	return (struct sv){json_string_value(list), json_string_length(list)};
}

static void got_chain(const struct https_response *res, void *arg)
{
	struct map_feed *feed = arg;
	char text[64];
	const char *why = failure(res, text, sizeof(text));
	struct fault fault = {.check = ""};

	if (why) {
		fault_set(&fault, REASON_CERT_FETCH, NULL, "%s", why);
		fault.check = "fetch";
		note_refused(feed, NULL, &fault);
	} else {
		take(feed, list_at(feed), res->body);
	}
	feed->next++;
	list_next(feed);
}

static void list_next(struct map_feed *feed)
{
	while (feed->next < json_array_size(feed->lists)) {
		struct fault fault = {.check = ""};
		char *x5u = map_x5u(list_at(feed), &fault);

		if (x5u) {
			get(feed, x5u, "", CERT_CHAIN_MAX_LEN, got_chain);
			free(x5u);
			return;
		}
		/* the others of a master file are none the worse for it */
		note_refused(feed, NULL, &fault);
		feed->next++;
	}
	source_end(feed);
}

/* The lists of a body: the one that it is, or those of a master file. @return new reference */
static json_t *lists_of(const struct map_source *source, struct sv body, const char **why)
{
	json_t *lists, *list;
	size_t i;

	*why = "expected a signed list, got octets that are no text";
	if (source->authority != MAP_SOURCE_MASTER)
		return json_pack("[s%]", body.l ? body.p : "", body.l);
	lists = json_loadb(body.l ? body.p : "", body.l, JSON_REJECT_DUPLICATES, NULL);
	*why = "expected a JSON array of signed lists";
	if (json_is_array(lists) && json_array_size(lists) <= MAP_AUTHORITIES_MAX) {
		json_array_foreach (lists, i, list)
			if (!json_is_string(list))
				(void)json_array_set_new(lists, i, json_string(""));
		return lists;
	}
	json_decref(lists);
	return NULL;
}

static void got_source(const struct https_response *res, void *arg)
{
	struct map_feed *feed = arg;
	const struct map_source *source = source_of(feed);
	char text[64];
	const char *why = failure(res, text, sizeof(text));

	if (!res->err && res->status == 304 && feed->sources[feed->at].etag[0]) {
		(void)snprintf(feed->etag, sizeof(feed->etag), "%s", feed->sources[feed->at].etag);
		trace_note("map.unchanged", NULL, NULL, json_pack("{s:s}", "url", source->url));
		source_end(feed);
		return;
	}
	if (!why)
		feed->lists = lists_of(source, sv_trim(res->body), &why);
	if (feed->lists) {
		/* one that is too long to be kept is none */
		if (res->etag.l < ETAG_MAX)
			(void)snprintf(feed->etag, sizeof(feed->etag), "%.*s", SV_ARG(res->etag));
		list_next(feed);
	} else {
		note_failed(feed, source->url, why);
		source_end(feed);
	}
}

static void source_begin(struct map_feed *feed)
{
	bool master;

	if (feed->at == feed->opts.count) {
		round_end(feed);
		return;
	}
	master = source_of(feed)->authority == MAP_SOURCE_MASTER;
	feed->next = 0;
	feed->etag[0] = '\0';
	feed->trouble = (struct err){""};
	get(feed, source_of(feed)->url, feed->sources[feed->at].etag,
	    master ? MASTER_MAX_LEN : LIST_MAX_LEN, got_source);
}

static void round_begin(void *arg)
{
	struct map_feed *feed = arg;

	feed->running = true;
	feed->failed = false;
	feed->at = 0;
	source_begin(feed);
}

/* --- life --- */

static int load(struct map_feed *feed, const char *dir, struct err *e)
{
	BUF_AUTO struct buf path = BUF(PATH_MAX);
	char *text;
	size_t len;
	int err = buf_printf(&path, "%s/%s", dir, STATE_FILE);

	feed->state_path = err ? NULL : buf_take(&path);
	if (!feed->state_path)
		return err_set(e, err ? err : ENOMEM, "%s: the path is too long", dir);
	if ((mkdir(dir, 0700) && errno != EEXIST) || access(dir, W_OK | X_OK))
		return err_set(e, errno, "%s: expected a folder that can be written: %s", dir,
			       strerror(errno));
	if (access(feed->state_path, F_OK))
		return 0; /* nothing was taken so far */
	err = file_read(&text, &len, feed->state_path, MAP_STATE_MAX, e);
	if (err)
		return err;
	err = map_set_load(feed->set, (struct sv){text, len}, e);
	if (err == EBADMSG)
		err_prefix(e, "%s: ", feed->state_path);
	free(text);
	return err;
}

int map_feed_alloc(struct map_feed **ret, const struct map_feed_opts *opts, struct err *e)
{
	struct map_feed *feed = calloc(1, sizeof(*feed));
	int err;

	(void)err_set(e, ENOMEM, "out of memory");
	if (!feed)
		return ENOMEM;
	feed->opts = *opts;
	feed->sources = calloc(opts->count + 1, sizeof(*feed->sources));
	err = feed->sources ? map_set_alloc(&feed->set, opts->trust, opts->env) : ENOMEM;
	if (!err)
		err = timer_alloc(&feed->timer, round_begin, feed);
	if (!err && opts->state_dir)
		err = load(feed, opts->state_dir, e);
	if (err) {
		map_feed_free(feed);
		return err;
	}
	*ret = feed;
	return 0;
}

void map_feed_free(struct map_feed *feed)
{
	if (!feed)
		return;
	if (feed->running)
		https_cancel(feed->opts.client, feed);
	timer_free(feed->timer);
	map_set_free(feed->set);
	json_decref(feed->lists);
	free(feed->sources);
	free(feed->state_path);
	free(feed);
}

void map_feed_run(struct map_feed *feed)
{
	if (feed->running)
		feed->again = true;
	else
		timer_start(feed->timer, 0);
}

struct map_set *map_feed_set(struct map_feed *feed)
{
	return feed->set;
}
