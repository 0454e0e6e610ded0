/* SPDX-License-Identifier: MIT */
/* Collecting what a command prints. */
#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

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

void
mst_output_text(struct mst_output *out, const char *fmt, ...)
{
    va_list list;
    va_start(list, fmt);
    int len = vsnprintf(NULL, 0, fmt, list);
    va_end(list);
    if (len < 0 || mst_buf_reserve(&out->buf, (size_t)len + 1) != MST_OK) {
        out->failed = true;
        return;
    }
    va_start(list, fmt);
    (void)vsnprintf((char *)out->buf.data + out->buf.len, (size_t)len + 1, fmt,
                    list);
    va_end(list);
    out->buf.len += (size_t)len;
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
