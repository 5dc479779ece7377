#include <errno.h>

#include "lib/net/sip.h"
#include "sim/switch/target.h"

void sw_target_free(struct sw_target *t)
{
	buf_free(&t->uri);
}

struct sv sw_target_param(const struct sw_target *t, const char *name)
{
	struct sv value;

	return sip_uri_param(buf_sv(&t->uri), name, &value) ? value : (struct sv){NULL, 0};
}

/* It is written into headers between angle brackets */
static bool is_clean(struct sv uri)
{
	for (const char *c = "<>\"\r\n"; *c; c++)
		if (sv_find(uri, *c) < uri.l)
			return false;
	return true;
}

/* The numbers in what the URI is now */
static int read_numbers(struct sw_target *t)
{
	struct sv rn = sw_target_param(t, "rn");

	t->rn = (struct tn){""};
	if (t->uri.err)
		return t->uri.err;
	if (!is_clean(buf_sv(&t->uri)) || sip_tn(&t->called, buf_sv(&t->uri)))
		return EBADMSG;
	(void)tn_canonical(&t->rn, rn); /* one that cannot be read is passed on, not routed by */
	return 0;
}

int sw_target_set(struct sw_target *ret, struct sv uri)
{
	BUF_AUTO struct buf old = ret->uri;

	ret->uri = BUF(SW_URI_MAX);
	(void)buf_addsv(&ret->uri, uri);
	return read_numbers(ret);
}

int sw_target_divert(struct sw_target *t, const char *to, const char *domain)
{
	BUF_AUTO struct buf uri = BUF(SW_URI_MAX);

	(void)buf_printf(&uri, "sip:%s@%s;user=phone", to, domain);
	return uri.err ? uri.err : sw_target_set(t, buf_sv(&uri));
}

static bool is_one_of(struct sv name, const char *const *names)
{
	for (; *names; names++)
		if (sv_ieqz(name, *names))
			return true;
	return false;
}

/* ";npdi;rn=+1…" behind the number, in the place of such parameters that are there (RFC 4694 §5) */
static int set_params(struct sw_target *t, const char *const *names, struct sv params)
{
	BUF_AUTO struct buf uri = BUF(SW_URI_MAX);
	struct sv text = buf_sv(&t->uri), user = sip_user(text), rest = user;
	struct sv number = sv_cut(&rest, ';');
	const char *behind = user.p + user.l;

	(void)buf_add(&uri, text.p, (size_t)(number.p + number.l - text.p));
	while (rest.l) {
		struct sv param = sv_cut(&rest, ';'), name = param;

		if (is_one_of(sv_trim(sv_cut(&name, '=')), names))
			continue;
		(void)buf_add(&uri, ";", 1);
		(void)buf_addsv(&uri, param);
	}
	(void)buf_addsv(&uri, params);
	(void)buf_add(&uri, behind, (size_t)(text.p + text.l - behind));
	return uri.err ? uri.err : sw_target_set(t, buf_sv(&uri));
}

int sw_target_query(struct sw_target *t, const struct sw_table *table, bool always)
{
	static const char *const of_query[] = {"npdi", "rn", "rn-context", NULL};
	static const char *const of_carrier[] = {"cic", "cic-context", NULL};
	const char *rn = sw_table_rn(table, &t->called);
	const char *cic = sw_table_cic(table, &t->called);
	BUF_AUTO struct buf params = BUF(128);
	int err = 0;

	if (rn || always) {
		(void)buf_printf(&params, ";npdi%s%s", rn ? ";rn=" : "", rn ? rn : "");
		err = set_params(t, of_query, buf_sv(&params));
	}
	if (err || !cic)
		return err;
	buf_reset(&params);
	(void)buf_printf(&params, ";cic=%s", cic);
	return set_params(t, of_carrier, buf_sv(&params));
}
