/* SPDX-License-Identifier: MIT */
/* Expanding path templates. */
#include "sinks/file/file_path.h"

#include "base/clock.h"
#include "base/utf8.h"

enum { PATH_DIGITS = 6, PATH_VALUE_MAX = 200 };

/* Length of the placeholder "{...}" at text, 0 when there is none. */
static size_t
path_placeholder(const char *text)
{
    const char *end = text[0] == '{' ? strchr(text, '}') : NULL;
    return end == NULL ? 0 : (size_t)(end - text) + 1;
}

static bool
path_is(const char *text, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(text, name, len) == 0;
}

static bool
path_is_known(const char *text, size_t len)
{
    return path_is(text, len, "{database}")
           || path_is(text, len, "{collection}")
           || path_is(text, len, "{topic}") || path_is(text, len, "{date}")
           || path_is(text, len, "{hour}") || path_is(text, len, "{seq}")
           || (len > sizeof("{attr:}") - 1 && memcmp(text, "{attr:", 6) == 0);
}

/* Where the number goes in a template without {seq}: before the extension of
 * its last component. */
static size_t
path_number_place(const struct mst_buf *text)
{
    const char *start = (const char *)text->data;
    const char *end = start + text->len;
    const char *dot = NULL;
    unsigned inside = 0;
    for (const char *c = start; c < end; c++) {
        inside += *c == '{';
        inside -= *c == '}' && inside > 0;
        if (inside == 0 && *c == '/') {
            dot = NULL;
        } else if (inside == 0 && *c == '.' && c > start && c[-1] != '/') {
            dot = c;
        }
    }
    return dot == NULL ? text->len : (size_t)(dot - start);
}

/* "", ".", ".." between slashes; the place for a number is nothing. */
static bool
path_has_bad_component(const char *text, size_t len)
{
    size_t n = 0;
    size_t dots = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i == len || text[i] == '/') {
            if (n == dots && n <= 2) {
                return true;
            }
            n = 0;
            dots = 0;
        } else if ((unsigned char)text[i] > MST_FILE_NUMBER_OPTIONAL) {
            n++;
            dots += text[i] == '.';
        }
    }
    return false;
}

static enum mst_status
path_check(const char *text, struct mst_error *err)
{
    size_t len = strlen(text);
    if (path_has_bad_component(text, len) || len > MST_FILE_PATH_MAX / 2) {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "resource '%.100s' is not a path inside the service's "
                        "directory",
                        text);
    }
    for (size_t i = 0; i < len; i++) {
        size_t n = path_placeholder(text + i);
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F
            || (text[i] == '{' && !path_is_known(text + i, n))
            || (text[i] == '}')) {
            (void)mst_fail_at(err, MST_FATAL, "file", (int64_t)i,
                              "resource '%.100s': '%.*s' at byte %zu is not "
                              "a placeholder",
                              text, n > 0 && n < 60 ? (int)n : 1, text + i, i);
            mst_error_hint(err, "there are {database} {collection} {topic} "
                                "{attr:NAME} {date} {hour} {seq}");
            return MST_FATAL;
        }
        i += n > 0 ? n - 1 : 0;
    }
    return MST_OK;
}

enum mst_status
mst_file_template_init(struct mst_file_template *template, const char *text,
                       bool rolls, struct mst_error *err)
{
    memset(template, 0, sizeof(*template));
    mst_buf_init(&template->text, MST_FILE_PATH_MAX);
    enum mst_status status = path_check(text, err);
    if (status != MST_OK) {
        return status;
    }
    template->constant = true;
    bool numbered = false;
    for (const char *at = text; *at != '\0' && status == MST_OK;) {
        size_t n = path_placeholder(at);
        if (n > 0 && path_is(at, n, "{seq}") && !numbered) {
            numbered = true;
            status = mst_buf_append_char(&template->text, MST_FILE_NUMBER);
        } else {
            template->constant = template->constant &&n == 0;
            template->timed = template->timed || path_is(at, n, "{date}")
                              || path_is(at, n, "{hour}");
            n = n > 0 ? n : 1;
            status = mst_buf_append(&template->text, at, n);
        }
        at += n;
    }
    if (status == MST_OK && !numbered) {
        struct mst_buf *out = &template->text;
        size_t place = path_number_place(out);
        status = mst_buf_append_char(out, 0);
        if (status == MST_OK) {
            memmove(out->data + place + 1, out->data + place,
                    out->len - 1 - place);
            out->data[place] =
                rolls ? MST_FILE_NUMBER_SUFFIX : MST_FILE_NUMBER_OPTIONAL;
        }
    }
    if (status != MST_OK || mst_buf_text(&template->text) == NULL) {
        return mst_fail_memory(err, "file");
    }
    return MST_OK;
}

void
mst_file_template_clear(struct mst_file_template *template)
{
    mst_buf_clear(&template->text);
}

/* --- expanding -------------------------------------------------------- */

static enum mst_status
path_append_value(struct mst_buf *out, const char *name, size_t name_len,
                  const struct mst_event *event, struct mst_error *err)
{
    char key[MST_FILE_PATH_MAX];
    memcpy(key, name, name_len);
    key[name_len] = '\0';
    struct mst_slice value = mst_event_attribute(event, key);
    if (value.data == NULL || value.len == 0) {
        (void)mst_fail(err, MST_REJECTED, "file", 0,
                       "the event has no attribute '%s', which the file's "
                       "path needs",
                       key);
        return MST_REJECTED;
    }
    bool good = value.len <= PATH_VALUE_MAX
                && mst_utf8_valid(value.data, value.len) == value.len;
    for (size_t i = 0; i < value.len && good; i++) {
        good = value.data[i] >= 0x20 && value.data[i] != 0x7F
               && value.data[i] != '/';
    }
    if (!good) {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "the value of attribute '%s' can not be part of a "
                        "file's name: it has a '/' or a control character, or "
                        "more than %d bytes",
                        key, PATH_VALUE_MAX);
    }
    return mst_buf_append(out, value.data, value.len);
}

