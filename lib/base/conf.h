/** @file conf.h  JSON files read into plain structs by tables.
 *
 * One table a struct: it names each member with type, bounds, default and meaning, and serves for
 * reading, for `--print-config`, for the JSON Schema and for the help text, so these never differ.
 * Unknown members, wrong types and values out of bounds are refused with file, line, column and
 * member: `cps.json:4:12: /store/max: expected an integer from 1 to 1000000, got "many"`.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"

enum conf_type {
	CONF_STR,  /**< char *: owned by the struct; NULL when absent and without default */
	CONF_BOOL, /**< bool */
	CONF_INT,  /**< int64_t, within min..max */
	CONF_ENUM, /**< int: index into `words` */
	CONF_OBJ,  /**< the struct of `sub`, embedded; absent = all defaults of `sub` */
	CONF_LIST, /**< struct conf_list of the structs of `sub` (JSON: array of objects) */
	CONF_MAP, /**< struct conf_list of the structs of `sub` (JSON: object of objects); the name goes
			  into the first member of the struct, which must be a char *, in file order */
	CONF_STRS, /**< struct conf_list of char * (JSON: array of strings) */
	CONF_STRMAP, /**< struct conf_list of struct conf_pair (JSON: object of strings), in file order */
	CONF_ANY, /**< json_t *: any JSON value, a reference owned by the struct; NULL when absent */
};

struct conf_list {
	void *v; /**< n elements, one behind the other */
	size_t n;
};

struct conf_pair {
	char *name;
	char *value;
};

/** Value of a name in a list of struct conf_pair; NULL when it is not there */
const char *conf_pair_value(const struct conf_list *pairs, const char *name);

struct conf_table;

struct conf_member {
	const char *name;
	enum conf_type type;
	size_t off; /**< offsetof() in the struct */
	bool required;
	const char *def;  /**< default as JSON text, or NULL: zero, false, first word, empty */
	int64_t min, max; /**< CONF_INT; min == max == 0 means no bounds. CONF_LIST, CONF_MAP,
					     CONF_STRS: number of elements, likewise */
	const char *const *words;     /**< CONF_ENUM: NULL terminated */
	const struct conf_table *sub; /**< CONF_OBJ, CONF_LIST, CONF_MAP */
	/** CONF_STR and each of CONF_STRS: further check of the value. Returns NULL or what was expected
	 * ("an https URL"); optional */
	const char *(*check)(struct sv value);
	const char *doc; /**< one sentence for help, schema and documentation */
};

struct conf_table {
	const char *name; /**< what it describes, e.g. "configuration of ref-cps" */
	size_t size;      /**< sizeof the struct */
	const struct conf_member *members; /**< ends with a member whose name is NULL */
};

/**
 * Read text into the struct.
 *
 * @param t      Table
 * @param ret    Struct of t->size octets; all of it is set on success; on failure it holds nothing
 *               that needs freeing
 * @param text   JSON text of one object
 * @param where  File name for the error text
 * @param e      Error text: where:line:column: /path/of/member: what was expected, what came
 *
 * @return 0; EBADMSG and error text; ENOMEM
 */
int conf_parse(const struct conf_table *t, void *ret, struct sv text, const char *where,
	       struct err *e);

/** Read a file (at most CONF_FILE_MAX octets; "-" is standard input). Adds ENOENT, EACCES, EIO … */
int conf_load(const struct conf_table *t, void *ret, const char *path, struct err *e);

#define CONF_FILE_MAX (16u << 20)

/** Free all that the struct owns and zero it; safe on a zeroed struct */
void conf_free(const struct conf_table *t, void *s);

/** The struct as JSON, defaults included. @return New reference, NULL when out of memory */
json_t *conf_json(const struct conf_table *t, const void *s);

/** Write conf_json() indented, with a newline: `--print-config` */
int conf_print(const struct conf_table *t, const void *s, FILE *f);

/** JSON Schema (draft 2020-12) of the table. @return New reference */
json_t *conf_schema(const struct conf_table *t);

/** Help text: a line for each member with type, bounds, default and meaning; nested ones indented */
void conf_doc(const struct conf_table *t, FILE *f);

/**
 * Where a value stands in a JSON text.
 *
 * @param text     Text that jansson accepts
 * @param pointer  JSON pointer (RFC 6901): "" the root, "/calls/0/from"
 * @param line     Line, from 1
 * @param column   Column, from 1: of the member's name for a member, of the value for an element
 *
 * @return 0; ENOENT when there is no such value
 */
int conf_locate(struct sv text, const char *pointer, unsigned *line, unsigned *column);

/**
 * Read a whole file into a new NUL terminated string for free().
 *
 * @param path Its name; "-" is standard input
 * @param max  Largest size accepted, octets
 *
 * @return 0; ENOENT, EACCES, EFBIG, EIO, ENOMEM, each with error text that names the path
 */
int file_read(char **ret, size_t *ret_len, const char *path, size_t max, struct err *e);

/** Write a file whole or not at all: under another name (path.new) first, then renamed. @return 0, or errno with text */
int file_write(const char *path, struct sv text, struct err *e);

#endif
