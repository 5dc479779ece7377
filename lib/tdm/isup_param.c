#include <errno.h>
#include <string.h>

#include "lib/tdm/isup_param.h"

/* What the octets of a number have besides nature of address, plan and digits. */
#define ISUP_HAS_TYPE         1u /* octet before all others, 0xC0: ported number */
#define ISUP_HAS_PRESENTATION 2u
#define ISUP_HAS_SCREENING    4u

#define TYPE_PORTED_NUMBER 0xc0
#define NAME_CALLING       0x20 /* generic name: calling name, available, presentation allowed */

static const char digit_chars[] = "0123456789ABCDE"; /* 15, end of pulsing, is no digit */

/* BCD, first digit in the low half. @return 0, or EINVAL with the digit that is none */
static int put_digits(struct buf *ret, const char *digits, struct err *e)
{
	for (const char *d = digits; *d; d++) {
		const char *low = strchr(digit_chars, d[0]);
		const char *high = d[1] ? strchr(digit_chars, d[1]) : digit_chars;
		uint8_t octet;

		if (!low || !high)
			return err_set(e, EINVAL, "expected digits 0-9 or A-E, got \"%s\"", digits);
		octet = (uint8_t)((low - digit_chars) | (high - digit_chars) << 4);
		(void)buf_add(ret, &octet, 1);
		if (!*++d)
			break;
	}
	return 0;
}

/* n digits out of the octets; ret has room for n + 1 */
static int get_digits(char *ret, size_t n, struct sv octets, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		unsigned v = (unsigned char)octets.p[i / 2];

		v = i % 2 ? v >> 4 : v & 15;
		if (v > 14)
			return err_set(e, EBADMSG, "expected digits 0 to 14, got 15 as digit %zu",
				       i + 1);
		ret[i] = digit_chars[v];
	}
	ret[n] = '\0';
	return 0;
}

static bool number_present(const struct isup_param *p, const void *field)
{
	(void)p;
	return ((const struct isup_number *)field)->present;
}

static int number_put(struct buf *ret, const struct isup_param *p, const void *field, struct err *e)
{
	const struct isup_number *n = field;
	size_t count = strnlen(n->digits, sizeof(n->digits));
	uint8_t head[3] = {TYPE_PORTED_NUMBER};

	if (n->noa > 0x7f || n->plan > 7 || n->presentation > 3 || n->screening > 3 ||
	    count > ISUP_DIGITS_MAX)
		return err_set(e, EINVAL,
			       "expected noa to 127, plan to 7, presentation and screening to 3, "
			       "%d digits at the "
			       "most, got %u, %u, %u, %u, %zu digits",
			       ISUP_DIGITS_MAX, n->noa, n->plan, n->presentation, n->screening,
			       count);
	head[1] = (uint8_t)((count % 2 ? 0x80 : 0) | n->noa);
	head[2] = (uint8_t)(n->plan << 4);
	if (p->form & ISUP_HAS_PRESENTATION)
		head[2] |= (uint8_t)(n->presentation << 2);
	if (p->form & ISUP_HAS_SCREENING)
		head[2] |= n->screening;
	if (p->form & ISUP_HAS_TYPE)
		(void)buf_add(ret, head, 3);
	else
		(void)buf_add(ret, head + 1, 2);
	return put_digits(ret, n->digits, e);
}

static int number_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	const unsigned char *o = (const unsigned char *)value.p;
	size_t head = p->form & ISUP_HAS_TYPE ? 3 : 2;
	struct isup_number n = {.present = true};
	size_t count;
	int err;

	if (value.l < head)
		return err_set(e, EBADMSG, "expected %zu octets or more, got %zu", head, value.l);
	if (p->form & ISUP_HAS_TYPE && *o++ != TYPE_PORTED_NUMBER)
		return 0; /* another kind of generic address: kept out */
	n.noa = o[0] & 0x7f;
	n.plan = (o[1] >> 4) & 7;
	if (p->form & ISUP_HAS_PRESENTATION)
		n.presentation = (o[1] >> 2) & 3;
	if (p->form & ISUP_HAS_SCREENING)
		n.screening = o[1] & 3;
	count = (value.l - head) * 2;
	if (o[0] & 0x80) {
		if (!count)
			return err_set(e, EBADMSG, "expected an odd number of digits, got none");
		count--;
	}
	if (count > ISUP_DIGITS_MAX)
		return err_set(e, EBADMSG, "expected %d digits at the most, got %zu",
			       ISUP_DIGITS_MAX, count);
	err = get_digits(n.digits, count, (struct sv){value.p + head, value.l - head}, e);
	if (err)
		return err;
	*(struct isup_number *)field = n;
	return 0;
}

