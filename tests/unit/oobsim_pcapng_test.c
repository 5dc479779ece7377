/* What tests/test_pcapng.py cannot see: other addresses, other transports, octets of the file. */
#include "sim/oobsim/report/pcapng.c"
#include "tests/unit/oobsim_trace.h"

/* The capture of a trace, as octets */
static struct buf capture(struct events *evs, uint64_t epoch_us)
{
	struct buf ret = BUF(1u << 20);
	char chunk[4096];
	FILE *f = tmpfile();
	size_t n;

	CHECK_INT(0, events_sort(evs));
	CHECK_INT(0, pcapng_write(f, evs, epoch_us));
	rewind(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		(void)buf_add(&ret, chunk, n);
	(void)fclose(f);
	return ret;
}

static uint32_t get32(const struct buf *b, size_t at)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++)
		v |= (uint32_t)(uint8_t)b->p[at + i] << (8 * i);
	return v;
}

/* Body of the n-th block of a type; all lengths must fit */
static size_t block(const struct buf *b, uint32_t type, size_t n)
{
	size_t at = 0, found = 0;

	while (at + 12 <= b->l) {
		uint32_t len = get32(b, at + 4);

		CHECK(len >= 12 && len % 4 == 0 && at + len <= b->l);
		if (len < 12 || at + len > b->l)
			return 0;
		CHECK_INT(len, get32(b, at + len - 4));
		if (get32(b, at) == type)
			found++;
		if (found > n)
			return at + 8;
		at += len;
	}
	CHECK_INT(b->l, at);
	return 0;
}

static bool holds(const struct buf *b, const char *octets, size_t l)
{
	return memmem(b->p, b->l, octets, l) != NULL;
}

#define HOLDS(b, lit) holds((b), (lit), sizeof(lit) - 1)

#define SIP_LINE(t, dir, src, dst, via)                                                  \
	"{\"t\":" #t ",\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"" dir "\",\"src\":\"" src \
	"\",\"dst\":\"" dst "\",\"raw\":\"OPTIONS sip:a SIP/2.0\\r\\nVia: " via "\\r\\n\\r\\n\"}"

TEST(head_of_the_file)
{
	AUTO(events_free) struct events *evs = begin();
	BUF_AUTO struct buf b = capture(evs, 0);
	static const char head[] = "\x0a\x0d\x0d\x0a";

	CHECK_MEM(head, 4, b.p, 4);
	CHECK_INT(BYTE_ORDER_MAGIC, get32(&b, block(&b, SECTION_HEADER, 0)));
	CHECK_INT(252, get32(&b, block(&b, INTERFACE, 0)));
	CHECK_INT(0, block(&b, ENHANCED_PACKET, 0));
}

TEST(time_is_split_and_shifted)
{
	AUTO(events_free) struct events *evs = begin();
	size_t at;

	add(evs, SIP_LINE(7, "tx", "127.9.1.1:5060", "127.9.1.3:5060", "SIP/2.0/TCP a"));
	BUF_AUTO struct buf b = capture(evs, 0x500000000u);
	at = block(&b, ENHANCED_PACKET, 0);
	CHECK_INT(0, get32(&b, at));
	CHECK_INT(5, get32(&b, at + 4));
	CHECK_INT(7, get32(&b, at + 8));
	CHECK_INT(get32(&b, at + 12), get32(&b, at + 16));
}

TEST(both_ends_are_one_packet)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, INVITE(20, "osp.switch", "tx", "127.9.1.1", "127.9.1.3", "a"));
	add(evs, INVITE(10, "osp.as", "rx", "127.9.1.1", "127.9.1.3", "a"));
	add(evs, INVITE(30, "osp.switch", "rx", "127.9.1.2", "127.9.1.1", "b"));
	BUF_AUTO struct buf b = capture(evs, 0);
	CHECK_INT(10, get32(&b, block(&b, ENHANCED_PACKET, 0) + 8));
	CHECK_INT(30, get32(&b, block(&b, ENHANCED_PACKET, 1) + 8));
	CHECK_INT(0, block(&b, ENHANCED_PACKET, 2));
}

TEST(udp_is_told_from_tcp)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, SIP_LINE(1, "tx", "127.9.1.1:5060", "127.9.1.3:5060", "SIP/2.0/UDP a"));
	BUF_AUTO struct buf udp = capture(evs, 0);
	CHECK(HOLDS(&udp, "\0\x18\0\x04\0\0\0\x03"));
	CHECK(!HOLDS(&udp, "\0\x18\0\x04\0\0\0\x02"));
	AUTO(events_free) struct events *other = begin();

	add(other, SIP_LINE(1, "tx", "127.9.1.1:5060", "127.9.1.3:5060", "SIP/2.0/TCP a"));
	BUF_AUTO struct buf tcp = capture(other, 0);
	CHECK(HOLDS(&tcp, "\0\x18\0\x04\0\0\0\x02"));
}

