#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/events/steps.h"

#define GUTTER 9   /* columns for step and time */
#define LANE   13  /* columns from lane to lane */
#define WIDTH  160 /* of the picture, unless its lanes become too narrow */
#define NARROW 7

/* Columns from lane to lane of this ladder */
static int lane_width(const struct ladder *l)
{
	int width = (WIDTH - GUTTER) / l->lanes;

	return width > LANE ? LANE : width < NARROW ? NARROW : width;
}

/* One line of the picture: a column holds one character (a string of UTF-8) in one colour. */
struct line {
	int width;
	const char *cell[GUTTER + LADDER_LANES * LANE + RUNG_LABEL];
	char text[RUNG_LABEL][5]; /* room for the characters of a label */
	int texts;
	int tone_from, tone_to; /* coloured columns [from, to) */
	enum rung_tone tone;
};

const char *tone_colour(enum rung_tone tone, bool colour)
{
	static const char *const ansi[] = {
		[TONE_PLAIN] = "",
		[TONE_PRESENT] = "\033[32m",
		[TONE_COPIED] = "\033[36m",
		[TONE_LOST] = "\033[1;31m",
		[TONE_RESTORED] = "\033[1;32m",
		[TONE_TROUBLE] = "\033[33m",
	};

	return colour ? ansi[tone] : "";
}

const char *tone_end(bool colour)
{
	return colour ? "\033[0m" : "";
}

static int column(const struct ladder *l, int lane)
{
	return GUTTER + lane_width(l) / 2 + lane * lane_width(l);
}

/* A line with nothing but the lanes' bars */
static void line_bars(struct line *line, const struct ladder *l)
{
	line->width = column(l, l->lanes - 1) + 1;
	line->texts = 0;
	line->tone = TONE_PLAIN;
	line->tone_from = line->tone_to = 0;
	for (size_t i = 0; i < sizeof(line->cell) / sizeof(line->cell[0]); i++)
		line->cell[i] = " ";
	for (int i = 0; i < l->lanes; i++)
		line->cell[column(l, i)] = "│";
}

