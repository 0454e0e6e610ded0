/* SPDX-License-Identifier: MIT */
/* Request line and headers. RFC 9110 and 9112 without what is obsolete: no
 * folded lines, no bare line feeds, no chunks. */
#include "api/head.h"

#include <stdlib.h>
#include <strings.h>

/* The headers that are looked at; but for the first, there is one at most. */
enum head_known {
    HEAD_ACCEPT, /* may come in pieces, of which the first is taken */
    HEAD_AUTHORIZATION,
    HEAD_CONNECTION,
    HEAD_CONTENT_LENGTH,
    HEAD_CONTENT_TYPE,
    HEAD_COOKIE,
    HEAD_EXPECT,
    HEAD_HOST,
    HEAD_IF_MATCH,
    HEAD_IF_NONE_MATCH,
    HEAD_LAST_EVENT_ID,
    HEAD_ORIGIN,
    HEAD_TRANSFER_ENCODING,
    HEAD_KNOWN
};

static const char *const head_names[HEAD_KNOWN] = {
    [HEAD_ACCEPT] = "Accept",
    [HEAD_AUTHORIZATION] = "Authorization",
    [HEAD_CONNECTION] = "Connection",
    [HEAD_CONTENT_LENGTH] = "Content-Length",
    [HEAD_CONTENT_TYPE] = "Content-Type",
    [HEAD_COOKIE] = "Cookie",
    [HEAD_EXPECT] = "Expect",
    [HEAD_HOST] = "Host",
    [HEAD_IF_MATCH] = "If-Match",
    [HEAD_IF_NONE_MATCH] = "If-None-Match",
    [HEAD_LAST_EVENT_ID] = "Last-Event-ID",
    [HEAD_ORIGIN] = "Origin",
    [HEAD_TRANSFER_ENCODING] = "Transfer-Encoding",
};

struct head {
    char *at;
    char *end;
    int minor; /* HTTP/1.minor */
    const char *values[HEAD_KNOWN];
};

size_t
mst_api_head_end(const char *text, size_t len)
{
    const char *end = len > 0 ? memmem(text, len, "\r\n\r\n", 4) : NULL;
    return end != NULL ? (size_t)(end - text) + 4 : 0;
}

static bool
head_refuse(struct mst_api_answer *answer, const char *text)
{
    mst_api_refuse(answer, 400, "bad_request", NULL, "%s", text);
    return false;
}

/* The characters of names: RFC 9110, 5.6.2. */
static bool
head_is_token(const char *text, size_t len)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                      || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr(marks, c) == NULL)) {
            return false;
        }
    }
    return len > 0;
}

/* The next line, without its end, as a text; NULL: one with a control
 * character in it, of which a bare CR or LF is one. */
static char *
head_line(struct head *head)
{
    char *line = head->at;
    char *end = memmem(line, (size_t)(head->end - line), "\r\n", 2);
    if (end == NULL) {
        return NULL;
    }
    for (const char *at = line; at < end; at++) {
        uint8_t c = (uint8_t)*at;
        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return NULL;
        }
    }
    *end = '\0';
    head->at = end + 2;
    return line;
}

/* Visible ASCII that begins with a slash. */
static bool
head_is_target(const char *text)
{
    if (*text != '/') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || *text == '#') {
            return false;
        }
    }
    return true;
}

static bool
head_request_line(struct head *head, struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    char *method = head_line(head);
    char *target = method != NULL ? strchr(method, ' ') : NULL;
    char *version = target != NULL ? strchr(target + 1, ' ') : NULL;
    if (version == NULL || !head_is_token(method, (size_t)(target - method))) {
        return head_refuse(answer, "this is no HTTP/1.1 request");
    }
    *target++ = '\0';
    *version++ = '\0';
    if (!head_is_target(target)) {
        return head_refuse(answer, "the request's path can not be read");
    }
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
        mst_api_refuse(answer, 505, "bad_version", NULL,
                       "HTTP/1.1 is spoken here");
        return false;
    }
    head->minor = version[strlen(version) - 1] - '0';
    char *query = strchr(target, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    request->method = method;
    request->path = target;
    request->query = query;
    return true;
}

