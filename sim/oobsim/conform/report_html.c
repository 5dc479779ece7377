/* report.html: verdict, summary, what failed and why, and all cases in a list that can be filtered. */
#include <errno.h>
#include <string.h>

#include "sim/oobsim/conform/report.h"
#include "sim/oobsim/report/html.h"

#define TEXT_MAX 8192
/* So many failures are shown unfolded; messages of one case in the page, the rest is in its file */
#define OPEN_MAX     8
#define DRAWN_MAX    200 /* … have ladder and messages in the page; of the others there are links */
#define MESSAGES_MAX 32768

static const char style[] =
	".fail,.error{border:1px solid var(--line);border-left:5px solid "
	"var(--bad);border-radius:6px;"
	"background:var(--box);padding:10px 16px;margin:0 0 "
	"14px}.error{border-left-color:var(--warn)}\n"
	".fail summary h3,.error summary h3{display:inline}\n"
	"dl{display:grid;grid-template-columns:90px 1fr;gap:3px 12px;margin:10px 0}"
	"dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
	"svg.ladder{font:12.5px \"DejaVu Sans\",system-ui,sans-serif;background:var(--bg);"
	"border:1px solid var(--line);border-radius:6px;display:block;margin:8px 0}\n"
	"svg text{fill:currentColor}svg .lane text{font-weight:600}svg .lane "
	"path{stroke:var(--line)}"
	"svg .rung path{stroke:currentColor;stroke-width:1.5;fill:none}svg .rung "
	"circle{fill:currentColor}"
	"svg .time text{fill:var(--dim);font-size:11px}\n"
	".tone-present,.tone-restored{color:var(--good)}.tone-copied{color:var(--info)}"
	".tone-lost{color:var(--bad)}.tone-trouble{color:var(--warn)}\n"
	".summary{width:auto}.summary td,.summary th{padding-right:24px}.sum{white-space:nowrap;"
	"margin-right:8px}.sum.bad,.sum.warn{font-weight:600}.sum.dim{color:var(--dim)}\n"
	".cases td{font-size:14px}.cases .id{white-space:nowrap}\n";

/* What a verdict is shown as */
static const struct {
	const char *badge, *word;
} looks[CONFORM_VERDICTS] = {
	[CONFORM_PASS] = {"good", "passed"},
	[CONFORM_FAIL] = {"bad", "failed"},
	[CONFORM_UNSUPPORTED] = {"dim", "unsupported"},
	[CONFORM_ERROR] = {"warn", "error"},
};

static void put_badge(FILE *f, enum conform_verdict v, const char *word)
{
	(void)fprintf(f, "<span class=\"badge %s\">%s</span> ", looks[v].badge, word);
}

/* --- above --- */

static void put_head(FILE *f, const struct conform_report *report)
{
	const int code = conform_code(report);
	const char *word = conform_code_name(code);

	(void)fprintf(f, "<h1><span class=\"badge %s\" style=\"font-size:20px\">%s</span> ",
		      code == 0                   ? "good"
		      : strcmp(word, "fail") == 0 ? "bad"
						  : "warn",
		      word);
	html_text(f, report->sut);
	if (report->version) {
		(void)fputs(" <span class=\"dim\">", f);
		html_text(f, report->version);
		(void)fputs("</span>", f);
	}
	(void)fprintf(
		f, "</h1>\n<p class=\"dim\">Role %s, %zu cases in %.1f s. Seed %llu, profile %s.",
		report->role, report->n, report->duration_s, (unsigned long long)report->seed,
		report->profile);
	if (report_count_unreadable(report))
		(void)fprintf(f, " Why it refused could not be read in %zu.",
			      report_count_unreadable(report));
	(void)fputs(
		" Files: <a href=\"capture.pcapng\">capture.pcapng</a>, <a "
		"href=\"report.json\">report.json</a>, <a href=\"junit.xml\">junit.xml</a>.</p>\n",
		f);
}

/* "206 passed", and what else there is */
static void put_sums(FILE *f, const size_t sums[CONFORM_VERDICTS], size_t all)
{
	(void)fputs(all ? "<td>" : "<td class=\"dim\">–", f);
	for (int v = 0; v < CONFORM_VERDICTS; v++)
		if (sums[v])
			(void)fprintf(f, "<span class=\"sum %s\">%zu %s</span> ", looks[v].badge,
				      sums[v], looks[v].word);
	(void)fputs("</td>", f);
}

