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
#include "lib/base/tn.h"

/** What a provider does by default; its elements follow from it (element.h) */
enum provider_kind {
	PROVIDER_OSP,      /**< begins calls */
	PROVIDER_TSP,      /**< ends them */
	PROVIDER_TRANSIT,  /**< hands them on */
	PROVIDER_RETARGET, /**< hands them on to another number */
	PROVIDER_KINDS,
};
extern const char *const provider_kind_words[PROVIDER_KINDS + 1];

/** Calls to a number of the provider's go on to another one */
struct scn_retarget {
	char *number, *to;
	char *reason; /**< word of oob-switch's configuration; NULL: its default */
};

/** A rule of a provider's local policy: where its STI-AS sends PASSporTs (6.3) */
struct scn_policy {
	char *prefix, *cic, *ocn; /**< one of them, or none: all that nothing else is known for */
	char *cps;                /**< name of the provider whose CPS takes them */
};

/** Authorities that publish CPS mappings (6.1.1, 6.1.2), as sti-pki numbers them */
enum authority { AUTHORITY_PA, AUTHORITY_CA1, AUTHORITY_CA2, AUTHORITIES };
extern const char *const authority_words[AUTHORITIES + 1];
/** Beside them: the file that holds the lists of all STI-CAs */
#define AUTHORITY_MASTER "master"

/** How a provider's STI-AS finds CPSs, in place of a table of its own */
struct scn_discovery {
	struct conf_list maps;  /**< char *: authority_words, AUTHORITY_MASTER; empty: own table */
	struct conf_list order; /**< char *: words of ref-as; empty: its default */
	char *conflict;         /**< word of ref-as; NULL: its default */
};

enum certificate {
	CERTIFICATE_GOOD,
	CERTIFICATE_REVOKED,
	CERTIFICATE_EXPIRED,
	CERTIFICATE_REQUESTED, /**< good, for a key that the provider made itself: by a CSR */
};

struct scn_provider {
	char *name;                    /**< "osp": first part of its elements' names */
	int kind;                      /**< enum provider_kind */
	char *ocn;                     /**< its OCN, which is the SPC of its certificate too */
	char *domain;                  /**< of its SIP URIs; NULL: <name>.example */
	struct conf_list numbers;      /**< char *: prefixes of its own numbers */
	struct conf_list elements;     /**< char *: kinds of its elements; empty: by its kind */
	struct conf_list retarget;     /**< struct scn_retarget */
	char *cic;                     /**< carrier identification code, 4 digits; NULL: none */
	struct conf_list local_policy; /**< struct scn_policy */
	int certificate;               /**< enum certificate: its STI certificate */
	struct scn_discovery discovery;
};

/** A number that was ported (or a range of them), and the routing number that it has now */
struct scn_lnp {
	char *number, *rn;
};

/** Numbers whose calls are routed by a carrier: toll-free ones */
struct scn_carrier {
	char *prefix, *cic;
};

/** A CPS that an authority publishes */
struct scn_mapping {
	int authority;  /**< enum authority */
	char *provider; /**< whose: its OCN, and its CIC when it has one */
	char *cps;      /**< provider whose CPS is told; NULL: its own */
	bool expired;   /**< the authority's list ran out long ago */
};

/** In mid-run: after the first event of that kind an element is killed, or started */
struct scn_during {
	char *after; /**< event, as in expectations */
	char *kill;
	char *start;
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
	bool again; /**< with the numbers of a call before it: calls are placed one after the other */
};

/** An element whose clock is wrong */
struct scn_clock {
	char *element;
	int64_t offset_s;
};

/** One thing that must be true; exactly one of the leading members is set (expect.h) */
struct scn_expect {
	char *id, *title;
	struct conf_list proves; /**< char * */
	char *steps;
	struct conf_list order;
	char *first, *then;
	char *message;
	int identity;             /**< enum: of message */
	struct conf_list carries; /**< char *: types of its PASSporTs, in their order */
	struct conf_list claims;  /**< struct conf_pair: claims of its first PASSporT */
	struct conf_list has; /**< struct conf_pair: headers or fields of it, and a part of each */
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
	struct conf_list lnp;      /**< struct scn_lnp */
	struct conf_list carriers; /**< struct scn_carrier */
	struct conf_list mapping;  /**< struct scn_mapping; empty: each CPS at each authority that
				      some STI-AS asks */
	struct conf_list during;   /**< struct scn_during */
	struct conf_list clocks;   /**< struct scn_clock */
	bool matrix;               /**< `run --matrix` plays it over every interface */
	struct conf_list expect;   /**< struct scn_expect */

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
/** The same from text (copied), which is called `file` in errors and is its file. @return as scenario_load() */
int scenario_read(struct scenario *ret, const char *text, const char *file, struct err *e);
void scenario_free(struct scenario *scn);

/** An error about the value at a JSON pointer of the scenario's file. @return EBADMSG */
int scenario_refuse(const struct scenario *scn, const char *pointer, struct err *e, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));

/** Provider of that name, NULL when there is none */
const struct scn_provider *scenario_provider(const struct scenario *scn, const char *name);

/** Place of a provider on the path, from 0; -1 when it is not on it */
int scenario_hop(const struct scenario *scn, const struct scn_provider *p);
/** Number of providers on the path, and the one at a place of it */
size_t scenario_hops(const struct scenario *scn);
const struct scn_provider *scenario_at(const struct scenario *scn, size_t hop);
/** Leg behind a place of the path */
enum leg { LEG_TDM, LEG_SIP };
enum leg scenario_leg(const struct scenario *scn, size_t hop);

/** Whose number it is: of the provider that it was ported to, else of the one with the longest prefix.
 * NULL: nobody's, or (*ret_both, optional, is set) of two alike */
const struct scn_provider *scenario_owner(const struct scenario *scn, const struct tn *tn,
					  const struct scn_provider **ret_both);
/** Where calls to a number go on to; NULL: nowhere else */
const struct scn_retarget *scenario_retarget(const struct scenario *scn, const struct tn *tn);

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
