#include <errno.h>
#include <strings.h>

#include "lib/tdm/map.h"

/* clang-format off */
/* RFC 3398 §7.2.4.1; a cause without a row gives 500. 16 ends a call, so the table there has no
 * status for it: a call that is not yet answered gets 480, the user was not reached. 25, 44 (another
 * circuit is taken instead) and 63 are not mapped there and have only their names. */
static const struct {
	unsigned char cause;
	unsigned short status;
	const char *text;
} causes[] = {
	{1, 404, "Unallocated number"},
	{2, 404, "No route to transit network"},
	{3, 404, "No route to destination"},
	{16, 480, "Normal call clearing"},
	{17, 486, "User busy"},
	{18, 408, "No user responding"},
	{19, 480, "No answer from user"},
	{20, 480, "Subscriber absent"},
	{21, 403, "Call rejected"},
	{22, 410, "Number changed"},
	{23, 410, "Redirection to new destination"},
	{25, 500, "Exchange routing error"},
	{26, 404, "Misrouted call to a ported number"},
	{27, 502, "Destination out of order"},
	{28, 484, "Address incomplete"},
	{29, 501, "Facility rejected"},
	{31, 480, "Normal, unspecified"},
	{34, 503, "No circuit available"},
	{38, 503, "Network out of order"},
	{41, 503, "Temporary failure"},
	{42, 503, "Switching equipment congestion"},
	{44, 500, "Requested circuit not available"},
	{47, 503, "Resource unavailable"},
	{55, 403, "Incoming calls barred"},
	{57, 403, "Bearer capability not authorized"},
	{58, 503, "Bearer capability not available"},
	{63, 500, "Service or option not available"},
	{65, 488, "Bearer capability not implemented"},
	{70, 488, "Only restricted digital information"},
	{79, 501, "Service or option not implemented"},
	{87, 403, "User not member of group"},
	{88, 503, "Incompatible destination"},
	{102, 504, "Recovery on timer expiry"},
	{111, 500, "Protocol error"},
	{127, 500, "Interworking, unspecified"},
};

static const struct {
	unsigned short status;
	const char *phrase;
} phrases[] = {
	{403, "Forbidden"},
	{404, "Not Found"},
	{408, "Request Timeout"},
	{410, "Gone"},
	{480, "Temporarily Unavailable"},
	{484, "Address Incomplete"},
	{486, "Busy Here"},
	{488, "Not Acceptable Here"},
	{500, "Server Internal Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Server Time-out"},
	{603, "Decline"},
};

/* RFC 3398 §8.2.6.1. 488 and 606 would go by a Warning header; without one 31, as all others, so
 * that 428, 436, 437 and 438 of RFC 8224 are 31 too. */
static const struct {
	unsigned short status;
	unsigned char cause;
} statuses[] = {
	{400, 41}, {401, 21}, {402, 21}, {403, 21}, {404, 1}, {405, 63}, {406, 79},
	{407, 21}, {408, 102}, {410, 22}, {413, 127}, {414, 127}, {415, 79}, {416, 127},
	{420, 127}, {421, 127}, {423, 127}, {480, 18}, {481, 41}, {482, 25}, {483, 25},
	{484, 28}, {485, 1}, {486, 17}, {500, 41}, {501, 79}, {502, 38}, {503, 41},
	{504, 102}, {505, 127}, {513, 127}, {600, 17}, {603, 21}, {604, 1},
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *phrase_of(unsigned status)
{
	for (size_t i = 0; i < COUNT(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

unsigned map_cause_to_status(unsigned cause, bool location_user, const char **phrase)
{
	unsigned status = 500;

	for (size_t i = 0; i < COUNT(causes); i++)
		if (causes[i].cause == cause)
			status = causes[i].status;
	if (cause == 21 && location_user)
		status = 603;
	if (phrase)
		*phrase = phrase_of(status);
	return status;
}

unsigned map_status_to_cause(unsigned status)
{
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].cause;
	return 31;
}

const char *map_cause_text(unsigned cause)
{
	for (size_t i = 0; i < COUNT(causes); i++)
		if (causes[i].cause == cause)
			return causes[i].text;
	return "Interworking, unspecified";
}

int map_reason_cause(struct sv reason, unsigned *ret)
{
	while (reason.p) {
		struct sv value = sv_cut(&reason, ',');

		if (!sv_ieqz(sv_trim(sv_cut(&value, ';')), "Q.850"))
			continue;
		while (value.p) {
			struct sv param = sv_cut(&value, ';'), name = sv_trim(sv_cut(&param, '='));
			unsigned long long cause;

			if (!sv_ieqz(name, "cause") || !sv_u64(sv_trim(param), 127, &cause))
				continue;
			*ret = (unsigned)cause;
			return 0;
		}
	}
	return ENOENT;
}

unsigned map_status_to_location(unsigned status)
{
	return status >= 600 ? LOCATION_USER : LOCATION_BEYOND;
}

#define CHARGE           0x02
#define FREE             0x04
#define STATUS           0x0c
#define ORDINARY         0x10
#define ISUP_ALL_THE_WAY 0x04 /* second octet */

unsigned map_acm_to_status(const struct isup_acm *acm)
{
	return (acm->backward[0] & STATUS) == FREE ? 180 : 183;
}

void map_status_to_acm(struct isup_acm *ret, unsigned status)
{
	ret->backward[0] = CHARGE | ORDINARY | (status == 180 ? FREE : 0);
	ret->backward[1] = ISUP_ALL_THE_WAY;
}

enum { EVENT_ALERTING = 1, EVENT_PROGRESS = 2, EVENT_IN_BAND = 3 };

unsigned map_cpg_to_status(const struct isup_acm *cpg)
{
	switch (cpg->backward[0] & 0x7f) { /* bit 8: presentation of the event */
	case EVENT_ALERTING:
		return 180;
	case EVENT_PROGRESS:
	case EVENT_IN_BAND:
		return 183;
	default:
		return 0;
	}
}

void map_status_to_cpg(struct isup_acm *ret, unsigned status)
{
	*ret = (struct isup_acm){{status == 180 ? EVENT_ALERTING : EVENT_PROGRESS}};
}
