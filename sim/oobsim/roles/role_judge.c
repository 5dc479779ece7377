/* Role judge: a library that is given test vectors, without a network (docs/vectors.md). */
#include <errno.h>

#include "sim/oobsim/conform/judge.h"

struct judge_step {
	char *reason;
};

static const struct conf_member step_members[] = {
	{.name = "reason",
	 .off = offsetof(struct judge_step, reason),
	 .type = CONF_STR,
	 .required = true,
	 .doc = "why the vector is refused; ok: it is accepted"},
	{0},
};
static const struct conf_table step_table = {"step of a case", sizeof(struct judge_step),
					     step_members};

static const char *const capabilities[] = {"identity", "certificate", "list", "body", "call", NULL};

static struct sv given(const struct case_item *item, uint64_t seed)
{
	const struct judge_lines *lines;
	const struct judge_line *line =
		judge_lines_get(&lines, seed, NULL) ? NULL : judge_line_find(lines, item->id);

	return line ? (struct sv){line->text, line->len} : (struct sv){NULL, 0};
}

const struct role role_judge = {
	.name = "judge",
	.what = "a judge of vectors",
	.reference = "{\"name\":\"oobsim judge\",\"roles\":[\"judge\"],"
		     "\"judge\":{\"command\":[\"oobsim\",\"judge\"]},\"capabilities\":"
		     "[\"identity\",\"certificate\",\"list\",\"body\",\"call\"]}",
	.step_table = &step_table,
	.capabilities = capabilities,
	.batch = judge_batch,
	.make_cases = judge_cases,
	.given = given,
};
