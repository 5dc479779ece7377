/** @file role_pki.h  What the files of the role pki share: what the implementation serves, and one answer looked at. */
#ifndef CONFORM_ROLE_PKI_H
#define CONFORM_ROLE_PKI_H

#include "lib/stir/cert.h"
#include "lib/stir/trust.h"
#include "sim/oobsim/conform/role.h"

/** Name of the implementation, and its URLs unless it says something else */
#define PKI_HOST "cr.vendor.example"
#define PKI_BASE "https://" PKI_HOST ":8443"

/** Octets of a URL, and of whatever else it tells */
#define PKI_TOLD_MAX 8192

/** What it serves; each may also be told by it (`serves` of READY, address.at) */
enum pki_what {
	PKI_CA_LIST,
	PKI_CRL,
	PKI_CRL_CHAIN, /**< chain of the CRL's signer */
	PKI_MAP_PA,
	PKI_MAP_CA, /**< of one of its STI-CAs */
	PKI_MASTER,
	PKI_CERTIFICATE, /**< of a provider */
	PKI_REVOKED,     /**< of a provider, revoked */
	PKI_WHATS,
};

/** Words of cases, and names of what it tells: "ca_list" …; ended by NULL */
extern const char *const pki_what_words[PKI_WHATS + 1];

/** What else it tells */
#define PKI_ROOT        "pa_root"     /**< root of the STI-PA: PEM, or a file */
#define PKI_PROVISION   "provision"   /**< where a CPS URL is told */
#define PKI_OCN         "ocn"         /**< SPC of the certificate */
#define PKI_KEY         "key"         /**< its private key: PEM, or a file */
#define PKI_REVOKED_KEY "revoked_key" /**< likewise */
#define PKI_MAPPED_OCN  "mapped_ocn"  /**< an OCN that both mappings hold */
#define PKI_MAPPED_URL  "mapped_url"  /**< … and the URL it is mapped to */

/** Carrier whose CPS a case tells */
#define PKI_CIC "0288"

/** A case under way */
struct pki_case {
	json_t *serves;              /**< of READY; NULL */
	char etag[128];              /**< of the last answer that had one */
	int64_t sequence[PKI_WHATS]; /**< of lists that were seen; -1: none */
	char jwt[8192];              /**< request for a CPS URL that was sent last */
	char cps_url[256];           /**< URL that it is about */
};

/** Append what the implementation serves, or tells, under a name. @return 0; ENOENT with text: it does not say so */
int pki_told(const struct play *p, const char *name, struct buf *ret, struct err *e);
/** Append what it tells as PEM: the text itself, or that of the file it names */
int pki_told_pem(const struct play *p, const char *name, struct buf *ret, struct err *e);

/** GET; ret->body is to be freed. @return 0 (also when no answer came: ret->err); EINTR */
int pki_get(struct play *p, const char *url, struct answer *ret);

/** One step */
struct pki_step {
	int kind; /**< enum pki_do */
	int what; /**< enum pki_what: get, raw */

	/* get */
	char *method;
	char *path;              /**< instead of what: at the same host; NULL */
	int etag;                /**< enum pki_etag */
	struct conf_list status; /**< char *: "200"; empty: 200 */
	struct conf_list checks; /**< char *: names of checks */
	int64_t within_ms;       /**< asked again so long while what was told is not there */

	/* raw */
	int64_t tls; /**< the one version that is offered: 10, 11, 12, 13; 0: plain HTTP */
	bool may;    /**< it may be answered */

	/* put */
	char *ocn;             /**< in the path; NULL: as in the claims */
	char *header, *claims; /**< merge patches, texts with names; NULL */
	char *body;            /**< instead of a request: a text with names; NULL */
	char *type;            /**< media type */
	int signer;            /**< enum pki_signer */
	bool again;            /**< the very request that was sent last */
	int answer;            /**< enum pki_answer */
	struct conf_list
		reasons; /**< char *: any of these, when it is refused; empty: not looked at */
};

