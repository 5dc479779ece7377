/* Our side of a PASSporT, on a command line, so that other implementations can be held against it:
 *
 *   token_tool sign KEY     header, LF, claims (JSON) on standard input; prints the token
 *   token_tool verify KEY   token on standard input, KEY a public key; prints header, LF, claims
 *   token_tool canonical    JSON on standard input; prints its deterministic form (RFC 8225 9)
 *   token_tool identity     Identity header's value on standard input; prints token, info, alg, ppt, a line each
 *
 * Exit 0; 1 refused, with why on standard error; 2 usage.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/conf.h"
#include "lib/stir/identity.h"
#include "lib/stir/passport.h"

#define TEXT_MAX (1u << 20)

static int refuse(const struct fault *fault)
{
	char text[FAULT_TEXT_MAX];

	fault_text(fault, text);
	(void)fprintf(stderr, "%s\n", text);
	return 1;
}

static int trouble(const char *what)
{
	(void)fprintf(stderr, "token_tool: %s\n", what);
	return 2;
}

static int print(struct buf *b, int err)
{
	if (!err)
		(void)puts(b->p);
	else
		(void)trouble(strerror(err));
	buf_free(b);
	return err ? 2 : 0;
}

static int sign(const char *text, const char *path)
{
	struct buf token = BUF(TEXT_MAX);
	struct sv claims = sv_from(text), header = sv_cut(&claims, '\n');
	json_t *h = json_loadb(header.p, header.l, 0, NULL);
	json_t *c = claims.p ? json_loadb(claims.p, claims.l, 0, NULL) : NULL;
	struct stir_key *key;
	struct err e;
	int code;

	if (key_load_private(&key, path, &e))
		return trouble(e.s);
	code = h && c ? print(&token, jws_sign(&token, h, c, key)) : trouble("no JSON");
	json_decref(h);
	json_decref(c);
	key_unref(key);
	return code;
}

static int print_parts(const struct passport *pp)
{
	struct buf parts = BUF(TEXT_MAX);
	int err = json_canonical(&parts, pp->header);

	if (!err)
		err = buf_addz(&parts, "\n");
	if (!err)
		err = json_canonical(&parts, pp->claims);
	return print(&parts, err);
}

static int verify(const char *text, const char *path)
{
	struct passport *pp;
	struct stir_key *key;
	struct fault fault;
	struct err e;
	char *pem;
	size_t len;
	int code;

	if (file_read(&pem, &len, path, TEXT_MAX, &e) ||
	    key_parse_public(&key, (struct sv){pem, len}, &e))
		return trouble(e.s);
	free(pem);
	if (passport_parse(&pp, sv_trim(sv_from(text)), &fault)) {
		key_unref(key);
		return refuse(&fault);
	}
	if (key_verify(key, pp->signing_input, pp->sig)) {
		(void)fault_set(&fault, REASON_SIGNATURE, NULL, NULL);
		code = refuse(&fault);
	} else {
		code = print_parts(pp);
	}
	passport_unref(pp);
	key_unref(key);
	return code;
}

static int canonical(const char *text)
{
	struct buf out = BUF(TEXT_MAX);
	json_t *v = json_loads(text, 0, NULL);
	int code = v ? print(&out, json_canonical(&out, v)) : trouble("no JSON");

	json_decref(v);
	return code;
}

static int identity(const char *text)
{
	struct sv rest = sv_from(text);
	struct identity id;
	struct fault fault;

	if (identity_next(&rest, &id, &fault))
		return refuse(&fault);
	(void)printf("%.*s\n%.*s\n%.*s\n%.*s\n", SV_ARG(id.token), SV_ARG(id.info), SV_ARG(id.alg),
		     SV_ARG(id.ppt));
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	struct err e;
	size_t len;
	char *text;
	int code;

	if (file_read(&text, &len, "-", TEXT_MAX, &e))
		return trouble(e.s);
	if (argc == 3 && strcmp(command, "sign") == 0)
		code = sign(text, argv[2]);
	else if (argc == 3 && strcmp(command, "verify") == 0)
		code = verify(text, argv[2]);
	else if (argc == 2 && strcmp(command, "canonical") == 0)
		code = canonical(text);
	else if (argc == 2 && strcmp(command, "identity") == 0)
		code = identity(text);
	else
		code = trouble("sign KEY, verify KEY, canonical or identity");
	free(text);
	return code;
}
