#include "pki/conf.h"

#define OFF(member) offsetof(struct pki_conf, member)

static const struct conf_member members[] = {
	{.name = "dir",
	 .type = CONF_STR,
	 .off = OFF(dir),
	 .required = true,
	 .doc = "Directory of the PKI, made by sti-pki init."},
	{.name = "addr",
	 .type = CONF_STR,
	 .off = OFF(addr),
	 .required = true,
	 .doc = "Address to listen on."},
	{.name = "port",
	 .type = CONF_INT,
	 .off = OFF(port),
	 .def = "8443",
	 .min = 1,
	 .max = 65535,
	 .doc = "Port to listen on (HTTPS)."},
	{.name = "tls",
	 .type = CONF_OBJ,
	 .off = OFF(tls),
	 .required = true,
	 .sub = &tls_conf_table,
	 .doc = "Server certificate, made by sti-pki tls; client_ca is not used, since all is "
		"public."},
	{.name = "certificate_age_s",
	 .type = CONF_INT,
	 .off = OFF(certificate_age_s),
	 .def = "3600",
	 .max = 31536000,
	 .doc = "Seconds for which a fetched certificate chain may be kept (Cache-Control)."},
	{.name = "list_age_s",
	 .type = CONF_INT,
	 .off = OFF(list_age_s),
	 .def = "60",
	 .max = 31536000,
	 .doc = "Seconds for which the CRL and the list of approved STI-CAs may be kept."},
	{0},
};

const struct conf_table pki_conf_table = {"configuration of sti-pki serve", sizeof(struct pki_conf),
					  members};
