#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/prefix_map.h"
#include "lib/net/redirect.h"
#include "ref-as/policy.h"

struct customer {
	char host[SIP_HOST_MAX + 1]; /* lower case */
	UT_hash_handle hh;
};

struct policy {
	const struct as_conf *conf;
	struct prefix_map *own;
	struct customer *customers;
};

/* Host names are compared without regard to case (RFC 3261 §19.1.4) */
static bool host_key(struct sv host, char ret[SIP_HOST_MAX + 1])
{
	if (!host.l || host.l > SIP_HOST_MAX)
		return false;
	for (size_t i = 0; i < host.l; i++)
		ret[i] = (char)tolower((unsigned char)host.p[i]);
	ret[host.l] = '\0';
	return true;
}

static const struct customer *customer_find(const struct policy *policy, struct sv host)
{
	char key[SIP_HOST_MAX + 1] = "";
	const struct customer *found = NULL;

	if (host_key(host, key))
		HASH_FIND_STR(policy->customers, key, found);
	return found;
}

static int customer_add(struct policy *policy, const char *host, struct err *e)
{
	struct customer *c;

	if (customer_find(policy, sv_from(host)))
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ENOMEM;
	if (!host_key(sv_from(host), c->host)) {
		free(c);
		return err_set(e, EINVAL,
			       "/attestation/customers: expected a host name, got \"%s\"", host);
	}
	HASH_ADD_STR(policy->customers, host, c);
	if (!c->hh.tbl) {
		free(c);
		return ENOMEM;
	}
	return 0;
}

int policy_alloc(struct policy **ret, const struct as_conf *conf, struct err *e)
{
	const struct conf_list *own = &conf->attestation.own;
	const struct conf_list *customers = &conf->attestation.customers;
	struct policy *policy = calloc(1, sizeof(*policy));
	int err;

	if (!policy)
		return ENOMEM;
	policy->conf = conf;
	err = prefix_map_alloc(&policy->own);
	for (size_t i = 0; i < own->n && !err; i++) {
		err = prefix_map_add(policy->own, sv_from(((char **)own->v)[i]), policy);
		if (err == EEXIST) /* said twice, meant once */
			err = 0;
	}
	for (size_t i = 0; i < customers->n && !err; i++)
		err = customer_add(policy, ((char **)customers->v)[i], e);
	if (err) {
		policy_free(policy);
		return err;
	}
	*ret = policy;
	return 0;
}

void policy_free(struct policy *policy)
{
	struct customer *c, *next;

	if (!policy)
		return;
	prefix_map_free(policy->own);
	c = policy->customers;
	HASH_CLEAR(hh, policy->customers); /* the table; its elements stay linked */
	for (; c; c = next) {
		next = c->hh.next;
		free(c);
	}
	free(policy);
}

bool policy_is_origid(struct sv v)
{
	if (v.l != UUID_LEN)
		return false;
	for (size_t i = 0; i < v.l; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = v.p[i];

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

/* What follows a display name: a quoted one may hold anything, also "<sip:x@customer>" */
static struct sv skip_display_name(struct sv v)
{
	size_t i = 1;

	v = sv_trim(v);
	if (!v.l || v.p[0] != '"')
		return v;
	while (i < v.l && v.p[i] != '"')
		i += v.p[i] == '\\' ? 2 : 1;
	return i < v.l ? (struct sv){v.p + i + 1, v.l - i - 1} : (struct sv){NULL, 0};
}

/* Host of the URI of a From value: sip:user@HOST:port;params, with or without <> */
static struct sv from_host(struct sv from)
{
	struct sv rest = skip_display_name(from), uri = rest;

	(void)sv_cut(&rest, '<');
	if (rest.p)
		uri = sv_cut(&rest, '>');
	(void)sv_cut(&uri, '@');
	uri = sv_cut(&uri, '>');
	uri = sv_cut(&uri, ';');
	uri = sv_cut(&uri, '?');
	if (uri.l && uri.p[0] == '[') {
		size_t end = sv_find(uri, ']');

		return end < uri.l ? (struct sv){uri.p, end + 1} : (struct sv){NULL, 0};
	}
	return sv_trim(sv_cut(&uri, ':'));
}

/* First that fits, best first */
static const char *own_attestation(const struct policy *policy, const struct policy_request *req,
				   const char **why)
{
	if (prefix_map_find(policy->own, tn_sv(req->caller), NULL)) {
		*why = "the caller's number is ours";
		return "A";
	}
	if (customer_find(policy, from_host(req->from))) {
		*why = "a known customer calls with a number that is not ours";
		return "B";
	}
	*why = "neither number nor customer is known";
	return "C";
}

void policy_decide(const struct policy *policy, const struct policy_request *req,
		   const struct env *env, struct policy_claims *ret)
{
	struct sv told = sv_trim(req->attestation_info), id = sv_trim(req->origination_id);
	const char *attest = own_attestation(policy, req, &ret->why);

	if (told.l == 1 && told.p[0] >= 'A' && told.p[0] <= 'C') {
		(void)snprintf(ret->attest, sizeof(ret->attest), "%c", told.p[0]);
		ret->why = "Attestation-Info of the CSCF";
	} else {
		(void)snprintf(ret->attest, sizeof(ret->attest), "%s", attest);
	}
	if (policy_is_origid(id))
		(void)snprintf(ret->origid, sizeof(ret->origid), "%.*s", SV_ARG(id));
	else if (policy_is_origid(sv_from(policy->conf->origid)))
		(void)snprintf(ret->origid, sizeof(ret->origid), "%s", policy->conf->origid);
	else
		env_uuid(env, ret->origid);
}
