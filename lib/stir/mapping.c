#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/base/auto.h"
#include "lib/stir/list.h"
#include "lib/stir/mapping_in.h"

DEFINE_AUTO(json_t, json_decref)

int cic_canonical(char ret[CIC_MAX + 1], struct sv in)
{
	bool global = in.l && in.p[0] == '+';
	char digits[CIC_MAX + 2];
	size_t n = 0;

	for (size_t i = global; i < in.l; i++) {
		if (in.p[i] && strchr("-.()", in.p[i]))
			continue;
		if (!isdigit((unsigned char)in.p[i]) || n == sizeof(digits) - 1)
			return EBADMSG;
		digits[n++] = in.p[i];
	}
	digits[n] = '\0';
	/* carriers have codes in North America only, so the country code is 1 */
	if (n <= global || n - global > CIC_MAX || (global && digits[0] != '1'))
		return EBADMSG;
	memcpy(ret, digits + global, n + 1 - global);
	return 0;
}

const char *map_check_ocn(struct sv ocn)
{
	static const char want[] = "an OCN of 1 to " TEXT_OF(SPC_MAX) " of 0-9 and A-Z";

	for (size_t i = 0; i < ocn.l; i++)
		if (!isdigit((unsigned char)ocn.p[i]) && !isupper((unsigned char)ocn.p[i]))
			return want;
	return ocn.l && ocn.l <= SPC_MAX ? NULL : want;
}

/* "https://" in any case (RFC 3986 §3.1), a host behind it, nothing that may not stand in a URI, and
 * neither user info nor a fragment, which no request would carry */
const char *map_check_url(struct sv url)
{
	static const char scheme[] = "https://", never[] = "\"<>\\^`{|}#";
	struct sv host;

	if (url.l > MAP_URL_MAX || url.l < sizeof(scheme) ||
	    strncasecmp(url.p, scheme, sizeof(scheme) - 1) != 0)
		return "an https URL";
	for (size_t i = 0; i < url.l; i++)
		if (url.p[i] <= ' ' || url.p[i] > '~' || strchr(never, url.p[i]))
			return "an https URL without blanks and fragment";
	host = (struct sv){url.p + sizeof(scheme) - 1, url.l - (sizeof(scheme) - 1)};
	host.l = sv_find(host, '/');
	host.l = sv_find(host, '?');
	if (!host.l || host.p[0] == ':' || sv_find(host, '@') < host.l)
		return "an https URL with a host and without user info";
	return NULL;
}

static const char *check_key(enum map_key by, struct sv key)
{
	char cic[CIC_MAX + 1];

	if (by == MAP_OCN)
		return map_check_ocn(key);
	return cic_canonical(cic, key) == 0 && sv_eqz(key, cic)
		       ? NULL
		       : "a CIC of 1 to " TEXT_OF(CIC_MAX) " digits";
}

static int check_entry(enum map_key by, const char *key, const json_t *value, struct fault *fault)
{
	struct sv url = {json_string_value(value), json_string_length(value)};
	const char *want = check_key(by, sv_from(key));

	if (want)
		return fault_set(fault, REASON_MAP_KEY, want, "\"%s\"", key);
	want = json_is_string(value) ? map_check_url(url) : "an https URL";
	if (want) /* AS-09: a list that leads to an unprotected place is not used at all */
		return fault_set(fault, REASON_MAP_URL, want, "\"%.*s\" for %s", SV_ARG(url), key);
	return 0;
}

int map_check_entries(enum map_key by, const json_t *entries, struct fault *fault)
{
	const char *key;
	json_t *value;

	if (!json_is_object(entries))
		return fault_set(fault, REASON_LIST_FORM, NULL, "%s: expected an object",
				 map_member(by));
	json_object_foreach ((json_t *)(uintptr_t)entries, key, value)
		if (check_entry(by, key, value, fault))
			return EBADMSG;
	return 0;
}

const char *map_member(enum map_key by)
{
	return by == MAP_OCN ? "cpsMapping" : "cicMapping";
}

int map_sign(struct buf *ret, const char *x5u, int64_t sequence, int64_t exp_s, json_t *ocns,
	     json_t *cics, const struct stir_key *key)
{
	AUTO(json_decref) json_t *members = json_pack("{s:O}", map_member(MAP_OCN), ocns);

	if (!members)
		return ENOMEM;
	if (map_check_entries(MAP_OCN, ocns, NULL) ||
	    (cics && map_check_entries(MAP_CIC, cics, NULL)))
		return EINVAL;
	if (json_object_size(cics) && json_object_set(members, map_member(MAP_CIC), cics))
		return ENOMEM;
	return list_sign_members(ret, x5u, sequence, exp_s, members, key);
}

int map_parse(struct signed_list *ret, struct sv jwt, struct fault *fault)
{
	struct err e = {""};
	const json_t *cics;
	int err = list_parse(ret, jwt, map_member(MAP_OCN), &e);

	if (err == EBADMSG)
		return fault_set(fault, ret->reason, NULL, "%s", e.s);
	if (err)
		return err;
	cics = json_object_get(ret->claims, map_member(MAP_CIC));
	err = map_check_entries(MAP_OCN, ret->content, fault);
	if (!err && cics)
		err = map_check_entries(MAP_CIC, cics, fault);
	if (!err && map_check_url(sv_from(ret->x5u)))
		err = fault_set(fault, REASON_LIST_FORM, "an https URL as x5u", "\"%s\"", ret->x5u);
	if (err)
		signed_list_clear(ret);
	return err;
}

char *map_x5u(struct sv jwt, struct fault *fault)
{
	struct signed_list list;
	char *x5u;

	if (map_parse(&list, jwt, fault)) {
		if (fault)
			fault->check = "form";
		return NULL;
	}
	x5u = list.x5u;
	list.x5u = NULL;
	signed_list_clear(&list);
	return x5u;
}