static bool text_present(const struct isup_param *p, const void *field)
{
	(void)p;
	return *(const char *)field != '\0';
}

/* Jurisdiction information: six digits without any flag */
static int jip_put(struct buf *ret, const struct isup_param *p, const void *field, struct err *e)
{
	size_t l = strnlen(field, ISUP_DIGITS_MAX + 1);

	(void)p;
	if (l != 6)
		return err_set(e, EINVAL, "expected 6 digits, got %zu", l);
	return put_digits(ret, field, e);
}

static int jip_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	(void)p;
	if (value.l != 3)
		return err_set(e, EBADMSG, "expected 3 octets, got %zu", value.l);
	return get_digits(field, 6, value, e);
}

/* Carrier: type national (2) and plan (1: three digits, 2: four), digits, and in the TNS a circuit
 * code */
static int carrier_put(struct buf *ret, const struct isup_param *p, const void *field,
		       struct err *e)
{
	size_t l = strnlen(field, 8);
	uint8_t type = (uint8_t)(0x20 | (l == 3 ? 1 : 2));
	int err;

	if (l != 3 && l != 4)
		return err_set(e, EINVAL, "expected a carrier of 3 or 4 digits, got %zu", l);
	(void)buf_add(ret, &type, 1);
	err = put_digits(ret, field, e);
	if (!err && p->form)
		(void)buf_add(ret, "", 1);
	return err;
}

static int carrier_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	size_t want = 3 + p->form;

	if (value.l != want)
		return err_set(e, EBADMSG, "expected %zu octets, got %zu", want, value.l);
	if ((value.p[0] & 0x7f) != 0x21 && (value.p[0] & 0x7f) != 0x22)
		return 0; /* no carrier of the national kind: kept out */
	return get_digits(field, (value.p[0] & 0x0f) == 1 ? 3 : 4, (struct sv){value.p + 1, 2}, e);
}

static int name_put(struct buf *ret, const struct isup_param *p, const void *field, struct err *e)
{
	const char *name = field;
	size_t l = strnlen(name, sizeof(((struct isup_iam *)NULL)->generic_name));
	uint8_t type = NAME_CALLING;

	(void)p;
	if (l > 15)
		return err_set(e, EINVAL, "expected 15 characters at the most");
	for (size_t i = 0; i < l; i++)
		if (name[i] < ' ' || name[i] > '~')
			return err_set(e, EINVAL, "expected printable ASCII, got octet %02x",
				       (uint8_t)name[i]);
	(void)buf_add(ret, &type, 1);
	return buf_add(ret, name, l);
}

static int name_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	char *name = field;

	(void)p;
	if (value.l < 1 || value.l > 16)
		return err_set(e, EBADMSG, "expected 1 to 16 octets, got %zu", value.l);
	for (size_t i = 1; i < value.l; i++)
		if (value.p[i] < ' ' || value.p[i] > '~')
			return err_set(e, EBADMSG, "expected printable ASCII, got octet %02x",
				       (uint8_t)value.p[i]);
	if ((uint8_t)value.p[0] != NAME_CALLING)
		return 0; /* another name, or one not to be shown: kept out */
	memcpy(name, value.p + 1, value.l - 1);
	name[value.l - 1] = '\0';
	return 0;
}

/* form octets, with a bool before them that says whether they are there */
static bool octets_present(const struct isup_param *p, const void *field)
{
	(void)p;
	return *(const bool *)field;
}

static int octets_put(struct buf *ret, const struct isup_param *p, const void *field, struct err *e)
{
	(void)e;
	return buf_add(ret, (const uint8_t *)field + 1, p->form);
}

static int octets_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	if (value.l != p->form)
		return err_set(e, EBADMSG, "expected %u octets, got %zu", p->form, value.l);
	*(bool *)field = true;
	memcpy((uint8_t *)field + 1, value.p, p->form);
	return 0;
}

/* User service information; field is the whole IAM, because its length stands beside it */
static bool usi_present(const struct isup_param *p, const void *field)
{
	(void)p;
	return ((const struct isup_iam *)field)->usi_len > 0;
}

static int usi_put(struct buf *ret, const struct isup_param *p, const void *field, struct err *e)
{
	const struct isup_iam *iam = field;

	(void)p;
	if (iam->usi_len < 2 || iam->usi_len > sizeof(iam->usi))
		return err_set(e, EINVAL, "expected 2 to %zu octets, got %zu", sizeof(iam->usi),
			       iam->usi_len);
	return buf_add(ret, iam->usi, iam->usi_len);
}

