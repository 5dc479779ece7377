#include "lib/net/app.h"
#include "ref-vs/conf.h"
#include "ref-vs/vs.h"

int main(int argc, char **argv)
{
	static const struct app_def def = {
		.program = "ref-vs",
		.summary = "STI-VS: gathers PASSporTs in-band and out-of-band, verifies, answers "
			   "with the result",
		.conf = &vs_conf_table,
		.start = vs_start,
		.reload = vs_reload,
		.stop = vs_stop,
	};

	return app_main(&def, argc, argv);
}
