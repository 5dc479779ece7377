#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/net/sip.h"

/* RFC 3261 §25.1 SIP-date: the fixed form of RFC 1123, always GMT: "Fri, 25 Sep 2015 19:12:25 GMT"
 */
#define SIP_DATE_LEN 29

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int sip_date_print(char *ret, size_t size, int64_t time_s)
{
	time_t t = (time_t)time_s;
	struct tm tm;
	int n;

	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return 0;
	n = snprintf(ret, size, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday],
		     tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		     tm.tm_sec);
	return n > 0 && (size_t)n < size ? n : 0;
}

static int name_index(const char *p, const char (*names)[4], int n)
{
	for (int i = 0; i < n; i++)
		if (memcmp(p, names[i], 3) == 0)
			return i;
	return -1;
}

static bool number(int *ret, const char *p, size_t l, int max)
{
	unsigned long long v;

	if (!sv_u64((struct sv){p, l}, (unsigned long long)max, &v))
		return false;
	*ret = (int)v;
	return true;
}

static bool same_frame(const char *p)
{
	static const char frame[] = "___, __ ___ ____ __:__:__ GMT";

	for (size_t i = 0; i < SIP_DATE_LEN; i++)
		if (frame[i] != '_' && frame[i] != p[i])
			return false;
	return true;
}

int sip_date_parse(int64_t *ret_s, struct sv value)
{
	struct sv v = sv_trim(value);
	struct tm tm = {0}, again;
	time_t t;

	if (v.l != SIP_DATE_LEN || !same_frame(v.p))
		return EBADMSG;
	tm.tm_mon = name_index(v.p + 8, months, 12);
	if (tm.tm_mon < 0 || !number(&tm.tm_mday, v.p + 5, 2, 31) ||
	    !number(&tm.tm_year, v.p + 12, 4, 9999) || !number(&tm.tm_hour, v.p + 17, 2, 23) ||
	    !number(&tm.tm_min, v.p + 20, 2, 59) || !number(&tm.tm_sec, v.p + 23, 2, 59))
		return EBADMSG;
	tm.tm_year -= 1900;
	again = tm;
	t = timegm(&again);
	/* timegm() makes the 31st of April the first of May. A date that is not in the calendar, or
	 * whose day of the week is another, is none */
	if (again.tm_mon != tm.tm_mon || name_index(v.p, days, 7) != again.tm_wday)
		return EBADMSG;
	*ret_s = (int64_t)t;
	return 0;
}
