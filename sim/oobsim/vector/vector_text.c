#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

static bool is_name_char(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '_';
}

static const struct vector_var *find(const struct vector_vars *vars, struct sv name)
{
	for (; vars; vars = vars->outer)
		for (size_t i = 0; i < vars->n; i++)
			if (sv_eqz(name, vars->v[i].name))
				return &vars->v[i];
	return NULL;
}

/* The seconds behind `$now`; *p is moved behind them */
static int64_t take_seconds(const char **p)
{
	char *end;
	int64_t s;

	if ((**p != '+' && **p != '-') || !isdigit((unsigned char)(*p)[1]))
		return 0;
	s = strtoll(*p, &end, 10);
	*p = end;
	return s;
}

/* `$x5000`; false when the name is none of these */
static bool add_letters(struct buf *ret, struct sv name)
{
	unsigned long long n;

	if (name.l < 2 || name.p[0] != 'x' ||
	    !sv_u64((struct sv){name.p + 1, name.l - 1}, VECTOR_TEXT_MAX, &n))
		return false;
	while (n--)
		(void)buf_addz(ret, "x");
	return true;
}

static int64_t now_of(const struct vector_var *var)
{
	unsigned long long now_s;

	return var && sv_u64(var->value, INT64_MAX, &now_s) ? (int64_t)now_s : VECTOR_NOW;
}

int vector_expand(struct buf *ret, const char *text, const struct vector_vars *vars, struct err *e)
{
	const char *p = text;

	while (*p) {
		const struct vector_var *var;
		struct sv name = {p + 1, 0};

		if (*p != '$') {
			(void)buf_add(ret, p++, 1);
			continue;
		}
		while (is_name_char(name.p[name.l]))
			name.l++;
		p = name.p + name.l;
		var = find(vars, name);
		if (sv_eqz(name, "now"))
			(void)buf_printf(ret, "%" PRId64, now_of(var) + take_seconds(&p));
		else if (var)
			(void)buf_addsv(ret, var->value);
		else if (!add_letters(ret, name))
			return err_set(e, EINVAL, "there is no name $%.*s", SV_ARG(name));
	}
	return ret->err;
}

/* RFC 7396 2: what is null goes, what is an object is patched, all else is replaced */
static int merge(json_t *target, const json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)patch, name, value) {
		json_t *there = json_object_get(target, name);

		if (json_is_null(value))
			(void)json_object_del(target, name);
		else if (json_is_object(value) && json_is_object(there)
				 ? merge(there, value)
				 : json_object_set(target, name, value))
			return ENOMEM;
	}
	return 0;
}

static json_t *load(const char *text, const struct vector_vars *vars, struct err *e)
{
	BUF_AUTO struct buf json = BUF(VECTOR_TEXT_MAX);
	json_error_t je;
	json_t *v;

	if (vector_expand(&json, text, vars, e))
		return NULL;
	v = json_loadb(json.p, json.l, JSON_REJECT_DUPLICATES, &je);
	if (!v)
		(void)err_set(e, EINVAL, "%.200s: %s", json.p, je.text);
	return v;
}

json_t *vector_patched(const char *base, const char *patch, const struct vector_vars *vars,
		       struct err *e)
{
	json_t *v = load(base, vars, e);
	AUTO(json_decref) json_t *change = patch ? load(patch, vars, e) : NULL;

	if (v && patch && (!change || merge(v, change))) {
		json_decref(v);
		return NULL;
	}
	return v;
}
