/** @file https_faults.h  What an HTTPS server does wrong on purpose, so that a test case proves that it can fail: member
 * `faults.http` of the configurations of elements. All zero: nothing. */
#ifndef NET_HTTPS_FAULTS_H
#define NET_HTTPS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/conf.h"

enum https_fault_tls {
	HTTPS_TLS_USUAL, /**< 1.2 and 1.3 */
	HTTPS_TLS_OLD,   /**< 1.0 and 1.1 too */
	HTTPS_TLS_ONLY_12,
	HTTPS_TLS_ONLY_13,
};

struct https_faults_conf {
	int tls;             /**< enum https_fault_tls */
	bool plain;          /**< plain HTTP is answered on the port, beside TLS */
	bool lax;            /**< requests that can be read in two ways are not refused */
	bool no_chunked;     /**< a body in chunks is answered with 501 */
	bool no_continue;    /**< Expect: 100-continue is answered with 417 */
	bool one_answer;     /**< a connection ends after one answer, which does not say so */
	bool one_at_once;    /**< while a request is coming nobody else is answered */
	bool take_cut_off;   /**< what came of a body that was cut off is taken for all of it */
	bool end_of_cut_off; /**< the program ends when a request is cut off */
	bool end_of_silence; /**< … when a connection ends without a request */
	int64_t whole_in_ms; /**< a request that is not whole so long after its first line is cut off; 0: it is not */
};

extern const struct conf_table https_faults_conf_table;

#endif
