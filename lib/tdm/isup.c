#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/tdm/isup_param.h"

#define CIC_MAX    0x3fff /* 14 bits in ANSI networks; the two bits above are spare */
#define HEAD_LEN   3      /* CIC and message type */
#define ISUP_MAX   512    /* all parameters at their longest need less */
#define POINTER_NO 0      /* "no optional part" */

/* CIC | type | fixed | a pointer for each variable parameter | pointer to the optional part |
 * variable | optional, 0. A pointer counts from itself to the length octet that it points to. */
struct layout {
	enum isup_type type;
	bool has_optional; /* RLC of ANSI has not even a pointer */
	const char *name;
	size_t fixed_off, fixed_len; /* in struct isup_msg */
	const struct isup_param *variable;
	const struct isup_param *optional;
};

static const struct isup_param none[] = {{.code = 0}};

_Static_assert(offsetof(struct isup_iam, category) == offsetof(struct isup_iam, nature) + 3,
	       "nature, forward and category stand in the order of the message");

#define AT(member) offsetof(struct isup_msg, member)

/* clang-format off */
static const struct layout layouts[] = {
	{ISUP_IAM, true,  "IAM", AT(iam.nature),   4, isup_iam_variable, isup_iam_optional},
	{ISUP_ACM, true,  "ACM", AT(acm.backward), 2, none, none},
	{ISUP_ANM, true,  "ANM", 0,                0, none, none},
	{ISUP_REL, true,  "REL", 0,                0, isup_rel_variable, none},
	{ISUP_RLC, false, "RLC", 0,                0, none, none},
	{ISUP_CPG, true,  "CPG", AT(acm.backward), 1, none, none},
};
/* clang-format on */

static const struct layout *layout_of(enum isup_type type)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

const char *isup_type_name(enum isup_type type)
{
	const struct layout *l = layout_of(type);

	return l ? l->name : "?";
}

static void put_octet(struct buf *out, size_t v)
{
	uint8_t octet = (uint8_t)v;

	(void)buf_add(out, &octet, 1);
}

/* Length and value of one parameter */
static int put_param(struct buf *out, const struct layout *l, const struct isup_param *p,
		     const struct isup_msg *msg, struct err *e)
{
	size_t at = out->l;
	int err;

	put_octet(out, 0);
	err = p->kind->put(out, p, (const uint8_t *)msg + p->off, e);
	if (!err)
		err = out->err;
	if (err == EINVAL)
		err_prefix(e, "%s: %s (%02X): ", l->name, p->name, p->code);
	if (!err)
		out->p[at] = (char)(out->l - at - 1);
	return err;
}

static int put_variable(struct buf *out, const struct layout *l, size_t pointers,
			const struct isup_msg *msg, struct err *e)
{
	for (const struct isup_param *p = l->variable; p->code; p++, pointers++) {
		int err;

		if (!p->kind->present(p, (const uint8_t *)msg + p->off))
			return err_set(e, EINVAL, "%s: %s (%02X) is mandatory, got none", l->name,
				       p->name, p->code);
		out->p[pointers] = (char)(out->l - pointers);
		err = put_param(out, l, p, msg, e);
		if (err)
			return err;
	}
	return 0;
}

static int put_optional(struct buf *out, const struct layout *l, size_t pointer,
			const struct isup_msg *msg, struct err *e)
{
	size_t begin = out->l;

	for (const struct isup_param *p = l->optional; p->code; p++) {
		int err;

		if (!p->kind->present(p, (const uint8_t *)msg + p->off))
			continue;
		put_octet(out, p->code);
		err = put_param(out, l, p, msg, e);
		if (err)
			return err;
	}
	if (out->l == begin)
		return 0;
	put_octet(out, 0);
	out->p[pointer] = (char)(begin - pointer);
	return out->err;
}

int isup_encode(struct buf *ret, const struct isup_msg *msg, struct err *e)
{
	const struct layout *l = layout_of(msg->type);
	BUF_AUTO struct buf out = BUF(ISUP_MAX);
	size_t pointers, n = 0;
	int err;

	if (!l)
		return err_set(e, EINVAL, "ISUP message type %02X: not one that can be sent",
			       msg->type);
	if (msg->cic > CIC_MAX)
		return err_set(e, EINVAL, "%s: CIC: expected 0 to %d, got %u", l->name, CIC_MAX,
			       msg->cic);
	put_octet(&out, msg->cic & 0xff);
	put_octet(&out, msg->cic >> 8);
	put_octet(&out, msg->type);
	(void)buf_add(&out, (const uint8_t *)msg + l->fixed_off, l->fixed_len);
	pointers = out.l;
	for (const struct isup_param *p = l->variable; p->code; p++, n++)
		put_octet(&out, 0);
	if (l->has_optional)
		put_octet(&out, POINTER_NO);
	if (out.err)
		return out.err;
	err = put_variable(&out, l, pointers, msg, e);
	if (!err)
		err = put_optional(&out, l, pointers + n, msg, e);
	return err ? err : buf_addsv(ret, buf_sv(&out));
}

/* Where we are while reading */
struct reader {
	struct isup_msg *msg;
	const struct layout *l;
	struct sv octets;
	struct err *e;
};

static unsigned octet_at(const struct reader *r, size_t at)
{
	return (unsigned char)r->octets.p[at];
}

