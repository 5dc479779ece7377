#include <errno.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "lib/stir/discovery.h"
#include "ref-as/discover_conf.h"

static const char *check_word(struct sv v)
{
	for (const char *const *word = discovery_source_words; *word; word++)
		if (sv_eqz(v, *word))
			return NULL;
	return "\"sti-pa\", \"sti-ca\" or \"policy\"";
}

static const char *check_prefix(struct sv v)
{
	return prefix_map_key_ok(v) ? NULL : "1 to 15 digits of a canonical number, without +";
}

static const char *check_cic(struct sv v)
{
	char cic[CIC_MAX + 1];

	return cic_canonical(cic, v) ? "a Carrier Identification Code: 1 to 8 digits" : NULL;
}

static const struct conf_member rule_members[] = {
	{.name = "prefix",
	 .type = CONF_STR,
	 .off = offsetof(struct discover_rule, prefix),
	 .check = check_prefix,
	 .doc = "first digits of the called numbers; the longest prefix that fits wins"},
	{.name = "cic",
	 .type = CONF_STR,
	 .off = offsetof(struct discover_rule, cic),
	 .check = check_cic,
	 .doc = "Carrier Identification Code that the call is routed by (toll-free)"},
	{.name = "ocn",
	 .type = CONF_STR,
	 .off = offsetof(struct discover_rule, ocn),
	 .check = map_check_ocn,
	 .doc = "OCN of the called number's provider"},
	{.name = "url",
	 .type = CONF_STR,
	 .off = offsetof(struct discover_rule, url),
	 .required = true,
	 .check = check_https_url,
	 .doc = "https URL that takes the PASSporTs"},
	{.name = NULL},
};
static const struct conf_table rule_table = {
	"a rule of local policy: one of prefix, cic, ocn, or none of them for the default",
	sizeof(struct discover_rule), rule_members};

static const char *const conflict_words[] = {"first", "refuse", "newest", NULL};

static const struct conf_member members[] = {
	{.name = "order",
	 .type = CONF_STRS,
	 .off = offsetof(struct discover_conf, order),
	 .def = "[\"sti-pa\", \"sti-ca\", \"policy\"]",
	 .min = 1,
	 .max = DISCOVERY_SOURCES,
	 .check = check_word,
	 .doc = "who is asked for a CPS, in this order: lists of the STI-PA, of the STI-CAs, local "
		"policy"},
	{.name = "numbers_file",
	 .type = CONF_STR,
	 .off = offsetof(struct discover_conf, numbers_file),
	 .doc = "CSV file of numbers to OCNs, a line prefix,ocn each; beside the member numbers"},
	{.name = "rules",
	 .type = CONF_LIST,
	 .off = offsetof(struct discover_conf, rules),
	 .sub = &rule_table,
	 .doc = "local policy; the member cps of ref-as holds rules by OCN too"},
	{.name = "conflict",
	 .type = CONF_ENUM,
	 .off = offsetof(struct discover_conf, conflict),
	 .words = conflict_words,
	 .doc = "when authorities give different URLs: the one asked first counts, none counts, or "
		"the list that runs out last"},
	{.name = "maps",
	 .type = CONF_LIST,
	 .off = offsetof(struct discover_conf, maps),
	 .sub = &map_source_table,
	 .max = MAP_AUTHORITIES_MAX,
	 .doc = "published CPS mappings; of two STI-CAs the first is asked first"},
	{.name = "interval_s",
	 .type = CONF_INT,
	 .off = offsetof(struct discover_conf, interval_s),
	 .def = "3600",
	 .min = 1,
	 .max = 604800,
	 .doc = "seconds until the lists are asked for again"},
	{.name = "state_dir",
	 .type = CONF_STR,
	 .off = offsetof(struct discover_conf, state_dir),
	 .doc = "folder where taken lists are kept, so that none goes back over a restart"},
	{.name = "trust",
	 .type = CONF_OBJ,
	 .off = offsetof(struct discover_conf, trust),
	 .sub = &trust_conf_table,
	 .doc = "whom to believe the lists; needed with maps"},
	{.name = NULL},
};

const struct conf_table discover_conf_table = {"how the CPS of a call is found",
					       sizeof(struct discover_conf), members};

static int check_rule(const struct discover_rule *rule, size_t i, struct err *e)
{
	int keys = (rule->prefix != NULL) + (rule->cic != NULL) + (rule->ocn != NULL);

	if (keys <= 1)
		return 0;
	return err_set(e, EINVAL,
		       "/discovery/rules/%zu: expected one of prefix, cic and ocn, or none of them "
		       "for the default, got %d",
		       i, keys);
}

int discover_conf_check(const struct discover_conf *conf, struct err *e)
{
	const struct discover_rule *rules = conf->rules.v;
	char *const *order = conf->order.v;

	for (size_t i = 0; i < conf->order.n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(order[i], order[k]) == 0)
				return err_set(e, EINVAL,
					       "/discovery/order/%zu: expected each once, got "
					       "\"%s\" again",
					       i, order[i]);
	for (size_t i = 0; i < conf->rules.n; i++)
		if (check_rule(&rules[i], i, e))
			return EINVAL;
	if (conf->maps.n && !conf->trust.pa_root)
		return err_set(
			e, EINVAL,
			"/discovery/trust: expected pa_root, ca_list and crl, by which maps are "
			"checked, got nothing");
	return 0;
}
