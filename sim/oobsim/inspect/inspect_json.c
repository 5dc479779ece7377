#include "sim/oobsim/inspect/inspect.h"

static void add_string(json_t *object, const char *name, struct sv v)
{
	if (v.p)
		(void)json_object_set_new(object, name, json_stringn(v.p, v.l));
}

static void explain_members(json_t *ret, const char *where, const json_t *object)
{
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)object, name, v) {
		struct explanation is = inspect_explain(where, name, v);

		(void)json_array_append_new(ret, json_pack("{s:s, s:s, s:O, s:s, s:s}", "where",
							   where, "name", name, "value", v, "is",
							   is.text, "clause", is.clause));
	}
}

static json_t *identity_json(const struct identity *id)
{
	json_t *v = json_object();

	add_string(v, "info", id->info);
	add_string(v, "alg", id->alg);
	add_string(v, "ppt", id->ppt);
	return v;
}

static json_t *iat_json(const struct passport *pp, int64_t now_s)
{
	char text[32];

	inspect_time(text, pp->iat_s);
	return json_pack("{s:s, s:I}", "time", text, "age_s", (json_int_t)(now_s - pp->iat_s));
}

json_t *inspect_fault_json(const struct fault *fault)
{
	const struct reason_info *info = reason_info(fault->reason);
	char text[FAULT_TEXT_MAX];

	fault_text(fault, text);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "check", fault->check, "reason",
			 info->name, "clause", info->clause, "expected", fault->want, "got",
			 fault->got, "text", text);
}

static json_t *signer_json(const struct inspected *i)
{
	const struct cert_info *c = &i->signer;

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "spc", i->spc, "subject", c->subject,
			 "issuer", c->issuer, "serial", c->serial, "not_before",
			 (json_int_t)c->not_before_s, "not_after", (json_int_t)c->not_after_s);
}

static void add_passport(json_t *ret, const struct inspected *i, int64_t now_s)
{
	json_t *explained = json_array(), *identity = json_object_get(ret, "identity");

	explain_members(explained, "identity", identity);
	explain_members(explained, "header", i->pp->header);
	explain_members(explained, "claims", i->pp->claims);
	(void)json_object_set(ret, "header", i->pp->header);
	(void)json_object_set(ret, "claims", i->pp->claims);
	if (i->pp->has_iat)
		(void)json_object_set_new(ret, "iat", iat_json(i->pp, now_s));
	(void)json_object_set_new(ret, "explained", explained);
}

json_t *inspect_json(const struct inspected *i, int64_t now_s)
{
	json_t *v = json_pack("{s:s, s:s}", "verdict", inspect_verdict_name(i->verdict), "via",
			      i->item.via == VIA_IN_BAND ? "in-band" : "out-of-band");

	if (!v)
		return NULL;
	add_string(v, "token", i->item.id.token);
	if (i->item.id.info.p)
		(void)json_object_set_new(v, "identity", identity_json(&i->item.id));
	if (i->pp)
		add_passport(v, i, now_s);
	if (i->has_signer)
		(void)json_object_set_new(v, "signer", signer_json(i));
	if (i->verdict == INSPECT_REFUSED)
		(void)json_object_set_new(v, "refused", inspect_fault_json(&i->fault));
	return v;
}