static void put_summary(FILE *f, const struct conform_report *report)
{
	const struct role *role;
	size_t sums[CONFORM_VERDICTS];

	(void)fputs("<table class=\"summary\"><tr><th>Role</th><th>M mandatory</th><th>D described"
		    "</th><th>S should</th><th>O option</th></tr>\n",
		    f);
	for (size_t i = 0; (role = role_at(i)) != NULL; i++) {
		if (!report_row(report, role, NULL, sums))
			continue;
		(void)fprintf(f, "<tr><td class=\"id\">%s</td>", role->name);
		for (size_t k = 0; report_levels[k]; k++) {
			size_t all = report_row(report, role, report_levels[k], sums);

			put_sums(f, sums, all);
		}
		(void)fputs("</tr>\n", f);
	}
	(void)fputs("</table>\n", f);
}

/* --- what failed --- */

static void put_term(FILE *f, const char *term, const char *text, const char *tag)
{
	(void)fprintf(f, "<dt>%s</dt><dd><%s>", term, tag);
	html_text(f, text);
	(void)fprintf(f, "</%s></dd>\n", tag);
}

static void put_link(FILE *f, const char *path, const char *word)
{
	if (!path)
		return;
	(void)fputs(" <a href=\"", f);
	html_text(f, path);
	(void)fprintf(f, "\">%s</a>", word);
}

static void put_evidence(FILE *f, const struct evidence *ev, bool drawn)
{
	BUF_AUTO struct buf text = BUF(MESSAGES_MAX + 64);

	if (ev->svg && drawn)
		(void)fprintf(f, "<div class=\"scroll\">%s</div>\n", ev->svg);
	if (ev->text && drawn) {
		struct sv all = sv_from(ev->text);
		bool cut = all.l > MESSAGES_MAX;

		all.l = cut ? MESSAGES_MAX : all.l;
		while (cut && all.l && ((unsigned char)all.p[all.l] & 0xc0) == 0x80)
			all.l--; /* not inside of a character */
		(void)buf_addsv(&text, all);
		(void)buf_addz(&text, cut ? "\n… (the whole is in messages.txt)" : "");
		(void)fputs("<details><summary>Messages</summary><pre>", f);
		html_text(f, text.p ? text.p : "");
		(void)fputs("</pre></details>\n", f);
	}
	if (!ev->ladder && !ev->log)
		return;
	(void)fputs("<p class=\"dim\">Files:", f);
	put_link(f, ev->ladder, "ladder");
	put_link(f, ev->messages, "messages");
	put_link(f, ev->octets, "octets");
	put_link(f, ev->log, "log of the implementation");
	(void)fputs("</p>\n", f);
}

static void put_failure(FILE *f, const struct conform_report *report, size_t i, bool open,
			bool drawn)
{
	const struct conform_result *r = &report->r[i];
	BUF_AUTO struct buf clause = BUF(TEXT_MAX), again = BUF(TEXT_MAX);
	const char *kind = r->verdict == CONFORM_ERROR ? "error" : "fail";

	report_clause(report, r->item->c, &clause);
	report_again(report, r, &again);
	(void)fprintf(f, "<details class=\"%s\" id=\"%s-", kind, r->item->role->name);
	html_text(f, r->item->id);
	(void)fprintf(f, "\"%s><summary>", open ? " open" : "");
	put_badge(f, r->verdict, r->verdict == CONFORM_PASS ? "passes" : looks[r->verdict].word);
	(void)fputs("<h3><span class=\"id\">", f);
	html_text(f, r->item->id);
	(void)fputs("</span> ", f);
	html_text(f, r->item->c->title);
	(void)fputs("</h3></summary>\n<dl>", f);
	put_term(f, "Clause", clause.p ? clause.p : "", "span");
	put_term(f, "Expected", r->expected, "b");
	put_term(f, "Came", r->actual, "b");
	if (r->listed)
		put_term(f, r->verdict == CONFORM_PASS ? "Listed as" : "Known", r->listed->reason,
			 "span");
	if (r->listed && r->listed->ticket)
		put_term(f, "Ticket", r->listed->ticket, "span");
	put_term(f, "Again", again.p ? again.p : "", "code");
	(void)fputs("</dl>\n", f);
	if (report->evidence)
		put_evidence(f, &report->evidence[i], drawn);
	(void)fputs("</details>\n", f);
}

static bool counts(const struct conform_result *r)
{
	return conform_failed(r) || r->verdict == CONFORM_ERROR;
}

static bool is_known(const struct conform_result *r)
{
	return r->verdict == CONFORM_FAIL && r->listed;
}

static void put_failures(FILE *f, const struct conform_report *report, const char *title,
			 bool (*h)(const struct conform_result *r), bool open)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < report->n; i++)
		n += h(&report->r[i]);
	if (!n)
		return;
	(void)fprintf(f, "<h2>%s: %zu</h2>\n", title, n);
	for (size_t i = 0; i < report->n; i++) {
		if (!h(&report->r[i]))
			continue;
		put_failure(f, report, i, open && at < OPEN_MAX, at < DRAWN_MAX);
		at++;
	}
}

