/* The list of approved STI-CAs: what is taken, what is refused and leaves the old one in force. */
#include <errno.h>

#include "tests/unit/toy_pki.h"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)
DEFINE_AUTO(struct trust, trust_free)

static struct fault fault;
static struct err e;

static void check_chain(const struct trust *trust, const struct cert_chain *chain, enum reason want,
			const char *got)
{
	fault = (struct fault){0};
	CHECK_INT(want == REASON_OK ? 0 : EBADMSG, trust_check_path(trust, chain, &fault));
	CHECK_STR(reason_info(want)->name, reason_info(fault.reason)->name);
	if (!strstr(fault.got, got))
		CHECK_STR(got, fault.got);
	CHECK_INT(0, (long long)ERR_peek_error());
}

/* proves: CPS-06 */
TEST(nothing_is_trusted_without_a_list)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	toy_open(&t);
	CHECK_INT(0, trust_alloc(&trust, buf_sv(&t.pa.pem), &t.env, &e));
	chain = TOY_CHAIN(&t.leaf, &t.inter, &t.root);
	check_chain(trust, chain, REASON_CA_LIST_UNUSABLE, "none so far");
	CHECK_INT(0, trust_list_expires_s(trust));
	CHECK_INT(0, trust_crl_expires_s(trust));
	CHECK_INT(0, trust_generation(trust));
	toy_close(&t);
}

TEST(nothing_is_trusted_after_the_list_ends)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	toy_open(&t);
	trust = toy_trust(&t);
	chain = TOY_CHAIN(&t.leaf, &t.inter);
	CHECK_INT(TOY_NOW + TOY_DAY, trust_list_expires_s(trust));
	toy_at(&t, TOY_NOW + TOY_DAY - 1);
	check_chain(trust, chain, REASON_OK, "");
	toy_at(&t, TOY_NOW + TOY_DAY);
	check_chain(trust, chain, REASON_CA_LIST_UNUSABLE, "list 5, expired 0 s ago");
	toy_close(&t);
}

/* Hand a list to trust that holds sequence 5 with t.root */
static void check_list(const struct toy *t, const struct buf *list, const struct toy_cert *signer,
		       int want, const char *text)
{
	AUTO(trust_free) struct trust *trust = toy_trust(t);
	AUTO(cert_chain_unref) struct cert_chain *chain = TOY_CHAIN(&t->leaf, &t->inter);
	uint64_t before = trust_generation(trust);

	e.s[0] = '\0';
	CHECK_INT(want, trust_set_ca_list(trust, buf_sv(list), buf_sv(&signer->pem), &e));
	if (want && !strstr(e.s, text))
		CHECK_STR(text, e.s);
	CHECK_INT(before + (want == 0), trust_generation(trust));
	if (want)
		check_chain(trust, chain, REASON_OK, ""); /* the list held stays in force */
}

#define CHECK_LIST(by, sequence, exp_s, want, text, ...)                                           \
	do {                                                                                       \
		struct toy t;                                                                      \
                                                                                                   \
		toy_open(&t);                                                                      \
		{                                                                                  \
			BUF_AUTO struct buf list_ = TOY_LIST(&t.by, sequence, exp_s, __VA_ARGS__); \
                                                                                                   \
			check_list(&t, &list_, &t.by, want, text);                                 \
		}                                                                                  \
		toy_close(&t);                                                                     \
	} while (0)

