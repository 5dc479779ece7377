/* README.txt of the folder: what each file is, and the world in words. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/oobsim/run/provision.h"

static const char *text(const json_t *v, const char *member)
{
	const char *s = json_string_value(json_object_get(v, member));

	return s ? s : "";
}

static void row(FILE *f, const char *name, const char *value)
{
	(void)fprintf(f, "  %-22s %s\n", name, value);
}

static void print_files(const json_t *all, FILE *f)
{
	bool csrs = false;
	json_t *p;
	size_t i;

	json_array_foreach (json_object_get(all, "providers"), i, p)
		csrs = csrs || json_object_get(p, "signed");
	(void)fputs("Files\n\n", f);
	row(f, "provision.json", "all that is said here, for programs");
	row(f, "hosts", "names of the world and their addresses, in the form of /etc/hosts");
	row(f, "pa-root.pem",
	    "root of the STI-PA: who signs the list of approved STI-CAs and the CRL");
	row(f, "web-ca.pem",
	    "root of every certificate in tls/; it has no part in STI certificates");
	row(f, "tls/NAME.pem", "certificate of the HTTPS server, or client, of that name");
	row(f, "tls/NAME-key.pem", "its private key");
	row(f, "sti/PROVIDER.pem",
	    "STI certificate of a provider, and those above it, as published at its x5u");
	row(f, "sti/PROVIDER-key.pem", "its private key: what is signed with it verifies");
	if (csrs)
		row(f, "csr/PROVIDER.pem",
		    "STI certificate for the key in your request, and those above it");
	(void)fputs("\nKeys, certificates and this folder are made anew each time.\n", f);
}

static void print_trust(const struct world *w, const json_t *all, FILE *f)
{
	const json_t *trust = json_object_get(all, "trust"),
		     *maps = json_object_get(all, "mappings");
	char name[32];

	(void)fputs("\nTrust\n\n", f);
	row(f, "list of STI-CAs", text(trust, "ca_list"));
	row(f, "CRL", text(trust, "crl"));
	(void)fputs("\nCPS mappings\n\n", f);
	for (int a = 0; a < AUTHORITIES; a++) {
		(void)snprintf(name, sizeof(name), a == AUTHORITY_PA ? "STI-PA" : "STI-CA %d", a);
		row(f, name, text(maps, authority_words[a]));
	}
	row(f, "all STI-CAs", text(maps, AUTHORITY_MASTER));
	(void)fprintf(f,
		      "\nIn them are the CPSs of this scenario. A provider tells another URL by "
		      "PUT %s<OCN>,\n"
		      "or you by hand:\n\n"
		      "  sti-pki map %s/pki --authority ca1 --ocn <OCN> --url <URL>\n",
		      text(maps, "tell"), w->dir);
}

static void print_element(const json_t *el, FILE *f)
{
	const char *name;
	json_t *url, *trunk;
	size_t i;

	(void)fprintf(f, "\n  %s, %s%s\n", text(el, "name"), text(el, "is"),
		      json_is_true(json_object_get(el, "running"))
			      ? ""
			      : " (not running: its place is empty)");
	if (*text(el, "sip"))
		row(f, "  SIP, UDP too", text(el, "sip"));
	json_object_foreach (json_object_get(el, "urls"), name, url) {
		char what[32];

		(void)snprintf(what, sizeof(what), "  %s", name);
		row(f, what, json_string_value(url));
	}
	if (json_object_get(el, "tls"))
		row(f, "  certificate", text(json_object_get(el, "tls"), "cert"));
	json_array_foreach (json_object_get(el, "trunks"), i, trunk) {
		const json_t *peer = json_object_get(trunk, "peer");

		if (strcmp(text(trunk, "kind"), "tdm") != 0)
			continue;
		(void)fprintf(f,
			      "    %-20s M3UA %s %" JSON_INTEGER_FORMAT
			      ", %s %s %" JSON_INTEGER_FORMAT ", OPC %s, DPC %s\n",
			      text(trunk, "name"), text(trunk, "addr"),
			      json_integer_value(json_object_get(trunk, "port")),
			      json_is_true(json_object_get(trunk, "connect"))
				      ? "connects to"
				      : "is connected to by",
			      text(peer, "addr"), json_integer_value(json_object_get(peer, "port")),
			      text(trunk, "opc"), text(trunk, "dpc"));
	}
	if (*text(el, "config"))
		row(f, "  ours is started with", text(el, "config"));
}

static void print_provider(const json_t *all, const json_t *p, FILE *f)
{
	const json_t *sti = json_object_get(p, "sti");
	json_t *v;
	size_t i;

	(void)fprintf(f, "\nProvider %s\n\n", text(p, "name"));
	row(f, "SPC and OCN", text(p, "spc"));
	if (*text(p, "cic"))
		row(f, "CIC", text(p, "cic"));
	row(f, "domain", text(p, "domain"));
	json_array_foreach (json_object_get(p, "numbers"), i, v)
		(void)fprintf(f, "  %-22s +%s…\n", i ? "" : "numbers", json_string_value(v));
	if (*text(p, "cps"))
		row(f, "PASSporTs for it", text(p, "cps"));
	if (sti) {
		row(f, "STI certificate", text(sti, "chain"));
		row(f, "its x5u", text(sti, "x5u"));
	}
	json_array_foreach (json_object_get(p, "signed"), i, v) {
		row(f, "for your request", text(v, "chain"));
		row(f, "its x5u", text(v, "x5u"));
	}
	json_array_foreach (json_object_get(all, "elements"), i, v) {
		size_t l = strlen(text(p, "name"));

		if (strncmp(text(v, "name"), text(p, "name"), l) == 0 && text(v, "name")[l] == '.')
			print_element(v, f);
	}
}

int provision_readme(const struct world *w, const json_t *all, FILE *f)
{
	const json_t *listen = json_object_get(all, "listen");
	json_t *v;
	size_t i;

	(void)fprintf(f, "World %d of the scenario %s: %s\n\n", w->number, w->scn->id,
		      w->scn->title);
	if (listen)
		(void)fprintf(f, "All of it is at %s, ports %d to %d.\n\n", w->listen,
			      WORLD_PORT(w->number), WORLD_PORT(w->number) + WORLD_PORTS - 1);
	print_files(all, f);
	print_trust(w, all, f);
	(void)fputs("\nCalls of the scenario\n\n", f);
	json_array_foreach (json_object_get(all, "calls"), i, v) {
		(void)fprintf(f, "  from %s to %s\n", text(v, "from"), text(v, "to"));
	}
	json_array_foreach (json_object_get(all, "providers"), i, v) {
		print_provider(all, v, f);
	}
	(void)fprintf(f,
		      "\nAn element of your own\n\n"
		      "  In place of one of ours: end this world, begin it again with --without "
		      "NAME (tsp.cps), and serve\n"
		      "  at the place of that element; the others reach it there by name, and "
		      "trust certificates below\n"
		      "  web-ca.pem. To sign with a key of your own while this world is up:\n\n"
		      "    sti-pki sign-csr %s/pki --csr FILE --spc SPC\n\n"
		      "  It prints the x5u for your PASSporTs, where the certificate is then "
		      "published.\n",
		      w->dir);
	return ferror(f) ? EIO : 0;
}
