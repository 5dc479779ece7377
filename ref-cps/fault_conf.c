#include <stddef.h>

#include "ref-cps/fault.h"

/* One member: field of the struct, type, and what else the table says of it */
#define MEMBER(field, kind, ...)                                                                \
	{                                                                                       \
		.name = #field, .type = (kind), .off = offsetof(struct cps_faults_conf, field), \
		__VA_ARGS__                                                                     \
	}
#define INT(field, least, most, dflt, text) \
	MEMBER(field, CONF_INT, .min = (least), .max = (most), .def = (dflt), .doc = (text))
#define FLAG(field, text) MEMBER(field, CONF_BOOL, .doc = (text))

static const char *check_reason(struct sv v)
{
	enum reason reason;

	return reason_from_name(&reason, v) ? NULL : "the name of a reason";
}

static const struct conf_member members[] = {
	MEMBER(http, CONF_OBJ, .sub = &https_faults_conf_table, .doc = "of both interfaces"),
	INT(answer_delay_ms, 0, 3600000, "0",
	    "the answer to a POST leaves this much later, while storing stays prompt"),
	FLAG(never_answer, "a POST is stored and never answered"),
	MEMBER(skip_checks, CONF_STRS,
	       .doc = "names of checks of the verification that are left out"),
	INT(answer_status, 0, 599, "0",
	    "429 or 503: POSTs are turned away with it, unseen; 0: they are not"),
	INT(answer_status_count, 0, 1000000, "1",
	    "so many POSTs are turned away, the first ones; 0: all"),
	INT(retry_after_s, -1, 3600, "1", "Retry-After of that answer; -1: without"),
	MEMBER(accept_reasons, CONF_STRS, .max = 64, .check = check_reason,
	       .doc = "a POST that is refused for one of these reasons is answered as if it were "
		      "accepted; nothing is stored"),
	FLAG(no_retry_after, "503 does not say when to come again"),
	FLAG(no_allow, "405 does not say which method there is"),
	FLAG(lose_passports, "what is accepted is not stored"),
	FLAG(lose_at_once,
	     "what comes while another POST is being answered is accepted and not stored"),
	FLAG(one_of_numbers, "of the PASSporTs about two numbers only the first is stored"),
	FLAG(hand_twice, "what was posted twice is handed over twice"),
	FLAG(keep_stale, "what is stale is not deleted"),
	FLAG(keep_taken, "what was handed over stays in the store"),
	FLAG(any_client, "whoever asks on the private interface is answered"),
	FLAG(public_retrieval,
	     "whoever asks on the public interface is answered as on the private one"),
	FLAG(no_wake, "an STI-VS that waits is not told what comes"),
	FLAG(by_numbers, "a repetition is known by its numbers, not by its call-id"),
	FLAG(forget_calls, "a repetition is not known"),
	FLAG(lose_to_gone, "an STI-VS that waited and left gets what comes: nobody does"),
	FLAG(push_twice, "each request is pushed twice"),
	FLAG(push_refused, "what came is pushed before it is verified"),
	FLAG(push_endless, "neither the call nor a refusal ends the tries of a push"),
	FLAG(push_hasty, "Retry-After of the answer to a push does not count"),
	FLAG(push_mangled, "the last of several PASSporTs is not pushed"),
	FLAG(forward_blind, "what is sent on is answered before the other CPS has answered"),
	FLAG(forward_kept, "what is sent on is kept here too"),
	FLAG(forward_mangled, "the last of several PASSporTs is not sent on"),
	FLAG(forward_no_via, "what is sent on has no Via"),
	{0},
};

const struct conf_table cps_faults_conf_table = {
	"behaviours that are wrong on purpose, to prove test cases",
	sizeof(struct cps_faults_conf),
	members,
};