TEST(list_with_higher_sequence)
{
	CHECK_LIST(signer, 6, TOY_NOW + 1, 0, "", &t.root);
}
TEST(list_with_lower_sequence)
{
	CHECK_LIST(signer, 4, TOY_NOW + 9 * TOY_DAY, EBADMSG, "sequence 4 is lower than 5",
		   &t.root);
}
TEST(list_held_already)
{
	CHECK_LIST(signer, 5, TOY_NOW + TOY_DAY, EALREADY, "held already", &t.root);
}
TEST(list_with_earlier_end)
{
	CHECK_LIST(signer, 5, TOY_NOW + TOY_DAY - 1, EALREADY, "held already", &t.root);
}
TEST(list_lives_longer)
{
	CHECK_LIST(signer, 5, TOY_NOW + TOY_DAY + 1, 0, "", &t.root);
}
TEST(list_changed_under_same_sequence)
{
	CHECK_LIST(signer, 5, TOY_NOW + 2 * TOY_DAY, EBADMSG,
		   "other content under the same sequence 5", &t.root, &t.pa);
}
TEST(list_expired)
{
	CHECK_LIST(signer, 6, TOY_NOW, EBADMSG, "expired 0 s ago", &t.root);
}
/* proves: PKI-05 */
TEST(list_signed_by_the_pa_root)
{
	CHECK_LIST(pa, 6, TOY_NOW + 1, EBADMSG, "no key usage", &t.root);
}
/* proves: PKI-05 */
TEST(list_signed_by_an_sti_ca)
{
	CHECK_LIST(inter, 6, TOY_NOW + 1, EBADMSG, "signer", &t.root);
}
TEST(list_signed_by_a_provider)
{
	CHECK_LIST(leaf, 6, TOY_NOW + 1, EBADMSG, "got cert-untrusted", &t.root);
}
TEST(list_with_intermediate)
{
	CHECK_LIST(signer, 6, TOY_NOW + 1, EBADMSG, "trustList[1]: expected a root", &t.root,
		   &t.inter);
}
TEST(list_with_leaf)
{
	CHECK_LIST(signer, 6, TOY_NOW + 1, EBADMSG, "trustList[0]: expected a root", &t.leaf);
}

TEST(list_with_another_key_under_the_signers_chain)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf list = TOY_LIST(&t.leaf, 6, TOY_NOW + TOY_DAY, &t.root);

		check_list(&t, &list, &t.signer, EBADMSG, "signature does not verify");
	}
	toy_close(&t);
}

TEST(list_without_chain)
{
	struct toy t;
	struct toy_cert none = {0};

	toy_open(&t);
	{
		BUF_AUTO struct buf list = TOY_LIST(&t.signer, 6, TOY_NOW + TOY_DAY, &t.root);

		check_list(&t, &list, &none, EBADMSG, "chain of its signer");
	}
	toy_close(&t);
}

TEST(list_from_signer_out_of_date)
{
	struct toy t;
	struct cert_spec spec = {.kind = CERT_PA_SIGNER,
				 .organization = "Toy",
				 .common_name = "PA signer",
				 .not_before_s = 1,
				 .not_after_s = TOY_NOW - 1};
	struct toy_cert old;

	toy_open(&t);
	old = toy_issue(&t, spec, &t.pa);
	{
		BUF_AUTO struct buf list = TOY_LIST(&old, 6, TOY_NOW + TOY_DAY, &t.root);

		check_list(&t, &list, &old, EBADMSG, "got cert-date");
	}
	toy_clear(&old);
	toy_close(&t);
}

static void check_content(json_t *content, const char *text)
{
	struct toy t;
	BUF_AUTO struct buf list = BUF(65536);

	toy_open(&t);
	CHECK_INT(0, list_sign(&list, "https://x.example/", 6, TOY_NOW + TOY_DAY, "trustList",
			       content, t.signer.key));
	check_list(&t, &list, &t.signer, EBADMSG, text);
	json_decref(content);
	toy_close(&t);
}

TEST(list_of_no_array)
{
	check_content(json_object(), "expected an array");
}
TEST(list_of_numbers)
{
	check_content(json_pack("[i]", 1), "trustList[0]: expected a root certificate in PEM");
}
TEST(list_of_text)
{
	check_content(json_pack("[s]", "root"), "trustList[0]: expected a root certificate in PEM");
}

TEST(list_may_be_empty)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	toy_open(&t);
	trust = toy_trust(&t);
	chain = TOY_CHAIN(&t.leaf, &t.inter);
	{
		BUF_AUTO struct buf list = TOY_LIST(&t.signer, 6, TOY_NOW + TOY_DAY, NULL);

		CHECK_INT(0, trust_set_ca_list(trust, buf_sv(&list), buf_sv(&t.signer.pem), &e));
	}
	check_chain(trust, chain, REASON_CERT_UNTRUSTED, "");
	CHECK_STR("one of the 0 roots of list 6", fault.want);
	toy_close(&t);
}

