#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/conf_in.h"

/* Longest JSON pointer that errors are placed by; a longer one is placed at its beginning */
#define POINTER_MAX 4096

struct reader {
	struct sv text;
	const char *where;
	struct err *e;
	struct buf pointer; /* JSON pointer of the value that is being read */
	bool absent;        /* inside an object that is not there: nothing is required of it */
};

static int read_struct(struct reader *r, const struct conf_table *t, void *s, json_t *obj,
		       bool in_map);

/* Step into a member or element; the return value is for leave(). */
static size_t enter(struct reader *r, const char *name)
{
	size_t mark = r->pointer.l;

	(void)buf_addz(&r->pointer, "/");
	for (; *name; name++) {
		if (*name == '~' || *name == '/')
			(void)buf_addz(&r->pointer, *name == '~' ? "~0" : "~1");
		else
			(void)buf_add(&r->pointer, name, 1);
	}
	return mark;
}

static size_t enter_index(struct reader *r, size_t i)
{
	size_t mark = r->pointer.l;

	(void)buf_printf(&r->pointer, "/%zu", i);
	return mark;
}

static void leave(struct reader *r, size_t mark)
{
	r->pointer.l = mark;
	if (r->pointer.p)
		r->pointer.p[mark] = '\0';
}

/* An error about the value at r->pointer, placed at its first `place` octets. */
__attribute__((format(printf, 3, 4))) static int refuse(struct reader *r, size_t place,
							const char *fmt, ...)
{
	BUF_AUTO struct buf at = BUF(POINTER_MAX);
	const char *pointer = r->pointer.l ? r->pointer.p : "";
	unsigned line = 1, column = 1;
	char text[ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (place && buf_add(&at, pointer, place) == 0)
		(void)conf_locate(r->text, at.p, &line, &column);
	else
		(void)conf_locate(r->text, "", &line, &column);
	return err_set(r->e, EBADMSG, "%s:%u:%u: %.200s%s%s", r->where, line, column, pointer,
		       *pointer ? ": " : "", text);
}

/* What came, for people: scalars as they are, cut to fit. */
static void describe(char ret[80], const json_t *v)
{
	char *z;

	if (json_is_object(v)) {
		(void)snprintf(ret, 80, "an object");
		return;
	}
	if (json_is_array(v)) {
		size_t n = json_array_size(v);

		(void)snprintf(ret, 80, "an array of %zu element%s", n, n == 1 ? "" : "s");
		return;
	}
	z = json_dumps(v, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	(void)snprintf(ret, 80, "%.60s%s", z ? z : "?", z && strlen(z) > 60 ? "…" : "");
	free(z);
}

/* `what` may be NULL: then what the member takes. */
static int unexpected(struct reader *r, const struct conf_member *m, const char *what,
		      const json_t *got)
{
	BUF_AUTO struct buf want = BUF(ERR_MAX);
	char came[80];

	describe(came, got);
	if (!what) {
		conf_expected(&want, m);
		what = want.p ? want.p : "another value";
	}
	return refuse(r, r->pointer.l, "expected %s, got %s", what, came);
}

static int read_string(struct reader *r, const struct conf_member *m, char **ret, json_t *v)
{
	const char *z = json_string_value(v), *want;

	if (!z)
		return unexpected(r, m, m->type == CONF_STR ? NULL : "a string", v);
	want = m->check ? m->check(sv_from(z)) : NULL;
	if (want)
		return unexpected(r, m, want, v);
	*ret = strdup(z);
	return *ret ? 0 : ENOMEM;
}

static int read_bool(struct reader *r, const struct conf_member *m, bool *ret, json_t *v)
{
	if (!json_is_boolean(v))
		return unexpected(r, m, NULL, v);
	*ret = json_is_true(v);
	return 0;
}

static int read_int(struct reader *r, const struct conf_member *m, int64_t *ret, json_t *v)
{
	json_int_t i = json_integer_value(v);

	if (!json_is_integer(v) || (conf_bounded(m) && (i < m->min || i > m->max)))
		return unexpected(r, m, NULL, v);
	*ret = i;
	return 0;
}

static int read_enum(struct reader *r, const struct conf_member *m, int *ret, json_t *v)
{
	const char *z = json_string_value(v);

	for (int i = 0; z && m->words[i]; i++) {
		if (strcmp(m->words[i], z) == 0) {
			*ret = i;
			return 0;
		}
	}
	return unexpected(r, m, NULL, v);
}

/* Room for all elements of an array or object, zeroed; n counts only those that are filled. */
static int make_list(struct reader *r, const struct conf_member *m, struct conf_list *ret,
		     json_t *v, size_t size)
{
	bool is_object = m->type == CONF_MAP || m->type == CONF_STRMAP;
	size_t n = is_object ? json_object_size(v) : json_array_size(v);

	if (is_object ? !json_is_object(v) : !json_is_array(v))
		return unexpected(r, m, NULL, v);
	if (conf_bounded(m) && ((int64_t)n < m->min || (int64_t)n > m->max))
		return unexpected(r, m, NULL, v);
	ret->v = n ? calloc(n, size) : NULL;
	return n && !ret->v ? ENOMEM : 0;
}

static int read_list(struct reader *r, const struct conf_member *m, struct conf_list *ret,
		     json_t *v)
{
	size_t size = m->type == CONF_STRS ? sizeof(char *) : m->sub->size, i;
	int err = make_list(r, m, ret, v, size);
	json_t *element;

	if (err)
		return err;
	json_array_foreach (v, i, element) {
		size_t mark = enter_index(r, i);
		void *place = conf_at(ret, ret->n++, size);

		if (m->type == CONF_STRS)
			err = read_string(r, m, place, element);
		else
			err = read_struct(r, m->sub, place, element, false);
		if (err)
			return err;
		leave(r, mark);
	}
	return 0;
}

static int read_map(struct reader *r, const struct conf_member *m, struct conf_list *ret, json_t *v)
{
	size_t size = m->type == CONF_STRMAP ? sizeof(struct conf_pair) : m->sub->size;
	int err = make_list(r, m, ret, v, size);
	const char *name;
	json_t *element;

	if (err)
		return err;
	json_object_foreach (v, name, element) {
		size_t mark = enter(r, name);
		void *place = conf_at(ret, ret->n++, size);
		char **key = place;

		*key = strdup(name);
		if (!*key)
			return ENOMEM;
		if (m->type == CONF_STRMAP)
			err = read_string(r, m, &((struct conf_pair *)place)->value, element);
		else
			err = read_struct(r, m->sub, place, element, true);
		if (err)
			return err;
		leave(r, mark);
	}
	return 0;
}

static int read_value(struct reader *r, const struct conf_member *m, void *field, json_t *v)
{
	switch (m->type) {
	case CONF_STR:
		return read_string(r, m, field, v);
	case CONF_BOOL:
		return read_bool(r, m, field, v);
	case CONF_INT:
		return read_int(r, m, field, v);
	case CONF_ENUM:
		return read_enum(r, m, field, v);
	case CONF_OBJ:
		return read_struct(r, m->sub, field, v, false);
	case CONF_LIST:
	case CONF_STRS:
		return read_list(r, m, field, v);
	case CONF_MAP:
	case CONF_STRMAP:
		return read_map(r, m, field, v);
	case CONF_ANY:
		*(json_t **)field = json_incref(v);
		return 0;
	}
	return EINVAL;
}

static int read_absent(struct reader *r, const struct conf_member *m, void *field)
{
	AUTO(json_decref) json_t *def = NULL;
	bool was = r->absent;
	int err;

	if (!m->def && m->type != CONF_OBJ)
		return 0;
	def = m->def ? json_loads(m->def, JSON_DECODE_ANY, NULL) : json_object();
	if (!def)
		return err_set(r->e, EINVAL, "%s: %s: default is not JSON: %s", r->where,
			       r->pointer.p, m->def ? m->def : "");
	r->absent = true;
	err = read_value(r, m, field, def);
	r->absent = was;
	return err;
}

static int missing(struct reader *r, const struct conf_member *m, size_t place)
{
	BUF_AUTO struct buf want = BUF(ERR_MAX);

	conf_expected(&want, m);
	return refuse(r, place, "expected %s (required), got nothing", want.p ? want.p : "a value");
}

static int read_struct(struct reader *r, const struct conf_table *t, void *s, json_t *obj,
		       bool in_map)
{
	const char *name;
	json_t *v;
	int err;

	if (!json_is_object(obj))
		return unexpected(r, NULL, "an object", obj);
	json_object_foreach (obj, name, v) {
		size_t mark = enter(r, name);
		BUF_AUTO struct buf known = BUF(ERR_MAX);

		if (conf_suggest(&known, t, name, in_map))
			return refuse(r, r->pointer.l, "expected %s, got \"%.40s\"", known.p, name);
		leave(r, mark);
	}
	for (const struct conf_member *m = t->members; m->name; m++) {
		size_t mark;

		if (conf_is_name(m, in_map))
			continue;
		v = json_object_get(obj, m->name);
		mark = enter(r, m->name);
		if (v)
			err = read_value(r, m, conf_field(s, m), v);
		else if (m->required && !r->absent)
			err = missing(r, m, mark);
		else
			err = read_absent(r, m, conf_field(s, m));
		if (err)
			return err;
		leave(r, mark);
	}
	return 0;
}

/* jansson's words for what is no JSON */
static int not_json(const json_error_t *je, const char *where, struct err *e)
{
	int line = je->line < 1 ? 1 : je->line, column = je->column < 1 ? 1 : je->column;

	if (json_error_code(je) == json_error_out_of_memory)
		return err_set(e, ENOMEM, "%s: out of memory", where);
	if (json_error_code(je) == json_error_duplicate_key)
		return err_set(e, EBADMSG, "%s:%d:%d: expected each member once, got %s", where,
			       line, column, je->text);
	return err_set(e, EBADMSG, "%s:%d:%d: expected a JSON object, got text that is none: %s",
		       where, line, column, je->text);
}

int conf_parse(const struct conf_table *t, void *ret, struct sv text, const char *where,
	       struct err *e)
{
	struct reader r = {.text = text, .where = where, .e = e, .pointer = BUF(POINTER_MAX)};
	AUTO(json_decref) json_t *root = NULL;
	json_error_t je;
	int err;

	memset(ret, 0, t->size);
	root = json_loadb(text.p ? text.p : "", text.l, JSON_REJECT_DUPLICATES, &je);
	if (!root)
		return not_json(&je, where, e);
	err = read_struct(&r, t, ret, root, false);
	buf_free(&r.pointer);
	if (err == ENOMEM)
		(void)err_set(e, err, "%s: out of memory", where);
	if (err)
		conf_free(t, ret);
	return err;
}

int conf_load(const struct conf_table *t, void *ret, const char *path, struct err *e)
{
	char *text;
	size_t len;
	int err = file_read(&text, &len, path, CONF_FILE_MAX, e);

	if (err)
		return err;
	err = conf_parse(t, ret, (struct sv){text, len},
			 strcmp(path, "-") == 0 ? "standard input" : path, e);
	free(text);
	return err;
}

const char *conf_pair_value(const struct conf_list *pairs, const char *name)
{
	const struct conf_pair *v = pairs->v;

	for (size_t i = 0; i < pairs->n; i++)
		if (strcmp(v[i].name, name) == 0)
			return v[i].value;
	return NULL;
}
