#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/net/raw_tls.h"

/* TLS 1.0 and 1.1 sign with SHA-1, which no level above this allows */
#define OLD_CIPHERS "ALL:@SECLEVEL=0"

struct raw_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	bool over; /* the handshake is */
};

static int version_number(int version)
{
	static const int numbers[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};

	return version >= 10 && version <= 13 ? numbers[version - 10] : 0;
}

/* The first of what OpenSSL has to say */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text ? text : "closed by the peer";
}

static int load(struct raw_tls *t, const struct raw_client_opts *o, struct err *e)
{
	if (o->ca && SSL_CTX_load_verify_file(t->ctx, o->ca) != 1)
		return err_set(e, EBADMSG, "%s: expected PEM certificates of CAs: %s", o->ca,
			       reason());
	if (o->cert && SSL_CTX_use_certificate_chain_file(t->ctx, o->cert) != 1)
		return err_set(e, EBADMSG, "%s: expected a PEM certificate: %s", o->cert, reason());
	if (o->key && SSL_CTX_use_PrivateKey_file(t->ctx, o->key, SSL_FILETYPE_PEM) != 1)
		return err_set(e, EBADMSG, "%s: expected the PEM key of the certificate: %s",
			       o->key, reason());
	return 0;
}

static int set_up(struct raw_tls *t, const struct raw_client_opts *o, struct err *e)
{
	int min = version_number(o->tls_min), max = version_number(o->tls_max);

	if (!min || !max || min > max)
		return err_set(e, EINVAL, "TLS versions: expected 10 to 13, got %d to %d",
			       o->tls_min, o->tls_max);
	SSL_CTX_set_min_proto_version(t->ctx, min);
	SSL_CTX_set_max_proto_version(t->ctx, max);
	if (min < TLS1_2_VERSION && SSL_CTX_set_cipher_list(t->ctx, OLD_CIPHERS) != 1)
		return err_set(e, EINVAL, "TLS below 1.2 cannot be spoken here");
	(void)SSL_CTX_set_options(t->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(t->ctx,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(t->ctx, o->ca ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return load(t, o, e);
}

int raw_tls_alloc(struct raw_tls **ret, const struct raw_client_opts *o, int fd, struct err *e)
{
	struct raw_tls *t = calloc(1, sizeof(*t));
	int err = 0;

	ERR_clear_error();
	if (t)
		t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t || !t->ctx) {
		free(t);
		return err_set(e, ENOMEM, "out of memory");
	}
	err = set_up(t, o, e);
	if (!err) {
		t->ssl = SSL_new(t->ctx);
		if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1 ||
		    SSL_set_tlsext_host_name(t->ssl, o->host) != 1 ||
		    SSL_set1_host(t->ssl, o->host) != 1)
			err = err_set(e, ENOMEM, "out of memory");
	}
	if (err) {
		raw_tls_free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void raw_tls_free(struct raw_tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t);
}

const char *raw_tls_version(const struct raw_tls *t)
{
	return t->over ? SSL_get_version(t->ssl) : NULL;
}

/* What a call that did not succeed means */
static long judge(struct raw_tls *t, int rc, bool *want_write, struct err *e)
{
	int os = errno;

	*want_write = false;
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		*want_write = true;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return os ? -os : 0;
	default:
		(void)err_set(e, EPROTO, "%s", reason());
		return -EPROTO;
	}
}

long raw_tls_handshake(struct raw_tls *t, bool *want_write, struct err *e)
{
	int rc;
	long n;

	errno = 0;
	rc = SSL_connect(t->ssl);
	if (rc == 1) {
		t->over = true;
		return 0;
	}
	n = judge(t, rc, want_write, e);
	if (n)
		return n;
	(void)err_set(e, EPROTO, "%s", reason());
	return -EPROTO;
}

long raw_tls_read(struct raw_tls *t, void *ret, size_t size, bool *want_write, struct err *e)
{
	int rc;

	errno = 0;
	rc = SSL_read(t->ssl, ret, (int)size);
	return rc > 0 ? rc : judge(t, rc, want_write, e);
}

long raw_tls_write(struct raw_tls *t, const void *p, size_t l, bool *want_write, struct err *e)
{
	int rc;

	errno = 0;
	rc = SSL_write(t->ssl, p, (int)l);
	return rc > 0 ? rc : judge(t, rc, want_write, e);
}

void raw_tls_bye(struct raw_tls *t)
{
	if (t->over)
		(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
}
