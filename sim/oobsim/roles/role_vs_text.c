/* Texts of role vs: how the PASSporTs of a case are carried in-band. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/roles/role_vs.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct passport, passport_unref)

#define NAME_ROOM 48

static size_t token_count(const struct play *p)
{
	return p->c->tokens.n ? p->c->tokens.n : 1;
}

static const char *token_name(const struct play *p, size_t i)
{
	const struct case_token *t = p->c->tokens.v;

	return p->c->tokens.n ? t[i].name : "a";
}

/* What its header says; of one that cannot be read, or has no x5u, what would be usual */
static struct sv x5u_of(const struct passport *pp)
{
	return pp && pp->x5u.p ? pp->x5u : SV(VECTOR_CR "osp.pem");
}

/* The parameters agree with the header, so that what is wrong with the token is all that is wrong */
static void add_identity(struct buf *ret, struct sv token)
{
	AUTO(passport_unref) struct passport *pp = NULL;

	(void)passport_parse(&pp, token, NULL);
	(void)buf_addsv(ret, token);
	(void)buf_printf(ret, ";info=<%.*s>", SV_ARG(x5u_of(pp)));
	if (!pp)
		(void)buf_addz(ret, ";alg=ES256;ppt=\"shaken\"");
	if (pp && pp->alg.l)
		(void)buf_printf(ret, ";alg=%.*s", SV_ARG(pp->alg));
	if (pp && pp->ppt.l)
		(void)buf_printf(ret, ";ppt=\"%.*s\"", SV_ARG(pp->ppt));
}

/* Names of a text, and what they stand for */
struct names {
	char id[CASE_TOKENS][NAME_ROOM], now[24], date[64];
	struct buf identity[CASE_TOKENS];
	struct vector_var v[2 * CASE_TOKENS + 5];
	size_t n;
};

static void add_name(struct names *names, const char *name, struct sv value)
{
	names->v[names->n++] = (struct vector_var){name, value};
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < CASE_TOKENS; i++)
		buf_free(&names->identity[i]);
}

static void names_fill(struct names *names, const struct play *p, const struct passport *first)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);

	for (size_t i = 0; i < token_count(p); i++) {
		struct buf *identity = &names->identity[i];

		*identity = BUF(VECTOR_TEXT_MAX);
		add_identity(identity, buf_sv(&p->tokens[i]));
		(void)snprintf(names->id[i], NAME_ROOM, "id_%s", token_name(p, i));
		add_name(names, names->id[i], buf_sv(identity));
		add_name(names, token_name(p, i), buf_sv(&p->tokens[i]));
	}
	(void)snprintf(names->now, sizeof(names->now), "%" PRId64, env_now_s(&env));
	(void)sip_date_print(names->date, sizeof(names->date), env_now_s(&env));
	add_name(names, "date", sv_trim(sv_from(names->date)));
	add_name(names, "now", sv_from(names->now));
	add_name(names, "orig", sv_from(p->orig));
	add_name(names, "dest", sv_from(p->dest));
	add_name(names, "x5u", x5u_of(first));
}

int vs_expand(const struct play *p, struct buf *ret, const char *text, struct err *e)
{
	AUTO(passport_unref) struct passport *first = NULL;
	__attribute__((cleanup(names_free))) struct names names = {.n = 0};
	struct vector_vars vars = {.v = names.v};

	(void)passport_parse(&first, buf_sv(&p->tokens[0]), NULL);
	names_fill(&names, p, first);
	vars.n = names.n;
	return vector_expand(ret, text, &vars, e);
}

void vs_all_tokens(const struct play *p, struct buf *ret)
{
	for (size_t i = 0; i < token_count(p); i++)
		(void)buf_printf(ret, "%s%.*s", i ? "\n" : "", SV_ARG(buf_sv(&p->tokens[i])));
}

/* --- the Identity headers of a step --- */

/* Do all PASSporTs come in-band, because the case says nothing else? */
static bool all_in_band(const struct play *p, const struct vs_step *s)
{
	bool by_cps =
		p->over && (strcmp(p->over, "out-of-band") == 0 || strcmp(p->over, "push") == 0);

	return !s->empty && !s->in_band.n && !s->out_of_band && !by_cps;
}

/* The i-th value. @return ENOENT behind the last */
static int identity_at(const struct play *p, const struct vs_step *s, size_t i, struct buf *ret,
		       struct err *e)
{
	char *const *texts = s->in_band.v;

	buf_reset(ret);
	if (i < s->in_band.n)
		return vs_expand(p, ret, texts[i], e);
	if (!all_in_band(p, s) || i >= token_count(p))
		return ENOENT;
	add_identity(ret, buf_sv(&p->tokens[i]));
	return ret->err;
}

int vs_identities_lines(const struct play *p, const struct vs_step *s, struct buf *ret,
			struct err *e)
{
	BUF_AUTO struct buf value = BUF(VECTOR_TEXT_MAX);
	int err = 0;

	for (size_t i = 0; (err = identity_at(p, s, i, &value, e)) == 0; i++)
		(void)buf_printf(ret, "Identity: %.*s\r\n", SV_ARG(buf_sv(&value)));
	return err == ENOENT ? 0 : err;
}

json_t *vs_identities_json(const struct play *p, const struct vs_step *s, struct err *e)
{
	BUF_AUTO struct buf value = BUF(VECTOR_TEXT_MAX);
	AUTO(json_decref) json_t *list = json_array();
	int err = 0;

	for (size_t i = 0; (err = identity_at(p, s, i, &value, e)) == 0; i++) {
		json_t *text = json_stringn(value.l ? value.p : "", value.l);

		if (!text) {
			(void)err_set(e, EINVAL, "Identity %zu is no UTF-8: not for HTTP", i);
			return NULL;
		}
		(void)json_array_append_new(list, text);
	}
	return err == ENOENT ? json_incref(list) : NULL;
}
