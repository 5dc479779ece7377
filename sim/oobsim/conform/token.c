#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/play.h"
#include "sim/oobsim/vector/vector_passport.h"

/* What a case has that declares nothing */
static const struct case_token usual = {.name = (char[]){"a"}, .row = (char[]){"usual"}};

static size_t token_count(const struct conform_case *c)
{
	return c->tokens.n ? c->tokens.n : 1;
}

static const struct case_token *token_at(const struct conform_case *c, size_t i)
{
	return c->tokens.n ? (const struct case_token *)c->tokens.v + i : &usual;
}

static const struct vector_passport_row *row_of(const char *id)
{
	size_t i = 0;

	while (strcmp(vector_passport_rows[i].id, id) != 0) /* cases_load() has seen to it */
		i++;
	return &vector_passport_rows[i];
}

static const char *either(const char *own, const char *other)
{
	return own ? own : other;
}

void play_begin(struct play *p, struct bench *b, const struct case_item *item)
{
	const struct conform_case *c = item->c;
	const struct vector_passport_row *row = row_of(token_at(c, 0)->row);
	unsigned n = b->calls++;

	*p = (struct play){.b = b, .c = c, .over = item->over};
	(void)snprintf(p->orig, sizeof(p->orig), "1201%07u", n % 10000000);
	(void)snprintf(p->dest, sizeof(p->dest), "1903%07u", n % 10000000);
	if (row->orig)
		(void)snprintf(p->orig, sizeof(p->orig), "%s", row->orig);
	if (row->dest)
		(void)snprintf(p->dest, sizeof(p->dest), "%s", row->dest);
	for (size_t i = 0; i < CASE_TOKENS; i++)
		p->tokens[i] = BUF(VECTOR_TEXT_MAX);
}

void play_end(struct play *p)
{
	for (size_t i = 0; i < CASE_TOKENS; i++)
		buf_free(&p->tokens[i]);
}

/* One that stays up may keep what an x5u gave it, and certificates are of the moment in which they were made */
static void usual_x5u(const struct bench *b, const char *cred, char *ret, size_t size)
{
	if (b->sut->kind == SUT_ADDRESS)
		(void)snprintf(ret, size, VECTOR_CR "%" PRId64 "/%s.pem", b->scene_s, cred);
	else
		(void)snprintf(ret, size, VECTOR_CR "%s.pem", cred);
}

static int make_token(struct play *p, size_t i, struct err *e)
{
	const struct case_token *t = token_at(p->c, i);
	const struct vector_passport_row *row = row_of(t->row);
	const char *cred = either(t->cred, either(row->cred, "osp"));
	const struct vector_cred_row *found = vector_cred_find(cred);
	struct vector_jws jws = row->jws;
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	char now[24], id[128], x5u[512];
	struct vector_var v[] = {
		{"x5u", {0}}, {"orig", sv_from(p->orig)}, {"dest", sv_from(p->dest)}, {"now", {0}}};
	const struct vector_vars vars = {v, sizeof(v) / sizeof(v[0]),
					 vector_scene_vars(p->b->scene)};

	(void)snprintf(now, sizeof(now), "%" PRId64, env_now_s(&env));
	(void)snprintf(id, sizeof(id), "%s %s", p->c->id, t->name);
	usual_x5u(p->b, cred, x5u, sizeof(x5u));
	if (row->x5u)
		(void)snprintf(x5u, sizeof(x5u), "%s", row->x5u);
	v[0].value = sv_from(x5u);
	v[3].value = sv_from(now);
	jws.header = either(t->header, jws.header);
	jws.claims = either(t->claims, jws.claims);
	jws.shape = either(t->shape, jws.shape);
	jws.sig = either(t->sig, jws.sig);
	jws.key = either(t->signer, jws.key);
	buf_reset(&p->tokens[i]);
	return vector_passport(&p->tokens[i], p->b->scene, id, &vars, either(found->signer, cred),
			       &jws, e);
}

int play_sign(struct play *p, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < token_count(p->c) && !err && !p->signed_; i++) {
		err = make_token(p, i, e);
		if (err)
			err_prefix(e, "PASSporT %s: ", token_at(p->c, i)->name);
	}
	p->signed_ = !err;
	return err;
}

struct sv play_token(const struct play *p, const char *name)
{
	for (size_t i = 0; i < token_count(p->c); i++)
		if (strcmp(token_at(p->c, i)->name, name) == 0)
			return buf_sv(&p->tokens[i]);
	return (struct sv){NULL, 0};
}

int play_expand(const struct play *p, struct buf *ret, const char *text, struct err *e)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	char now[24];
	struct vector_var v[CASE_TOKENS + 3];
	const size_t n = token_count(p->c);
	const struct vector_vars vars = {v, n + 3, NULL};

	(void)snprintf(now, sizeof(now), "%" PRId64, env_now_s(&env));
	for (size_t i = 0; i < n; i++)
		v[i] = (struct vector_var){token_at(p->c, i)->name, buf_sv(&p->tokens[i])};
	v[n] = (struct vector_var){"orig", sv_from(p->orig)};
	v[n + 1] = (struct vector_var){"dest", sv_from(p->dest)};
	v[n + 2] = (struct vector_var){"now", sv_from(now)};
	return vector_expand(ret, text, &vars, e);
}
