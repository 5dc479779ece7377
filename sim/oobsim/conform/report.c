/* Verdicts and counts of a run of cases, and the words that all forms of its report share. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/conform/report.h"
#include "sim/oobsim/scenario/scenario.h"

#define OPTIONS_MAX 16384

const char *const report_levels[] = {"M", "D", "S", "O", NULL};

const char *conform_verdict_name(enum conform_verdict v)
{
	static const char *const names[CONFORM_VERDICTS] = {"pass", "fail", "unsupported", "error"};

	return names[v];
}

const char *conform_code_name(int code)
{
	return code == 0 ? "pass" : code == EXIT_FAILED ? "fail" : "error";
}

bool conform_failed(const struct conform_result *r)
{
	return (r->verdict == CONFORM_FAIL && !r->listed) ||
	       (r->verdict == CONFORM_PASS && r->listed);
}

bool conform_noted(const struct conform_result *r)
{
	return r->verdict == CONFORM_FAIL || r->verdict == CONFORM_ERROR;
}

int conform_code(const struct conform_report *report)
{
	int code = 0;

	for (size_t i = 0; i < report->n; i++) {
		if (report->r[i].verdict == CONFORM_ERROR)
			return EXIT_ENV;
		if (conform_failed(&report->r[i]))
			code = EXIT_FAILED;
	}
	return code;
}

size_t report_count(const struct conform_report *report, enum conform_verdict v,
		    const struct role *role, const char *level)
{
	size_t sum = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct conform_result *r = &report->r[i];

		sum += r->verdict == v && (!role || r->item->role == role) &&
		       (!level || strcmp(r->item->c->level, level) == 0);
	}
	return sum;
}

size_t report_row(const struct conform_report *report, const struct role *role, const char *level,
		  size_t ret[CONFORM_VERDICTS])
{
	size_t all = 0;

	for (int v = 0; v < CONFORM_VERDICTS; v++) {
		ret[v] = report_count(report, (enum conform_verdict)v, role, level);
		all += ret[v];
	}
	return all;
}

size_t report_count_known(const struct conform_report *report)
{
	size_t sum = 0;

	for (size_t i = 0; i < report->n; i++)
		sum += report->r[i].verdict == CONFORM_FAIL && report->r[i].listed;
	return sum;
}

size_t report_count_unreadable(const struct conform_report *report)
{
	size_t sum = 0;

	for (size_t i = 0; i < report->n; i++)
		sum += report->r[i].unreadable;
	return sum;
}

/* --- words --- */

void report_clause(const struct conform_report *report, const struct conform_case *c,
		   struct buf *ret)
{
	char *const *proves = c->proves.v;
	const struct requirement *req = requirements_find(&report->reqs, sv_from(proves[0]));

	(void)buf_addz(ret, c->clause);
	if (req)
		(void)buf_printf(ret, ": %s (%s)", req->text, req->id);
}

/* A word as a shell takes it */
static void add_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+,:@%=";

	if (*word && strspn(word, plain) == strlen(word)) {
		(void)buf_addz(b, word);
		return;
	}
	(void)buf_addz(b, "'");
	for (; *word; word++) {
		if (*word == '\'')
			(void)buf_addz(b, "'\\''");
		else
			(void)buf_add(b, word, 1);
	}
	(void)buf_addz(b, "'");
}

static void add_option(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	(void)buf_printf(b, " --%s ", name);
	add_word(b, value);
}

void report_again(const struct conform_report *report, const struct conform_result *r,
		  struct buf *ret)
{
	(void)buf_printf(ret, "oobsim conform %s%s --case ", r->item->role->name, report->options);
	add_word(ret, r->item->id);
}

void report_path(const struct conform_report *report, const char *path, struct buf *ret)
{
	char here[PATH_MAX], whole[PATH_MAX];
	size_t l;

	(void)snprintf(whole, sizeof(whole), "%s/%s", report->dir, path);
	l = getcwd(here, sizeof(here)) ? strlen(here) : 0;
	if (l && strncmp(whole, here, l) == 0 && whole[l] == '/')
		(void)buf_addz(ret, whole + l + 1);
	else
		(void)buf_addz(ret, whole);
}

/* --- life --- */

/* What an implementation has said may be no UTF-8, or was cut inside of a character: JSON, XML and HTML want it clean */
static void clean(char *text)
{
	json_t *v = NULL;
	size_t l = strlen(text);

	for (int i = 0; i < 4 && l && !v; i++, l--) {
		v = json_stringn(text, l);
		if (v)
			text[l] = '\0';
	}
	for (char *p = text; *p; p++)
		if ((!v && (unsigned char)*p >= 0x80) || (unsigned char)*p < 0x20)
			*p = (unsigned char)*p < 0x20 ? ' ' : '?';
	json_decref(v);
}

/* Without the registry the report has clauses, and not their words */
static void read_requirements(struct requirements *reqs)
{
	char dir[PATH_MAX - 32], path[PATH_MAX];

	if (scenario_dir(dir, sizeof(dir), NULL))
		return;
	(void)snprintf(path, sizeof(path), "%s/requirements.json", dir);
	(void)requirements_load(reqs, path, NULL);
}

int report_open(struct conform_report *report, struct err *e)
{
	BUF_AUTO struct buf b = BUF(OPTIONS_MAX);
	char seed[32];

	(void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)report->seed);
	add_option(&b, "sut", report->sut_file);
	add_option(&b, "expected", report->expected_file);
	if (strcmp(report->profile, PROFILE_USUAL) != 0)
		add_option(&b, "profile", report->profile);
	if (report->seed != SEED_USUAL)
		add_option(&b, "seed", seed);
	(void)buf_addz(&b, "");
	report->options = b.p ? buf_take(&b) : strdup("");
	if (!report->options)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < report->n; i++) {
		clean(report->r[i].expected);
		clean(report->r[i].actual);
	}
	read_requirements(&report->reqs);
	return 0;
}

static void evidence_free(struct evidence *ev)
{
	free(ev->ladder);
	free(ev->messages);
	free(ev->octets);
	free(ev->log);
	free(ev->svg);
	free(ev->text);
}

void report_free(struct conform_report *report)
{
	for (size_t i = 0; report->evidence && i < report->n; i++)
		evidence_free(&report->evidence[i]);
	free(report->evidence);
	free(report->options);
	report->evidence = NULL;
	report->options = NULL;
	requirements_free(&report->reqs);
}