static int usi_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	struct isup_iam *iam = field;

	(void)p;
	if (value.l < 2 || value.l > sizeof(iam->usi))
		return err_set(e, EBADMSG, "expected 2 to %zu octets, got %zu", sizeof(iam->usi),
			       value.l);
	memcpy(iam->usi, value.p, value.l);
	iam->usi_len = value.l;
	return 0;
}

static bool cause_present(const struct isup_param *p, const void *field)
{
	(void)p;
	(void)field;
	return true;
}

static int cause_put(struct buf *ret, const struct isup_param *p, const void *field, struct err *e)
{
	const struct isup_rel *rel = field;
	uint8_t octets[2] = {(uint8_t)(0x80 | rel->location), (uint8_t)(0x80 | rel->cause)};

	(void)p;
	if (rel->location > 15 || rel->cause > 127)
		return err_set(e, EINVAL, "expected location to 15 and cause to 127, got %u and %u",
			       rel->location, rel->cause);
	return buf_add(ret, octets, 2);
}

static int cause_get(void *field, const struct isup_param *p, struct sv value, struct err *e)
{
	struct isup_rel *rel = field;
	size_t at = 1;

	(void)p;
	/* Q.850 §2.2.2: the extension bit of octet 1 is 0 when a recommendation octet follows */
	if (value.l && !(value.p[0] & 0x80))
		at = 2;
	if (value.l <= at)
		return err_set(e, EBADMSG, "expected %zu octets or more, got %zu", at + 1, value.l);
	rel->location = value.p[0] & 0x0f;
	rel->cause = value.p[at] & 0x7f;
	return 0;
}

static const struct isup_kind number = {number_present, number_put, number_get};
static const struct isup_kind jip = {text_present, jip_put, jip_get};
static const struct isup_kind carrier = {text_present, carrier_put, carrier_get};
static const struct isup_kind name = {text_present, name_put, name_get};
static const struct isup_kind octets = {octets_present, octets_put, octets_get};
static const struct isup_kind usi = {usi_present, usi_put, usi_get};
static const struct isup_kind cause = {cause_present, cause_put, cause_get};

/* A plain value stands directly behind its bool */
#define BEHIND(has, value)                                                                     \
	_Static_assert(offsetof(struct isup_iam, value) == offsetof(struct isup_iam, has) + 1, \
		       #value)
BEHIND(has_oli, oli);
BEHIND(has_carrier_selection, carrier_selection);
BEHIND(has_redirection, redirection);
BEHIND(has_hop_counter, hop_counter);

#define PRESENTATION_AND_SCREENING (ISUP_HAS_PRESENTATION | ISUP_HAS_SCREENING)
#define TYPE_AND_PRESENTATION      (ISUP_HAS_TYPE | ISUP_HAS_PRESENTATION)
#define IAM(member)                offsetof(struct isup_msg, iam.member)

/* clang-format off */
const struct isup_param isup_iam_variable[] = {
	{0x1d, "user service information", offsetof(struct isup_msg, iam), &usi, 0},
	{0x04, "called number",            IAM(called), &number, 0},
	{0,    NULL,                       0, NULL, 0},
};

const struct isup_param isup_rel_variable[] = {
	{0x12, "cause", offsetof(struct isup_msg, rel), &cause, 0},
	{0,    NULL,    0, NULL, 0},
};

const struct isup_param isup_iam_optional[] = {
	{0x0a, "calling number",               IAM(calling), &number, PRESENTATION_AND_SCREENING},
	{0xc0, "generic address",              IAM(generic), &number, TYPE_AND_PRESENTATION},
	{0xc4, "jurisdiction information",     IAM(jip), &jip, 0},
	{0x23, "transit network selection",    IAM(tns), &carrier, 1},
	{0xc5, "carrier identification",       IAM(cip), &carrier, 0},
	{0xeb, "charge number",                IAM(charge), &number, 0},
	{0xea, "originating line information", IAM(has_oli), &octets, 1},
	{0xee, "carrier selection",            IAM(has_carrier_selection), &octets, 1},
	{0x28, "original called number",       IAM(original_called), &number, ISUP_HAS_PRESENTATION},
	{0x0b, "redirecting number",           IAM(redirecting), &number, ISUP_HAS_PRESENTATION},
	{0x13, "redirection information",      IAM(has_redirection), &octets, 2},
	{0x3d, "hop counter",                  IAM(has_hop_counter), &octets, 1},
	{0xc7, "generic name",                 IAM(generic_name), &name, 0},
	{0,    NULL,                           0, NULL, 0},
};
/* clang-format on */
