/* SPDX-License-Identifier: MIT */
/* Collecting what a command prints. */
#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"

static void
output_did(struct mst_output *out, enum mst_status status)
{
    out->failed = out->failed || status != MST_OK;
}

void
mst_output_init(struct mst_output *out)
{
    memset(out, 0, sizeof(*out));
    mst_buf_init(&out->buf, MST_CLI_OUTPUT_MAX);
}

void
mst_output_clear(struct mst_output *out)
{
    mst_buf_clear(&out->buf);
}

int
mst_output_end(struct mst_output *out, int code)
{
    if (out->failed) {
        (void)fprintf(stderr, "error: out of memory, or too much to print\n");
        code = MST_EXIT_FAILED;
    } else {
        code = mst_cli_print(&out->buf, code);
    }
    mst_output_clear(out);
    return code;
}

/* Length of the character at text when it may go to a terminal, else 0. C1
 * controls are two bytes of UTF-8. */
static size_t
output_harmless(struct mst_slice text, bool lines)
{
    uint8_t c = text.data[0];
    if (c < 0x20 || c == 0x7F) {
        return lines && (c == '\n' || c == '\t') ? 1 : 0;
    }
    size_t len = mst_utf8_char(text.data, text.len);
    return len == 2 && c == 0xC2 && text.data[1] < 0xA0 ? 0 : len;
}

static void
output_shown(struct mst_output *out, struct mst_slice text, bool lines)
{
    for (size_t i = 0; i < text.len;) {
        struct mst_slice rest = {text.data + i, text.len - i};
        size_t len = output_harmless(rest, lines);
        output_did(out, len > 0 ? mst_buf_append(&out->buf, rest.data, len)
                                : mst_buf_printf(&out->buf, "\\x%02X",
                                                 (unsigned)rest.data[0]));
        i += len > 0 ? len : 1;
    }
}

void
mst_output_shown(struct mst_output *out, struct mst_slice text)
{
    output_shown(out, text, true);
}

void
mst_output_shown_line(struct mst_output *out, struct mst_slice text)
{
    output_shown(out, text, false);
}

void
mst_output_text(struct mst_output *out, const char *fmt, ...)
{
    va_list list;
    va_start(list, fmt);
    char *text = NULL;
    int len = vasprintf(&text, fmt, list);
    va_end(list);
    if (len < 0) {
        out->failed = true;
        return;
    }
    output_shown(out, (struct mst_slice){(const uint8_t *)text, (size_t)len},
                 true);
    free(text);
}

void
mst_output_bytes(struct mst_output *out, struct mst_slice bytes)
{
    output_did(out, mst_buf_append(&out->buf, bytes.data, bytes.len));
}

/* The comma before a value, and its name. */
static void
output_begin(struct mst_output *out, const char *name)
{
    if (out->comma) {
        output_did(out, mst_buf_append_char(&out->buf, ','));
    }
    if (name != NULL) {
        output_did(out, mst_buf_append_json(&out->buf, mst_slice_str(name)));
        output_did(out, mst_buf_append_char(&out->buf, ':'));
    }
    out->comma = true;
}

void
mst_output_open(struct mst_output *out, const char *name, char bracket)
{
    output_begin(out, name);
    output_did(out, mst_buf_append_char(&out->buf, bracket));
    out->comma = false;
}

void
mst_output_close(struct mst_output *out, char bracket)
{
    output_did(out, mst_buf_append_char(&out->buf, bracket));
    out->comma = true;
}

void
mst_output_slice(struct mst_output *out, const char *name,
                 struct mst_slice text)
{
    output_begin(out, name);
    output_did(out, mst_buf_append_json(&out->buf, text));
}

void
mst_output_str(struct mst_output *out, const char *name, const char *text)
{
    if (text == NULL) {
        mst_output_json(out, name, MST_SLICE_LIT("null"));
    } else {
        mst_output_slice(out, name, mst_slice_str(text));
    }
}

void
mst_output_number(struct mst_output *out, const char *name, int64_t value)
{
    output_begin(out, name);
    output_did(out, mst_buf_printf(&out->buf, "%lld", (long long)value));
}

void
mst_output_bool(struct mst_output *out, const char *name, bool value)
{
    mst_output_json(out, name,
                    value ? MST_SLICE_LIT("true") : MST_SLICE_LIT("false"));
}

void
mst_output_json(struct mst_output *out, const char *name, struct mst_slice json)
{
    output_begin(out, name);
    mst_output_bytes(out, json);
}

void
mst_output_time(struct mst_output *out, const char *name, int64_t wall_ms)
{
    char text[MST_TIME_TEXT_MAX];
    mst_time_format(wall_ms, text);
    mst_output_str(out, name, wall_ms == 0 ? NULL : text);
}

void
mst_output_newline(struct mst_output *out)
{
    output_did(out, mst_buf_append_char(&out->buf, '\n'));
    out->comma = false;
}
