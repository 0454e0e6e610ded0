/* SPDX-License-Identifier: MIT */
/* Collecting what a command prints. */
#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

void
mst_output_init(struct mst_output *out)
{
    mst_json_init(&out->json, MST_CLI_OUTPUT_MAX);
}

void
mst_output_clear(struct mst_output *out)
{
    mst_json_clear(&out->json);
}

int
mst_output_end(struct mst_output *out, int code)
{
    if (out->json.failed) {
        (void)fprintf(stderr, "error: out of memory, or too much to print\n");
        code = MST_EXIT_FAILED;
    } else {
        code = mst_cli_print(&out->json.buf, code);
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
        mst_json_did(&out->json,
                     len > 0 ? mst_buf_append(&out->json.buf, rest.data, len)
                             : mst_buf_printf(&out->json.buf, "\\x%02X",
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
        out->json.failed = true;
        return;
    }
    output_shown(out, (struct mst_slice){(const uint8_t *)text, (size_t)len},
                 true);
    free(text);
}

void
mst_output_bytes(struct mst_output *out, struct mst_slice bytes)
{
    mst_json_did(&out->json,
                 mst_buf_append(&out->json.buf, bytes.data, bytes.len));
}
