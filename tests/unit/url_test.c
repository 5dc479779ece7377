#include <stdlib.h>

#include "lib/net/https_client.h"
#include "lib/net/trust_source.h"
#include "tests/unit/test.h"

#define GOOD(url)      CHECK_STR(NULL, check_https_url(SV(url)))
#define BAD(what, url) CHECK_STR(what, check_https_url(SV(url)))

TEST(good)
{
	GOOD("https://cps.tsp.example/cps/company/5678");
	GOOD("https://cps.tsp.example:8443/cps/company/5678");
	GOOD("HTTPS://CPS.example");
	GOOD("https://127.0.0.1:8443/x?a=b&c=d");
	GOOD("https://[::1]:8443/x");
	GOOD("https://cr.example/1234.pem?x=@");
}

TEST(other_schemes)
{
	BAD("an https URL", "http://cps.example/");
	BAD("an https URL", "ftp://cps.example/");
	BAD("an https URL", "file:///etc/passwd");
	BAD("an https URL", "cps.example/x");
	BAD("an https URL", "https:/x");
	BAD("an https URL", "httpss://x");
	BAD("an https URL", "");
	BAD("an https URL", " https://cps.example/");
}

TEST(host_is_missing)
{
	BAD("an https URL with a host", "https://");
	BAD("an https URL with a host", "https:///path");
	BAD("an https URL with a host", "https://:8443/x");
	BAD("an https URL with a host", "https://?x");
}

TEST(port)
{
	GOOD("https://cps.example:65535/");
	BAD("an https URL with a host", "https://cps.example:65536/");
	BAD("an https URL with a host", "https://cps.example:0/");
	BAD("an https URL with a host", "https://cps.example:-1/");
	BAD("an https URL with a host", "https://cps.example:8x/");
}

TEST(user_information)
{
	BAD("an https URL without user information", "https://joe@cps.example/");
	BAD("an https URL without user information", "https://joe:pw@cps.example/");
	BAD("an https URL without user information", "https://@cps.example/");
	BAD("an https URL without user information", "https://good.example@evil.example/");
}

TEST(fragment)
{
	BAD("an https URL without a fragment", "https://cps.example/x#y");
	BAD("an https URL without a fragment", "https://cps.example/x#");
}

TEST(foreign_octets)
{
	static const char want[] = "an https URL without blanks and octets outside of ASCII";

	BAD(want, "https://cps.example/a b");
	BAD(want, "https://cps.example/\r\nHost: x");
	BAD(want, "https://cps.example/\xc3\xa4");
	BAD(want, "https://cps.example/a\0b");
	BAD(want, "https://cps.exam\tple/");
}

TEST(too_long)
{
	static char url[4096] = "https://cps.example/";
	size_t l = strlen(url);

	memset(url + l, 'x', sizeof(url) - l);
	CHECK_STR(NULL, check_https_url((struct sv){url, 2048}));
	CHECK_STR("an https URL of at most 2048 characters",
		  check_https_url((struct sv){url, 2049}));
}

TEST(not_terminated)
{
	CHECK_STR(NULL, check_https_url((struct sv){"https://cps.example/#", 20}));
}

TEST(trust_source)
{
	CHECK_STR(NULL, check_trust_source(SV("https://pa.example/ca-list")));
	CHECK_STR(NULL, check_trust_source(SV("pki/ca-list.jwt")));
	CHECK_STR(NULL, check_trust_source(SV("/etc/pki/ca list")));
	CHECK_STR("an https URL or a file", check_trust_source(SV("http://pa.example/ca-list")));
	CHECK_STR("an https URL or a file", check_trust_source(SV("https://")));
	CHECK_STR("an https URL or a file", check_trust_source(SV("")));
}

TEST_MAIN(CASE(good), CASE(other_schemes), CASE(host_is_missing), CASE(port),
	  CASE(user_information), CASE(fragment), CASE(foreign_octets), CASE(too_long),
	  CASE(not_terminated), CASE(trust_source))
