/* TNAuthList of RFC 8226 §9. Its module has EXPLICIT TAGS, so each alternative wraps its IA5String
 * or SEQUENCE. */
#include <errno.h>
#include <string.h>

#include <openssl/asn1t.h>

#include "lib/base/tn.h"
#include "lib/stir/cert.h"
#include "lib/stir/ossl.h"

struct tn_range {
	ASN1_IA5STRING *start;
	ASN1_INTEGER *count;
};

struct tn_entry {
	int type; /* index of the alternative, which is also enum kind of struct tnauth */
	union {
		ASN1_IA5STRING *text;
		struct tn_range *range;
	} d;
};

typedef struct tn_range TN_RANGE;
typedef struct tn_entry TN_ENTRY;
typedef STACK_OF(TN_ENTRY) TN_LIST;
/* cppcheck-suppress unknownMacro */
DEFINE_STACK_OF(TN_ENTRY)

DECLARE_ASN1_ITEM(TN_RANGE)
DECLARE_ASN1_ITEM(TN_ENTRY)
DECLARE_ASN1_ITEM(TN_LIST)

/* clang-format off */
ASN1_SEQUENCE(TN_RANGE) = {
	ASN1_SIMPLE(TN_RANGE, start, ASN1_IA5STRING),
	ASN1_SIMPLE(TN_RANGE, count, ASN1_INTEGER),
} ASN1_SEQUENCE_END(TN_RANGE)

ASN1_CHOICE(TN_ENTRY) = {
	ASN1_EXP(TN_ENTRY, d.text, ASN1_IA5STRING, TNAUTH_SPC),
	ASN1_EXP(TN_ENTRY, d.range, TN_RANGE, TNAUTH_RANGE),
	ASN1_EXP(TN_ENTRY, d.text, ASN1_IA5STRING, TNAUTH_ONE),
} ASN1_CHOICE_END(TN_ENTRY)

ASN1_ITEM_TEMPLATE(TN_LIST) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, TNEntries, TN_ENTRY)
ASN1_ITEM_TEMPLATE_END(TN_LIST)
	/* clang-format on */

	static void tn_list_free(TN_LIST * list)
{
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(TN_LIST));
}

static void tn_entry_free(TN_ENTRY *entry)
{
	ASN1_item_free((ASN1_VALUE *)entry, ASN1_ITEM_rptr(TN_ENTRY));
}

DEFINE_AUTO(TN_LIST, tn_list_free)
DEFINE_AUTO(TN_ENTRY, tn_entry_free)

/* An SPC goes into paths, names and logs: letters, digits and printable signs only, no blank. */
static bool is_spc(struct sv v)
{
	if (!v.l || v.l > SPC_MAX)
		return false;
	for (size_t i = 0; i < v.l; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~')
			return false;
	return true;
}

static bool set_value(struct tnauth *ret, const ASN1_IA5STRING *text)
{
	struct sv v = {(const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)};

	if (ret->kind == TNAUTH_SPC ? !is_spc(v) : !tn_is_canonical(v))
		return false;
	memcpy(ret->value, v.p, v.l);
	ret->value[v.l] = '\0';
	return true;
}

static bool entry_read(struct tnauth *ret, const TN_ENTRY *entry)
{
	*ret = (struct tnauth){.kind = (unsigned)entry->type};
	if (entry->type != TNAUTH_RANGE)
		return set_value(ret, entry->d.text);
	return ASN1_INTEGER_get_uint64(&ret->count, entry->d.range->count) == 1 &&
	       ret->count >= 2 && set_value(ret, entry->d.range->start);
}

/* d2i takes BER as well; an extension's value is DER (RFC 5280 §4.1), which has one form only. */
static bool is_der(const TN_LIST *list, const uint8_t *der, size_t len)
{
	__attribute__((cleanup(ossl_free_mem_auto))) unsigned char *again = NULL;
	int l = ASN1_item_i2d((const ASN1_VALUE *)list, &again, ASN1_ITEM_rptr(TN_LIST));

	return l > 0 && (size_t)l == len && memcmp(again, der, len) == 0;
}

int tnauth_decode(struct tnauth ret[TNAUTH_MAX], const uint8_t *der, size_t len)
{
	AUTO(tn_list_free) TN_LIST *list = NULL;
	const unsigned char *p = der;
	int n;

	if (len <= CERT_CHAIN_MAX_LEN)
		list = (TN_LIST *)ASN1_item_d2i(NULL, &p, (long)len, ASN1_ITEM_rptr(TN_LIST));
	ERR_clear_error();
	if (!list || !is_der(list, der, len))
		return -1;
	n = sk_TN_ENTRY_num(list);
	if (n < 1 || n > TNAUTH_MAX)
		return -1;
	for (int i = 0; i < n; i++)
		if (!entry_read(&ret[i], sk_TN_ENTRY_value(list, i)))
			return -1;
	return n;
}

static bool set_text(ASN1_IA5STRING **ret, const char *value)
{
	*ret = ASN1_IA5STRING_new();
	return *ret && ASN1_STRING_set(*ret, value, -1);
}

static bool entry_write(TN_ENTRY *ret, const struct tnauth *v)
{
	ret->type = (int)v->kind;
	if (v->kind != TNAUTH_RANGE)
		return set_text(&ret->d.text, v->value);
	ret->d.range = (TN_RANGE *)ASN1_item_new(ASN1_ITEM_rptr(TN_RANGE));
	return ret->d.range && ASN1_STRING_set(ret->d.range->start, v->value, -1) &&
	       ASN1_INTEGER_set_uint64(ret->d.range->count, v->count);
}

static bool is_encodable(const struct tnauth *v)
{
	if (strnlen(v->value, sizeof(v->value)) == sizeof(v->value))
		return false;
	if (v->kind == TNAUTH_SPC)
		return is_spc(sv_from(v->value));
	return tn_is_canonical(sv_from(v->value)) && (v->kind != TNAUTH_RANGE || v->count >= 2);
}

int tnauth_encode(struct buf *ret, const struct tnauth *v, size_t n)
{
	AUTO(tn_list_free) TN_LIST *list = sk_TN_ENTRY_new_null();
	__attribute__((cleanup(ossl_free_mem_auto))) unsigned char *der = NULL;
	int l;

	if (n < 1 || n > TNAUTH_MAX)
		return EINVAL;
	for (size_t i = 0; list && i < n; i++) {
		AUTO(tn_entry_free) TN_ENTRY *entry = NULL;

		if (!is_encodable(&v[i]))
			return EINVAL;
		entry = (TN_ENTRY *)ASN1_item_new(ASN1_ITEM_rptr(TN_ENTRY));
		if (!entry || !entry_write(entry, &v[i]) || !sk_TN_ENTRY_push(list, entry))
			return ENOMEM;
		entry = NULL; /* the list's now */
	}
	l = ASN1_item_i2d((const ASN1_VALUE *)list, &der, ASN1_ITEM_rptr(TN_LIST));
	return l > 0 ? buf_add(ret, der, (size_t)l) : ENOMEM;
}