static enum mst_status
path_append_time(struct mst_buf *out, bool hour, const struct mst_event *event,
                 int64_t wall_ms)
{
    char text[MST_TIME_TEXT_MAX] = {0};
    mst_time_format(
        event->source_ts_ms == MST_TIME_UNKNOWN ? wall_ms : event->source_ts_ms,
        text);
    if (text[0] == '-' || text[10] != 'T') {
        mst_time_format(wall_ms, text); /* a year that has no date */
    }
    /* "2026-11-21T10:..." */
    return hour ? mst_buf_append(out, text + 11, 2)
                : mst_buf_append(out, text, 10);
}

static enum mst_status
path_append_placeholder(struct mst_buf *out, const char *at, size_t n,
                        const struct mst_event *event, int64_t wall_ms,
                        struct mst_error *err)
{
    if (path_is(at, n, "{date}") || path_is(at, n, "{hour}")) {
        return path_append_time(out, at[1] == 'h', event, wall_ms);
    }
    size_t skip = memcmp(at, "{attr:", 6) == 0 ? 6 : 1;
    if (path_is(at, n, "{seq}")) {
        return mst_buf_append_char(out, MST_FILE_NUMBER);
    }
    return path_append_value(out, at + skip, n - skip - 1, event, err);
}

enum mst_status
mst_file_template_expand(const struct mst_file_template *template,
                         const struct mst_event *event, int64_t wall_ms,
                         struct mst_buf *out, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    mst_error_clear(err);
    mst_buf_reset(out);
    const char *at = (const char *)template->text.data;
    while (*at != '\0' && status == MST_OK) {
        size_t n = path_placeholder(at);
        status = n > 0
                     ? path_append_placeholder(out, at, n, event, wall_ms, err)
                     : mst_buf_append_char(out, *at);
        at += n > 0 ? n : 1;
    }
    if (status == MST_REJECTED && err->text[0] == '\0') {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "the file's path would have more than %d bytes",
                        MST_FILE_PATH_MAX);
    }
    if (status == MST_OK && mst_buf_text(out) == NULL) {
        return mst_fail_memory(err, "file");
    }
    if (status == MST_OK
        && path_has_bad_component((const char *)out->data, out->len)) {
        return mst_fail(err, MST_REJECTED, "file", 0,
                        "the file's path would leave its directory: '%.100s'",
                        (const char *)out->data);
    }
    return status;
}

/* One character of a path as glob takes it literally. */
static enum mst_status
path_append_literal(struct mst_buf *out, char c)
{
    enum mst_status status =
        strchr("*?[]\\", c) != NULL ? mst_buf_append_char(out, '\\') : MST_OK;
    return status == MST_OK ? mst_buf_append_char(out, c) : status;
}

enum mst_status
mst_file_template_glob(const struct mst_file_template *template,
                       const char *dir, const char *suffix, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    mst_buf_reset(out);
    for (const char *at = dir; *at != '\0' && status == MST_OK; at++) {
        status = path_append_literal(out, *at);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(out, '/');
    }
    const char *at = (const char *)template->text.data;
    while (*at != '\0' && status == MST_OK) {
        size_t n = path_placeholder(at);
        bool any = n > 0 || (unsigned char)*at <= MST_FILE_NUMBER_OPTIONAL;
        status =
            any ? mst_buf_append_char(out, '*') : path_append_literal(out, *at);
        at += n > 0 ? n : 1;
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, suffix);
    }
    return status == MST_OK && mst_buf_text(out) == NULL ? MST_FATAL : status;
}

/* --- numbers ---------------------------------------------------------- */

enum mst_status
mst_file_name(const char *base, uint64_t number, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    mst_buf_reset(out);
    for (const char *at = base; *at != '\0' && status == MST_OK; at++) {
        bool dash =
            *at == MST_FILE_NUMBER_SUFFIX || *at == MST_FILE_NUMBER_OPTIONAL;
        if (*at == MST_FILE_NUMBER_OPTIONAL && number == 1) {
            continue;
        }
        status =
            dash || *at == MST_FILE_NUMBER
                ? mst_buf_printf(out, "%s%0*llu", dash ? "-" : "",
                                 (int)PATH_DIGITS, (unsigned long long)number)
                : mst_buf_append_char(out, *at);
    }
    return status == MST_OK && mst_buf_text(out) == NULL ? MST_FATAL : status;
}

/* Reads digits; at least PATH_DIGITS of them. */
static uint64_t
path_read_number(const char **at)
{
    uint64_t number = 0;
    const char *start = *at;
    while (**at >= '0' && **at <= '9' && *at - start < 18) {
        number = number * 10 + (uint64_t)(**at - '0');
        (*at)++;
    }
    return *at - start >= PATH_DIGITS ? number : 0;
}

uint64_t
mst_file_number(const char *base, const char *name)
{
    uint64_t number = 0;
    for (; *base != '\0'; base++) {
        if ((unsigned char)*base > MST_FILE_NUMBER_OPTIONAL) {
            if (*name++ != *base) {
                return 0;
            }
            continue;
        }
        bool optional = *base == MST_FILE_NUMBER_OPTIONAL;
        if (optional && *name != '-') {
            number = 1;
            continue;
        }
        if (*base != MST_FILE_NUMBER && *name++ != '-') {
            return 0;
        }
        uint64_t here = path_read_number(&name);
        if (here == 0 || (number != 0 && here != number)) {
            return 0;
        }
        number = here;
    }
    return *name == '\0' ? number : 0;
}
