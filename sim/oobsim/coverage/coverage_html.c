/* The matrix as a page: requirements, and the scenarios, cases and tests that prove each. */
#include <string.h>

#include "sim/oobsim/report/html.h"
#include "sim/oobsim/scenario/requirement.h"

static const char style[] =
	".matrix td{font-size:14px}.matrix .id{white-space:nowrap;font-weight:600}\n"
	".matrix tr.missing{background:var(--badbg)}.matrix tr.unbuilt{color:var(--dim)}\n"
	".chip{display:inline-block;border:1px solid var(--line);border-radius:5px;padding:0 6px;"
	"margin:0 3px 3px 0;font-size:13px;white-space:nowrap}\n"
	".matrix details{font-size:13px}.matrix ul{margin:4px 0;padding-left:18px;max-height:300px;"
	"overflow:auto}.matrix summary{white-space:nowrap}.matrix "
	".what{min-width:300px}.none{color:var(--dim)}\n"
	".summary{width:auto}\n";

/* What state a requirement is in: the class of its row and the word for it, in the order in which they are offered */
enum state { STATE_PROVEN, STATE_MISSING, STATE_FREE, STATE_UNBUILT, STATES };

static const struct {
	const char *name, *word;
} states[STATES] = {[STATE_PROVEN] = {"proven", "proven"},
		    [STATE_MISSING] = {"missing", "no proof"},
		    [STATE_FREE] = {"free", "no proof, none required"},
		    [STATE_UNBUILT] = {"unbuilt", "not built"}};

static enum state state_of(const struct requirement *req)
{
	if (!req->built)
		return STATE_UNBUILT;
	if (requirement_is_proven(req))
		return STATE_PROVEN;
	return requirement_binds(req) ? STATE_MISSING : STATE_FREE;
}

static size_t count_state(const struct requirements *reqs, int state)
{
	const struct requirement *v = reqs->list.v;
	size_t n = 0;

	for (size_t i = 0; i < reqs->list.n; i++)
		n += state < 0 || state_of(&v[i]) == (enum state)state;
	return n;
}

/* How many things one file, role or scenario contributes; *i goes to the next */
static size_t group(const struct proofs *p, size_t *i)
{
	size_t from = *i;

	while (*i < p->n && strcmp(p->v[*i].in, p->v[from].in) == 0)
		(*i)++;
	return *i - from;
}

static void put_none(FILE *f)
{
	(void)fputs("<span class=\"none\">–</span>", f);
}

static void put_scenarios(FILE *f, const struct proofs *p)
{
	for (size_t i = 0; i < p->n;) {
		const char *id = p->v[i].in;

		(void)group(p, &i);
		(void)fputs("<span class=\"chip\">", f);
		html_text(f, id);
		(void)fputs("</span>", f);
	}
	if (!p->n)
		put_none(f);
}

/* A line for each role or file, its cases or tests folded below it */
static void put_groups(FILE *f, const struct proofs *p)
{
	for (size_t i = 0; i < p->n;) {
		size_t from = i, n = group(p, &i);

		(void)fputs("<details><summary>", f);
		html_text(f, p->v[from].in);
		(void)fprintf(f, " %zu</summary><ul>", n);
		for (size_t k = from; k < i; k++) {
			(void)fputs("<li>", f);
			html_text(f, p->v[k].what);
			(void)fputs("</li>", f);
		}
		(void)fputs("</ul></details>", f);
	}
	if (!p->n)
		put_none(f);
}

static void put_row(FILE *f, const struct requirement *req)
{
	const char *level = requirement_level_name(req->level);

	(void)fprintf(f,
		      "<tr id=\"%s\" class=\"req state-any level-any level-%s state-%s %s\"><td "
		      "class=\"id\">%s</td><td>%s</td><td>",
		      req->id, level, states[state_of(req)].name, states[state_of(req)].name,
		      req->id, level);
	html_text(f, req->clause);
	(void)fputs("</td><td class=\"what\">", f);
	html_text(f, req->text);
	if (state_of(req) != STATE_PROVEN)
		(void)fprintf(f, " <span class=\"badge %s\">%s</span>",
			      state_of(req) == STATE_MISSING ? "bad" : "dim",
			      states[state_of(req)].word);
	(void)fputs("</td><td>", f);
	put_scenarios(f, &req->scenarios);
	(void)fputs("</td><td>", f);
	put_groups(f, &req->cases);
	(void)fputs("</td><td>", f);
	put_groups(f, &req->tests);
	(void)fputs("</td></tr>\n", f);
}

/* --- above --- */

