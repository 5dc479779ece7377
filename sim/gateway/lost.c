#include <ctype.h>
#include <strings.h>

#include "sim/gateway/invite.h"

/* Compact names (RFC 3261 §7.3.3 and what was registered since) */
static const struct {
	char compact;
	const char *name;
} compacts[] = {
	{'a', "Accept-Contact"},
	{'b', "Referred-By"},
	{'c', "Content-Type"},
	{'d', "Request-Disposition"},
	{'e', "Content-Encoding"},
	{'f', "From"},
	{'i', "Call-ID"},
	{'j', "Reject-Contact"},
	{'k', "Supported"},
	{'l', "Content-Length"},
	{'m', "Contact"},
	{'o', "Event"},
	{'r', "Refer-To"},
	{'s', "Subject"},
	{'t', "To"},
	{'u', "Allow-Events"},
	{'v', "Via"},
	{'x', "Session-Expires"},
	{'y', "Identity"},
};

static struct sv full_name(struct sv name)
{
	if (name.l != 1)
		return name;
	for (size_t i = 0; i < sizeof(compacts) / sizeof(compacts[0]); i++)
		if (compacts[i].compact == tolower((unsigned char)name.p[0]))
			return sv_from(compacts[i].name);
	return name;
}

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

	while (lost && lines.l) {
		struct sv line = sv_cut(&lines, '\n'), name;

		if (!sv_trim(line).l)
			break;
		if (line.p[0] == ' ' || line.p[0] == '\t')
			continue; /* a folded line goes on */
		name = full_name(sv_trim(sv_cut(&line, ':')));
		if (!among(name, read) && !listed(lost, name))
			(void)json_array_append_new(lost, json_stringn(name.p, name.l));
	}
	return lost;
}
