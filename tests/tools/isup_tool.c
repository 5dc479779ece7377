/* ISUP by hand, for tests in other languages:
 *
 *   isup_tool encode < fields.json    {"type":"IAM","cic":100,"called":{"noa":3,"digits":"9032469103"},…} → hex
 *   isup_tool encode-m3ua < …         the same in M3UA DATA; "opc" and "dpc" as "1-1-1", "sls"
 *   isup_tool decode HEX              ISUP, or M3UA DATA with ISUP → JSON
 *
 * Members that are left out are zero or absent. Exit 1 and a line on stderr when the message is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/tdm/isup.h"
#include "lib/tdm/m3ua.h"
#include "tests/unit/hex.h"

/* clang-format off */
static const enum isup_type types[] = {ISUP_IAM, ISUP_ACM, ISUP_ANM, ISUP_REL, ISUP_RLC, ISUP_CPG};

#define AT(member) offsetof(struct isup_iam, member)
static const struct { const char *name; size_t off; } numbers[] = {
	{"called", AT(called)}, {"calling", AT(calling)}, {"original_called", AT(original_called)},
	{"redirecting", AT(redirecting)}, {"generic", AT(generic)}, {"charge", AT(charge)},
};
static const struct { const char *name; size_t off, size; } texts[] = {
	{"jip", AT(jip), 25}, {"tns", AT(tns), 8}, {"cip", AT(cip), 8}, {"generic_name", AT(generic_name), 16},
};
/* a bool and behind it n octets, as hex */
static const struct { const char *name; size_t off, n; } values[] = {
	{"redirection", AT(has_redirection), 2}, {"oli", AT(has_oli), 1},
	{"carrier_selection", AT(has_carrier_selection), 1}, {"hop_counter", AT(has_hop_counter), 1},
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int fail(const char *text)
{
	(void)fprintf(stderr, "isup_tool: %s\n", text);
	return 1;
}

static uint8_t number_of(const json_t *o, const char *name)
{
	return (uint8_t)json_integer_value(json_object_get(o, name));
}

static const char *text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? text : "";
}

static void read_number(struct isup_number *ret, const json_t *o)
{
	if (!o)
		return;
	ret->present = true;
	ret->noa = number_of(o, "noa");
	ret->plan = json_object_get(o, "plan") ? number_of(o, "plan") : 1;
	ret->presentation = number_of(o, "presentation");
	ret->screening = number_of(o, "screening");
	(void)snprintf(ret->digits, sizeof(ret->digits), "%s", text_of(o, "digits"));
}

static void read_iam(struct isup_iam *iam, const json_t *o)
{
	iam->nature = number_of(o, "nature");
	(void)hex_octets(iam->forward, 2, text_of(o, "forward"));
	iam->category = number_of(o, "category");
	iam->usi_len = hex_octets(iam->usi, sizeof(iam->usi), text_of(o, "usi"));
	for (size_t i = 0; i < COUNT(numbers); i++)
		read_number((void *)((char *)iam + numbers[i].off),
			    json_object_get(o, numbers[i].name));
	for (size_t i = 0; i < COUNT(texts); i++)
		(void)snprintf((char *)iam + texts[i].off, texts[i].size, "%s",
			       text_of(o, texts[i].name));
	for (size_t i = 0; i < COUNT(values); i++) {
		char *at = (char *)iam + values[i].off;

		*(bool *)at = json_object_get(o, values[i].name);
		(void)hex_octets((uint8_t *)at + 1, values[i].n, text_of(o, values[i].name));
	}
}

/* @return false when the type has no such name */
static bool read_msg(struct isup_msg *ret, const json_t *o)
{
	size_t i = 0;

	while (i < COUNT(types) && strcmp(isup_type_name(types[i]), text_of(o, "type")) != 0)
		i++;
	if (i == COUNT(types))
		return false;
	*ret = (struct isup_msg){.cic = (uint16_t)json_integer_value(json_object_get(o, "cic")),
				 .type = types[i]};
	if (ret->type == ISUP_IAM)
		read_iam(&ret->iam, o);
	if (ret->type == ISUP_ACM || ret->type == ISUP_CPG)
		(void)hex_octets(ret->acm.backward, 2, text_of(o, "backward"));
	if (ret->type == ISUP_REL)
		ret->rel = (struct isup_rel){number_of(o, "location"), number_of(o, "cause")};
	return true;
}

static void print_hex(struct sv octets)
{
	for (size_t i = 0; i < octets.l; i++)
		(void)printf("%02x", (unsigned char)octets.p[i]);
	(void)printf("\n");
}

