/** @file provision.h  What somebody needs who takes part in a world with an element of their own: as one JSON object, and as files
 * (docs/up.md).
 */
#ifndef OOBSIM_PROVISION_H
#define OOBSIM_PROVISION_H

#include "sim/oobsim/world/world.h"

/** Requests of one world at the most */
#define CSRS_MAX 16

/** A request (PKCS #10) of somebody who is to sign in the name of a provider */
struct provision_csr {
	const char *provider, *file; /**< borrowed */
	char *chain;                 /**< file in the world's PKI; NULL before */
	char *x5u;                   /**< where the repository has it */
};

/**
 * Have sti-pki certify the keys, each with the SPC of its provider, and publish the chains.
 *
 * @return 0; EINVAL with text (a request is wrong); others as world_sti_pki()
 */
int provision_sign(const struct world *w, struct procs *ps, struct provision_csr *csrs, size_t n,
		   struct err *e);
void provision_csrs_free(struct provision_csr *csrs, size_t n);

/**
 * The world as it is: addresses, names, URLs, trust, numbers, elements, providers. Names of files are those that
 * provision_write() gives them.
 *
 * @param dir  Of these files
 *
 * @return New reference, NULL when out of memory
 */
json_t *provision_json(const struct world *w, const struct provision_csr *csrs, size_t n,
		       const char *dir);

/**
 * Write it: provision.json, README.txt, hosts, roots, certificates, private keys (readable by their owner only).
 *
 * @param dir  Made; what an earlier world left there is deleted
 *
 * @return 0 or errno with text
 */
int provision_write(const struct world *w, const json_t *all, const struct provision_csr *csrs,
		    size_t n, const char *dir, struct err *e);

/** File of the i-th chain: "csr/osp.pem", "csr/osp-2.pem" */
void provision_csr_file(const struct provision_csr *csrs, size_t i, char ret[PATH_MAX]);

/** provision_readme.c: the same for people */
int provision_readme(const struct world *w, const json_t *all, FILE *f);

#endif
