/** @file cmds.h  The commands of sti-pki. */
#ifndef PKI_CMDS_H
#define PKI_CMDS_H

#include "pki/args.h"

extern const struct cmd cmd_init, cmd_issue, cmd_sign_csr, cmd_csr, cmd_tls, cmd_revoke, cmd_crl,
	cmd_trust_list, cmd_map, cmd_map_request, cmd_show;

/** `sti-pki serve`, an element like the others (lib/net/app.h). @return exit code */
int serve_main(int argc, char **argv);

#endif
