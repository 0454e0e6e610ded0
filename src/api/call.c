/* SPDX-License-Identifier: MIT */
/* The head of an answer. */
#include "api/call.h"

static const char *
call_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(reasons); i++) {
        if (reasons[i].status == status) {
            return reasons[i].text;
        }
    }
    return "Other";
}

/* Headers that a page needs for its safety, and those of the answer. */
void
mst_api_call_head(const struct mst_api_call *call, struct mst_buf *out)
{
    const struct mst_api_answer *answer = &call->answer;
    enum mst_status status = mst_buf_printf(
        out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; "
        "frame-ancestors 'none'\r\nX-Request-Id: %llu\r\n",
        answer->status, call_reason(answer->status), answer->type,
        (unsigned long long)call->request.number);
    if (status == MST_OK && answer->allow[0] != '\0') {
        status = mst_buf_printf(out, "Allow: %s\r\n", answer->allow);
    }
    if (status == MST_OK && answer->status == 401) {
        status = mst_buf_append_str(out, "WWW-Authenticate: Bearer\r\n");
    }
    if (status == MST_OK && answer->retry_after_s > 0) {
        status =
            mst_buf_printf(out, "Retry-After: %d\r\n", answer->retry_after_s);
    }
    if (status == MST_OK && answer->cookie[0] != '\0') {
        status = mst_buf_printf(out, "Set-Cookie: %s\r\n", answer->cookie);
    }
    if (status == MST_OK && answer->etag[0] != '\0') {
        status = mst_buf_printf(out, "ETag: %s\r\n", answer->etag);
    }
    if (status == MST_OK && answer->location[0] != '\0') {
        status = mst_buf_printf(out, "Location: %s\r\n", answer->location);
    }
    if (status == MST_OK && answer->stream == NULL) {
        status = mst_buf_printf(out, "Content-Length: %zu\r\n",
                                answer->body.buf.len);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, "Connection: %s\r\n\r\n",
                                call->framing.close ? "close" : "keep-alive");
    }
    if (status != MST_OK) {
        mst_buf_reset(out);
    }
}