TEST(list_replaces_the_roots)
{
	struct toy t;
	struct toy_cert root, inter, leaf;
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *old = NULL, *new = NULL;

	toy_open(&t);
	root = toy_cert(&t, CERT_ROOT, "SHAKEN New ROOT", NULL);
	inter = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN New", &root);
	leaf = toy_leaf(&t, "5678", &inter);
	old = TOY_CHAIN(&t.leaf, &t.inter);
	new = TOY_CHAIN(&leaf, &inter);
	trust = toy_trust(&t);
	check_chain(trust, new, REASON_CERT_UNTRUSTED, "");
	{
		BUF_AUTO struct buf list = TOY_LIST(&t.signer, 6, TOY_NOW + TOY_DAY, &root);

		CHECK_INT(0, trust_set_ca_list(trust, buf_sv(&list), buf_sv(&t.signer.pem), &e));
	}
	check_chain(trust, new, REASON_OK, "");
	check_chain(trust, old, REASON_CERT_UNTRUSTED, "");
	toy_clear(&leaf);
	toy_clear(&inter);
	toy_clear(&root);
	toy_close(&t);
}

TEST(list_with_one_root_twice)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;

	toy_open(&t);
	trust = toy_trust(&t);
	{
		BUF_AUTO struct buf list =
			TOY_LIST(&t.signer, 6, TOY_NOW + TOY_DAY, &t.root, &t.root);

		CHECK_INT(0, trust_set_ca_list(trust, buf_sv(&list), buf_sv(&t.signer.pem), &e));
	}
	toy_close(&t);
}

TEST(x5u_of_a_list)
{
	struct toy t;
	char *x5u;

	toy_open(&t);
	{
		BUF_AUTO struct buf list = TOY_LIST(&t.signer, 6, TOY_NOW, &t.root);

		x5u = trust_list_x5u(buf_sv(&list));
		CHECK_STR("https://cr.pki.example/pa/signer.pem", x5u);
		free(x5u);
	}
	CHECK(trust_list_x5u(SV("a.b.c")) == NULL);
	toy_close(&t);
}

/* --- the anchor --- */

static void check_anchor(const struct buf *pem, const struct toy *t, const char *text)
{
	struct trust *trust = NULL;

	CHECK_INT(EBADMSG, trust_alloc(&trust, buf_sv(pem), &t->env, &e));
	CHECK(trust == NULL);
	if (!strstr(e.s, text))
		CHECK_STR(text, e.s);
}

TEST(anchor_must_be_one_root)
{
	struct toy t;
	struct buf nothing = BUF(1);

	toy_open(&t);
	{
		BUF_AUTO struct buf two = TOY_PEM(&t.pa, &t.root);

		check_anchor(&nothing, &t,
			     "root of the STI-PA: expected a root certificate in PEM");
		check_anchor(&two, &t, "got 2 certificates");
		check_anchor(&t.signer.pem, &t,
			     "expected a root (a CA that signed itself), got CN=PA signer");
		check_anchor(&t.inter.pem, &t, "expected a root");
	}
	toy_close(&t);
}

TEST_MAIN(CASE(nothing_is_trusted_without_a_list), CASE(nothing_is_trusted_after_the_list_ends),
	  CASE(list_with_higher_sequence), CASE(list_with_lower_sequence), CASE(list_held_already),
	  CASE(list_with_earlier_end), CASE(list_lives_longer),
	  CASE(list_changed_under_same_sequence), CASE(list_expired),
	  CASE(list_signed_by_the_pa_root), CASE(list_signed_by_an_sti_ca),
	  CASE(list_signed_by_a_provider), CASE(list_with_intermediate), CASE(list_with_leaf),
	  CASE(list_with_another_key_under_the_signers_chain), CASE(list_without_chain),
	  CASE(list_from_signer_out_of_date), CASE(list_of_no_array), CASE(list_of_numbers),
	  CASE(list_of_text), CASE(list_may_be_empty), CASE(list_replaces_the_roots),
	  CASE(list_with_one_root_twice), CASE(x5u_of_a_list), CASE(anchor_must_be_one_root))
