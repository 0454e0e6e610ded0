/* SPDX-License-Identifier: MIT */
/* Commas, names and values, appended to a buffer. */
#include "base/json_write.h"

#include <stdlib.h>

#include "base/clock.h"

void
mst_json_did(struct mst_json *json, enum mst_status status)
{
    json->failed = json->failed || status != MST_OK;
}

void
mst_json_init(struct mst_json *json, size_t max)
{
    memset(json, 0, sizeof(*json));
    mst_buf_init(&json->buf, max);
}

void
mst_json_clear(struct mst_json *json)
{
    mst_buf_clear(&json->buf);
}

/* The comma before a value, and its name. */
static void
json_begin(struct mst_json *json, const char *name)
{
    if (json->comma) {
        mst_json_did(json, mst_buf_append_char(&json->buf, ','));
    }
    if (name != NULL) {
        mst_json_did(json,
                     mst_buf_append_json(&json->buf, mst_slice_str(name)));
        mst_json_did(json, mst_buf_append_char(&json->buf, ':'));
    }
    json->comma = true;
}

void
mst_json_open(struct mst_json *json, const char *name, char bracket)
{
    json_begin(json, name);
    mst_json_did(json, mst_buf_append_char(&json->buf, bracket));
    json->comma = false;
}

void
mst_json_close(struct mst_json *json, char bracket)
{
    mst_json_did(json, mst_buf_append_char(&json->buf, bracket));
    json->comma = true;
}

void
mst_json_slice(struct mst_json *json, const char *name, struct mst_slice text)
{
    json_begin(json, name);
    mst_json_did(json, mst_buf_append_json(&json->buf, text));
}

void
mst_json_str(struct mst_json *json, const char *name, const char *text)
{
    if (text == NULL) {
        mst_json_raw(json, name, MST_SLICE_LIT("null"));
    } else {
        mst_json_slice(json, name, mst_slice_str(text));
    }
}

void
mst_json_number(struct mst_json *json, const char *name, int64_t value)
{
    json_begin(json, name);
    mst_json_did(json, mst_buf_printf(&json->buf, "%lld", (long long)value));
}

void
mst_json_bool(struct mst_json *json, const char *name, bool value)
{
    mst_json_raw(json, name,
                 value ? MST_SLICE_LIT("true") : MST_SLICE_LIT("false"));
}

void
mst_json_raw(struct mst_json *json, const char *name, struct mst_slice text)
{
    json_begin(json, name);
    mst_json_did(json, mst_buf_append(&json->buf, text.data, text.len));
}

void
mst_json_time(struct mst_json *json, const char *name, int64_t wall_ms)
{
    char text[MST_TIME_TEXT_MAX];
    mst_time_format(wall_ms, text);
    mst_json_str(json, name, wall_ms == 0 ? NULL : text);
}

void
mst_json_seconds(struct mst_json *json, const char *name, int64_t ms)
{
    json_begin(json, name);
    mst_json_did(json,
                 mst_buf_printf(&json->buf, "%s%lld.%03lld", ms < 0 ? "-" : "",
                                llabs(ms / 1000), llabs(ms % 1000)));
}

void
mst_json_newline(struct mst_json *json)
{
    mst_json_did(json, mst_buf_append_char(&json->buf, '\n'));
    json->comma = false;
}
