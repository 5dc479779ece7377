/** @file scenario.h  A scenario file: the world that it wants, its calls, and what must then be
 * true.
 *
 * Read by tables (lib/base/conf.h): the schema that `oobsim schema` prints is made from the same
 * tables. What a table cannot say (names that must refer to something) is checked afterwards and
 * refused with the same kind of text: file, line, column, member, what was expected, what came.
 */
#ifndef OOBSIM_SCENARIO_H
#define OOBSIM_SCENARIO_H

#include "lib/base/conf.h"

enum provider_kind { PROVIDER_OSP, PROVIDER_TSP };

struct scn_provider {
	char *name;               /**< "osp": first part of its elements' names */
	int kind;                 /**< enum provider_kind */
	char *ocn;                /**< its OCN, which is the SPC of its certificate too */
	char *domain;             /**< of its SIP URIs; NULL: <name>.example */
	struct conf_list numbers; /**< char *: prefixes of its own numbers, canonical */
};

enum attest { ATTEST_ANY, ATTEST_A, ATTEST_B, ATTEST_C };

/** How a call goes: which pair of SIPp scenarios the phones play */
enum call_ends {
	ENDS_CALLER_HANGS_UP,
	ENDS_CALLED_HANGS_UP,
	ENDS_BUSY,
	ENDS_NO_ANSWER,
	ENDS_CALLER_CANCELS,
};

struct scn_call {
	char *from, *to; /**< numbers */
	int attest;      /**< enum attest: that its PASSporT must carry */
};

/** One thing that must be true; exactly one of the leading members is set (expect.h) */
struct scn_expect {
	char *id, *title;
	struct conf_list proves; /**< char * */
	char *steps;
	struct conf_list order;
	char *first, *then;
	char *message;
	int identity; /**< enum: of message */
	struct conf_list same_token;
	struct conf_list new_call_id;
	struct conf_list never;
	char *at;
	char *verstat, *used, *attest;
	int64_t stored;
	char *what;
	struct conf_list is; /**< struct conf_pair */
};

enum { IDENTITY_UNSAID, IDENTITY_PRESENT, IDENTITY_ABSENT };
#define STORED_UNSAID (-1)

enum transport { TRANSPORT_TCP, TRANSPORT_UDP };

struct scenario {
	char *schema; /**< "$schema": not used by us */
	char *id, *title;
	struct conf_list proves;    /**< char * */
	struct conf_list providers; /**< struct scn_provider */
	struct conf_list path;      /**< char *: provider, leg, provider … */
	struct conf_list calls;     /**< struct scn_call */
	int ends;                   /**< enum call_ends, of each call */
	int transport;              /**< enum transport, of the phones */
	int64_t ring_ms, talk_ms;
	int64_t wait_ms; /**< how long to wait for what is still missing, once the phones are done
			  */
	struct conf_list without; /**< char *: elements that are configured as though they were
				     there, but are dead */
	json_t *set; /**< object: path → value, over the elements' configurations; or NULL */
	struct conf_list expect; /**< struct scn_expect */

	/* beside the members of the file */
	char *file; /**< where it came from */
	char *text; /**< its text, for places in errors */
};

extern const struct conf_table scenario_table;

/**
 * Read and check a scenario.
 *
 * @param path  File
 *
 * @return 0; EBADMSG (a mistake in it) and ENOENT … with text: file:line:column: member: expected
 * …, got …
 */
int scenario_load(struct scenario *ret, const char *path, struct err *e);
void scenario_free(struct scenario *scn);

/** An error about the value at a JSON pointer of the scenario's file. @return EBADMSG */
int scenario_refuse(const struct scenario *scn, const char *pointer, struct err *e, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));

/** Provider of that name, NULL when there is none */
const struct scn_provider *scenario_provider(const struct scenario *scn, const char *name);

/** Where the scenario files are: beside the sources, installed, or in the present folder. @return
 * 0, ENOENT with text */
int scenario_dir(char *ret, size_t size, struct err *e);

/** "A1" → …/scenarios/A1.json; what names a file is left as it is. @return 0, ENOENT with text that
 * lists what there is */
int scenario_find(char *ret, size_t size, const char *id_or_file, struct err *e);

/** Paths of all scenario files, sorted; *ret to be freed with its strings. @return 0, ENOENT … */
int scenario_all(char ***ret, size_t *n, struct err *e);
void scenario_all_free(char **all, size_t n);

#endif
