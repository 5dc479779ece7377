/* Vectors of the body of a POST to a CPS (5.4): how PASSporTs stand in it. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/auto.h"
#include "lib/stir/bundle.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

/* $a to $d: good PASSporTs of the call; $a1, $a2: $a cut in two; $div: one of type div; $all: as many as one request may have;
 * $forged, $stale, $compact: what they say. index: of the one that is refused; -1: the whole, or none */
struct row {
	const char *id, *title, *body;
	enum reason reason;
	int index;
	const char *clause;
};

static const struct row rows[] = {
	{"one", "one PASSporT, no line break behind it", "$a", REASON_OK, -1, NULL},
	{"one-lf", "a line break behind it", "$a\n", REASON_OK, -1, NULL},
	{"one-crlf", "CR and LF behind it", "$a\r\n", REASON_OK, -1, NULL},
	{"two", "two PASSporTs, LF between them", "$a\n$b", REASON_OK, -1, NULL},
	{"two-crlf", "CR and LF between them", "$a\r\n$b", REASON_OK, -1, NULL},
	{"four", "four PASSporTs", "$a\n$b\n$c\n$d\n", REASON_OK, -1, NULL},
	{"blank-line", "a blank line between them", "$a\n\n$b", REASON_OK, -1, NULL},
	{"blank-lines-around", "blank lines before and behind", "\n\r\n$a\n\r\n\n", REASON_OK, -1,
	 NULL},
	{"blanks", "blanks around a PASSporT", "  $a\t\n $b ", REASON_OK, -1, NULL},
	{"twice", "the same PASSporT twice", "$a\n$a", REASON_OK, -1, NULL},
	{"div", "a shaken and the div behind it", "$a\n$div", REASON_OK, -1, "5.1"},
	{"div-first", "the div before the shaken", "$div\n$a", REASON_OK, -1, "5.1"},
	{"full", "as many as one request may have", "$all", REASON_OK, -1, "5.1"},

	{"empty", "no octets", "", REASON_BODY_EMPTY, -1, NULL},
	{"lf", "a line break alone", "\n", REASON_BODY_EMPTY, -1, NULL},
	{"blank", "blank lines alone", " \r\n\t\n", REASON_BODY_EMPTY, -1, NULL},
	{"too-many", "one more than one request may have", "$all\n$a", REASON_TOO_MANY, -1, NULL},
	{"forged-first", "the first of two is forged", "$forged\n$a", REASON_SIGNATURE, 0, NULL},
	{"forged-second", "the second of two is forged", "$a\n$forged", REASON_SIGNATURE, 1, NULL},
	{"forged-middle", "one among good ones is forged", "$a\r\n$b\r\n$forged\r\n$c\r\n",
	 REASON_SIGNATURE, 2, NULL},
	{"stale-last", "the last one is stale", "$a\n$b\n$stale\n", REASON_STALE, 2, NULL},
	{"compact", "compact form", "$compact", REASON_COMPACT_FORM, 0, NULL},
	{"word", "a word that is no PASSporT", "hello", REASON_FORM, 0, NULL},
	{"word-second", "a word behind a PASSporT", "$a\nhello", REASON_FORM, 1, NULL},
	{"comma", "a comma between them", "$a,$b", REASON_FORM, 0, NULL},
	{"blank-between", "a blank between them", "$a $b", REASON_FORM, 0, NULL},
	{"cr", "CR alone between them", "$a\r$b", REASON_FORM, 0, NULL},
	{"glued", "nothing between them", "$a$b", REASON_FORM, 0, NULL},
	{"wrapped", "a PASSporT that is cut by a line break", "$a1\n$a2", REASON_FORM, 0, NULL},
	{"bom", "a byte order mark before it", "\xef\xbb\xbf$a", REASON_FORM, 0, NULL},
	{"octet-255", "an octet that is no character", "$a\xff", REASON_FORM, 0, NULL},
	{"quoted", "a JSON string", "\"$a\"", REASON_FORM, 0, NULL},
	{"json", "the JSON of the published ATIS-1000096", "{\"passports\":[\"$a\"]}", REASON_FORM,
	 0, NULL},
	{"identity", "the value of an Identity header",
	 "$a;info=<" VECTOR_CR "osp.pem>;alg=ES256;ppt=\"shaken\"", REASON_FORM, 0, NULL},
	{"form", "a field of an HTML form", "passport=$a", REASON_FORM, 0, NULL},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *name;
	struct vector_jws jws;
} tokens[] = {
	{"a", {0}},
	{"b", {.claims = "{\"attest\":\"B\"}"}},
	{"c", {.claims = "{\"attest\":\"C\"}"}},
	{"d", {.claims = "{\"iat\":$now-1}"}},
	{"div",
	 {.header = "{\"ppt\":\"div\"}",
	  .claims = "{\"attest\":null,\"origid\":null,\"dest\":{\"tn\":[\"13035550100\"]},"
		    "\"div\":{\"tn\":\"$dest\"}}"}},
	{"forged", {.sig = "flip-s"}},
	{"stale", {.claims = "{\"iat\":$now-61}"}},
	{"compact", {.shape = "..$s"}},
};

