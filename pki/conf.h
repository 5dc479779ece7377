/** @file conf.h  Configuration of `sti-pki serve`. */
#ifndef PKI_CONF_H
#define PKI_CONF_H

#include <stdint.h>

#include "lib/base/conf.h"
#include "lib/net/https_server.h"

struct pki_conf {
	char *dir;  /**< the PKI's directory, made by `sti-pki init` */
	char *addr; /**< address to listen on */
	int64_t port;
	struct tls_conf tls;       /**< client_ca is not used: everything here is public */
	int64_t certificate_age_s; /**< Cache-Control max-age of certificate chains */
	int64_t list_age_s;        /**< Cache-Control max-age of CRL and list of approved STI-CAs */
};

extern const struct conf_table pki_conf_table;

#endif