static int encode(bool m3ua)
{
	BUF_AUTO struct buf user = BUF(512);
	BUF_AUTO struct buf all = BUF(M3UA_MAX_LEN);
	struct m3ua_data data = {.si = MTP_SI_ISUP, .ni = 2};
	json_error_t where;
	json_t *o = json_loadf(stdin, 0, &where);
	struct isup_msg msg;
	struct err e;

	if (!o)
		return fail(where.text);
	if (!read_msg(&msg, o)) {
		json_decref(o);
		return fail("type: expected IAM, ACM, ANM, REL, RLC or CPG");
	}
	(void)m3ua_pc_parse(&data.opc, sv_from(text_of(o, "opc")));
	(void)m3ua_pc_parse(&data.dpc, sv_from(text_of(o, "dpc")));
	data.sls = number_of(o, "sls");
	json_decref(o);
	if (isup_encode(&user, &msg, &e))
		return fail(e.s);
	data.user = buf_sv(&user);
	if (m3ua && m3ua_encode(&all, &data))
		return fail("M3UA message too long");
	print_hex(m3ua ? buf_sv(&all) : buf_sv(&user));
	return 0;
}

static json_t *hex_json(const uint8_t *octets, size_t n)
{
	char hex[32] = "";

	for (size_t i = 0; i < n && i < 15; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	return json_string(hex);
}

static void write_iam(json_t *o, const struct isup_iam *iam)
{
	(void)json_object_set_new(o, "nature", json_integer(iam->nature));
	(void)json_object_set_new(o, "forward", hex_json(iam->forward, 2));
	(void)json_object_set_new(o, "category", json_integer(iam->category));
	(void)json_object_set_new(o, "usi", hex_json(iam->usi, iam->usi_len));
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const struct isup_number *n = (const void *)((const char *)iam + numbers[i].off);

		if (n->present)
			(void)json_object_set_new(o, numbers[i].name,
						  json_pack("{si,si,si,si,ss}", "noa", n->noa,
							    "plan", n->plan, "presentation",
							    n->presentation, "screening",
							    n->screening, "digits", n->digits));
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text = (const char *)iam + texts[i].off;

		if (*text)
			(void)json_object_set_new(o, texts[i].name, json_string(text));
	}
	for (size_t i = 0; i < COUNT(values); i++) {
		const char *at = (const char *)iam + values[i].off;

		if (*(const bool *)at)
			(void)json_object_set_new(o, values[i].name,
						  hex_json((const uint8_t *)at + 1, values[i].n));
	}
}

static void print_msg(const struct isup_msg *msg, const struct m3ua_data *data)
{
	json_t *o = json_pack("{ss,si}", "type", isup_type_name(msg->type), "cic", (int)msg->cic);
	char opc[16], dpc[16], line[128];

	if (data->user.p) {
		m3ua_pc_text(data->opc, opc);
		m3ua_pc_text(data->dpc, dpc);
		(void)json_object_set_new(o, "opc", json_string(opc));
		(void)json_object_set_new(o, "dpc", json_string(dpc));
		(void)json_object_set_new(o, "sls", json_integer(data->sls));
	}
	if (msg->type == ISUP_IAM)
		write_iam(o, &msg->iam);
	if (msg->type == ISUP_ACM || msg->type == ISUP_CPG)
		(void)json_object_set_new(o, "backward", hex_json(msg->acm.backward, 2));
	if (msg->type == ISUP_REL) {
		(void)json_object_set_new(o, "location", json_integer(msg->rel.location));
		(void)json_object_set_new(o, "cause", json_integer(msg->rel.cause));
	}
	isup_text(msg, line, sizeof(line));
	(void)json_object_set_new(o, "text", json_string(line));
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)printf("\n");
	json_decref(o);
}

static int decode(const char *hex)
{
	uint8_t octets[M3UA_MAX_LEN];
	struct sv user = {(const char *)octets, hex_octets(octets, sizeof(octets), hex)};
	struct m3ua_data data = {.user = {NULL, 0}};
	struct isup_msg msg;
	struct err e;

	if (user.l >= 8 && m3ua_len(octets, user.l) == (long)user.l) {
		if (m3ua_decode(&data, user, &e))
			return fail(e.s);
		user = data.user;
	}
	if (isup_decode(&msg, user, &e))
		return fail(e.s);
	print_msg(&msg, &data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "encode") == 0)
		return encode(false);
	if (argc == 2 && strcmp(argv[1], "encode-m3ua") == 0)
		return encode(true);
	if (argc == 3 && strcmp(argv[1], "decode") == 0)
		return decode(argv[2]);
	(void)fprintf(stderr, "usage: isup_tool encode|encode-m3ua < JSON, isup_tool decode HEX\n");
	return 2;
}
