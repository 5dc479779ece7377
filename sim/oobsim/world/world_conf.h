/** @file world_conf.h  The configuration of each kind of element, as JSON: what a person would write by hand for it. One file a
 * kind; what they have in common is here. Each result is a new reference, NULL when out of memory.
 */
#ifndef OOBSIM_WORLD_CONF_H
#define OOBSIM_WORLD_CONF_H

#include <jansson.h>

#include "sim/oobsim/world/world.h"

json_t *conf_pki(const struct world *w, const struct element *el);    /* world_conf.c */
json_t *conf_switch(const struct world *w, const struct element *el); /* conf_switch.c */
json_t *conf_as(const struct world *w, const struct element *el);     /* conf_as.c */
json_t *conf_gw(const struct world *w, const struct element *el);     /* conf_gw.c */
json_t *conf_vs(const struct world *w, const struct element *el);     /* conf_vs.c */
json_t *conf_cps(const struct world *w, const struct element *el);    /* conf_cps.c */

/* ---- conf_parts.c ---- */

#define HOST_MAX_LEN 160

/** "sip:127.9.1.1:5060;transport=tcp" */
json_t *conf_sip_uri(const struct element *el, const char *transport);
/** {"addr", "port"}: where an element listens for something */
json_t *conf_listen(const struct element *el, enum port port);
/** The same with "tls": a server of HTTPS with the certificate of the element's name; with_ca as in conf_tls() */
json_t *conf_listen_tls(const struct world *w, const struct element *el, enum port port,
			bool with_ca);
/** "https://cps.tsp.example:8443" and what follows: an element by its name */
json_t *conf_url(const struct element *el, enum port port, const char *path);
/** The name of an element in certificates: "cps.tsp.example", "cr.pki.example" */
void conf_host(const struct element *el, char ret[HOST_MAX_LEN]);
/** A path in the world's PKI */
json_t *conf_in_pki(const struct world *w, const char *file);
/** Certificate and key of "<prefix>.<domain>": {"cert", "key"}; with_ca adds "client_ca" */
json_t *conf_tls(const struct world *w, const char *prefix, const char *domain, bool with_ca);
/** Client side of HTTPS: {"ca", "resolve"}, with the certificate of "<prefix>.<domain>" when prefix is
 * not NULL */
json_t *conf_https(const struct world *w, const char *prefix, const char *domain);
/** Whom to trust: STI-PA, its lists */
json_t *conf_trust(const struct world *w);
/** Prefixes of a provider's own numbers, canonical: digits without + */
json_t *conf_prefixes(const struct provider *p);
/** [{"prefix", "ocn"}] of all providers: whose number is whose */
json_t *conf_numbers(const struct world *w);
/** Where PASSporTs for a provider are posted; it has a CPS */
json_t *conf_cps_url(const struct world *w, const struct provider *p);
/** Where the world's PKI publishes something: "/ca-list" */
json_t *conf_pki_url(const struct world *w, const char *path);
/** Digits of a number as written in a scenario */
json_t *conf_digits(const char *number);

/** Does the element serve HTTPS under a name of its own, "<kind>.<domain>"? */
bool conf_has_name(const struct world *w, const struct element *el);
/** Is there a certificate of that name: of a server, or of a client alone? */
bool conf_has_certificate(const struct world *w, const struct element *el);

#endif
