/* A History-Info header. What is read from it must print and read back the same, and must be extended by lines that can be
 * read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_line(struct history *h, struct sv *rest)
{
	struct sv line = sv_cut(rest, '\n');

	(void)sv_cut(&line, ':');
	return history_add(h, sv_trim(line));
}

static void read_back(const struct history_entry *entry)
{
	BUF_AUTO struct buf text = BUF(1 << 20);
	char index[HISTORY_INDEX_MAX], mp[HISTORY_INDEX_MAX] = "";
	struct history again = {0};
	struct sv rest;

	if (sv_find(entry->uri, '\n') < entry->uri.l) /* no line of a message holds one */
		return;
	memcpy(index, entry->index.p, entry->index.l);
	index[entry->index.l] = '\0';
	if (entry->mp.l)
		memcpy(mp, entry->mp.p, entry->mp.l);
	mp[entry->mp.l] = '\0';
	history_print(&text, entry->uri, 0, index, mp);
	rest = buf_sv(&text);
	if (read_line(&again, &rest) || again.n != 1 || !sv_eq(again.v[0].uri, entry->uri) ||
	    !sv_eq(again.v[0].index, entry->index) || !sv_eq(again.v[0].mp, entry->mp) ||
	    again.v[0].cause != entry->cause)
		abort();
}

static void extend(const struct history *h)
{
	BUF_AUTO struct buf lines = BUF(4096);
	struct history more = {0};
	char index[HISTORY_INDEX_MAX];
	struct sv rest;

	if (history_divert(&lines, h, SV("sip:+12013776051@a"), SV("sip:+19032469103@b"), 302,
			   index))
		return;
	rest = buf_sv(&lines);
	while (rest.l)
		if (read_line(&more, &rest))
			abort();
	if (!more.n || !sv_eqz(more.v[more.n - 1].index, index) || more.v[more.n - 1].cause != 302)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history_diversion diversions[HISTORY_MAX];
	struct history h = {0};

	(void)history_add(&h, (struct sv){(const char *)data, size});
	for (unsigned i = 0; i < h.n; i++)
		read_back(&h.v[i]);
	if (history_diversions(&h, diversions) > h.n)
		abort();
	extend(&h);
	return 0;
}