TEST(ipv6)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, SIP_LINE(1, "tx", "[2001:db8::1]:5060", "[::1]:5062", "SIP/2.0/TCP a"));
	BUF_AUTO struct buf b = capture(evs, 0);
	CHECK(HOLDS(&b, "\0\x16\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"));
	CHECK(HOLDS(&b, "\0\x17\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"));
	CHECK(HOLDS(&b, "\0\x19\0\x04\0\0\x13\xc4\0\x1a\0\x04\0\0\x13\xc6"));
}

TEST(address_that_is_none)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, SIP_LINE(1, "tx", "phone:5060", "nowhere", "SIP/2.0/TCP a"));
	BUF_AUTO struct buf b = capture(evs, 0);
	CHECK(!HOLDS(&b, "\0\x14\0\x04"));
	CHECK(HOLDS(&b, "\0\x19\0\x04\0\0\x13\xc4\0\x1a\0\x04\0\0\0\0"));
	CHECK(block(&b, ENHANCED_PACKET, 0) != 0);
}

TEST(isup_octets)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, IAM_LINE(1));
	add(evs, NOTE(2, "tsp.vs", "vs.result"));
	BUF_AUTO struct buf b = capture(evs, 0);
	CHECK(HOLDS(&b, "\0\x0c\0\x04m3ua"));
	CHECK(HOLDS(&b, "\x01\0\x01\x01\0\0\0\x38\x02\x10\0\x30"));
	CHECK(HOLDS(&b, "osp.gw -> tsp.gw IAM"));
	CHECK_INT(0, block(&b, ENHANCED_PACKET, 1)); /* a note is none */
}

TEST(names_of_elements)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, "{\"t\":1,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.element\",\"data\":"
		 "{\"name\":\"osp.as\",\"addr\":\"127.9.1.3\"}}");
	add(evs, "{\"t\":2,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.element\",\"data\":"
		 "{\"name\":\"odd\",\"addr\":\"somewhere\"}}");
	BUF_AUTO struct buf b = capture(evs, 0);
	CHECK(HOLDS(&b, "\x01\0\x0b\0\x7f\x09\x01\x03osp.as\0\0"));
	CHECK(!HOLDS(&b, "odd"));
}

/* One capture of two traces, in the order of time; a name of one port is no address's */
TEST(several_traces)
{
	AUTO(events_free) struct events *one = begin();
	AUTO(events_free) struct events *two = begin();
	const struct events *both[] = {one, two};
	BUF_AUTO struct buf b = BUF(1 << 20);
	char *p = NULL;
	size_t size, at[3];
	FILE *f = open_memstream(&p, &size);

	add(one, "{\"t\":1,\"at\":\"bench\",\"kind\":\"note\",\"what\":\"world.element\",\"data\":"
		 "{\"name\":\"pki.cr\",\"addr\":\"127.9.0.1:8443\"}}");
	add(one, INVITE(10, "x", "tx", "127.9.1.2", "127.9.1.1", "first"));
	add(two, INVITE(20, "x", "tx", "127.9.1.2", "127.9.1.1", "second"));
	add(one, INVITE(30, "x", "tx", "127.9.1.2", "127.9.1.1", "third"));
	CHECK_INT(0, events_sort(one));
	CHECK_INT(0, events_sort(two));
	CHECK_INT(0, pcapng_write_all(f, both, 2, 0));
	CHECK_INT(0, fclose(f));
	(void)buf_add(&b, p, size);
	free(p);
	for (int i = 0; i < 3; i++) {
		static const char *const ids[] = {"Call-ID: first", "Call-ID: second",
						  "Call-ID: third"};
		const char *found = memmem(b.p, b.l, ids[i], strlen(ids[i]));

		CHECK(found);
		at[i] = found ? (size_t)(found - b.p) : 0;
	}
	CHECK(at[0] < at[1] && at[1] < at[2]);
	CHECK(!HOLDS(&b, "pki.cr"));
}

TEST(same_trace_same_octets)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, IAM_LINE(1));
	BUF_AUTO struct buf a = capture(evs, 5), b = capture(evs, 5);
	CHECK_MEM(a.p, a.l, b.p, b.l);
}

TEST_MAIN(CASE(head_of_the_file), CASE(time_is_split_and_shifted), CASE(both_ends_are_one_packet),
	  CASE(udp_is_told_from_tcp), CASE(ipv6), CASE(address_that_is_none), CASE(isup_octets),
	  CASE(names_of_elements), CASE(several_traces), CASE(same_trace_same_octets))