enum pki_do { PKI_GET, PKI_RAW, PKI_PUT };
enum pki_etag { PKI_ETAG_NONE, PKI_ETAG_SAME, PKI_ETAG_OTHER };
enum pki_signer { PKI_SIGNER_OWN, PKI_SIGNER_REVOKED, PKI_SIGNER_STRANGER };
enum pki_answer { PKI_ACCEPTED, PKI_REFUSED };

/** An answer that is looked at */
struct pki_look {
	struct play *p;
	const struct pki_step *step;
	enum pki_what what;
	const struct answer *a;
	struct err why;  /**< of what is wrong */
	bool is_pending; /**< … and that it may be right a moment later */
};

/** Something that must hold of an answer */
struct pki_check {
	const char *name;
	unsigned of;     /**< bits 1 << PKI_CA_LIST …: of what it can be asked */
	const char *doc; /**< what must be, for people */
	/** @return 0; EBADMSG with look->why: it is not so; EINTR; others with look->why: our own trouble */
	int (*run)(struct pki_look *look);
};

#define PKI_IS(what) (1u << (what))
#define PKI_IS_MAP   (PKI_IS(PKI_MAP_PA) | PKI_IS(PKI_MAP_CA) | PKI_IS(PKI_MASTER))
#define PKI_IS_LIST  (PKI_IS(PKI_CA_LIST) | PKI_IS_MAP)
#define PKI_IS_CHAIN (PKI_IS(PKI_CERTIFICATE) | PKI_IS(PKI_REVOKED) | PKI_IS(PKI_CRL_CHAIN))
#define PKI_IS_ANY   ((1u << PKI_WHATS) - 1)

/** Tables of checks, ended by a name NULL */
extern const struct pki_check pki_list_checks[]; /* role_pki_list.c */
extern const struct pki_check pki_map_checks[];  /* role_pki_map.c */
extern const struct pki_check pki_cert_checks[]; /* role_pki_cert.c */

/* ---- role_pki_get.c ---- */

/** NULL: there is none of that name */
const struct pki_check *pki_check_find(const char *name);
int pki_step_get(struct play *p, const struct pki_step *step, struct err *e);
int pki_step_raw(struct play *p, const struct pki_step *step, struct err *e);

/* ---- role_pki_put.c ---- */

int pki_step_put(struct play *p, const struct pki_step *step, struct err *e);

/* ---- role_pki_trust.c: fetched anew for each check that needs it; all set look->why ---- */

/** Append what a URL gives. @return 0; EBADMSG: nothing, or no 200; … */
int pki_fetch(struct pki_look *look, const char *url, struct buf *ret);
/** Fetch something and take a chain from it */
int pki_chain_at(struct pki_look *look, const char *url, struct cert_chain **ret);
/** What the implementation's own root, list and CRL make of the world */
enum pki_trust { PKI_TRUST_ROOT, PKI_TRUST_LIST, PKI_TRUST_CRL };
/** Root alone, with its list, with its CRL too. @return 0; EBADMSG: it publishes what cannot be trusted; … */
int pki_trust_get(struct pki_look *look, enum pki_trust upto, struct trust **ret);

/* ---- role_pki_list.c ---- */

/** A signed list taken apart, whatever is wrong with it */
struct pki_list {
	struct sv jwt;           /**< view into the answer, or into the master file */
	struct sv signed_part;   /**< header and payload with the dot */
	struct buf payload, sig; /**< decoded */
	json_t *header, *claims;
};

/** @return 0; EBADMSG with look->why */
int pki_list_split(struct pki_look *look, struct sv jwt, struct pki_list *ret);
void pki_list_clear(struct pki_list *l);
/** Call h for each list that the answer holds: the one, or those of the master file. Stops at the first that is not 0 */
int pki_list_each(struct pki_look *look, int (*h)(struct pki_look *look, const struct pki_list *l));

#endif