static bool
head_header(struct head *head, char *line, struct mst_api_answer *answer)
{
    char *colon = strchr(line, ':');
    if (colon == NULL || !head_is_token(line, (size_t)(colon - line))) {
        return head_refuse(answer, "a header is none");
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
        value[--len] = '\0';
    }
    for (size_t i = 0; i < HEAD_KNOWN; i++) {
        if (strcasecmp(line, head_names[i]) != 0) {
            continue;
        }
        if (head->values[i] != NULL && i == HEAD_ACCEPT) {
            continue;
        }
        if (head->values[i] != NULL) {
            mst_api_refuse(answer, 400, "bad_headers", NULL,
                           "the header %s comes twice", head_names[i]);
            return false;
        }
        head->values[i] = value;
    }
    return true;
}

static bool
head_headers(struct head *head, struct mst_api_answer *answer)
{
    for (size_t n = 0;; n++) {
        char *line = head_line(head);
        if (line == NULL) {
            return head_refuse(answer, "a header can not be read");
        }
        if (line[0] == '\0') {
            return true;
        }
        if (n == MST_API_HEADERS_MAX) {
            mst_api_refuse(answer, 431, "too_many_headers", NULL,
                           "there are more than %d headers",
                           MST_API_HEADERS_MAX);
            return false;
        }
        if (!head_header(head, line, answer)) {
            return false;
        }
    }
}

/* Whether a list, "a, b", names the word. */
static bool
head_lists(const char *list, const char *word)
{
    size_t len = strlen(word);
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", \t");
        size_t have = strcspn(list, ", \t");
        if (have == len && strncasecmp(list, word, len) == 0) {
            return true;
        }
        list += have;
    }
    return false;
}

/* What makes two programs see two different requests is none. */
static bool
head_framing(const struct head *head, struct mst_api_framing *framing,
             struct mst_api_answer *answer)
{
    const char *length = head->values[HEAD_CONTENT_LENGTH];
    const char *coding = head->values[HEAD_TRANSFER_ENCODING];
    const char *expect = head->values[HEAD_EXPECT];
    if (coding != NULL && length == NULL) {
        mst_api_refuse(answer, 411, "length_required", NULL,
                       "bodies come with a Content-Length here");
        return false;
    }
    if (coding != NULL
        || (length != NULL
            && (length[0] == '\0' || strlen(length) > 18
                || length[strspn(length, "0123456789")] != '\0'))) {
        mst_api_refuse(answer, 400, "bad_framing", NULL,
                       "the length of the body is said twice, or wrong");
        return false;
    }
    if (expect != NULL && strcasecmp(expect, "100-continue") != 0) {
        mst_api_refuse(answer, 417, "bad_expectation", NULL,
                       "nothing but 100-continue can be expected");
        return false;
    }
    framing->length = length != NULL ? strtoull(length, NULL, 10) : 0;
    framing->expects = expect != NULL && head->minor > 0;
    framing->close =
        head_lists(head->values[HEAD_CONNECTION], "close")
        || (head->minor == 0
            && !head_lists(head->values[HEAD_CONNECTION], "keep-alive"));
    return true;
}

bool
mst_api_head_read(char *text, size_t len, struct mst_api_request *request,
                  struct mst_api_framing *ret_framing,
                  struct mst_api_answer *answer)
{
    struct head head = {.at = text, .end = text + len};
    struct mst_api_framing framing = {.close = true};
    if (!head_request_line(&head, request, answer)
        || !head_headers(&head, answer)
        || !head_framing(&head, &framing, answer)) {
        return false;
    }
    if (head.values[HEAD_HOST] == NULL && head.minor > 0) {
        return head_refuse(answer, "the header Host is missing");
    }
    if (strcmp(request->method, "HEAD") == 0) {
        framing.headless = true;
        request->method = "GET";
    }
    request->accept = head.values[HEAD_ACCEPT];
    request->authorization = head.values[HEAD_AUTHORIZATION];
    request->content_type = head.values[HEAD_CONTENT_TYPE];
    request->cookie = head.values[HEAD_COOKIE];
    request->host = head.values[HEAD_HOST];
    request->if_match = head.values[HEAD_IF_MATCH];
    request->if_none_match = head.values[HEAD_IF_NONE_MATCH];
    request->last_event_id = head.values[HEAD_LAST_EVENT_ID];
    request->origin = head.values[HEAD_ORIGIN];
    *ret_framing = framing;
    return true;
}
