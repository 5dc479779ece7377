#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/sv.h"
#include "sim/oobsim/inspect/inspect.h"

/* First row that fits: value NULL fits any value, "" a value that is no string. */
static const struct row {
	const char *where, *name, *value;
	struct explanation is;
} rows[] = {
	{"identity", "info", NULL, {"where the certificate is; must equal x5u", "RFC 8224 §4.1"}},
	{"identity",
	 "alg",
	 NULL,
	 {"signature algorithm; must equal alg of the token", "RFC 8224 §4.1"}},
	{"identity", "ppt", NULL, {"PASSporT type; must equal ppt of the token", "RFC 8224 §4.1"}},

	{"header", "alg", "ES256", {"ECDSA on P-256 with SHA-256", "RFC 8225 §4"}},
	{"header",
	 "alg",
	 NULL,
	 {"signature algorithm: only ES256 is allowed", "RFC 8225 §4, RFC 8588 §3"}},
	{"header", "ppt", "shaken", {"SHAKEN: caller identity with attestation", "RFC 8588 §3"}},
	{"header", "ppt", "div", {"the call was diverted by its called party", "RFC 8946 §3"}},
	{"header", "ppt", "div-o", {"diverted, with the PASSporT before inside", "RFC 8946 §5"}},
	{"header", "ppt", "rph", {"right to a Resource-Priority", "RFC 8443 §3"}},
	{"header", "ppt", "rcd", {"rich call data: name, logo, reason", "RFC 9795"}},
	{"header", "ppt", NULL, {"PASSporT type that this tool does not know", "RFC 8225 §8.1"}},
	{"header", "typ", "passport", {"this is a PASSporT", "RFC 8225 §4.1"}},
	{"header", "typ", NULL, {"kind of token: must be passport", "RFC 8225 §4.1"}},
	{"header", "x5u", NULL, {"where the signer's certificate is", "RFC 8225 §4.3"}},

	{"claims",
	 "attest",
	 "A",
	 {"full: the signer knows the customer and their right to the number", "RFC 8588 §4"}},
	{"claims",
	 "attest",
	 "B",
	 {"partial: the signer knows the customer, not their right to the number", "RFC 8588 §4"}},
	{"claims",
	 "attest",
	 "C",
	 {"gateway: the signer only knows where the call came in", "RFC 8588 §4"}},
	{"claims", "attest", NULL, {"attestation: must be A, B or C", "RFC 8588 §4"}},
	{"claims", "dest", NULL, {"called numbers", "RFC 8225 §5.2.1"}},
	{"claims",
	 "div",
	 NULL,
	 {"the called number that the call was diverted from", "RFC 8946 §3"}},
	{"claims", "iat", "", {"when it was signed", "RFC 8225 §5.1.1"}},
	{"claims",
	 "iat",
	 NULL,
	 {"when it was signed: must be a number, not a string", "RFC 8225 §5.1.1"}},
	{"claims", "mky", NULL, {"fingerprints of the media keys", "RFC 8225 §5.2.2"}},
	{"claims", "opt", NULL, {"the PASSporT before the diversion, whole", "RFC 8946 §5"}},
	{"claims", "orig", NULL, {"calling number", "RFC 8225 §5.2.1"}},
	{"claims",
	 "origid",
	 NULL,
	 {"where the call entered, known to the signer only (for tracing back)", "RFC 8588 §5"}},
	{"claims", "rph", NULL, {"priority that is authorised", "RFC 8443 §3"}},
	{"claims", "rcd", NULL, {"what the called person may be shown of the caller", "RFC 9795"}},
};

struct explanation inspect_explain(const char *where, const char *name, const json_t *value)
{
	const char *z = json_is_string(value) ? json_string_value(value) : "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (strcmp(row->where, where) == 0 && strcmp(row->name, name) == 0 &&
		    (!row->value || strcmp(row->value, z) == 0))
			return row->is;
	}
	return (struct explanation){"not known to this tool; others may use it", ""};
}

void inspect_time(char ret[32], int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		(void)snprintf(ret, 32, "?");
}

void inspect_span(char ret[48], int64_t s)
{
	static const struct {
		int64_t s;
		const char *name;
	} units[] = {{31557600, "years"}, {86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;
	int64_t rest;

	while (i < 4 && s < units[i].s)
		i++;
	rest = i < 4 ? s % units[i].s / units[i + 1].s : 0;
	if (rest)
		(void)snprintf(ret, 48, "%" PRId64 " %s %" PRId64 " %s", s / units[i].s,
			       units[i].name, rest, units[i + 1].name);
	else
		(void)snprintf(ret, 48, "%" PRId64 " %s", s / units[i].s, units[i].name);
}

const char *inspect_verdict_name(enum inspect_verdict verdict)
{
	static const char *const names[] = {"shown", "verified", "refused"};

	return names[verdict];
}
