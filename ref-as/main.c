#include "lib/net/app.h"
#include "ref-as/as.h"
#include "ref-as/conf.h"

int main(int argc, char **argv)
{
	static const struct app_def def = {
		.program = "ref-as",
		.summary = "STI-AS: signs calls, answers with the PASSporT and publishes it "
			   "out-of-band",
		.conf = &as_conf_table,
		.start = as_start,
		.reload = as_reload,
		.stop = as_stop,
	};

	return app_main(&def, argc, argv);
}
