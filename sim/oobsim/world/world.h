/** @file world.h  A world: the elements of a scenario with addresses, names, certificates and configurations of their own.
 *
 * Addresses are 127.<world>.<provider>.<element>; or all elements are at one given address, where others reach them, each with
 * ports of its own out of the hundred that belong to the world. A world's number is claimed by a bound socket on
 * 127.<world>.0.1, which the kernel frees however we end, so two runs never take the same one. Everything that a world writes
 * is in its directory:
 *
 *   config/<element>.json   what each element is started with; runs alone with it too
 *   pki/                    made by sti-pki
 *   log/<element>.log       standard error of each
 */
#ifndef OOBSIM_WORLD_H
#define OOBSIM_WORLD_H

#include <limits.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/events/events.h"
#include "sim/oobsim/proc/proc.h"
#include "sim/oobsim/scenario/scenario.h"

#define WORLD_FIRST 2
#define WORLD_LAST  199

/** Domain of the world's own names */
#define WORLD_PKI_DOMAIN "pki.example"

#define SIP_PORT     5060
#define HTTPS_PORT   8443
#define PRIVATE_PORT 8444
#define M3UA_PORT    2905

/** Longest path of a world's directory: what is in it has room behind */
#define WORLD_DIR_MAX (PATH_MAX - 256)
#define ADDR_MAX      48 /**< of an IPv6 address as text */
#define NAME_MAX_LEN  40

/** Ports at one address: world N has WORLD_PORTS from WORLD_PORT(N) on, 10200 to 29999 in all: above the well-known ones,
 * below those that systems give to clients */
#define WORLD_PORTS   100
#define WORLD_PORT(n) (10000 + WORLD_PORTS * (n))

/** What an element may listen on, and where when it has an address of its own: SIP_PORT … */
enum port { PORT_SIP, PORT_HTTPS, PORT_PRIVATE, PORT_M3UA, PORTS };

struct provider {
	const struct scn_provider *scn;
	int hop;         /**< place on the path, from 0; -1: not on it */
	unsigned number; /**< from 1, in the order of the file: third octet of its addresses */
	char domain[128];
	char *x5u, *key,
		*chain; /**< URL and files of its STI certificate and private key; NULL without STI-AS */
	const struct sut
		*sut; /**< what fills its place as a whole; NULL: elements of ours, or one by one */
	struct proc *proc; /**< of it; NULL before the start */
};

struct element {
	enum element_kind kind;
	const struct provider *of; /**< NULL: the world's own */
	char name[NAME_MAX_LEN];
	char addr[ADDR_MAX];
	uint16_t ports[PORTS]; /**< 0: it listens on none for that */
	bool elsewhere;        /**< what is not ours runs there already, at addr and ports */
	bool dead;             /**< configured, not started */
	const struct sut *
		sut; /**< what fills its place, as itself or as a part of its provider; NULL: ours */
	json_t *conf;      /**< NULL for a phone */
	struct proc *proc; /**< NULL before the start */
};

struct setting {
	const char *path;  /**< "tsp.cps.faults.answer_delay_ms" */
	const char *value; /**< JSON, or else a string */
};

struct sut;

/** An implementation of somebody else, and whose place it fills: an element's ("tsp.cps") or a provider's ("tsp") */
struct world_sut {
	const char *name;
	const struct sut *sut; /**< borrowed */
};

struct world_opts {
	const char *dir; /**< exists; absolute */
	int number;      /**< 0: any that is free */
	const char *
		pki; /**< folder that keeps the PKI, made when it is not there; NULL: one of its own */
	const char *listen; /**< IP address of all elements; NULL: one each */
	bool publish; /**< every authority publishes the CPSs, though no STI-AS of ours asks it */
	const struct setting *settings; /**< over those of the scenario */
	size_t nsettings;
	const char *const *without; /**< names of further dead elements */
	size_t nwithout;
	const struct world_sut *suts;
	size_t nsuts;
};

#define PROVIDERS_MAX 16
#define ELEMENTS_MAX  (1 + PROVIDERS_MAX * ELEMENT_KINDS)

