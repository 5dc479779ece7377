#include <string.h>

#include <curl/curl.h>

#include "lib/base/auto.h"
#include "lib/net/https_client.h"

#define URL_MAX 2048

DEFINE_AUTO(CURLU, curl_url_cleanup)

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool yes = curl_url_get(url, part, &text, 0) == CURLUE_OK && text && text[0];

	curl_free(text);
	return yes;
}

static bool has_port_0(CURLU *url)
{
	char *text = NULL;
	bool zero = curl_url_get(url, CURLUPART_PORT, &text, 0) == CURLUE_OK &&
		    strspn(text, "0") == strlen(text);

	curl_free(text);
	return zero;
}

const char *check_https_url(struct sv v)
{
	AUTO(curl_url_cleanup) CURLU *url = curl_url();
	char z[URL_MAX + 1];

	if (v.l > URL_MAX)
		return "an https URL of at most 2048 characters";
	if (v.l < 8 || strncasecmp(v.p, "https://", 8) != 0)
		return "an https URL";
	memcpy(z, v.p, v.l);
	z[v.l] = '\0';
	/* a blank or an octet outside of ASCII is no part of a URI (RFC 3986 §2), whatever
	 * libraries make of it */
	for (size_t i = 0; i < v.l; i++)
		if (z[i] <= ' ' || z[i] > '~')
			return "an https URL without blanks and octets outside of ASCII";
	/* libcurl takes "https:///host" for a slip of the pen; here it is none of the URLs that anybody published */
	if (z[8] == '/' || !url || curl_url_set(url, CURLUPART_URL, z, 0) != CURLUE_OK ||
	    has_port_0(url))
		return "an https URL with a host";
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD) ||
	    memchr(v.p, '@', strcspn(z + 8, "/?") + 8))
		return "an https URL without user information";
	if (memchr(z, '#', v.l))
		return "an https URL without a fragment";
	return NULL;
}
