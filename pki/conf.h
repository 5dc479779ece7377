/** @file conf.h  Configuration of `sti-pki serve`. */
#ifndef PKI_CONF_H
#define PKI_CONF_H

#include <stdint.h>

#include "lib/base/conf.h"
#include "lib/net/https_faults.h"
#include "lib/net/https_server.h"

enum pki_chain_fault {
	PKI_CHAIN_USUAL,
	PKI_CHAIN_LEAF,     /**< the first certificate alone */
	PKI_CHAIN_REVERSED, /**< the first one comes last */
};

/** What is wrong with the answer under one path */
struct pki_answer_fault {
	char *path;     /**< "/ca-list"; one that ends with a star stands for all that begin so */
	int64_t status; /**< of the answer; 0: the usual one */
	char *type;     /**< media type; NULL: the usual one */
	char *file;     /**< another file of the directory is served; NULL */
	char *body;     /**< this text is served; NULL */
	json_t *header; /**< merge patch (RFC 7396) of a signed list's header; NULL */
	json_t *claims; /**< … of its payload; NULL */
	char *payload;  /**< this text is its payload; NULL */
	char *key;      /**< who signs it then; NULL: its authority */
	int chain;      /**< enum pki_chain_fault */
	bool without_freshness; /**< neither ETag nor Cache-Control */
};

enum pki_crl_lists {
	PKI_CRL_REVOKED, /**< what is revoked */
	PKI_CRL_NOTHING,
	PKI_CRL_ALL, /**< each certificate of the repository */
};

/** What is wrong with the CRL */
struct pki_crl_fault {
	char *signer;          /**< who signs it: "ca1/intermediate"; NULL: the STI-PA's signer */
	int64_t next_update_s; /**< nextUpdate, seconds from now; 0: the usual one */
	int lists;             /**< enum pki_crl_lists */
};

enum pki_conditional_fault {
	PKI_CONDITIONAL_USUAL,
	PKI_CONDITIONAL_NEVER,  /**< If-None-Match is not looked at */
	PKI_CONDITIONAL_ALWAYS, /**< … any tag is answered by 304 */
};

/** Behaviours that are wrong on purpose: by them a test case proves that it can fail */
struct pki_faults_conf {
	struct https_faults_conf http;
	struct conf_list answers; /**< struct pki_answer_fault */
	struct pki_crl_fault crl;
	int conditional; /**< enum pki_conditional_fault */
	bool any_method; /**< a method that is not allowed is answered like one that is */
	bool any_path;   /**< a path that is not there is answered with the list of STI-CAs */
	struct conf_list accept_reasons; /**< char *: a request for a CPS URL that is refused for
					      one of these is answered as if it were granted */
	bool lose_mappings;              /**< a CPS URL that is granted is not published */
};

struct pki_conf {
	char *dir;  /**< the PKI's directory, made by `sti-pki init` */
	char *addr; /**< address to listen on */
	int64_t port;
	struct tls_conf tls;       /**< client_ca is not used: everything here is public */
	int64_t certificate_age_s; /**< Cache-Control max-age of certificate chains */
	int64_t list_age_s;        /**< Cache-Control max-age of CRL and list of approved STI-CAs */
	struct pki_faults_conf faults;
};

extern const struct conf_table pki_conf_table;

#endif
