/* The marks of tests: comments that say which requirements a test proves. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/scenario/requirement.h"

/* Ids in the marks above one test */
#define WAITING_MAX 64

/* Where tests are, and what they look like */
static const struct language {
	const char *folder; /* of the folder of the tests; in the names of its files too */
	const char *suffix;
	const char *open, *close; /* of a mark */
	const char *test;         /* how a test begins, and how much of that is not its name */
	size_t before_name;
	const char *const *leave; /* what at the beginning of a line says that a test is over */
} languages[] = {
	{"", ".py", "# proves:", "", "def test_", sizeof("def ") - 1,
	 (const char *const[]){"def ", "class ", NULL}},
	{"unit/", ".c", "/* proves:", "*/", "TEST(", sizeof("TEST(") - 1,
	 (const char *const[]){"}", NULL}},
};

/* An id in a mark that stands above its test */
struct waiting {
	struct requirement *req;
	unsigned line;
};

struct reader {
	const struct language *lang;
	struct requirements *reqs;
	struct buf *faults;
	const char *path, *name; /* of the file: to be opened, and "test_as.py" */
	unsigned line;
	struct sv test; /* that we are in; empty: in none */
	struct waiting waiting[WAITING_MAX];
	size_t nwaiting;
};

static void fault(struct reader *r, unsigned line, size_t column, const char *text)
{
	(void)buf_printf(r->faults, "%s:%u:%zu: %s\n", r->path, line, column, text);
}

static int take_id(struct reader *r, struct sv id, size_t column, bool indented)
{
	struct requirement *req = requirements_find(r->reqs, id);
	char text[160];

	if (!req) {
		(void)snprintf(
			text, sizeof(text),
			"expected the id of a requirement in requirements.json, got \"%.*s\"",
			id.l > 60 ? 60 : (int)id.l, id.p);
		fault(r, r->line, column, text);
	} else if (r->test.l && indented) {
		return proofs_add(&req->tests, r->name, r->test, r->line);
	} else if (indented) {
		fault(r, r->line, column, "this mark stands in no test");
	} else if (r->nwaiting == WAITING_MAX) {
		fault(r, r->line, column, "too many ids above one test");
	} else {
		r->waiting[r->nwaiting++] = (struct waiting){req, r->line};
	}
	return 0;
}

/* `line` holds a mark, in which `ids` is what follows "proves:" */
static int take_mark(struct reader *r, struct sv line, struct sv ids, bool indented)
{
	size_t close = strlen(r->lang->close);
	int err = 0;

	if (ids.l < close || memcmp(ids.p + ids.l - close, r->lang->close, close) != 0) {
		fault(r, r->line, (size_t)(ids.p - line.p) + 1, "expected a mark of one line");
		return 0;
	}
	ids.l -= close;
	if (!sv_trim(ids).l)
		fault(r, r->line, (size_t)(ids.p - line.p) + 1, "expected ids of requirements");
	while (ids.p && !err) {
		struct sv id = sv_trim(sv_cut(&ids, ' '));

		if (id.l)
			err = take_id(r, id, (size_t)(id.p - line.p) + 1, indented);
	}
	return err;
}

/* A test begins: the marks above it are its own */
static int enter_test(struct reader *r, struct sv body)
{
	int err = 0;

	r->test = (struct sv){body.p + r->lang->before_name, body.l - r->lang->before_name};
	r->test.l = strcspn(r->test.p, "():\n");
	for (size_t i = 0; i < r->nwaiting && !err; i++)
		err = proofs_add(&r->waiting[i].req->tests, r->name, r->test, r->waiting[i].line);
	r->nwaiting = 0;
	return err;
}

static int read_line(struct reader *r, struct sv line)
{
	struct sv body = sv_trim(line);
	bool indented = body.p != line.p;
	size_t open = strlen(r->lang->open);

	if (sv_starts(body, r->lang->open))
		return take_mark(r, line, (struct sv){body.p + open, body.l - open}, indented);
	if (sv_starts(body, r->lang->test))
		return enter_test(r, body);
	for (size_t i = 0; r->lang->leave[i]; i++)
		if (sv_starts(line, r->lang->leave[i]))
			r->test = (struct sv){0};
	return 0;
}

static int read_file(struct reader *r, struct err *e)
{
	char *text = NULL;
	size_t len;
	struct sv rest;
	int err = file_read(&text, &len, r->path, CONF_FILE_MAX, e);

	if (err)
		return err;
	for (rest = (struct sv){text, len}; rest.p && !err; r->line++)
		err = read_line(r, sv_cut(&rest, '\n'));
	for (size_t i = 0; i < r->nwaiting; i++)
		fault(r, r->waiting[i].line, 1, "no test follows this mark");
	free(text);
	return err ? err_set(e, err, "out of memory") : 0;
}

static int read_folder(struct requirements *reqs, const struct language *lang, const char *dir,
		       struct buf *faults, struct err *e)
{
	char folder[PATH_MAX], path[PATH_MAX + NAME_MAX + 2], name[NAME_MAX + 16];
	struct dirent **list = NULL;
	int count, err = 0;

	(void)snprintf(folder, sizeof(folder), "%s/%s", dir, lang->folder);
	count = scandir(folder, &list, NULL, versionsort);
	if (count < 0)
		return err_set(e, errno, "cannot read %s: %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(list[i]->d_name, '.');

		(void)snprintf(path, sizeof(path), "%s%s", folder, list[i]->d_name);
		(void)snprintf(name, sizeof(name), "%s%s", lang->folder, list[i]->d_name);
		if (!err && dot && dot != list[i]->d_name && strcmp(dot, lang->suffix) == 0)
			err = read_file(&(struct reader){.lang = lang,
							 .reqs = reqs,
							 .faults = faults,
							 .path = path,
							 .name = name,
							 .line = 1},
					e);
		free(list[i]);
	}
	free(list);
	return err;
}

int coverage_marks(struct requirements *reqs, const char *dir, struct buf *faults, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]) && !err; i++)
		err = read_folder(reqs, &languages[i], dir, faults, e);
	return err;
}
