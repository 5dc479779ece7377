/* Heads that the daemon would take and that must be refused: where a request can be read in two ways, a second one can be
 * smuggled past somebody (RFC 9112 §11.2). */
#include <string.h>

#include "lib/net/https_in.h"

struct head {
	unsigned hosts, codings;
	const char *length, *coding;
	bool lengths_differ, blank;
};

static enum MHD_Result look(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct head *h = cls;
	struct sv v = sv_from(name);

	(void)kind;
	h->blank |= v.l && (v.p[v.l - 1] == ' ' || v.p[v.l - 1] == '\t');
	if (sv_ieqz(v, "Host"))
		h->hosts++;
	if (sv_ieqz(v, "Transfer-Encoding")) {
		h->codings++;
		h->coding = value ? value : "";
	}
	if (sv_ieqz(v, "Content-Length")) {
		h->lengths_differ |= h->length && strcmp(h->length, value ? value : "") != 0;
		h->length = value ? value : "";
	}
	return MHD_YES;
}

/* The last coding says where the body ends (RFC 9112 §6.3) */
static bool ends_in_chunked(struct sv codings)
{
	struct sv last = {NULL, 0};

	while (codings.p)
		last = sv_cut(&codings, ',');
	return sv_ieqz(sv_trim(last), "chunked");
}

static unsigned refuse_coding(const struct head *h, const char **text)
{
	bool known = h->codings == 1 && sv_ieqz(sv_trim(sv_from(h->coding)), "chunked");

	*text = "a transfer coding other than chunked\n";
	if (known)
		return 0;
	return ends_in_chunked(sv_from(h->coding)) ? MHD_HTTP_NOT_IMPLEMENTED
						   : MHD_HTTP_BAD_REQUEST;
}

static unsigned refuse_framing(const struct head *h, const char **text)
{
	*text = NULL;
	if (h->blank) /* RFC 9112 §5.1 */
		*text = "a blank between a header's name and its colon\n";
	else if (h->hosts > 1) /* RFC 9112 §3.2 */
		*text = "more than one Host\n";
	else if (h->length && h->codings) /* RFC 9112 §6.1 */
		*text = "both Content-Length and Transfer-Encoding\n";
	else if (h->lengths_differ) /* RFC 9112 §6.3 */
		*text = "Content-Lengths that differ\n";
	if (*text)
		return MHD_HTTP_BAD_REQUEST;
	return h->codings ? refuse_coding(h, text) : 0;
}

/* Wrong on purpose */
static unsigned refuse_wrongly(const struct https_faults_conf *faults, const struct head *h,
			       const struct https_req *req, const char **text)
{
	*text = "refused on purpose\n";
	if (faults->no_chunked && h->codings)
		return MHD_HTTP_NOT_IMPLEMENTED;
	return faults->no_continue && https_req_header(req, "Expect").p
		       ? MHD_HTTP_EXPECTATION_FAILED
		       : 0;
}

unsigned https_req_framing(const struct https_req *req, const char **text)
{
	const struct https_faults_conf *faults = req->conn->srv->opts.faults;
	struct head h = {0};
	unsigned status = 0;

	(void)MHD_get_connection_values(req->conn->mhd, MHD_HEADER_KIND, look, &h);
	if (!faults || !faults->lax)
		status = refuse_framing(&h, text);
	if (!status && faults)
		status = refuse_wrongly(faults, &h, req, text);
	return status;
}