/* A parameter whose length octet is at `at`. @return 0 and where it ends; EBADMSG */
static int get_param(const struct reader *r, const struct isup_param *p, size_t at, size_t *ret_end)
{
	size_t len = octet_at(r, at);
	int err;

	if (len > r->octets.l - at - 1)
		return err_set(
			r->e, EBADMSG,
			"%s: %s (%02X) at octet %zu: expected %zu octets of value, got only %zu",
			r->l->name, p->name, p->code, at + 1, len, r->octets.l - at - 1);
	*ret_end = at + 1 + len;
	if (!p->kind)
		return 0;
	err = p->kind->get((uint8_t *)r->msg + p->off, p, (struct sv){r->octets.p + at + 1, len},
			   r->e);
	if (err)
		err_prefix(r->e, "%s: %s (%02X) at octet %zu: ", r->l->name, p->name, p->code,
			   at + 1);
	return err;
}

/* Follow the pointer at `at`; parameters begin no sooner than `body`. @return 0 and the target;
 * EBADMSG */
static int follow(const struct reader *r, const char *name, size_t at, size_t body, size_t *ret)
{
	size_t target = at + octet_at(r, at);

	if (target < body || target >= r->octets.l)
		return err_set(r->e, EBADMSG,
			       "%s: pointer to the %s at octet %zu: expected one that leads to "
			       "octets %zu to %zu, got "
			       "%u",
			       r->l->name, name, at + 1, body + 1, r->octets.l, octet_at(r, at));
	*ret = target;
	return 0;
}

static const struct isup_param *optional_of(const struct layout *l, unsigned code)
{
	static const struct isup_param unknown = {.name = "unknown parameter"};
	const struct isup_param *p = l->optional;

	while (p->code && p->code != code)
		p++;
	return p->code ? p : &unknown;
}

static int get_optional(const struct reader *r, size_t at)
{
	while (at < r->octets.l) {
		unsigned code = octet_at(r, at);
		struct isup_param p;
		int err;

		if (!code)
			return 0;
		if (++at == r->octets.l)
			break;
		p = *optional_of(r->l, code);
		p.code = (uint8_t)code;
		if (p.kind && p.kind->present(&p, (uint8_t *)r->msg + p.off))
			p.kind = NULL; /* of a repeated one the first counts */
		err = get_param(r, &p, at, &at);
		if (err)
			return err;
	}
	return err_set(
		r->e, EBADMSG,
		"%s: optional part: expected an end (00), got the end of the message at octet %zu",
		r->l->name, r->octets.l);
}

static int get_body(const struct reader *r)
{
	size_t at = HEAD_LEN + r->l->fixed_len, body = at;
	int err;

	for (const struct isup_param *p = r->l->variable; p->code; p++)
		body++;
	body += r->l->has_optional;
	if (r->octets.l < body)
		return err_set(r->e, EBADMSG, "%s: expected %zu octets or more, got %zu",
			       r->l->name, body, r->octets.l);
	if (r->l->fixed_len)
		memcpy((uint8_t *)r->msg + r->l->fixed_off, r->octets.p + HEAD_LEN,
		       r->l->fixed_len);
	for (const struct isup_param *p = r->l->variable; p->code; p++, at++) {
		size_t target = 0;

		err = follow(r, p->name, at, body, &target);
		if (!err)
			err = get_param(r, p, target, &target);
		if (err)
			return err;
	}
	if (!r->l->has_optional || octet_at(r, at) == POINTER_NO)
		return 0;
	err = follow(r, "optional part", at, body, &at);
	return err ? err : get_optional(r, at);
}

int isup_decode(struct isup_msg *ret, struct sv octets, struct err *e)
{
	struct reader r = {.msg = ret, .octets = octets, .e = e};

	memset(ret, 0, sizeof(*ret));
	if (octets.l < HEAD_LEN)
		return err_set(e, EBADMSG, "ISUP: expected CIC and message type, got %zu octets",
			       octets.l);
	ret->cic = (uint16_t)((octet_at(&r, 0) | octet_at(&r, 1) << 8) & CIC_MAX);
	ret->type = (enum isup_type)octet_at(&r, 2);
	r.l = layout_of(ret->type);
	if (!r.l)
		return err_set(e, ENOTSUP,
			       "ISUP: message type %02X: expected IAM, ACM, CPG, ANM, REL or RLC",
			       (unsigned)ret->type);
	return get_body(&r);
}

void isup_text(const struct isup_msg *msg, char *ret, size_t size)
{
	const struct isup_iam *iam = &msg->iam;
	BUF_AUTO struct buf out = BUF(256);

	(void)buf_printf(&out, "%s CIC %u", isup_type_name(msg->type), msg->cic);
	if (msg->type == ISUP_IAM) {
		(void)buf_printf(&out, " called %s", iam->called.digits);
		if (iam->calling.present)
			(void)buf_printf(&out, " calling %s", iam->calling.digits);
		if (iam->generic.present)
			(void)buf_printf(&out, " ported %s", iam->generic.digits);
		if (iam->redirecting.present)
			(void)buf_printf(&out, " redirecting %s", iam->redirecting.digits);
	}
	if (msg->type == ISUP_REL)
		(void)buf_printf(&out, " cause %u", msg->rel.cause);
	(void)snprintf(ret, size, "%s", out.p ? out.p : "");
}
