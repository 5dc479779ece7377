#include <string.h>
#include <time.h>

#include "lib/stir/ossl.h"

BIO *ossl_reader(struct sv v)
{
	if (v.l > OSSL_IN_MAX)
		return NULL;
	return BIO_new_mem_buf(v.l ? v.p : "", (int)v.l);
}

int ossl_take(struct buf *ret, BIO *bio)
{
	char *p = NULL;
	long l = BIO_get_mem_data(bio, &p);

	return buf_add(ret, p, l > 0 ? (size_t)l : 0);
}

int ossl_error(struct err *e, int code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	err_set(e, code, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
	return code;
}

const char *ossl_name(const X509_NAME *name, char *ret, size_t size)
{
	AUTO(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	size_t l = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		l = (size_t)BIO_get_mem_data(bio, &p);
	if (l >= size)
		l = size - 1;
	if (p)
		memcpy(ret, p, l);
	ret[l] = '\0';
	return ret;
}

bool ossl_time(const ASN1_TIME *t, int64_t *ret_s)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm)) {
		ERR_clear_error();
		return false;
	}
	*ret_s = timegm(&tm);
	return true;
}
