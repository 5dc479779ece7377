#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/net/app.h"
#include "sim/oobsim/report/pcapng.h"

/* draft-ietf-opsawg-pcapng: types of blocks and options */
#define SECTION_HEADER   0x0a0d0d0au
#define INTERFACE        1u
#define NAME_RESOLUTION  4u
#define ENHANCED_PACKET  6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define OPT_END          0u
#define OPT_COMMENT      1u
#define SHB_USERAPPL     4u
#define IF_NAME          2u
#define IF_DESCRIPTION   3u
#define NRB_END          0u
#define NRB_IPV4         1u
#define NRB_IPV6         2u

/* LINKTYPE_WIRESHARK_UPPER_PDU, and its tags (Wireshark's epan/exported_pdu.h): big-endian */
#define LINKTYPE_UPPER_PDU 252u
#define TAG_END            0u
#define TAG_DISSECTOR      12u
#define TAG_IPV4_SRC       20u
#define TAG_IPV4_DST       21u
#define TAG_IPV6_SRC       22u
#define TAG_IPV6_DST       23u
#define TAG_PORT_TYPE      24u
#define TAG_SRC_PORT       25u
#define TAG_DST_PORT       26u
#define PORT_TCP           2u
#define PORT_UDP           3u

/* One block, or one packet's data: far above what a message of ours may have */
#define BLOCK_MAX (64u << 20)

/* An address of the trace: "127.9.1.2:5060", "[::1]:5060" */
struct end {
	int family; /* 0: none of both */
	uint8_t octets[16];
	size_t len;
	uint32_t port;
};

