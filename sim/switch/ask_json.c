#include <string.h>

#include "lib/base/b64url.h"
#include "sim/switch/ask_json.h"

/* Longest PASSporT that is taken from an answer */
#define TOKEN_MAX 8192

/* --- asking --- */

static json_t *tn_text(const struct tn *tn)
{
	return json_pack("{s:s}", "tn", tn->s);
}

static json_t *tn_list(const struct tn *tn)
{
	return json_pack("{s:[s]}", "tn", tn->s);
}

/* The time that a question is of: that of the call's Date header (RFC 8224 §4.1). A div is of now */
static int64_t time_of(const struct sw_call *call)
{
	struct sv lines = buf_sv(&call->date);
	int64_t date_s;

	if (call->role == SW_AS && call->diverted)
		return call->asked_s;
	return sip_date_parse(&date_s, sw_next_value(&lines)) ? call->asked_s : date_s;
}

static void set_param(json_t *body, const struct sw_call *call, const char *name)
{
	struct sv value = sw_target_param(&call->target, name);

	if (value.l)
		(void)json_object_set_new(body, name, json_stringn(value.p, value.l));
}

static json_t *identities(const struct sw_call *call)
{
	struct sv lines = buf_sv(&call->identities), value;
	json_t *list = json_array();

	while ((value = sw_next_value(&lines)).p)
		(void)json_array_append_new(list, json_stringn(value.p, value.l));
	return list;
}

/* The octets before the first ";" (RFC 8224 §4) */
static json_t *tokens(const struct sw_call *call)
{
	struct sv lines = buf_sv(&call->identities), value;
	json_t *list = json_array();

	while ((value = sw_next_value(&lines)).p) {
		struct sv token = sv_trim(sv_cut(&value, ';'));

		(void)json_array_append_new(list, json_stringn(token.p, token.l));
	}
	return list;
}

static json_t *ask_signing(const struct sw_call *call)
{
	json_t *passports = tokens(call);
	json_t *body = json_pack("{s:o,s:I,s:o}", "dest", tn_list(&call->dest), "iat",
				 (json_int_t)time_of(call), "orig", tn_text(&call->orig));

	if (call->diverted)
		(void)json_object_set_new(body, "div", tn_text(&call->diverted_from));
	if (json_array_size(passports))
		(void)json_object_set(body, "passports", passports);
	json_decref(passports);
	set_param(body, call, "rn");
	set_param(body, call, "cic");
	return body;
}

static json_t *ask_verification(const struct sw_call *call)
{
	json_t *list = identities(call);
	json_t *body = json_pack("{s:o,s:o,s:I}", "from", tn_text(&call->orig), "to",
				 tn_list(&call->dest), "time", (json_int_t)time_of(call));

	if (json_array_size(list) == 1)
		(void)json_object_set(body, "identity", json_array_get(list, 0));
	else if (json_array_size(list))
		(void)json_object_set(body, "identity", list);
	json_decref(list);
	return body;
}

/* --- answers --- */

/* A value that is written into a header line may not end it */
static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static void take_identity(struct sw_answer *a, const json_t *v)
{
	const char *text = json_string_value(v);

	if (text && *text && is_one_line(text))
		(void)sw_add_identity(&a->identities, sv_from(text));
}

static void take_identities(struct sw_answer *a, const json_t *v)
{
	const json_t *one;
	size_t i;

	take_identity(a, v);
	json_array_foreach (v, i, one) {
		take_identity(a, one);
	}
}

/* A text, from whichever of two spellings is there; NULL: none, or none that fits in a line */
static const char *text_of(const json_t *body, const char *name, const char *other)
{
	const json_t *v = json_object_get(body, name);
	const char *text = json_string_value(v ? v : json_object_get(body, other));

	return text && *text && is_one_line(text) ? text : NULL;
}

static void take_signing(struct sw_answer *a, const struct sw_call *call, const json_t *body)
{
	const char *why = text_of(body, "reasondesc", "reasonDesc");
	char date[64];

	take_identities(a, json_object_get(body, "identity"));
	take_identities(a, json_object_get(body, "identities"));
	if (!a->identities.l)
		sw_answer_useless(a, "the answer has no identity%s%s", why ? ": " : "",
				  why ? why : "");
	else if (sip_date_print(date, sizeof(date), time_of(call)) > 0)
		(void)buf_addz(&a->date, date);
}

