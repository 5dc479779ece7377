#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "lib/base/auto.h"
#include "lib/net/tls_files.h"

#define PEM_MAX_LEN (1u << 20)

struct tls_files {
	gnutls_certificate_credentials_t cred;
	bool ask_client;
	unsigned refs;
};

static const struct conf_member members[] = {
	{.name = "cert",
	 .type = CONF_STR,
	 .off = offsetof(struct tls_conf, cert),
	 .required = true,
	 .doc = "PEM file with the server's certificate and its intermediates"},
	{.name = "key",
	 .type = CONF_STR,
	 .off = offsetof(struct tls_conf, key),
	 .required = true,
	 .doc = "PEM file with its private key"},
	{.name = "client_ca",
	 .type = CONF_STR,
	 .off = offsetof(struct tls_conf, client_ca),
	 .doc = "PEM file with the CAs of client certificates; absent: none is asked for"},
	{0},
};

const struct conf_table tls_conf_table = {"TLS identity", sizeof(struct tls_conf), members};

static void free_octets(gnutls_datum_t *d)
{
	free(d->data);
}
#define DATUM_AUTO __attribute__((cleanup(free_octets)))

static int read_pem(gnutls_datum_t *ret, const char *path, struct err *e)
{
	char *text;
	size_t len;
	int err = file_read(&text, &len, path, PEM_MAX_LEN, e);

	if (err)
		return err;
	ret->data = (unsigned char *)text;
	ret->size = (unsigned)len;
	return 0;
}

static int load_identity(struct tls_files *files, const struct tls_conf *conf, struct err *e)
{
	DATUM_AUTO gnutls_datum_t cert = {NULL, 0}, key = {NULL, 0};
	int rc, err = read_pem(&cert, conf->cert, e);

	if (!err)
		err = read_pem(&key, conf->key, e);
	if (err)
		return err;
	rc = gnutls_certificate_set_x509_key_mem(files->cred, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		return err_set(e, EBADMSG, "TLS certificate %s with key %s: %s", conf->cert,
			       conf->key, gnutls_strerror(rc));
	return 0;
}

static int load_client_ca(struct tls_files *files, const char *path, struct err *e)
{
	DATUM_AUTO gnutls_datum_t pem = {NULL, 0};
	int n, err = read_pem(&pem, path, e);

	if (err)
		return err;
	n = gnutls_certificate_set_x509_trust_mem(files->cred, &pem, GNUTLS_X509_FMT_PEM);
	if (n <= 0)
		return err_set(e, EBADMSG, "client CA %s: %s", path,
			       n ? gnutls_strerror(n) : "no certificate in it");
	files->ask_client = true;
	return 0;
}

int tls_files_load(struct tls_files **ret, const struct tls_conf *conf, struct err *e)
{
	struct tls_files *files = calloc(1, sizeof(*files));
	int err;

	if (!files || gnutls_certificate_allocate_credentials(&files->cred) < 0) {
		free(files);
		return err_set(e, ENOMEM, "out of memory");
	}
	files->refs = 1;
	err = load_identity(files, conf, e);
	if (!err && conf->client_ca)
		err = load_client_ca(files, conf->client_ca, e);
	if (err) {
		tls_files_unref(files);
		return err;
	}
	*ret = files;
	return 0;
}

struct tls_files *tls_files_ref(struct tls_files *files)
{
	files->refs++;
	return files;
}

void tls_files_unref(struct tls_files *files)
{
	if (!files || --files->refs)
		return;
	gnutls_certificate_free_credentials(files->cred);
	free(files);
}

int tls_files_attach(const struct tls_files *files, gnutls_session_t session)
{
	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, files->cred) < 0)
		return EIO;
	/* asked for, not insisted on: without one the handler still answers, with a refusal that
	 * says why */
	if (files->ask_client)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	return 0;
}

static int check_client(gnutls_session_t session, struct err *e)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
					 .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
	gnutls_datum_t text = {NULL, 0};
	unsigned status = 0;
	int rc = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

	if (rc < 0)
		return err_set(e, EACCES, "client certificate: %s", gnutls_strerror(rc));
	if (status == 0)
		return 0;
	rc = gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
	(void)err_set(e, EACCES, "client certificate: %s",
		      rc == 0 ? (const char *)text.data : "it does not verify");
	gnutls_free(text.data);
	return EACCES;
}

static int name_of(gnutls_x509_crt_t crt, char *ret, size_t size, struct err *e)
{
	size_t len = size;
	int rc = GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE, type;

	for (unsigned i = 0;; i++) {
		len = size;
		type = gnutls_x509_crt_get_subject_alt_name(crt, i, ret, &len, NULL);
		if (type == GNUTLS_SAN_DNSNAME || type < 0) {
			rc = type;
			break;
		}
	}
	if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
		len = size - 1;
		rc = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret,
						   &len);
	}
	if (rc < 0 || len >= size)
		return err_set(e, EACCES, "client certificate: it has no usable name: %s",
			       gnutls_strerror(rc < 0 ? rc : GNUTLS_E_SHORT_MEMORY_BUFFER));
	ret[len] = '\0';
	/* a NUL inside would let "cps.good.example\0.evil.example" pass for the good one */
	if (strlen(ret) != len)
		return err_set(e, EACCES, "client certificate: its name holds a NUL");
	return 0;
}

int tls_client_name(gnutls_session_t session, char *ret, size_t size, struct err *e)
{
	gnutls_x509_crt_t crt;
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
	int err;

	if (!chain || n == 0)
		return err_set(e, ENOENT, "no client certificate was shown");
	err = check_client(session, e);
	if (err)
		return err;
	if (gnutls_x509_crt_init(&crt) < 0)
		return err_set(e, ENOMEM, "out of memory");
	if (gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) < 0)
		err = err_set(e, EACCES, "client certificate: it cannot be read");
	else
		err = name_of(crt, ret, size, e);
	gnutls_x509_crt_deinit(crt);
	return err;
}
