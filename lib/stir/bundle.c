#include <errno.h>
#include <stdlib.h>

#include "lib/stir/bundle.h"

/* One more item with a copy of the text; NULL when there is no room (ENOSPC) or no memory */
static int append(struct bundle *b, struct sv text, enum bundle_via via, struct bundle_item **ret)
{
	struct bundle_item *item;
	char *copy;

	if (b->n == BUNDLE_MAX)
		return ENOSPC;
	copy = sv_dup(text);
	if (!copy)
		return ENOMEM;
	item = &b->v[b->n++];
	*item = (struct bundle_item){.text = copy, .via = via};
	*ret = item;
	return 0;
}

/* Drop what came after the first n */
static void truncate_to(struct bundle *b, size_t n)
{
	while (b->n > n)
		free(b->v[--b->n].text);
}

int bundle_add_token(struct bundle *b, struct sv token, enum bundle_via via)
{
	struct bundle_item *item;
	struct sv text = sv_trim(token);
	int err = append(b, text, via, &item);

	if (!err)
		item->id.token = (struct sv){item->text, text.l};
	return err;
}

/* The same view in a copy of the text */
static struct sv rebase(struct sv v, const char *from, const char *to)
{
	return v.p ? (struct sv){to + (v.p - from), v.l} : v;
}

/* One value of a header. ENOENT when nothing is left */
static int add_next_identity(struct bundle *b, struct sv *rest, struct fault *fault)
{
	struct sv text = sv_trim(*rest);
	struct bundle_item *item;
	struct identity id;
	int err = identity_next(rest, &id, fault);

	if (err)
		return err;
	if (rest->p)
		text.l = (size_t)(rest->p - text.p) - 1; /* without the comma */
	err = append(b, text, VIA_IN_BAND, &item);
	if (err)
		return err;
	item->id.token = rebase(id.token, text.p, item->text);
	item->id.info = rebase(id.info, text.p, item->text);
	item->id.alg = rebase(id.alg, text.p, item->text);
	item->id.ppt = rebase(id.ppt, text.p, item->text);
	return 0;
}

int bundle_add_identity(struct bundle *b, struct sv value, struct fault *fault)
{
	struct sv rest = value;
	size_t before = b->n;
	int refused = 0, err;

	if (!sv_trim(value).l)
		return fault_set(fault, REASON_IDENTITY_FORM, "a PASSporT and info", "nothing");
	/* RFC 8224 6.2.1: a bad value does not spoil the others */
	while ((err = add_next_identity(b, &rest, refused ? NULL : fault)) != ENOENT) {
		if (err != EBADMSG && err != 0) {
			truncate_to(b, before);
			return err;
		}
		refused = err ? err : refused;
	}
	return refused;
}

int bundle_add_body(struct bundle *b, struct sv body, enum bundle_via via, struct fault *fault)
{
	struct sv rest = body;
	size_t before = b->n;
	int err = 0;

	while (rest.p && !err) {
		struct sv line = sv_trim(sv_cut(&rest, '\n'));

		if (line.l)
			err = bundle_add_token(b, line, via);
	}
	if (!err && b->n == before)
		return fault_set(fault, REASON_BODY_EMPTY, "PASSporTs, a line each",
				 body.l ? "blank lines" : "no octets");
	if (err)
		truncate_to(b, before);
	if (err == ENOSPC)
		return fault_set(fault, REASON_TOO_MANY,
				 "at most " TEXT_OF(BUNDLE_MAX) " PASSporTs", "more");
	return err;
}

int bundle_body(const struct bundle *b, struct buf *ret)
{
	for (size_t i = 0; i < b->n; i++) {
		if (i)
			(void)buf_addz(ret, "\n");
		(void)buf_addsv(ret, b->v[i].id.token);
	}
	return ret->err;
}

void bundle_clear(struct bundle *b)
{
	truncate_to(b, 0);
}
