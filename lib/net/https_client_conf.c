#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/https_out.h"

#define PEM_MAX_LEN (4u << 20)

static const struct conf_member members[] = {
	{.name = "ca",
	 .type = CONF_STR,
	 .off = offsetof(struct https_client_conf, ca),
	 .doc = "PEM file with the CAs of servers; absent: the system's"},
	{.name = "cert",
	 .type = CONF_STR,
	 .off = offsetof(struct https_client_conf, cert),
	 .doc = "PEM file with the client certificate and its intermediates; absent: none is "
		"shown"},
	{.name = "key",
	 .type = CONF_STR,
	 .off = offsetof(struct https_client_conf, key),
	 .doc = "PEM file with its private key"},
	{.name = "resolve",
	 .type = CONF_STRMAP,
	 .off = offsetof(struct https_client_conf, resolve),
	 .doc = "host name to address; a name that is not in it is resolved as usual"},
	{.name = "max_in_flight",
	 .type = CONF_INT,
	 .off = offsetof(struct https_client_conf, max_in_flight),
	 .def = "64",
	 .min = 1,
	 .max = 10000,
	 .doc = "requests under way at once; more are queued"},
	{.name = "max_queue",
	 .type = CONF_INT,
	 .off = offsetof(struct https_client_conf, max_queue),
	 .def = "1000",
	 .min = 0,
	 .max = 1000000,
	 .doc = "requests queued at the most; more are refused"},
	{.name = "connect_timeout_ms",
	 .type = CONF_INT,
	 .off = offsetof(struct https_client_conf, connect_timeout_ms),
	 .def = "2000",
	 .min = 1,
	 .max = 600000,
	 .doc = "milliseconds until a connection must be there"},
	{0},
};

const struct conf_table https_client_conf_table = {"HTTPS client", sizeof(struct https_client_conf),
						   members};

/* --- names --- */

const struct resolved *name_find(const struct https_client *c, const char *host)
{
	struct resolved *r;

	HASH_FIND_STR(c->resolved, host, r);
	return r;
}

static int name_add(struct https_client *c, const struct conf_pair *pair, struct err *e)
{
	struct resolved *r = calloc(1, sizeof(*r));
	char entry[HOST_MAX + 128];

	if (!r)
		return ENOMEM;
	if (strlen(pair->name) > HOST_MAX || strlen(pair->value) > 64) {
		free(r);
		return err_set(e, EINVAL, "resolve: the name or address \"%.80s\" is too long",
			       pair->name);
	}
	for (size_t i = 0; pair->name[i]; i++)
		r->host[i] = (char)tolower((unsigned char)pair->name[i]);
	r->addr = pair->value;
	/* CONNECT_TO and not RESOLVE, which wants to know the ports beforehand */
	(void)snprintf(entry, sizeof(entry),
		       strchr(r->addr, ':') ? "%s::[%s]:" : "%s::%s:", r->host, r->addr);
	r->connect_to = curl_slist_append(NULL, entry);
	if (!r->connect_to) {
		free(r);
		return ENOMEM;
	}
	HASH_ADD_STR(c->resolved, host, r);
	return 0;
}

int names_load(struct https_client *c, struct err *e)
{
	const struct conf_pair *pair = c->conf->resolve.v;
	int err = 0;

	for (size_t i = 0; i < c->conf->resolve.n && !err; i++)
		if (!name_find(c, pair[i].name))
			err = name_add(c, &pair[i], e);
	return err;
}

void names_free(struct https_client *c)
{
	struct resolved *r = c->resolved, *next;

	HASH_CLEAR(hh, c->resolved); /* the table; its elements stay linked in their order */
	for (; r; r = next) {
		next = r->hh.next;
		curl_slist_free_all(r->connect_to);
		free(r);
	}
}

/* --- files --- */

void tls_pem_free(struct tls_pem *pem)
{
	free(pem->ca.data);
	free(pem->cert.data);
	free(pem->key.data);
	*pem = (struct tls_pem){0};
}

static int blob_load(struct curl_blob *blob, const char *path, struct err *e)
{
	char *text;
	int err;

	if (!path)
		return 0;
	err = file_read(&text, &blob->len, path, PEM_MAX_LEN, e);
	if (err)
		return err;
	blob->data = text;
	blob->flags = CURL_BLOB_COPY;
	if (strstr(text, "-----BEGIN "))
		return 0;
	return err_set(e, EBADMSG, "%s: expected PEM, found no -----BEGIN line", path);
}

int tls_pem_load(struct tls_pem *pem, const struct https_client_conf *conf, struct err *e)
{
	int err;

	*pem = (struct tls_pem){0};
	if (!conf->cert != !conf->key)
		return err_set(e, EINVAL,
			       "HTTPS client: \"cert\" and \"key\" go together, \"%s\" is missing",
			       conf->cert ? "key" : "cert");
	err = blob_load(&pem->ca, conf->ca, e);
	if (!err)
		err = blob_load(&pem->cert, conf->cert, e);
	if (!err)
		err = blob_load(&pem->key, conf->key, e);
	if (err)
		tls_pem_free(pem);
	return err;
}