#define TOKENS (sizeof(tokens) / sizeof(tokens[0]))
/* … and $a1, $a2, $all */
#define NAMES (TOKENS + 3)

static int make_tokens(struct buf text[TOKENS], struct vector_var v[NAMES],
		       const struct vector_scene *scene, struct err *e)
{
	const struct vector_var names[] = {{"x5u", SV(VECTOR_CR "osp.pem")},
					   {"orig", SV(VECTOR_ORIG)},
					   {"dest", SV(VECTOR_DEST)}};
	const struct vector_vars vars = {names, sizeof(names) / sizeof(names[0]),
					 vector_scene_vars(scene)};

	for (size_t i = 0; i < TOKENS; i++) {
		char id[32];
		int err;

		(void)snprintf(id, sizeof(id), "body %s", tokens[i].name);
		text[i] = BUF(VECTOR_TEXT_MAX);
		err = vector_passport(&text[i], scene, id, &vars, "osp", &tokens[i].jws, e);
		if (err)
			return err;
		v[i] = (struct vector_var){tokens[i].name, buf_sv(&text[i])};
	}
	return 0;
}

static int give(struct vector_sink *sink, const struct row *row, const struct vector_vars *vars,
		struct err *e)
{
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	json_t *input = json_object(), *fetch = json_object();
	int err = vector_expand(&body, row->body, vars, e);

	if (!err)
		err = vector_set_octets(input, "body", buf_sv(&body));
	if (!err)
		err = vector_fetch_add(fetch, sink->scene, "osp", NULL, e);
	if (err) {
		json_decref(input);
		json_decref(fetch);
		err_prefix(e, "body/%s: ", row->id);
		return err;
	}
	return vector_give(sink,
			   &(struct vector){.kind = "body",
					    .name = row->id,
					    .title = row->title,
					    .reason = row->reason,
					    .clause = row->clause      ? row->clause
						      : row->index < 0 ? "5.4"
								       : NULL,
					    .by = "cps",
					    .input = input,
					    .fetch = fetch,
					    .index = row->index},
			   e);
}

int vector_bodies(struct vector_sink *sink, struct err *e)
{
	struct buf text[TOKENS] = {{0}};
	struct vector_var v[NAMES];
	const struct vector_vars vars = {v, NAMES, NULL};
	BUF_AUTO struct buf all = BUF(VECTOR_TEXT_MAX);
	struct sv a;
	int err = make_tokens(text, v, sink->scene, e);

	a = buf_sv(&text[0]);
	for (size_t i = 0; i < BUNDLE_MAX; i++) {
		(void)buf_addz(&all, i ? "\n" : "");
		(void)buf_addsv(&all, a);
	}
	v[TOKENS] = (struct vector_var){"a1", {a.p, a.l / 2}};
	v[TOKENS + 1] = (struct vector_var){"a2", {a.p + a.l / 2, a.l - a.l / 2}};
	v[TOKENS + 2] = (struct vector_var){"all", buf_sv(&all)};
	err = err ? err : all.err;
	for (size_t i = 0; !err && i < ROWS; i++)
		err = give(sink, &rows[i], &vars, e);
	for (size_t i = 0; i < TOKENS; i++)
		buf_free(&text[i]);
	return err;
}