/* Octets of the UTF-8 character at p */
static size_t char_len(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static int text_width(const char *s)
{
	int n = 0;

	for (; *s; s += char_len(s))
		n++;
	return n;
}

static void line_put(struct line *line, int at, const char *s)
{
	for (; *s && line->texts < RUNG_LABEL; at++) {
		size_t l = char_len(s);
		char *cell = line->text[line->texts++];

		memcpy(cell, s, l);
		cell[l] = '\0';
		line->cell[at] = cell;
		if (at >= line->width)
			line->width = at + 1;
		s += l;
	}
}

static void line_tone(struct line *line, enum rung_tone tone, int from, int to)
{
	line->tone = tone;
	line->tone_from = from;
	line->tone_to = to;
}

static void line_arrow(struct line *line, const struct rung *r, const struct ladder *l)
{
	int a = column(l, r->from), b = column(l, r->to), step = a < b ? 1 : -1;

	for (int c = a + step; c != b; c += step)
		line->cell[c] = "─";
	line->cell[a] = a < b ? "├" : "┤";
	line->cell[b - step] = a < b ? "▶" : "◀";
	line_tone(line, r->tone, a < b ? a + 1 : b + 1, a < b ? b : a);
}

static int line_print(FILE *f, const struct line *line, bool colour)
{
	int width = line->width;

	while (width > 0 && strcmp(line->cell[width - 1], " ") == 0)
		width--;
	for (int i = 0; i < width; i++) {
		if (i == line->tone_from && i < line->tone_to)
			(void)fputs(tone_colour(line->tone, colour), f);
		(void)fputs(line->cell[i], f);
		if (i + 1 == line->tone_to && line->tone_from < line->tone_to)
			(void)fputs(tone_end(colour), f);
	}
	return fputc('\n', f) == EOF ? EIO : 0;
}

static void print_gutter(struct line *line, const struct rung *r, const struct ladder *l)
{
	char text[32];
	double ms = (double)(r->t_us - l->start_us) / 1000.0;

	if (l->stable)
		(void)snprintf(text, sizeof(text), r->step ? "%2u" : "  ", r->step);
	else if (r->step)
		(void)snprintf(text, sizeof(text), "%2u %6.1f", r->step, ms);
	else
		(void)snprintf(text, sizeof(text), "   %6.1f", ms);
	line_put(line, 0, text);
}

/* A decision: a mark on the lane with its words beside it, to the left where the right has no room
 */
static int print_note(FILE *f, struct line *line, const struct rung *r, const struct ladder *l,
		      bool colour)
{
	int at = column(l, r->from), w = text_width(r->label),
	    last = column(l, l->lanes - 1) + lane_width(l) / 2;
	int from = at + 2 + w <= last || at - 2 - w < GUTTER + 1 ? at + 2 : at - 1 - w;

	line->cell[at] = "●";
	line_put(line, from, r->label);
	line_tone(line, r->tone, from, from + w);
	return line_print(f, line, colour);
}

/* Do a message's words fit into its arrow? */
static bool fits(const struct rung *r, const struct ladder *l)
{
	return !r->step && text_width(r->label) + 6 <= abs(column(l, r->from) - column(l, r->to));
}

/* A message: its words in the arrow where they fit, else on a line of their own above it */
static int print_message(FILE *f, struct line *line, const struct rung *r, const struct ladder *l,
			 bool colour)
{
	int a = column(l, r->from), b = column(l, r->to), left = a < b ? a : b, span = abs(a - b);
	int w = text_width(r->label), last = column(l, l->lanes - 1) + lane_width(l) / 2,
	    from = left + 2;
	int err;

	if (fits(r, l)) {
		line_arrow(line, r, l);
		line->cell[left + (span - w) / 2 - 1] = " ";
		line_put(line, left + (span - w) / 2, r->label);
		line->cell[left + (span - w) / 2 + w] = " ";
		return line_print(f, line, colour);
	}
	if (from + w > last)
		from = last - w > GUTTER ? last - w : GUTTER + 1;
	line_put(line, from, r->label);
	line_tone(line, r->tone, from, from + w);
	err = line_print(f, line, colour);
	line_bars(line, l);
	line_arrow(line, r, l);
	return err ? err : line_print(f, line, colour);
}

/* Names of the lanes; where one is too long for its lane, those of the providers stand above */
static bool heads_in_two(const struct ladder *l)
{
	for (int i = 0; i < l->lanes; i++)
		if (text_width(l->lane[i]) >= lane_width(l))
			return true;
	return false;
}

/* The provider's name over the first of its lanes, cut where the next provider's begins */
static void put_providers(struct line *line, const struct ladder *l)
{
	for (int i = 0, next; i < l->lanes; i = next) {
		size_t len = (size_t)(element_kind(l->lane[i]) - l->lane[i]), room;
		char name[64];

		next = i + 1;
		while (next < l->lanes && len && strncmp(l->lane[next], l->lane[i], len) == 0)
			next++;
		room = (size_t)((next - i) * lane_width(l) - 1);
		len = len ? len - 1 : 0;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(len < room ? len : room),
			       l->lane[i]);
		line_put(line, column(l, i) - text_width(name) / 2, name);
	}
}

static int print_heads(FILE *f, struct line *line, const struct ladder *l)
{
	bool two = heads_in_two(l);
	int err = 0;

	for (int row = two ? 0 : 1; row < 2 && !err; row++) {
		line_bars(line, l);
		for (int i = 0; i < l->lanes; i++) {
			const char *name = two ? element_kind(l->lane[i]) : l->lane[i];

			line->cell[column(l, i)] = " ";
			if (row)
				line_put(line, column(l, i) - text_width(name) / 2, name);
		}
		if (!row)
			put_providers(line, l);
		else
			line_put(line, 0, l->stable ? " #" : " #     ms");
		err = line_print(f, line, false);
	}
	return err;
}

unsigned ladder_line(const struct ladder *l, size_t rung)
{
	unsigned line = heads_in_two(l) ? 2 : 1;

	for (size_t i = 0; i <= rung; i++)
		line += l->rungs[i].from == l->rungs[i].to || fits(&l->rungs[i], l) ? 1 : 2;
	return line;
}

int ladder_text(FILE *f, const struct ladder *l, bool colour)
{
	struct line *line;
	int err;

	if (!l->lanes)
		return ENOENT;
	line = calloc(1, sizeof(*line));
	if (!line)
		return ENOMEM;
	err = print_heads(f, line, l);
	for (size_t i = 0; !err && i < l->n; i++) {
		const struct rung *r = &l->rungs[i];

		line_bars(line, l);
		print_gutter(line, r, l);
		err = r->from == r->to ? print_note(f, line, r, l, colour)
				       : print_message(f, line, r, l, colour);
	}
	if (!err)
		err = print_heads(f, line, l);
	free(line);
	return err;
}
