/* Reading a scenario: its tables, then what the tables cannot say. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/scenario/expect.h"
#include "sim/oobsim/scenario/scenario_int.h"

#define SCENARIO_MAX_LEN (1u << 20)

static char *const *strings(const struct conf_list *list)
{
	return list->v;
}

int scenario_refuse(const struct scenario *scn, const char *pointer, struct err *e, const char *fmt,
		    ...)
{
	unsigned line = 1, column = 1;
	char text[ERR_MAX], place[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(place, sizeof(place), "%s", pointer);
	/* a member that is not there is told where it would be */
	while (*place && conf_locate(sv_from(scn->text), place, &line, &column))
		*strrchr(place, '/') = '\0';
	return err_set(e, EBADMSG, "%s:%u:%u: %s: %s", scn->file, line, column, pointer, text);
}

const struct scn_provider *scenario_provider(const struct scenario *scn, const char *name)
{
	const struct scn_provider *providers = scn->providers.v;

	for (size_t i = 0; i < scn->providers.n; i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}

size_t scenario_hops(const struct scenario *scn)
{
	return (scn->path.n + 1) / 2;
}

const struct scn_provider *scenario_at(const struct scenario *scn, size_t hop)
{
	return scenario_provider(scn, strings(&scn->path)[2 * hop]);
}

enum leg scenario_leg(const struct scenario *scn, size_t hop)
{
	return strcmp(strings(&scn->path)[2 * hop + 1], "sip") == 0 ? LEG_SIP : LEG_TDM;
}

int scenario_hop(const struct scenario *scn, const struct scn_provider *p)
{
	for (size_t i = 0; i < scenario_hops(scn); i++)
		if (strcmp(strings(&scn->path)[2 * i], p->name) == 0)
			return (int)i;
	return -1;
}

static int check(const struct scenario *scn, struct err *e)
{
	static int (*const checks[])(const struct scenario *, struct err *) = {
		scenario_check_path,  scenario_check_providers, scenario_check_numbers,
		scenario_check_calls, scenario_check_mapping,   scenario_check_run};
	int err = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !err; i++)
		err = checks[i](scn, e);
	for (size_t i = 0; i < scn->expect.n && !err; i++)
		err = expect_check(scn, i, e);
	return err ? err : expect_check_all(scn, e);
}

/* The text is taken */
static int take_text(struct scenario *ret, char *text, size_t len, const char *file, struct err *e)
{
	struct scenario scn = {0};
	int err = conf_parse(&scenario_table, &scn, (struct sv){text, len}, file, e);

	if (err) {
		free(text);
		return err;
	}
	scn.text = text;
	scn.file = strdup(file);
	err = scn.file ? check(&scn, e) : err_set(e, ENOMEM, "out of memory");
	if (err) {
		scenario_free(&scn);
		return err;
	}
	*ret = scn;
	return 0;
}

int scenario_load(struct scenario *ret, const char *path, struct err *e)
{
	char *text = NULL;
	size_t len;
	int err = file_read(&text, &len, path, SCENARIO_MAX_LEN, e);

	return err ? err : take_text(ret, text, len, path, e);
}

int scenario_read(struct scenario *ret, const char *text, const char *file, struct err *e)
{
	char *copy = strdup(text);

	return copy ? take_text(ret, copy, strlen(copy), file, e)
		    : err_set(e, ENOMEM, "out of memory");
}

void scenario_free(struct scenario *scn)
{
	free(scn->file);
	free(scn->text);
	scn->file = scn->text = NULL;
	conf_free(&scenario_table, scn);
}