static void put16(struct buf *b, uint32_t v)
{
	const uint8_t octets[2] = {(uint8_t)v, (uint8_t)(v >> 8)};

	(void)buf_add(b, octets, sizeof(octets));
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

static void pad(struct buf *b, size_t l)
{
	(void)buf_add(b, "\0\0\0", (4 - l % 4) % 4);
}

static void put_option(struct buf *b, uint32_t type, struct sv value)
{
	put16(b, type);
	put16(b, (uint32_t)value.l);
	(void)buf_addsv(b, value);
	pad(b, value.l);
}

/* A block around its body; false when it cannot be written */
static bool put_block(FILE *f, uint32_t type, const struct buf *body)
{
	BUF_AUTO struct buf head = BUF(16), tail = BUF(16);
	uint32_t len = (uint32_t)(body->l + 12);

	put32(&head, type);
	put32(&head, len);
	put32(&tail, len);
	return !body->err && !head.err && !tail.err && fwrite(head.p, 1, head.l, f) == head.l &&
	       fwrite(body->p, 1, body->l, f) == body->l && fwrite(tail.p, 1, tail.l, f) == tail.l;
}

static bool put_section(FILE *f)
{
	BUF_AUTO struct buf b = BUF(BLOCK_MAX);

	put32(&b, BYTE_ORDER_MAGIC);
	put32(&b, 1); /* version 1.0 */
	put32(&b, 0xffffffff);
	put32(&b, 0xffffffff); /* length of the section: not told */
	put_option(&b, SHB_USERAPPL, SV("oobsim " OOB_VERSION));
	put_option(&b, OPT_END, SV(""));
	return put_block(f, SECTION_HEADER, &b);
}

/* Times in microseconds: what a pcapng has unless it says otherwise */
static bool put_interface(FILE *f)
{
	BUF_AUTO struct buf b = BUF(BLOCK_MAX);

	put16(&b, LINKTYPE_UPPER_PDU);
	put16(&b, 0);
	put32(&b, 0); /* no limit */
	put_option(&b, IF_NAME, SV("trace"));
	put_option(&b, IF_DESCRIPTION, SV("messages as the elements traced them, TLS taken off"));
	put_option(&b, OPT_END, SV(""));
	return put_block(f, INTERFACE, &b);
}

static struct end read_end(const char *text)
{
	const char *colon = strrchr(text, ':');
	struct sv host = {text, colon ? (size_t)(colon - text) : strlen(text)};
	struct end ret = {0};
	char z[64];
	unsigned long long port;

	if (host.l > 1 && host.p[0] == '[' && host.p[host.l - 1] == ']')
		host = (struct sv){host.p + 1, host.l - 2};
	(void)snprintf(z, sizeof(z), "%.*s", SV_ARG(host));
	if (colon && sv_u64(sv_from(colon + 1), 65535, &port))
		ret.port = (uint32_t)port;
	if (inet_pton(AF_INET, z, ret.octets) == 1) {
		ret.family = AF_INET;
		ret.len = 4;
	} else if (inet_pton(AF_INET6, z, ret.octets) == 1) {
		ret.family = AF_INET6;
		ret.len = 16;
	}
	return ret;
}

/* Each address by the name of its element, where the world has told it and it is that element's alone */
static void put_names(struct buf *b, const struct events *evs)
{
	for (size_t i = 0; i < events_count(evs) && !events_shared(evs); i++) {
		const struct event *ev = events_at(evs, i);
		char name[64], addr[64];
		struct end end;

		if (strcmp(ev->what, "world.element") != 0 ||
		    !event_fact(ev, "name", name, sizeof(name)) ||
		    !event_fact(ev, "addr", addr, sizeof(addr)))
			continue;
		end = read_end(addr);
		if (!end.family || end.port)
			continue;
		put16(b, end.family == AF_INET ? NRB_IPV4 : NRB_IPV6);
		put16(b, (uint32_t)(end.len + strlen(name) + 1));
		(void)buf_add(b, end.octets, end.len);
		(void)buf_add(b, name, strlen(name) + 1);
		pad(b, end.len + strlen(name) + 1);
	}
}

static bool put_all_names(FILE *f, const struct events *const *evs, size_t n)
{
	BUF_AUTO struct buf b = BUF(BLOCK_MAX);

	for (size_t i = 0; i < n; i++)
		put_names(&b, evs[i]);
	put16(&b, NRB_END);
	put16(&b, 0);
	return put_block(f, NAME_RESOLUTION, &b);
}

/* --- packets --- */

static void put_tag(struct buf *b, uint32_t tag, struct sv value)
{
	uint32_t l = (uint32_t)(value.l + 3) / 4 * 4;
	const uint8_t head[4] = {(uint8_t)(tag >> 8), (uint8_t)tag, (uint8_t)(l >> 8), (uint8_t)l};

	(void)buf_add(b, head, sizeof(head));
	(void)buf_addsv(b, value);
	pad(b, value.l);
}

static void put_number(struct buf *b, uint32_t tag, uint32_t v)
{
	const char octets[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};

	put_tag(b, tag, (struct sv){octets, sizeof(octets)});
}

static void put_address(struct buf *b, const struct end *end, uint32_t tag4, uint32_t tag6)
{
	if (end->family)
		put_tag(b, end->family == AF_INET ? tag4 : tag6,
			(struct sv){(const char *)end->octets, end->len});
}

/* SIP says in its Via how it travels */
static bool is_udp(const struct event *ev)
{
	struct sv via;

	return ev->kind == EVENT_SIP &&
	       (event_header(ev, "Via", 0, &via) || event_header(ev, "v", 0, &via)) &&
	       sv_starts(via, "SIP/2.0/UDP");
}

static void put_pdu(struct buf *b, const struct event *ev)
{
	static const char *const dissectors[] = {
		[EVENT_SIP] = "sip", [EVENT_HTTPS] = "http", [EVENT_ISUP] = "m3ua"};
	struct end src = read_end(ev->src), dst = read_end(ev->dst);

	put_tag(b, TAG_DISSECTOR, sv_from(dissectors[ev->kind]));
	put_address(b, &src, TAG_IPV4_SRC, TAG_IPV6_SRC);
	put_address(b, &dst, TAG_IPV4_DST, TAG_IPV6_DST);
	put_number(b, TAG_PORT_TYPE, is_udp(ev) ? PORT_UDP : PORT_TCP);
	put_number(b, TAG_SRC_PORT, src.port);
	put_number(b, TAG_DST_PORT, dst.port);
	put_tag(b, TAG_END, SV(""));
	(void)buf_addsv(b, event_octets(ev));
}

/* "osp.as -> tsp.cps POST 201" */
static void put_comment(struct buf *b, const struct event *ev)
{
	BUF_AUTO struct buf text = BUF(1024);

	(void)buf_printf(&text, "%s -> %s %s", ev->from, ev->to, ev->what);
	if (ev->status)
		(void)buf_printf(&text, " %u", ev->status);
	if (!text.err)
		put_option(b, OPT_COMMENT, buf_sv(&text));
	put_option(b, OPT_END, SV(""));
}

static bool put_packet(FILE *f, const struct event *ev, uint64_t t)
{
	BUF_AUTO struct buf b = BUF(BLOCK_MAX), pdu = BUF(BLOCK_MAX);

	put_pdu(&pdu, ev);
	put32(&b, 0); /* interface */
	put32(&b, (uint32_t)(t >> 32));
	put32(&b, (uint32_t)t);
	put32(&b, (uint32_t)pdu.l);
	put32(&b, (uint32_t)pdu.l);
	(void)buf_addsv(&b, buf_sv(&pdu));
	pad(&b, pdu.l);
	put_comment(&b, ev);
	return !pdu.err && put_block(f, ENHANCED_PACKET, &b);
}

/* A message that both ends have traced is one packet, at the earlier of the two times: who sends by curl
 * traces a request when it is on its way already. The octets are the sender's */
static const struct event *packet_at(const struct events *evs, size_t i)
{
	const struct event *ev = events_at(evs, i);

	if (ev->kind == EVENT_NOTE || (ev->twin != EVENT_NO_TWIN && ev->twin < i))
		return NULL;
	return ev->dir == EVENT_TX || ev->twin == EVENT_NO_TWIN ? ev : events_at(evs, ev->twin);
}

/* One trace among several, and where its next event is */
struct source {
	const struct events *evs;
	size_t at;
};

/* The one whose next event is the earliest; NULL: all are at their end */
static struct source *earliest(struct source *v, size_t n)
{
	struct source *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (v[i].at < events_count(v[i].evs) &&
		    (!found ||
		     events_at(v[i].evs, v[i].at)->t_us < events_at(found->evs, found->at)->t_us))
			found = &v[i];
	return found;
}

int pcapng_write_all(FILE *f, const struct events *const *evs, size_t n, uint64_t epoch_us)
{
	struct source *sources = calloc(n + 1, sizeof(*sources)), *s;
	bool written = sources && put_section(f) && put_interface(f) && put_all_names(f, evs, n);

	for (size_t i = 0; i < n && written; i++)
		sources[i].evs = evs[i];
	while (written && (s = earliest(sources, n)) != NULL) {
		const struct event *packet = packet_at(s->evs, s->at);

		if (packet)
			written = put_packet(f, packet, events_at(s->evs, s->at)->t_us + epoch_us);
		s->at++;
	}
	free(sources);
	return written ? 0 : sources ? EIO : ENOMEM;
}

int pcapng_write(FILE *f, const struct events *evs, uint64_t epoch_us)
{
	return pcapng_write_all(f, &evs, 1, epoch_us);
}