static bool is_token(const char *text)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t l = strlen(text);

	return l < TOKEN_MAX && strspn(text, alphabet) == l;
}

/* First part of a token. @return New reference; NULL when it is no JSON object */
static json_t *token_header(const char *token)
{
	BUF_AUTO struct buf octets = BUF(TOKEN_MAX);

	if (b64url_decode(&octets, (struct sv){token, strcspn(token, ".")}))
		return NULL;
	return json_loadb(octets.p ? octets.p : "", octets.l, 0, NULL);
}

/* As an Identity header: its info and ppt are what the token itself says (RFC 8224 §4.1) */
static void take_passport(struct sw_answer *a, const char *token)
{
	BUF_AUTO struct buf value = BUF((size_t)2 * TOKEN_MAX);
	json_t *header = is_token(token) ? token_header(token) : NULL;
	const char *x5u = text_of(header, "x5u", "x5u");
	const char *ppt = text_of(header, "ppt", "ppt");

	if (x5u && !strpbrk(x5u, "<>\" ")) {
		(void)buf_printf(&value, "%s;info=<%s>;alg=ES256", token, x5u);
		if (ppt && !strpbrk(ppt, "\"\\"))
			(void)buf_printf(&value, ";ppt=\"%s\"", ppt);
		if (!value.err)
			(void)sw_add_identity(&a->identities, buf_sv(&value));
	}
	json_decref(header);
}

/* RFC 9410 §3 */
static void add_reason(struct sw_answer *a, unsigned code, const char *text)
{
	(void)buf_printf(&a->reason, "Reason: STIR;cause=%u;text=\"", code);
	for (; *text; text++)
		(void)buf_printf(&a->reason, "%s%c", *text == '"' || *text == '\\' ? "\\" : "",
				 *text);
	(void)buf_addz(&a->reason, "\"\r\n");
}

static unsigned reason_code(const json_t *body)
{
	const json_t *v = json_object_get(body, "reasoncode");
	json_int_t n = json_integer_value(v ? v : json_object_get(body, "reasonCode"));

	return n >= 400 && n <= 699 ? (unsigned)n : 0;
}

static void take_verification(struct sw_answer *a, const struct sw_call *call, const json_t *body)
{
	const char *verstat = json_string_value(json_object_get(body, "verstat"));
	const char *text = text_of(body, "reasontext", "reasonText");
	unsigned code = reason_code(body);
	const json_t *one;
	size_t i;

	(void)call;
	a->has_verstat = verstat != NULL;
	a->verstat = sw_verstat_of(sv_from(verstat));
	json_array_foreach (json_object_get(body, "passports"), i, one) {
		if (json_is_string(one))
			take_passport(a, json_string_value(one));
	}
	if (code)
		add_reason(a, code, text ? text : "");
	if (!json_is_true(json_object_get(body, "refuse")))
		return;
	a->refused = code ? code : 403;
	(void)snprintf(a->phrase, sizeof(a->phrase), "%s", text ? text : "Forbidden");
}

const struct sw_json_role sw_json_roles[SW_ROLES] = {
	[SW_AS] = {"/stir/v1/signing", "signingRequest", "signingResponse", ask_signing,
		   take_signing},
	[SW_VS] = {"/stir/v1/verification", "verificationRequest", "verificationResponse",
		   ask_verification, take_verification},
};

void sw_json_error(struct buf *b, const json_t *root)
{
	const json_t *error = json_object_get(root, "requestError"), *v;
	const char *id, *text;

	v = json_object_get(error, "serviceException");
	if (!v)
		v = json_object_get(error, "policyException");
	id = text_of(v, "messageId", "messageid");
	text = text_of(v, "text", "text");
	if (id)
		(void)buf_printf(b, " %s: %s", id, text ? text : "");
	v = json_array_get(json_object_get(v, "variables"), 0);
	if (json_is_string(v) && is_one_line(json_string_value(v)))
		(void)buf_printf(b, " (%s)", json_string_value(v));
}
