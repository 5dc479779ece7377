#include <string.h>

#include "sim/gateway/fault.h"

/* As much of the PASSporT as a calling name has room for */
static void leak(struct isup_iam *iam, struct sv identity)
{
	size_t l = sizeof(iam->generic_name) - 1;

	l = identity.l < l ? identity.l : l;
	(void)snprintf(iam->generic_name, sizeof(iam->generic_name), "%.*s", (int)l, identity.p);
}

void fault_iam(const struct gw_faults *faults, struct isup_iam *iam, const struct sip_rx *invite)
{
	struct sv identity = sip_rx_header(invite, "Identity", 0);

	if (faults->leak_identity && identity.p)
		leak(iam, identity);
	if (faults->calling)
		(void)snprintf(iam->calling.digits, sizeof(iam->calling.digits), "%s",
			       faults->calling);
}

uint8_t fault_cause(const struct gw_faults *faults, unsigned cause)
{
	return (uint8_t)(faults->cause ? faults->cause : cause);
}
