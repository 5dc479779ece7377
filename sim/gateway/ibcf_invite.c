#include <errno.h>

#include "lib/net/sip_text.h"
#include "sim/gateway/ibcf_invite.h"

#define TEXT_MAX 4096

/* What belongs to the call. Not: what belongs to the hop or the dialog, and what negotiates
 * extensions, of which we have none. Verbatim: signed, or what a signature is compared with */
static const struct {
	const char *name;
	bool verbatim;
} kept[] = {
	{"Identity", true},
	{"Date", true},
	{"P-Asserted-Identity", false},
	{"Privacy", false},
	{"History-Info", false},
	{"Diversion", false},
	{"Reason", false},
	{"P-Charge-Info", false},
	{"Subject", false},
	{"Priority", false},
	{"Resource-Priority", false},
	{"Call-Info", false},
	{"User-to-User", false},
};

#define KEPT (sizeof(kept) / sizeof(kept[0]))

static size_t find_kept(struct sv name)
{
	size_t i = 0;

	while (i < KEPT && !sv_ieqz(name, kept[i].name))
		i++;
	return i;
}

static void add_line(struct buf *b, const char *name, struct sv value, bool verbatim)
{
	(void)buf_printf(b, "%s: ", name);
	if (verbatim)
		(void)buf_addsv(b, value);
	else
		sip_text_clean(b, value);
	(void)buf_addz(b, "\r\n");
}

static void add_kept(struct ibcf_invite *inv, const struct sip_rx *rx, bool identity)
{
	struct sv head = sip_rx_head(rx), name, value;

	while (sip_text_line(&head, &name, &value)) {
		size_t i = find_kept(name);

		if (i == KEPT || (i == 0 && !identity))
			continue;
		add_line(&inv->lines, kept[i].name, value, kept[i].verbatim);
		inv->identities += i == 0;
	}
}

static int add_hops(struct buf *b, const struct sip_rx *rx)
{
	struct sv value = sip_rx_header(rx, "Max-Forwards", 0);
	unsigned long long n = 71; /* RFC 3261 §16.6: without one, 70 goes on */

	if (value.p && !sv_u64(value, 255, &n))
		return EBADMSG;
	if (!n)
		return ELOOP;
	return buf_printf(b, "Max-Forwards: %llu\r\n", n - 1);
}

int ibcf_invite_write(struct ibcf_invite *ret, const struct sip_rx *invite, bool identity)
{
	int err;

	*ret = (struct ibcf_invite){.uri = BUF(TEXT_MAX),
				    .to = BUF(TEXT_MAX),
				    .from = BUF(TEXT_MAX),
				    .ctype = BUF(TEXT_MAX),
				    .lines = BUF(IBCF_LINES_MAX)};
	err = add_hops(&ret->lines, invite);
	if (err)
		return err;
	sip_text_clean(&ret->uri, sip_rx_uri(invite));
	sip_text_address(&ret->to, sip_rx_header(invite, "To", 0));
	sip_text_address(&ret->from, sip_rx_header(invite, "From", 0));
	sip_text_clean(&ret->ctype, sip_rx_header(invite, "Content-Type", 0));
	add_kept(ret, invite, identity);
	return ret->uri.err || ret->to.err || ret->from.err || ret->ctype.err || ret->lines.err
		       ? EMSGSIZE
		       : 0;
}

void ibcf_invite_free(struct ibcf_invite *inv)
{
	buf_free(&inv->uri);
	buf_free(&inv->to);
	buf_free(&inv->from);
	buf_free(&inv->ctype);
	buf_free(&inv->lines);
}

void ibcf_add_lines(struct buf *b, const struct sip_rx *rx, const char *name)
{
	struct sv value;

	for (unsigned i = 0; (value = sip_rx_header(rx, name, i)).p; i++)
		add_line(b, name, value, false);
}
