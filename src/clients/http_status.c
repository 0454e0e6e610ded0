/* SPDX-License-Identifier: MIT */
/* The table of docs/http.md. */
#include "clients/http_status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Index of the outcome's word; enum mst_status behind it. */
static const struct status_word {
    const char *word;
    enum mst_status outcome;
} status_words[] = {{"ok", MST_OK},
                    {"retry", MST_RETRY},
                    {"rejected", MST_REJECTED},
                    {"fatal", MST_FATAL}};

static const struct status_word *
status_find_word(const char *word)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(status_words); i++) {
        if (strcmp(status_words[i].word, word) == 0) {
            return &status_words[i];
        }
    }
    return NULL;
}

/* The user's word on it; NULL: none. */
static const struct status_word *
status_override(const struct mst_string_map *outcomes, long status)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "%ld", status);
    for (size_t i = 0; i < outcomes->len; i++) {
        if (strcmp(outcomes->names[i], number) == 0) {
            return status_find_word(outcomes->values[i]);
        }
    }
    return NULL;
}

enum mst_status
mst_http_status_judge(const struct mst_http_rules *rules, long status)
{
    const struct status_word *word = status_override(rules->outcomes, status);
    if (word != NULL) {
        return word->outcome;
    }
    switch (status) {
    case 408: /* request timeout */
    case 421: /* misdirected: another connection */
    case 423: /* locked */
    case 425: /* too early */
    case 429: /* too many requests */
        return MST_RETRY;
    case 401:
    case 402:
    case 403:
    case 407:
        return MST_FATAL;
    case 404:
    case 405:
    case 410:
    case 501:
        return rules->path_varies ? MST_REJECTED : MST_FATAL;
    case 505: /* HTTP version */
        return MST_FATAL;
    default:
        break;
    }
    if (status >= 200 && status < 300) {
        return MST_OK;
    }
    if (status >= 300 && status < 400) {
        return MST_FATAL; /* redirects are not followed */
    }
    return status >= 400 && status < 500 ? MST_REJECTED : MST_RETRY;
}

enum mst_status
mst_http_outcomes_check(const struct mst_string_map *outcomes,
                        struct mst_error *err)
{
    for (size_t i = 0; i < outcomes->len; i++) {
        char *end = NULL;
        long status = strtol(outcomes->names[i], &end, 10);
        if (strlen(outcomes->names[i]) != 3 || *end != '\0' || status < 200
            || status > 599) {
            return mst_fail(err, MST_FATAL, "http", 0,
                            "outcomes: '%s' is no status from 200 to 599",
                            outcomes->names[i]);
        }
        if (status_find_word(outcomes->values[i]) == NULL) {
            (void)mst_fail(err, MST_FATAL, "http", 0,
                           "outcomes: '%s' is no outcome for %ld",
                           outcomes->values[i], status);
            mst_error_hint(err, "use ok, retry, rejected or fatal");
            return MST_FATAL;
        }
    }
    return MST_OK;
}

/* One line of text, whatever the body is. */
static void
status_excerpt(struct mst_slice body, char out[MST_HTTP_EXCERPT_MAX + 1])
{
    size_t len =
        body.len < MST_HTTP_EXCERPT_MAX ? body.len : MST_HTTP_EXCERPT_MAX;
    size_t at = 0;
    size_t to = 0;
    while (at < len) {
        size_t good = mst_utf8_valid(body.data + at, len - at);
        for (size_t i = 0; i < good; i++) {
            uint8_t byte = body.data[at + i];
            bool blank = byte <= 0x20 || byte == 0x7f;
            if (!blank || (to > 0 && out[to - 1] != ' ')) {
                out[to++] = (char)(blank ? (uint8_t)' ' : byte);
            }
        }
        at += good;
        if (at < len) {
            out[to++] = '?';
            at++;
        }
    }
    out[to] = '\0';
}

static const char *
status_hint(long status)
{
    if (status >= 300 && status < 400) {
        return "redirects are not followed: write the address that is meant "
               "into 'host' and 'resource'";
    }
    switch (status) {
    case 401:
        return "the login is refused: check 'auth' of the service";
    case 403:
        return "the login has not the right to do this";
    case 404:
    case 405:
        return "check 'host' of the service, 'resource' and 'method'";
    case 413:
        return "the body is too large for the server: lower 'batch_events' "
               "or 'batch_bytes'";
    default:
        return NULL;
    }
}

enum mst_status
mst_http_status_fail(enum mst_status outcome,
                     const struct mst_http_answer *answer, const char *method,
                     const char *url, struct mst_error *err)
{
    char shown[MST_HTTP_URL_SHOWN_MAX];
    char excerpt[MST_HTTP_EXCERPT_MAX + 1];
    mst_http_url_show(url, shown);
    status_excerpt(mst_buf_slice(&answer->body), excerpt);
    (void)mst_fail(err, outcome, "http", (int64_t)answer->status,
                   "%s %s: status %ld%s%s", method, shown, answer->status,
                   excerpt[0] == '\0' ? "" : ": ", excerpt);
    const char *hint = status_hint(answer->status);
    if (hint != NULL && err != NULL) {
        mst_error_hint(err, "%s", hint);
    }
    if (err != NULL && outcome == MST_RETRY) {
        err->retry_after_ms = answer->retry_after_ms;
    }
    return outcome;
}
