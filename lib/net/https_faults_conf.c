#include <stddef.h>

#include "lib/net/https_faults.h"

static const char *const tls_words[] = {"usual", "old", "only-1.2", "only-1.3", NULL};

/* One member: field of the struct, and what the table says of it */
#define MEMBER(field, kind, ...)                                                                  \
	{                                                                                         \
		.name = #field, .type = (kind), .off = offsetof(struct https_faults_conf, field), \
		__VA_ARGS__                                                                       \
	}
#define FLAG(field, text) MEMBER(field, CONF_BOOL, .doc = (text))

static const struct conf_member members[] = {
	MEMBER(tls, CONF_ENUM, .words = tls_words,
	       .doc = "versions of TLS: 1.2 and 1.3; 1.0 and 1.1 too; one alone"),
	FLAG(plain, "plain HTTP is answered on the same port"),
	FLAG(lax,
	     "requests that can be read in two ways (lengths, Host, blanks before a colon) are "
	     "not refused"),
	FLAG(no_chunked, "a body in chunks is answered with 501"),
	FLAG(no_continue, "Expect: 100-continue is answered with 417"),
	FLAG(one_answer, "a connection ends after one answer, which does not say so"),
	FLAG(one_at_once, "while a request is coming nobody else is answered"),
	FLAG(take_cut_off, "what came of a body that was cut off is taken for all of it"),
	FLAG(end_of_cut_off, "the program ends when a request is cut off"),
	FLAG(end_of_silence, "the program ends when a connection ends without a request"),
	MEMBER(whole_in_ms, CONF_INT, .min = 0, .max = 60000, .def = "0",
	       .doc = "a request that is not whole so long after its first line is cut off; 0: it "
		      "is not"),
	{0},
};

const struct conf_table https_faults_conf_table = {
	"what an HTTPS server does wrong on purpose",
	sizeof(struct https_faults_conf),
	members,
};
