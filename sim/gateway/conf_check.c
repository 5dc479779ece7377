/* What a configuration must be beyond its table, because it depends on the kind of the trunk. */
#include <errno.h>
#include <string.h>

#include "lib/tdm/m3ua.h"
#include "sim/gateway/conf.h"

#define CIC_COUNT 0x4000 /* 14 bits */
#define M3UA_PORT 2905

static int check_tdm(const struct gw_conf_trunk *t, size_t i, struct err *e)
{
	const char *missing = !t->addr ? "addr" : !t->opc ? "opc" : !t->dpc ? "dpc" : NULL;
	uint32_t opc = 0, dpc = 0;

	if (missing)
		return err_set(e, EINVAL, "/trunks/%zu/%s: expected, because the trunk is tdm", i,
			       missing);
	(void)m3ua_pc_parse(&opc, sv_from(t->opc));
	(void)m3ua_pc_parse(&dpc, sv_from(t->dpc));
	if (opc == dpc)
		return err_set(e, EINVAL,
			       "/trunks/%zu/dpc: expected the peer's point code, got the own one, "
			       "%s",
			       i, t->dpc);
	if (t->circuits.first + t->circuits.count > CIC_COUNT)
		return err_set(e, EINVAL,
			       "/trunks/%zu/circuits: expected first + count to be %d at the most",
			       i, CIC_COUNT);
	return 0;
}

static int check_sip(const struct gw_conf_trunk *t, size_t i, struct err *e)
{
	const char *idle = t->addr      ? "addr"
			   : t->opc     ? "opc"
			   : t->dpc     ? "dpc"
			   : t->connect ? "connect"
					: NULL;

	return idle ? err_set(e, EINVAL, "/trunks/%zu/%s: a sip trunk has none", i, idle) : 0;
}

int gw_conf_check(const struct gw_conf *conf, struct err *e)
{
	const struct gw_conf_trunk *t = conf->trunks.v;
	int err = 0;

	for (size_t i = 0; i < conf->trunks.n && !err; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(t[k].name, t[i].name) == 0)
				return err_set(e, EINVAL,
					       "/trunks/%zu/name: \"%s\" is there already", i,
					       t[i].name);
		err = t[i].kind == TRUNK_TDM ? check_tdm(&t[i], i, e) : check_sip(&t[i], i, e);
	}
	return err;
}

uint16_t gw_peer_port(const struct gw_conf_trunk *trunk)
{
	if (trunk->peer.port)
		return (uint16_t)trunk->peer.port;
	return trunk->kind == TRUNK_TDM ? M3UA_PORT : SIP_PORT;
}
