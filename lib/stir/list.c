#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/stir/list.h"
#include "lib/stir/passport.h"

DEFINE_AUTO(json_t, json_decref)

int list_sign_members(struct buf *ret, const char *x5u, int64_t sequence, int64_t exp_s,
		      json_t *members, const struct stir_key *key)
{
	AUTO(json_decref)
	json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", "JWT", "x5u", x5u);
	AUTO(json_decref)
	json_t *claims = json_pack("{s:s, s:I, s:I}", "version", LIST_VERSION, "sequence",
				   (json_int_t)sequence, "exp", (json_int_t)exp_s);

	if (!header || !claims || json_object_update_missing(claims, members))
		return ENOMEM;
	return jws_sign(ret, header, claims, key);
}

int list_sign(struct buf *ret, const char *x5u, int64_t sequence, int64_t exp_s, const char *member,
	      json_t *content, const struct stir_key *key)
{
	AUTO(json_decref) json_t *members = json_pack("{s:O}", member, content);

	return members ? list_sign_members(ret, x5u, sequence, exp_s, members, key) : ENOMEM;
}

/* Octets of one part of the token. */
static int decode(struct buf *ret, struct sv part, const char *name, struct err *e)
{
	int err = b64url_decode(ret, part);

	return err == EBADMSG
		       ? err_set(e, err, "list: expected base64url without padding in its %s", name)
		       : err;
}

static int parse_object(json_t **ret, struct sv part, const char *name, struct err *e)
{
	BUF_AUTO struct buf text = BUF(LIST_MAX_LEN);
	json_error_t je;
	int err = decode(&text, part, name, e);

	if (err)
		return err;
	*ret = json_loadb(text.l ? text.p : "", text.l, JSON_REJECT_DUPLICATES, &je);
	if (!*ret)
		return err_set(e, EBADMSG, "list: its %s is no JSON: %s (octet %d)", name, je.text,
			       je.position);
	return json_is_object(*ret)
		       ? 0
		       : err_set(e, EBADMSG, "list: expected a JSON object as its %s", name);
}

/* A string member; `want` NULL: any that is not empty. */
static int want_string(const char **ret, const json_t *object, const char *name, const char *want,
		       struct err *e)
{
	const char *value = json_string_value(json_object_get(object, name));

	if (!value || !*value)
		return err_set(e, EBADMSG, "list: expected a string as member \"%s\"", name);
	if (want && strcmp(value, want) != 0)
		return err_set(e, EBADMSG, "list: expected \"%s\" as member \"%s\", got \"%s\"",
			       want, name, value);
	if (ret)
		*ret = value;
	return 0;
}

/* A member that has one value only; another one is a reason of its own. */
static int want_value(struct signed_list *ret, const json_t *object, const char *name,
		      const char *want, enum reason reason, struct err *e)
{
	int err = want_string(NULL, object, name, want, e);

	if (err && json_is_string(json_object_get(object, name)))
		ret->reason = reason;
	return err;
}

static int want_number(int64_t *ret, const json_t *object, const char *name, struct err *e)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return err_set(e, EBADMSG, "list: expected a number from 0 on as member \"%s\"",
			       name);
	*ret = json_integer_value(value);
	return 0;
}

static int read_header(struct signed_list *ret, struct sv part, struct err *e)
{
	AUTO(json_decref) json_t *header = NULL;
	const char *x5u = "";
	int err = parse_object(&header, part, "header", e);

	if (!err)
		err = want_value(ret, header, "alg", "ES256", REASON_LIST_ALG, e);
	if (!err)
		err = want_value(ret, header, "typ", "JWT", REASON_LIST_TYP, e);
	if (!err)
		err = want_string(&x5u, header, "x5u", NULL, e);
	if (err)
		return err;
	/* RFC 7515 §4.1.11: what must be understood, and no such thing is */
	if (json_object_get(header, "crit"))
		return err_set(e, EBADMSG, "list: header member \"crit\" is not supported");
	ret->x5u = strdup(x5u);
	return ret->x5u ? 0 : ENOMEM;
}

static int read_payload(struct signed_list *ret, struct sv part, const char *member, struct err *e)
{
	AUTO(json_decref) json_t *claims = NULL;
	int err = parse_object(&claims, part, "payload", e);

	if (!err)
		err = want_value(ret, claims, "version", LIST_VERSION, REASON_LIST_VERSION, e);
	if (!err)
		err = want_number(&ret->sequence, claims, "sequence", e);
	if (!err)
		err = want_number(&ret->exp_s, claims, "exp", e);
	if (err)
		return err;
	ret->content = json_incref(json_object_get(claims, member));
	ret->claims = json_incref(claims);
	return ret->content ? 0 : err_set(e, EBADMSG, "list: expected a member \"%s\"", member);
}

static int parse(struct signed_list *ret, struct sv jwt, const char *member, struct err *e)
{
	struct sv rest = jwt;
	struct sv header = sv_cut(&rest, '.');
	struct sv payload = sv_cut(&rest, '.');
	int err;

	if (!header.l || !payload.l || !rest.l || memchr(rest.p, '.', rest.l))
		return err_set(e, EBADMSG, "list: expected three parts joined by dots");
	err = read_header(ret, header, e);
	if (!err)
		err = read_payload(ret, payload, member, e);
	if (err)
		return err;
	ret->token = sv_dup(jwt);
	return ret->token ? 0 : ENOMEM;
}

int list_parse(struct signed_list *ret, struct sv jwt, const char *member, struct err *e)
{
	int err;

	*ret = (struct signed_list){.reason = REASON_LIST_FORM};
	jwt = sv_trim(jwt);
	if (jwt.l > LIST_MAX_LEN)
		return err_set(e, EBADMSG, "list: expected %u octets at the most, got %zu",
			       LIST_MAX_LEN, jwt.l);
	err_set(e, 0, "list: out of memory");
	err = parse(ret, jwt, member, e);
	if (err) {
		enum reason reason = ret->reason;

		signed_list_clear(ret);
		ret->reason = reason;
	} else {
		ret->reason = REASON_OK;
	}
	return err;
}

int list_check_signature(const struct signed_list *list, const struct cert_chain *chain,
			 struct err *e)
{
	BUF_AUTO struct buf sig = BUF(LIST_MAX_LEN);
	const char *dot = strrchr(list->token, '.');
	struct sv input = {list->token, (size_t)(dot - list->token)};
	const struct stir_key *key = cert_chain_key(chain);
	int err = decode(&sig, sv_from(dot + 1), "signature", e);

	if (err)
		return err;
	if (!key)
		return err_set(e, EBADMSG, "list: expected a signer with a key on EC P-256");
	if (sig.l != ES256_SIG_LEN)
		return err_set(e, EBADMSG, "list: expected a signature of %d octets, got %zu",
			       ES256_SIG_LEN, sig.l);
	err = key_verify(key, input, (const uint8_t *)sig.p);
	if (err == EBADMSG)
		return err_set(e, err, "list: signature does not verify");
	if (err)
		return err_set(e, err, "list: signature could not be checked: %s", strerror(err));
	return 0;
}

int list_verify(const struct signed_list *list, const struct cert_chain *chain, int64_t now_s,
		struct err *e)
{
	int err = list_check_signature(list, chain, e);

	if (err)
		return err;
	if (list->exp_s <= now_s)
		return err_set(e, EBADMSG, "list: expired %lld s ago",
			       (long long)(now_s - list->exp_s));
	return 0;
}

void signed_list_clear(struct signed_list *list)
{
	free(list->x5u);
	free(list->token);
	json_decref(list->content);
	json_decref(list->claims);
	*list = (struct signed_list){0};
}
