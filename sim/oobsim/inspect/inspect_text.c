#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/inspect/inspect.h"

static const char *ink(bool colour, const char *code)
{
	return colour ? code : "";
}

/* "  name      value", and below it what it is */
static void member(FILE *f, const char *where, const char *name, const json_t *v, bool colour)
{
	struct explanation is = inspect_explain(where, name, v);
	char *z =
		json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

	(void)fprintf(f, "    %-8s %s\n", name, z ? z : "?");
	(void)fprintf(f, "             %s%s%s%s%s%s\n", ink(colour, INSPECT_FAINT), is.text,
		      *is.clause ? " (" : "", is.clause, *is.clause ? ")" : "",
		      ink(colour, INSPECT_PLAIN));
	free(z);
}

static void age(FILE *f, const struct passport *pp, int64_t now_s)
{
	char text[32], span[48];

	inspect_time(text, pp->iat_s);
	inspect_span(span, llabs(now_s - pp->iat_s));
	(void)fprintf(f, "             %s, %s %s\n", text, span,
		      now_s >= pp->iat_s ? "ago" : "in the future");
}

static void object(FILE *f, const char *where, const json_t *members, const struct inspected *i,
		   int64_t now_s, bool colour)
{
	const char *name;
	json_t *v;

	(void)fprintf(f, "  %s\n", where);
	json_object_foreach ((json_t *)(uintptr_t)members, name, v) {
		member(f, where, name, v, colour);
		if (strcmp(where, "claims") == 0 && strcmp(name, "iat") == 0 && i->pp->has_iat)
			age(f, i->pp, now_s);
	}
}

static void parameter(FILE *f, const char *name, struct sv v, bool colour)
{
	json_t *value;

	if (!v.p)
		return;
	value = json_stringn(v.p, v.l);
	member(f, "identity", name, value, colour);
	json_decref(value);
}

static void identity(FILE *f, const struct identity *id, bool colour)
{
	if (!id->info.p)
		return;
	(void)fprintf(f, "  identity\n");
	parameter(f, "info", id->info, colour);
	parameter(f, "alg", id->alg, colour);
	parameter(f, "ppt", id->ppt, colour);
}

static void signature(FILE *f, const struct passport *pp, bool colour)
{
	(void)fprintf(f, "  signature\n    ");
	for (size_t k = 0; k < ES256_SIG_LEN; k++)
		(void)fprintf(f, "%02x%s", pp->sig[k], k == 31 ? "\n    " : k == 63 ? "\n" : "");
	(void)fprintf(f,
		      "             %sR and S, 32 octets each, over the %zu octets before it (RFC "
		      "7518 §3.4)%s\n",
		      ink(colour, INSPECT_FAINT), pp->signing_input.l, ink(colour, INSPECT_PLAIN));
}

static void signer(FILE *f, const struct inspected *i)
{
	char from[32], to[32];

	if (!i->has_signer)
		return;
	inspect_time(from, i->signer.not_before_s);
	inspect_time(to, i->signer.not_after_s);
	(void)fprintf(f,
		      "  signer\n    SPC      %s\n    subject  %s\n    issuer   %s\n"
		      "    serial   %s\n    valid    %s to %s\n",
		      *i->spc ? i->spc : "none", i->signer.subject, i->signer.issuer,
		      i->signer.serial, from, to);
}

static void verdict(FILE *f, const struct inspected *i, bool colour)
{
	char text[FAULT_TEXT_MAX];

	if (i->verdict == INSPECT_SHOWN) {
		(void)fprintf(f,
			      "  %sshown%s, signature and certificate not checked (--trust does)\n",
			      ink(colour, INSPECT_BOLD), ink(colour, INSPECT_PLAIN));
		return;
	}
	if (i->verdict == INSPECT_VERIFIED) {
		(void)fprintf(f,
			      "  %sverified%s: signed by SPC %s, whose certificate is approved and "
			      "not revoked\n",
			      ink(colour, INSPECT_GREEN INSPECT_BOLD), ink(colour, INSPECT_PLAIN),
			      i->spc);
		return;
	}
	if (i->err)
		(void)snprintf(text, sizeof(text), "could not be judged: %s", strerror(i->err));
	else
		fault_text(&i->fault, text);
	(void)fprintf(f, "  %srefused%s: %s\n", ink(colour, INSPECT_RED INSPECT_BOLD),
		      ink(colour, INSPECT_PLAIN), text);
	if (i->fault.reason == REASON_STALE && i->pp)
		(void)fprintf(f, "  (--at %" PRId64 " judges it as of the moment it was signed)\n",
			      i->pp->iat_s);
}

void inspect_text(FILE *f, const struct inspected *i, size_t index, size_t n, int64_t now_s,
		  bool colour)
{
	(void)fprintf(f, "%s%sPASSporT %zu of %zu%s, %zu octets%s\n", index ? "\n" : "",
		      ink(colour, INSPECT_BOLD), index + 1, n, ink(colour, INSPECT_PLAIN),
		      i->item.id.token.l,
		      i->item.via == VIA_IN_BAND ? ", from an Identity header" : "");
	identity(f, &i->item.id, colour);
	if (i->pp) {
		object(f, "header", i->pp->header, i, now_s, colour);
		object(f, "claims", i->pp->claims, i, now_s, colour);
		signature(f, i->pp, colour);
	}
	signer(f, i);
	verdict(f, i, colour);
}
