/* SPDX-License-Identifier: MIT */
/* Formatting a line in one buffer, so that one write(2) makes it whole. */
#include "log/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/thread.h"
#include "log/ring.h"

enum { LOG_LINE_MAX = 64 * 1024, LOG_FIELDS_MAX = 16 };

/* The settings that the whole program shares, by design. */
static atomic_int log_level = MST_LOG_INFO;
static atomic_bool log_json;
static struct mst_log_ring *_Atomic log_ring;

static const char *const log_names[] = {"debug", "info", "warn", "error",
                                        "off"};

void
mst_log_set_level(enum mst_log_level level)
{
    atomic_store(&log_level, (int)level);
}

void
mst_log_set_json(bool json)
{
    atomic_store(&log_json, json);
}

void
mst_log_set_ring(struct mst_log_ring *ring)
{
    atomic_store(&log_ring, ring);
}

const char *
mst_log_level_name(enum mst_log_level level)
{
    return log_names[level];
}

bool
mst_log_enabled(enum mst_log_level level)
{
    return (int)level >= atomic_load(&log_level);
}

bool
mst_log_parse_level(const char *name, enum mst_log_level *ret_level)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(log_names); i++) {
        if (strcmp(name, log_names[i]) == 0) {
            *ret_level = (enum mst_log_level)i;
            return true;
        }
    }
    return false;
}

static enum mst_status
log_value(struct mst_buf *line, const struct mst_log_field *field, bool json)
{
    if (field->text == NULL) {
        return mst_buf_printf(line, "%lld", (long long)field->number);
    }
    bool bare = !json && field->text[0] != '\0'
                && strpbrk(field->text, " \"\\=\n\r\t") == NULL;
    return bare ? mst_buf_append_str(line, field->text)
                : mst_buf_append_json(line, mst_slice_str(field->text));
}

static enum mst_status
log_fields(struct mst_buf *line, const struct mst_log_field *fields, size_t n,
           bool json)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < n && status == MST_OK; i++) {
        status = json ? mst_buf_printf(line, ",\"%s\":", fields[i].name)
                      : mst_buf_printf(line, " %s=", fields[i].name);
        if (status == MST_OK) {
            status = log_value(line, &fields[i], json);
        }
    }
    return status;
}

static enum mst_status
log_text_line(struct mst_buf *line, const char *when, const char *level,
              const char *area, const char *message)
{
    enum mst_status status =
        mst_buf_printf(line, "%s %-5s %s: ", when, level, area);
    for (const char *c = message; *c != '\0' && status == MST_OK; c++) {
        /* One event, one line: whatever a server's message holds. */
        bool breaks = *c == '\n' || *c == '\r';
        status = mst_buf_append(line, breaks ? " " : c, 1);
    }
    return status;
}

static enum mst_status
log_json_line(struct mst_buf *line, const char *when, const char *level,
              const char *area, const char *message)
{
    enum mst_status status = mst_buf_printf(
        line,
        "{\"time\":\"%s\",\"level\":\"%s\",\"area\":\"%s\",\"message\":", when,
        level, area);
    return status == MST_OK ? mst_buf_append_json(line, mst_slice_str(message))
                            : status;
}

/* What a server or a payload put into a line of text: no line of its own, no
 * command for the terminal. C1 controls are two bytes of UTF-8. */
static void
log_disarm(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < 0x20) {
            *c = ' ';
        } else if (*c == 0x7F || (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0)) {
            c[*c == 0xC2 ? 1 : 0] = '?';
            *c = '?';
        }
    }
}

static void
log_emit(const struct mst_buf *line)
{
    size_t at = 0;
    while (at < line->len) {
        ssize_t n = write(STDERR_FILENO, line->data + at, line->len - at);
        if (n <= 0) {
            return; /* there is nobody left to tell */
        }
        at += (size_t)n;
    }
}

/* The fields, and the job that the thread works for, unless they say which.
 * Returns how many there are in out. */
static size_t
log_whole(const struct mst_log_field *fields, size_t n,
          struct mst_log_field out[LOG_FIELDS_MAX])
{
    size_t len = n < LOG_FIELDS_MAX ? n : LOG_FIELDS_MAX;
    bool named = mst_thread_owner()[0] == '\0';
    for (size_t i = 0; i < len; i++) {
        out[i] = fields[i];
        named = named || strcmp(fields[i].name, "job") == 0;
    }
    if (!named && len < LOG_FIELDS_MAX) {
        out[len++] = MST_LOG_STR("job", mst_thread_owner());
    }
    return len;
}

void
mst_log_write(enum mst_log_level level, const char *area,
              const struct mst_log_field *fields, size_t n, const char *fmt,
              ...)
{
    if (!mst_log_enabled(level)) {
        return;
    }
    char message[2048];
    char when[MST_TIME_TEXT_MAX];
    struct mst_buf line;
    bool json = atomic_load(&log_json);
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    if (len < 0) {
        return;
    }
    if (!json) {
        log_disarm(message);
    }
    struct mst_log_field whole[LOG_FIELDS_MAX];
    size_t whole_len = log_whole(fields, n, whole);
    struct mst_log_ring *ring = atomic_load(&log_ring);
    if (ring != NULL) {
        mst_log_ring_add(ring, level, area, whole, whole_len, message);
    }
    mst_time_format(mst_clock_wall_ms(), when);
    mst_buf_init(&line, LOG_LINE_MAX);
    enum mst_status status = (json ? log_json_line : log_text_line)(
        &line, when, log_names[level], area, message);
    if (status == MST_OK) {
        status = log_fields(&line, whole, whole_len, json);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(&line, json ? "}\n" : "\n");
    }
    if (status == MST_OK) {
        log_emit(&line);
    }
    mst_buf_clear(&line);
}

void
mst_log_failure(enum mst_log_level level, const char *area, const char *job,
                const struct mst_error *err)
{
    struct mst_log_field fields[4];
    size_t n = 0;
    if (job != NULL) {
        fields[n++] = MST_LOG_STR("job", job);
    }
    fields[n++] = MST_LOG_STR("origin", err->origin);
    if (err->code != 0) {
        fields[n++] = MST_LOG_NUM("code", err->code);
    }
    if (err->hint[0] != '\0') {
        fields[n++] = MST_LOG_STR("hint", err->hint);
    }
    mst_log_write(level, area, fields, n, "%s", err->text);
}
