#include "sim/gateway/gateway.h"

int main(int argc, char **argv)
{
	static const struct app_def def = {
		.program = "oob-gateway",
		.summary = "IBCF/MGCF: SIP on one side, ANSI ISUP in M3UA over TCP on the other",
		.conf = &gw_conf_table,
		.start = gw_start,
		.stop = gw_stop,
	};

	return app_main(&def, argc, argv);
}
