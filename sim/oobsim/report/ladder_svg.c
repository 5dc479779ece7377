/* The ladder as a picture for a page, which gives it its colours. */
#include <errno.h>
#include <stdlib.h>

#include "sim/oobsim/report/html.h"
#include "sim/oobsim/report/ladder.h"

#define LANE   260 /* from lane to lane */
#define LEFT   110 /* of the first lane: times, and half a name */
#define HEAD   30
#define RUNG   34
#define ARROW  7
#define BESIDE 10 /* from a decision's mark to its words */

static const char *const tones[] = {
	[TONE_PLAIN] = "plain", [TONE_PRESENT] = "present",   [TONE_COPIED] = "copied",
	[TONE_LOST] = "lost",   [TONE_RESTORED] = "restored", [TONE_TROUBLE] = "trouble"};

static int lane_x(int lane)
{
	return LEFT + lane * LANE;
}

static void put_text(FILE *f, int x, int y, const char *anchor, const char *text)
{
	(void)fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
	html_text(f, text);
	(void)fputs("</text>", f);
}

static void put_lanes(FILE *f, const struct ladder *l, int height)
{
	(void)fputs("<g class=\"lane\">", f);
	for (int i = 0; i < l->lanes; i++) {
		put_text(f, lane_x(i), HEAD - 12, "middle", l->lane[i]);
		(void)fprintf(f, "<path d=\"M%d %dV%d\"/>", lane_x(i), HEAD - 4, height);
	}
	(void)fputs("</g>\n", f);
}

static void put_message(FILE *f, const struct rung *r, int y)
{
	int a = lane_x(r->from), b = lane_x(r->to), tip = a < b ? -ARROW : ARROW;

	put_text(f, (a + b) / 2, y - 6, "middle", r->label);
	(void)fprintf(f, "<path d=\"M%d %dH%dm%d %dL%d %dl%d %d\"/>", a, y, b, tip, -4, b, y, tip,
		      4);
}

static void put_decision(FILE *f, const struct rung *r, int y)
{
	int x = lane_x(r->from);

	(void)fprintf(f, "<circle cx=\"%d\" cy=\"%d\" r=\"4\"/>", x, y);
	put_text(f, x + BESIDE, y + 4, "start", r->label);
}

static void put_rung(FILE *f, const struct ladder *l, size_t i)
{
	const struct rung *r = &l->rungs[i];
	int y = HEAD + RUNG * ((int)i + 1) - 8;
	char time[32];

	(void)snprintf(time, sizeof(time), "%.1f ms", (double)(r->t_us - l->start_us) / 1000.0);
	(void)fprintf(f, "<g class=\"rung tone-%s\">", tones[r->tone]);
	if (r->from == r->to)
		put_decision(f, r, y);
	else
		put_message(f, r, y);
	(void)fputs("<g class=\"time\">", f);
	put_text(f, 2, y, "start", time);
	(void)fputs("</g></g>\n", f);
}

int ladder_svg(FILE *f, const struct ladder *l)
{
	int width = LEFT * 2 + (l->lanes - 1) * LANE;
	int height = HEAD + RUNG * (int)l->n + 10;

	if (!l->lanes)
		return ENOENT;
	(void)fprintf(f,
		      "<svg class=\"ladder\" role=\"img\" aria-label=\"ladder\" width=\"%d\" "
		      "height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		      width, height, width, height);
	put_lanes(f, l, height);
	for (size_t i = 0; i < l->n; i++)
		put_rung(f, l, i);
	return fputs("</svg>\n", f) == EOF ? EIO : 0;
}
