#include "lib/net/sip_text.h"
#include "sim/gateway/invite.h"

static bool among(struct sv name, const char *const *names)
{
	while (*names && !sv_ieqz(name, *names))
		names++;
	return *names;
}

static bool listed(const json_t *list, struct sv name)
{
	size_t i;
	const json_t *value;

	json_array_foreach (list, i, value)
		if (sv_ieqz(name, json_string_value(value)))
			return true;
	return false;
}

json_t *invite_lost(struct sv lines, const char *const *read)
{
	json_t *lost = json_array();
	struct sv name, value;

	while (lost && sip_text_line(&lines, &name, &value))
		if (!among(name, read) && !listed(lost, name))
			(void)json_array_append_new(lost, json_stringn(name.p, name.l));
	return lost;
}
