/* SPDX-License-Identifier: MIT */
/* Two spaces per level, one member per line. */
#include "encodings/schema_tools/text.h"

#include "encodings/double_text.h"

void
schema_text_init(struct schema_text *text, struct mst_buf *out)
{
    *text =
        (struct schema_text){.out = out, .before = out->len, .status = MST_OK};
}

static void
text_bytes(struct schema_text *text, const void *data, size_t len)
{
    if (text->status == MST_OK) {
        text->status = mst_buf_append(text->out, data, len);
    }
}

static void
text_quoted(struct schema_text *text, struct mst_slice value)
{
    if (text->status == MST_OK) {
        text->status = mst_buf_append_json(text->out, value);
    }
}

static void
text_newline(struct schema_text *text)
{
    text_bytes(text, "\n", 1);
    for (unsigned i = 0; i < text->depth; i++) {
        text_bytes(text, "  ", 2);
    }
}

/* What stands between the last value and the next name or value. */
static void
text_separate(struct schema_text *text)
{
    if (text->keyed) {
        text->keyed = false;
        return;
    }
    if (text->comma) {
        text_bytes(text, text->line ? ", " : ",", text->line ? 2 : 1);
    }
    if (text->depth > 0 && !text->line) {
        text_newline(text);
    }
}

void
schema_text_key(struct schema_text *text, struct mst_slice name)
{
    text_separate(text);
    text_quoted(text, name);
    text_bytes(text, ": ", 2);
    text->keyed = true;
}

static void
text_begin(struct schema_text *text, const char *name)
{
    if (name != NULL) {
        schema_text_key(text, mst_slice_str(name));
    }
    text_separate(text);
    text->comma = true;
}

void
schema_text_open(struct schema_text *text, const char *name, char bracket)
{
    text_begin(text, name);
    text_bytes(text, &bracket, 1);
    text->depth++;
    text->comma = false;
}

void
schema_text_open_line(struct schema_text *text, const char *name)
{
    schema_text_open(text, name, '[');
    text->line = true;
}

void
schema_text_close(struct schema_text *text, char bracket)
{
    text->depth--;
    if (text->comma && !text->line) {
        text_newline(text);
    }
    text_bytes(text, &bracket, 1);
    text->line = false;
    text->comma = true;
}

void
schema_text_str(struct schema_text *text, const char *name, const char *value)
{
    schema_text_slice(text, name, mst_slice_str(value));
}

void
schema_text_slice(struct schema_text *text, const char *name,
                  struct mst_slice value)
{
    text_begin(text, name);
    text_quoted(text, value);
}

void
schema_text_int(struct schema_text *text, const char *name, int64_t value)
{
    text_begin(text, name);
    if (text->status == MST_OK) {
        text->status = mst_buf_printf(text->out, "%lld", (long long)value);
    }
}

void
schema_text_double(struct schema_text *text, const char *name, double value)
{
    uint8_t digits[MST_DOUBLE_TEXT_MAX];
    uint8_t *end = mst_double_print(digits, value);
    schema_text_raw(text, name, mst_slice_of(digits, (size_t)(end - digits)));
}

void
schema_text_raw(struct schema_text *text, const char *name,
                struct mst_slice json)
{
    text_begin(text, name);
    text_bytes(text, json.data, json.len);
}

enum mst_status
schema_text_end(struct schema_text *text, struct mst_error *err)
{
    text_bytes(text, "\n", 1);
    if (text->status == MST_OK) {
        return MST_OK;
    }
    text->out->len = text->before;
    return text->status == MST_FATAL
               ? mst_fail_memory(err, "schema")
               : mst_fail(err, text->status, "schema", 0,
                          "the schema would be larger than %zu bytes",
                          text->out->max);
}