struct world {
	int number;
	bool publish;          /**< as in the options */
	char listen[ADDR_MAX]; /**< address of all elements; "": each has one of its own */
	int lock_fd;
	const char *pki; /**< world_opts.pki */
	char dir[WORLD_DIR_MAX];
	const struct scenario *scn; /**< borrowed */
	int way[WAYS];              /**< how services are reached: INTERFACE_…, DELIVERY_… */
	struct provider providers[PROVIDERS_MAX];
	size_t nproviders;
	struct element elements[ELEMENTS_MAX];
	size_t nelements;
};

/**
 * Claim a world, make its PKI, write its configurations.
 *
 * @param ps  Runs sti-pki
 *
 * @return 0; with text: EINVAL (a setting, name or address of the options is wrong), EADDRINUSE (which address, and how to mend it),
 *         ENOENT (a program is missing: which, and where to get it), EINTR (a signal), others
 */
int world_make(struct world **ret, const struct scenario *scn, const struct world_opts *opts,
	       struct procs *ps, struct err *e);

/**
 * Start all elements that are not dead, and wait until they serve.
 *
 * @return 0; with text: EINVAL (an element refuses its configuration), ETIMEDOUT, EIO (one ended: which, and the end of its log),
 *         ENOTSUP (one that is not ours cannot do this), EINTR
 */
int world_start(struct world *w, struct procs *ps, struct err *e);

/** Processes are not stopped by this: procs_stop() before. Accepts NULL */
void world_free(struct world *w);

/** Element of a provider; NULL when it has none */
const struct element *world_element(const struct world *w, const struct provider *of,
				    enum element_kind kind);
/** Provider of that name; NULL when there is none */
const struct provider *world_provider(const struct world *w, const char *name);
/** Provider at a place of the path */
const struct provider *world_at(const struct world *w, size_t hop);
/** First and last provider of the path */
const struct provider *world_first(const struct world *w);
const struct provider *world_last(const struct world *w);

/** Start one element that is not running. @return as world_start(); it need not be ready yet */
int world_start_one(struct world *w, const char *name, struct procs *ps, struct err *e);
/** Kill one that is running; nothing when it is not */
void world_kill_one(struct world *w, const char *name);

/** Ends of TDM legs between gateways that run, at those of ours: each says `gw.link` once it is up */
size_t world_links(const struct world *w);

/** Tell the events who is who: notes `world.provider`, `world.retarget`, and `world.element`, from which
 * they know the names for from and to */
int world_tell(const struct world *w, struct events *evs);

/** Path in the world's directory */
void world_path(const struct world *w, char ret[PATH_MAX], const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- inside: world_addr.c, world_pki.c, world_conf.c ---- */

/** Claim a number whose addresses are free, and give the elements their addresses and ports */
int world_claim(struct world *w, int number, struct err *e);
/** Read from the settings how services are reached */
int world_ways(struct world *w, const struct world_opts *opts, struct err *e);
/** world_pki_keep.c: the world's PKI is in w->pki, when it has one that is kept. *ret_there: it was made before. @return 0; with
 * text: EINVAL (it is of a world at another place), others */
int world_pki_keep(const struct world *w, const char *base_url, bool *ret_there, struct err *e);
/** Is there a TLS certificate of that name already? */
bool world_pki_has_tls(const struct world *w, const char *name);
/** Make PKI and certificates */
int world_pki(struct world *w, struct procs *ps, struct err *e);
/** Run sti-pki; *ret_out: what it prints, to be freed; may be NULL. @return 0; with text: EIO, ETIMEDOUT, EINTR */
int world_sti_pki(const struct world *w, struct procs *ps, const char *const *args, char **ret_out,
		  struct err *e);
/** world_map.c: the CPS mappings that authorities publish */
int world_map(const struct world *w, struct procs *ps, const char *pki, struct err *e);
/** Build the configurations, with the settings over them, and write them */
int world_configure(struct world *w, const struct world_opts *opts, struct err *e);

#endif