/* --- all cases: what is chosen above the list hides the others, without a script --- */

static size_t of_role(const struct conform_report *report, const struct role *role)
{
	size_t sum = 0;

	for (int v = 0; v < CONFORM_VERDICTS; v++)
		sum += report_count(report, (enum conform_verdict)v, role, NULL);
	return sum;
}

static void put_filter(FILE *f, const struct conform_report *report)
{
	const struct role *role;

	html_choice_begin(f, "verdict", "any", true);
	for (int v = 0; v < CONFORM_VERDICTS; v++)
		html_choice_begin(f, "verdict", looks[v].word, false);
	html_choice_begin(f, "role", "any", true);
	for (size_t i = 0; (role = role_at(i)) != NULL; i++)
		html_choice_begin(f, "role", role->name, false);
	(void)fputs("<style>\n", f);
	html_choice_rule(f, "verdict", "any", "case");
	for (int v = 0; v < CONFORM_VERDICTS; v++)
		html_choice_rule(f, "verdict", looks[v].word, "case");
	html_choice_rule(f, "role", "any", "case");
	for (size_t i = 0; (role = role_at(i)) != NULL; i++)
		html_choice_rule(f, "role", role->name, "case");
	(void)fputs("</style>\n<div class=\"filter\">Verdict: ", f);
	html_choice_label(f, "verdict", "any", "any", report->n);
	for (int v = 0; v < CONFORM_VERDICTS; v++)
		html_choice_label(f, "verdict", looks[v].word, looks[v].word,
				  report_count(report, (enum conform_verdict)v, NULL, NULL));
	(void)fputs("<br>Role: ", f);
	html_choice_label(f, "role", "any", "any", report->n);
	for (size_t i = 0; (role = role_at(i)) != NULL; i++)
		if (of_role(report, role))
			html_choice_label(f, "role", role->name, role->name, of_role(report, role));
	(void)fputs("</div>\n", f);
}

static void put_case(FILE *f, const struct conform_result *r)
{
	const char *role = r->item->role->name;
	bool shown = conform_noted(r) || conform_failed(r);

	(void)fprintf(
		f, "<tr class=\"case verdict-any role-any verdict-%s role-%s\"><td class=\"id\">",
		looks[r->verdict].word, role);
	if (shown) {
		(void)fprintf(f, "<a href=\"#%s-", role);
		html_text(f, r->item->id);
		(void)fputs("\">", f);
	}
	html_text(f, r->item->id);
	(void)fprintf(f, "%s</td><td>%s</td><td>%s</td><td>", shown ? "</a>" : "", role,
		      r->item->c->level);
	html_text(f, r->item->c->title);
	(void)fputs("<br><span class=\"dim\">", f);
	html_text(f, r->item->c->clause);
	(void)fputs("</span></td><td>", f);
	html_text(f, r->expected);
	(void)fputs("</td><td>", f);
	put_badge(f, r->verdict, looks[r->verdict].word);
	if (is_known(r))
		(void)fputs("<span class=\"badge dim\">known</span>", f);
	(void)fprintf(f, "</td><td class=\"n\">%.1f</td></tr>\n",
		      (double)(r->to_us - r->from_us) / 1000.0);
}

int conform_html(const char *path, const struct conform_report *report, struct err *e)
{
	BUF_AUTO struct buf title = BUF(TEXT_MAX);
	FILE *f = fopen(path, "w");

	if (!f)
		return err_set(e, errno, "%s: cannot be written: %s", path, strerror(errno));
	(void)buf_printf(&title, "%s: %s, conformance of %s", report->sut,
			 conform_code_name(conform_code(report)), report->role);
	html_begin(f, title.p ? title.p : "", style);
	put_head(f, report);
	put_summary(f, report);
	put_failures(f, report, "Failed, or could not be tried", counts, true);
	put_failures(f, report, "Known to fail", is_known, false);
	(void)fputs("<h2>All cases</h2>\n<section>\n", f);
	put_filter(f, report);
	(void)fputs(
		"<div class=\"scroll\"><table class=\"cases\"><tr><th>Case</th><th>Role</th><th>"
		"Level</th><th>What it is about</th><th>Expected</th><th>Verdict</th><th "
		"class=\"n\">ms</th></tr>\n",
		f);
	for (size_t i = 0; i < report->n; i++)
		put_case(f, &report->r[i]);
	(void)fputs("</table></div>\n</section>\n", f);
	html_end(f);
	return fclose(f) ? err_set(e, EIO, "%s: cannot be written", path) : 0;
}
