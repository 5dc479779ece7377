/** @file args.h  Options of a command, by a table: one table serves for reading and for --help. */
#ifndef PKI_ARGS_H
#define PKI_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum opt_type {
	OPT_FLAG, /**< bool */
	OPT_STR,  /**< const char * */
	OPT_INT,  /**< int64_t, within min..max */
	OPT_TIME, /**< int64_t, seconds since 1970: a number of them or 2026-01-31T23:59:59Z */
	OPT_LIST, /**< struct opt_list: may be given several times; options may share one list
		   */
	OPT_MARK, /**< without a value, into a struct opt_list */
};

#define OPT_LIST_MAX 256

struct opt_list {
	struct {
		const char *name;  /**< of the option, without dashes */
		const char *value; /**< NULL: OPT_MARK */
	} v[OPT_LIST_MAX];         /**< in the order given */
	size_t n;
};

struct opt {
	const char *name; /**< without dashes; NULL ends the table */
	enum opt_type type;
	size_t off; /**< offsetof() in the struct of options, which holds the defaults beforehand */
	int64_t min, max;  /**< OPT_INT */
	const char *value; /**< name of the value for --help */
	const char *doc;
};

struct cmd {
	const char *name;
	const char *operands; /**< "DIR CERT", for --help */
	int operands_min, operands_max;
	const char *summary;
	const struct opt *opts;
	const char *notes; /**< more text for --help, or NULL */
	/** @return 0 or errno with text: EINVAL for wrong usage */
	int (*run)(const struct cmd *cmd, int argc, char **argv, struct err *e);
};

/**
 * Read options and operands.
 *
 * @param ret   Struct of options
 * @param ret_operands  First of the operands in argv, which end with NULL
 *
 * @return 0; EINVAL with text
 */
int args_parse(const struct cmd *cmd, void *ret, char ***ret_operands, int argc, char **argv,
	       struct err *e);

/** Write the help text of a command on standard output */
void args_help(const char *program, const struct cmd *cmd);

#endif
