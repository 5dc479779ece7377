/** @file vectors.h  Tokens and keys that are printed elsewhere, or were made with another
 * implementation. */
#ifndef UNIT_VECTORS_H
#define UNIT_VECTORS_H

/** Key pair of RFC 8946 Appendix A: for tests only */
#define RFC8946_KEY                                                          \
	"-----BEGIN EC PRIVATE KEY-----\n"                                   \
	"MHcCAQEEIFKCsFZ4Wsw3ZpBxgc4Z0sOjaXDdMk07Ny1fKg6OntAkoAoGCCqGSM49\n" \
	"AwEHoUQDQgAEmzGM1VsO+3IqbMF54rQMaYKQftO4hUYm9wv5wutLgEd9FsiTy3+4\n" \
	"+Wa2O7pffOXPC0QzO+yD8hGEXGP/2mZo6w==\n"                             \
	"-----END EC PRIVATE KEY-----\n"

/** Signed with RFC8946_KEY by python3-cryptography (RFC 6979 nonces) */
#define SHAKEN_TOKEN                                                                       \
	"eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6" \
	"Ly9jci5leGFtcGxlLzEyMzQucGVtIn0.eyJhdHRlc3QiOiJBIiwiZGVzdCI6eyJ0biI6WyIxOTAzMjQ2" \
	"OTEwMyJdfSwiaWF0IjoxNTg0OTgzNDAyLCJvcmlnIjp7InRuIjoiMTIwMTM3NzYwNTEifSwib3JpZ2lk" \
	"IjoiMTIzZTQ1NjctZTg5Yi00MmQzLWE0NTYtNDI2NjU1NDQwMDAwIn0.96NJCyX_7xkKU680xs5OlVlG" \
	"H9yT-K8ifY-H9POCApbiR0K_WIjPXYKRm5lYd5xhiktVlvTkKWoltfKs_EFv1g"

#define SHAKEN_HEADER                                                                              \
	"{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"https://cr.example/" \
	"1234.pem\"}"
#define SHAKEN_CLAIMS                                                               \
	"{\"attest\":\"A\",\"dest\":{\"tn\":[\"19032469103\"]},\"iat\":1584983402," \
	"\"orig\":{\"tn\":\"12013776051\"},\"origid\":\"123e4567-e89b-42d3-a456-426655440000\"}"
#define SHAKEN_IAT 1584983402

/** RFC 8946 3: verifies with RFC8946_KEY */
#define DIV_TOKEN                                                                          \
	"eyJhbGciOiJFUzI1NiIsInBwdCI6ImRpdiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly93" \
	"d3cuZXhhbXBsZS5jb20vY2VydC5jZXIifQ.eyJkZXN0Ijp7InRuIjpbIjEyMTU1NTUxMjE0Il19LCJka" \
	"XYiOnsidG4iOiIxMjE1NTU1NTEyMTMifSwiaWF0IjoxNDQzMjA4MzQ1LCJvcmlnIjp7InRuIjoiMTIxN" \
	"TU1NTEyMTIifX0.xBHWipDEEJ8a6TsdX6xUXAnblsFiGUiAxwLiv0HLC9IICj6eG9jQd6WzeSSjHRBwx" \
	"mChHhVIiMTSqIlk3yCNkg"

/** RFC 8946 5, the original inside the div-o example: verifies with RFC8946_KEY */
#define BASE_TOKEN                                                                         \
	"eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly93d3cuZXhhbXBsZS5j" \
	"b20vY2VydC5jZXIifQ.eyJkZXN0Ijp7InRuIjpbIjEyMTU1NTUxMjEzIl19LCJpYXQiOjE0NDMyMDgzN" \
	"DUsIm9yaWciOnsidG4iOiIxMjE1NTU1MTIxMiJ9fQ.1bEzkzcNbKvgz4QoMx0_DJ2T8qFMDC1sPqHPXl" \
	"1WvbauzRJRvYlZqQ0qgGTlS8tJ_wXjVe07Z3wvDrdApHhhYw"

/** The body of the POST that clause 5.4 of the specification shows: 487 octets */
#define EXAMPLE_BODY                                                                       \
	"eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6" \
	"Ly9jZXJ0aWZpY2F0ZXMuY2xlYXJpcC5jb20vNGE4NzFjMDYtZTBiNS00Y2I5LTgzNDctNDMxMjZiZDg2" \
	"Yzg1LzY0NmIxYmUzNzNmMTZlYWY4NzUzNzk5ZTM0OTkwMzJhLmNydCJ9.eyJhdHRlc3QiOiJBIiwiZGV" \
	"zdCI6eyJ0biI6WyIxOTAzMjQ2OTEwMyJdfSwiaWF0IjoxNTg0OTgzNDAyLCJvcmlnIjp7InRuIjoiMTI" \
	"wMTM3NzYwNTEifSwib3JpZ2lkIjoiNGFlYzk0ZTItNTA4Yy00YzFjLTkwN2ItMzczN2JhYzBhODBlIn0" \
	".EMfXHyowsI5s73KqoBzJ9pzrrwGFNKBRmHcx-YZ3DjPgBe4Mvqq9N-bThN1_HTWeSvbruAyet26fetR" \
	"L1_bn1g"

#endif