static void put_summary_row(FILE *f, const struct requirements *reqs, int level, const char *word)
{
	const struct requirement *v = reqs->list.v;
	size_t sums[STATES] = {0}, scenarios = 0, cases = 0, tests = 0, all = 0;

	for (size_t i = 0; i < reqs->list.n; i++) {
		if (v[i].level != level)
			continue;
		all++;
		sums[state_of(&v[i])]++;
		scenarios += v[i].scenarios.n > 0;
		cases += v[i].cases.n > 0;
		tests += v[i].tests.n > 0;
	}
	(void)fprintf(
		f,
		"<tr><td>%s %s</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td "
		"class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n good\">%zu</td><td "
		"class=\"n%s\">%zu</td><td class=\"n\">%zu</td></tr>\n",
		requirement_level_name(level), word, all, scenarios, cases, tests,
		sums[STATE_PROVEN], sums[STATE_MISSING] ? " bad" : " dim",
		sums[STATE_MISSING] + sums[STATE_FREE], sums[STATE_UNBUILT]);
}

static void put_summary(FILE *f, const struct requirements *reqs)
{
	static const char *const words[] = {[LEVEL_M] = "mandatory",
					    [LEVEL_D] = "described",
					    [LEVEL_S] = "should",
					    [LEVEL_O] = "option"};

	(void)fputs("<table class=\"summary\"><tr><th>Level</th><th class=\"n\">all</th><th "
		    "class=\"n\">by scenarios</th><th class=\"n\">by cases</th><th class=\"n\">by "
		    "tests</th><th class=\"n\">proven</th><th class=\"n\">no proof</th><th "
		    "class=\"n\">not built</th></tr>\n",
		    f);
	for (int level = LEVEL_M; level <= LEVEL_O; level++)
		put_summary_row(f, reqs, level, words[level]);
	(void)fputs("</table>\n", f);
}

static void put_filters(FILE *f, const struct requirements *reqs)
{
	html_choice_begin(f, "state", "any", true);
	for (int s = 0; s < STATES; s++)
		html_choice_begin(f, "state", states[s].name, false);
	html_choice_begin(f, "level", "any", true);
	for (int level = LEVEL_M; level <= LEVEL_O; level++)
		html_choice_begin(f, "level", requirement_level_name(level), false);
	(void)fputs("<style>\n", f);
	html_choice_rule(f, "state", "any", "req");
	for (int s = 0; s < STATES; s++)
		html_choice_rule(f, "state", states[s].name, "req");
	html_choice_rule(f, "level", "any", "req");
	for (int level = LEVEL_M; level <= LEVEL_O; level++)
		html_choice_rule(f, "level", requirement_level_name(level), "req");
	(void)fputs("</style>\n<div class=\"filter\">Show: ", f);
	html_choice_label(f, "state", "any", "all", count_state(reqs, -1));
	for (int s = 0; s < STATES; s++)
		html_choice_label(f, "state", states[s].name, states[s].word, count_state(reqs, s));
	(void)fputs("<br>Level: ", f);
	html_choice_label(f, "level", "any", "any", count_state(reqs, -1));
	for (int level = LEVEL_M; level <= LEVEL_O; level++) {
		const struct requirement *v = reqs->list.v;
		size_t n = 0;

		for (size_t i = 0; i < reqs->list.n; i++)
			n += v[i].level == level;
		html_choice_label(f, "level", requirement_level_name(level),
				  requirement_level_name(level), n);
	}
	(void)fputs("</div>\n", f);
}

void coverage_html(FILE *f, const struct requirements *reqs, bool tests)
{
	const struct requirement *v = reqs->list.v;
	size_t missing = count_state(reqs, STATE_MISSING);

	html_begin(f, "Coverage of requirements", style);
	(void)fprintf(f,
		      "<h1>Coverage of requirements <span class=\"badge %s\">%s</span></h1>\n<p "
		      "class=\"dim\">",
		      missing ? "bad" : "good", missing ? "incomplete" : "complete");
	html_text(f, reqs->specification);
	(void)fprintf(f,
		      ". Scenarios are played by real elements, cases put to each implementation "
		      "of a role, tests are those of this source tree%s.</p>\n",
		      tests ? "" : ", which is not there");
	put_summary(f, reqs);
	(void)fputs("<h2>Requirements</h2>\n<section>\n", f);
	put_filters(f, reqs);
	(void)fputs(
		"<div class=\"scroll\"><table class=\"matrix\"><tr><th>Id</th><th>Level</th><th>"
		"Clause</th><th>What it says</th><th>Scenarios</th><th>Cases</th><th>Tests</th>"
		"</tr>\n",
		f);
	for (size_t i = 0; i < reqs->list.n; i++)
		put_row(f, &v[i]);
	(void)fputs("</table></div>\n</section>\n", f);
	html_end(f);
}
