/** @file scenario_int.h  Inside of scenario files: tables and checks that several of their sources share. Nobody else includes
 * it. */
#ifndef OOBSIM_SCENARIO_INT_H
#define OOBSIM_SCENARIO_INT_H

#include "sim/oobsim/scenario/scenario.h"

#define MEMBER(s, m) .off = offsetof(struct s, m)

extern const struct conf_table scenario_provider_table;  /* scenario_provider.c */
extern const struct conf_table scenario_expect_table;    /* scenario_expect.c */
extern const struct conf_table scenario_discovery_table; /* scenario_mapping.c */
extern const struct conf_table scenario_mapping_table;

/* check functions of tables: NULL, or what was expected */
const char *scenario_check_id(struct sv v);
const char *scenario_check_name(struct sv v);
const char *scenario_check_host(struct sv v);
const char *scenario_check_ocn(struct sv v);
const char *scenario_check_requirement(struct sv v);
const char *scenario_check_cic(struct sv v);
const char *scenario_check_prefix(struct sv v);
const char *scenario_check_number(struct sv v);

/* What the tables cannot say, in the order in which a reader would find it; each 0 or EBADMSG with text */
int scenario_check_providers(const struct scenario *scn, struct err *e); /* scenario_check.c */
int scenario_check_path(const struct scenario *scn, struct err *e);
int scenario_check_numbers(const struct scenario *scn, struct err *e); /* scenario_route.c */
int scenario_check_mapping(const struct scenario *scn, struct err *e); /* scenario_mapping.c */
int scenario_check_calls(const struct scenario *scn, struct err *e);
int scenario_check_run(const struct scenario *scn,
		       struct err *e); /* scenario_check.c: without, set, during */

#endif
