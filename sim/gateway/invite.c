#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/gateway/divert.h"
#include "sim/gateway/invite.h"

#define CODE_MAX 6 /* digits of a service code, which has no country code */
#define TEXT_MAX 4096
#define READ_MAX 8

/* Reads headers and remembers which: what it did not read is lost */
struct reader {
	const struct sip_rx *rx;
	const char *read[READ_MAX + 1];
	size_t n;
};

static struct sv read_header(struct reader *r, const char *name, unsigned i)
{
	if (i == 0 && r->n < READ_MAX)
		r->read[r->n++] = name;
	return sip_rx_header(r->rx, name, i);
}

static int read_called(struct call_setup *ret, struct sv uri, struct err *e)
{
	struct sv value;

	if (sip_tn(&ret->called, uri))
		return err_set(e, EBADMSG, "Request-URI: expected a telephone number, got \"%.*s\"",
			       SV_ARG(uri));
	ret->npdi = sip_uri_param(uri, "npdi", &value);
	if (sip_uri_param(uri, "rn", &value) && tn_canonical(&ret->rn, value))
		return err_set(e, EBADMSG, "Request-URI: expected rn to be a number, got \"%.*s\"",
			       SV_ARG(value));
	if (!sip_uri_param(uri, "cic", &value))
		return 0;
	/* RFC 4694 §4: global form, so with the country code */
	if (sv_starts(value, "+1"))
		value = (struct sv){value.p + 2, value.l - 2};
	if (value.l >= sizeof(ret->cic))
		return err_set(e, EBADMSG,
			       "Request-URI: expected cic to be 3 or 4 digits, got \"%.*s\"",
			       SV_ARG(value));
	memcpy(ret->cic, value.p, value.l);
	return 0;
}

/* "id; critical", "header;id" (RFC 3323 §4.2, RFC 3325 §9.3) */
static bool asks_privacy(struct sv privacy, const char *what)
{
	while (privacy.l)
		if (sv_ieqz(sv_trim(sv_cut(&privacy, ';')), what))
			return true;
	return false;
}

static void read_calling(struct call_setup *ret, struct reader *r)
{
	struct sv from = read_header(r, "From", 0), pai;

	for (unsigned i = 0; (pai = read_header(r, "P-Asserted-Identity", i)).p; i++)
		if (!ret->calling_verified && !sip_tn(&ret->calling, pai))
			ret->calling_verified = true;
	if (!ret->calling_verified && sip_tn(&ret->calling, from))
		ret->calling.s[0] = '\0';
	ret->restricted = asks_privacy(read_header(r, "Privacy", 0), "id") ||
			  sv_ieqz(sip_user(from), "anonymous");
}

int invite_read(struct call_setup *ret, json_t **ret_lost, const struct sip_rx *invite,
		struct err *e)
{
	struct reader r = {.rx = invite};
	int err;

	memset(ret, 0, sizeof(*ret));
	err = read_called(ret, sip_rx_uri(invite), e);
	if (err)
		return err;
	read_calling(ret, &r);
	if (divert_read(ret, invite, asks_privacy(sip_rx_header(invite, "Privacy", 0), "history")))
		r.read[r.n++] = "History-Info";
	*ret_lost = invite_lost(sip_rx_head(invite), r.read);
	return *ret_lost ? 0 : err_set(e, ENOMEM, "out of memory");
}

const char *invite_plus(const struct tn *tn)
{
	return strlen(tn->s) > CODE_MAX ? "+" : "";
}

static void add_user(struct buf *b, const struct tn *tn, const char *domain)
{
	(void)buf_printf(b, "<sip:%s%s@%s;user=phone>", invite_plus(tn), tn->s, domain);
}

static void write_called(struct invite *inv, const struct call_setup *s, const char *domain)
{
	(void)buf_printf(&inv->uri, "sip:%s%s", invite_plus(&s->called), s->called.s);
	if (s->npdi)
		(void)buf_addz(&inv->uri, ";npdi");
	if (s->rn.s[0])
		(void)buf_printf(&inv->uri, ";rn=%s%s", invite_plus(&s->rn), s->rn.s);
	if (s->cic[0])
		(void)buf_printf(&inv->uri, ";cic=+1%s", s->cic);
	(void)buf_printf(&inv->uri, "@%s;user=phone", domain);
	/* RFC 3398 §8.2.1.1: the original called number, as it never changed on its way in SIP */
	add_user(&inv->to, s->first.from.s[0] ? &s->first.from : &s->called, domain);
}

static void write_calling(struct invite *inv, const struct call_setup *s, const char *domain)
{
	if (!s->calling.s[0]) {
		(void)buf_addz(&inv->from, "<sip:unavailable@unknown.invalid>");
		return;
	}
	if (s->restricted) {
		(void)buf_addz(&inv->from, "<sip:anonymous@anonymous.invalid>");
		(void)buf_addz(&inv->headers, "Privacy: id\r\n");
	} else {
		add_user(&inv->from, &s->calling, domain);
	}
	if (s->calling_verified) {
		(void)buf_addz(&inv->headers, "P-Asserted-Identity: ");
		add_user(&inv->headers, &s->calling, domain);
		(void)buf_addz(&inv->headers, "\r\n");
	}
}

int invite_write(struct invite *ret, const struct call_setup *setup, const char *domain)
{
	*ret = (struct invite){BUF(TEXT_MAX), BUF(TEXT_MAX), BUF(TEXT_MAX), BUF(TEXT_MAX)};
	write_called(ret, setup, domain);
	write_calling(ret, setup, domain);
	divert_write(&ret->headers, setup, domain);
	(void)buf_addz(&ret->headers, ""); /* so that it is a string even without any */
	if (ret->uri.err || ret->to.err || ret->from.err)
		return ret->uri.err ? ret->uri.err : ret->to.err ? ret->to.err : ret->from.err;
	return ret->headers.err;
}

void invite_free(struct invite *inv)
{
	buf_free(&inv->uri);
	buf_free(&inv->to);
	buf_free(&inv->from);
	buf_free(&inv->headers);
}
