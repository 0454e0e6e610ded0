/* SPDX-License-Identifier: MIT */
/* Filling in what a person reads when something fails. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts text to size on a UTF-8 boundary: a message that was too long must
 * not end in half a character. */
static void
error_trim_utf8(char *text, size_t len)
{
    size_t at = len;
    while (at > 0 && ((unsigned char)text[at - 1] & 0xC0U) == 0x80U) {
        at--;
    }
    if (at > 0 && (unsigned char)text[at - 1] >= 0xC0U) {
        text[at - 1] = '\0';
    }
}

static void error_format(char *out, size_t size, const char *fmt, va_list args)
    MST_PRINTF(3, 0);

static void
error_format(char *out, size_t size, const char *fmt, va_list args)
{
    int len = vsnprintf(out, size, fmt, args);
    if (len < 0) {
        out[0] = '\0';
    } else if ((size_t)len >= size) {
        error_trim_utf8(out, size - 1);
    }
}

void
mst_error_clear(struct mst_error *err)
{
    err->status = MST_OK;
    err->origin[0] = '\0';
    err->code = 0;
    err->offset = -1;
    err->retry_after_ms = 0;
    err->text[0] = '\0';
    err->hint[0] = '\0';
}

static void
error_start(struct mst_error *err, enum mst_status status, const char *origin)
{
    mst_error_clear(err);
    err->status = status;
    (void)snprintf(err->origin, sizeof(err->origin), "%s", origin);
}

enum mst_status
mst_fail(struct mst_error *err, enum mst_status status, const char *origin,
         int64_t code, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        error_start(err, status, origin);
        err->code = code;
        va_start(args, fmt);
        error_format(err->text, sizeof(err->text), fmt, args);
        va_end(args);
    }
    return status;
}

enum mst_status
mst_fail_at(struct mst_error *err, enum mst_status status, const char *origin,
            int64_t offset, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        error_start(err, status, origin);
        err->offset = offset;
        va_start(args, fmt);
        error_format(err->text, sizeof(err->text), fmt, args);
        va_end(args);
    }
    return status;
}

enum mst_status
mst_fail_memory(struct mst_error *err, const char *origin)
{
    return mst_fail(err, MST_FATAL, origin, 0, "out of memory");
}

void
mst_error_hint(struct mst_error *err, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, fmt);
        error_format(err->hint, sizeof(err->hint), fmt, args);
        va_end(args);
    }
}

void
mst_error_lasts(struct mst_error *err)
{
    if (err != NULL) {
        err->retry_after_ms = -1;
    }
}

void
mst_error_prefix(struct mst_error *err, const char *fmt, ...)
{
    if (err == NULL) {
        return;
    }
    char joined[MST_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    error_format(joined, sizeof(joined), fmt, args);
    va_end(args);
    size_t used = strlen(joined);
    int more = snprintf(joined + used, sizeof(joined) - used, "%s", err->text);
    if (more > 0 && (size_t)more >= sizeof(joined) - used) {
        error_trim_utf8(joined, sizeof(joined) - 1);
    }
    memcpy(err->text, joined, sizeof(joined));
}

const char *
mst_status_name(enum mst_status status)
{
    switch (status) {
    case MST_OK:
        return "ok";
    case MST_AGAIN:
        return "again";
    case MST_END:
        return "end";
    case MST_RETRY:
        return "retry";
    case MST_DISCONNECTED:
        return "disconnected";
    case MST_REJECTED:
        return "rejected";
    case MST_FATAL:
        return "fatal";
    }
    return "unknown";
}
