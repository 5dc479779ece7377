/* The files of one case: ladder.txt, messages.txt, messages.bin. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/evidence.h"
#include "sim/oobsim/report/ladder.h"

#define TEXT_MAX (64u << 20)
#define HEX_ROW  16

/* --- messages --- */

static bool is_text(struct sv v)
{
	for (size_t i = 0; i < v.l; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == 0 || (c < 0x20 && !strchr("\t\r\n", c)) || c == 0x7f)
			return false;
	}
	return true;
}

static void put_hex(struct buf *b, struct sv v)
{
	for (size_t i = 0; i < v.l; i += HEX_ROW) {
		size_t n = v.l - i < HEX_ROW ? v.l - i : HEX_ROW;

		(void)buf_printf(b, "%06zx ", i);
		for (size_t k = 0; k < HEX_ROW; k++)
			if (k < n)
				(void)buf_printf(b, " %02x", (unsigned char)v.p[i + k]);
			else
				(void)buf_addz(b, "   ");
		(void)buf_addz(b, "  ");
		for (size_t k = 0; k < n; k++) {
			unsigned char c = (unsigned char)v.p[i + k];

			(void)buf_printf(b, "%c", c < 0x20 || c > 0x7e ? '.' : c);
		}
		(void)buf_addz(b, "\n");
	}
}

/* CR before LF goes without saying; messages.bin has it */
static void put_text(struct buf *b, struct sv v)
{
	while (v.p) {
		struct sv line = sv_cut(&v, '\n');

		if (line.l && line.p[line.l - 1] == '\r')
			line.l--;
		(void)buf_addsv(b, line);
		if (v.p && v.l)
			(void)buf_addz(b, "\n");
		else
			break;
	}
	(void)buf_addz(b, "\n");
}

static void put_message(struct buf *text, struct buf *octets, const struct event *ev,
			uint64_t from_us)
{
	static const char *const kinds[] = {
		[EVENT_SIP] = "SIP", [EVENT_HTTPS] = "HTTPS", [EVENT_ISUP] = "M3UA"};
	struct sv v = event_octets(ev);

	(void)buf_printf(text, "%s----- %s -> %s  %s  %s -> %s  %.3f ms  %zu octets at %zu\n",
			 text->l ? "\n" : "", ev->from, ev->to, kinds[ev->kind], ev->src, ev->dst,
			 (double)(ev->t_us - from_us) / 1000.0, v.l, octets->l);
	if (is_text(v))
		put_text(text, v);
	else
		put_hex(text, v);
	(void)buf_addsv(octets, v);
}

static void put_messages(struct buf *text, struct buf *octets, const struct stretch *s)
{
	for (size_t i = s->first; i < s->end; i++) {
		const struct event *ev = events_at(s->evs, i);
		bool seen = ev->twin != EVENT_NO_TWIN && ev->twin < i && ev->twin >= s->first;

		seen = seen || events_is_late(s->evs, i, s->first);
		if (ev->kind != EVENT_NOTE && !seen)
			put_message(text, octets, ev, events_at(s->evs, s->first)->t_us);
	}
}

/* --- the ladder --- */

/* A world's is that of its call; what a bench did is all that it did */
static int make_ladder(struct ladder *ret, const struct stretch *s)
{
	if (events_hops(s->evs) && events_calls(s->evs))
		return ladder_make(ret, s->evs, 0, false);
	return ladder_make_span(ret, s->evs, s->first, s->end);
}

/* Which rung had come last when the case failed */
static unsigned failed_line(const struct ladder *l, uint64_t failed_us)
{
	size_t n = l->n;

	while (n > 1 && failed_us && l->rungs[n - 1].t_us > failed_us)
		n--;
	return n ? ladder_line(l, n - 1) : 0;
}

static int draw(struct evidence *ret, struct buf *text, const struct ladder *l)
{
	char *p = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&ret->svg, &size);
	int err = f ? ladder_svg(f, l) : ENOMEM;

	if (f && fclose(f) && !err)
		err = ENOMEM;
	f = err ? NULL : open_memstream(&p, &size);
	if (f)
		err = ladder_text(f, l, false);
	if (f && fclose(f) && !err)
		err = ENOMEM;
	if (p)
		(void)buf_add(text, p, size);
	free(p);
	return err ? err : text->err;
}

static int ladder_of(struct evidence *ret, struct buf *text, const struct stretch *s)
{
	struct ladder l;
	int err = make_ladder(&l, s);

	if (!err && l.lanes)
		err = draw(ret, text, &l);
	if (!err)
		ret->line = failed_line(&l, s->failed_us);
	ladder_free(&l);
	return err;
}

static void put_words(const struct conform_report *report, const struct conform_result *r,
		      struct buf *b)
{
	(void)buf_printf(b, "\n%s %s: %s\nclause    ", conform_verdict_name(r->verdict),
			 r->item->id, r->item->c->title);
	report_clause(report, r->item->c, b);
	(void)buf_printf(b, "\nexpected  %s\ncame      %s\nagain     ", r->expected, r->actual);
	report_again(report, r, b);
	(void)buf_addz(b, "\n");
}

/* --- files --- */

static int write_one(char **ret, const struct conform_report *report, const char *folder,
		     const char *name, const struct buf *b, struct err *e)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	*ret = strdup(path);
	if (b->err || !*ret)
		return err_set(e, ENOMEM, "%s: too large", path);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", report->dir, folder, name);
	return file_write(path, buf_sv(b), e);
}

int evidence_write(struct evidence *ret, const struct conform_report *report,
		   const struct conform_result *r, const struct stretch *stretch,
		   const char *folder, struct err *e)
{
	BUF_AUTO struct buf text = BUF(TEXT_MAX), octets = BUF(TEXT_MAX), ladder = BUF(TEXT_MAX);
	int err = ladder_of(ret, &ladder, stretch);

	if (err)
		return err_set(e, err, "the ladder of %s: %s", r->item->id, strerror(err));
	put_words(report, r, &ladder);
	put_messages(&text, &octets, stretch);
	err = write_one(&ret->ladder, report, folder, "ladder.txt", &ladder, e);
	if (!err)
		err = write_one(&ret->messages, report, folder, "messages.txt", &text, e);
	if (!err)
		err = write_one(&ret->octets, report, folder, "messages.bin", &octets, e);
	ret->text = buf_take(&text);
	return err;
}

int evidence_write_given(struct evidence *ret, const struct conform_report *report,
			 const struct conform_result *r, struct sv given, const char *folder,
			 struct err *e)
{
	BUF_AUTO struct buf text = BUF(TEXT_MAX), octets = BUF(TEXT_MAX);
	int err;

	(void)buf_printf(&text, "----- given to %s  %zu octets\n", report->sut, given.l);
	if (is_text(given))
		put_text(&text, given);
	else
		put_hex(&text, given);
	put_words(report, r, &text);
	(void)buf_addsv(&octets, given);
	err = write_one(&ret->messages, report, folder, "messages.txt", &text, e);
	if (!err)
		err = write_one(&ret->octets, report, folder, "messages.bin", &octets, e);
	ret->text = buf_take(&text);
	return err;
}
