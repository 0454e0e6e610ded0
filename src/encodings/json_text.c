/* SPDX-License-Identifier: MIT */
/* Decodes JSON strings: 16 bytes at a time where nothing is special. */
#include "encodings/json_bson_impl.h"
#include "encodings/text_block.h"
#include "encodings/text_wide.h"

enum {
    /* Copied at once where text is not ASCII. */
    TEXT_WIDE_MAX = 512
};

const uint8_t json_bson_escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* Four hex digits; false for anything else. */
static bool
text_hex4(const uint8_t *at, const uint8_t *end, uint32_t *ret)
{
    uint32_t value = 0;
    if (end - at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        uint32_t c = at[i];
        uint32_t lower = c | 0x20;
        if (c >= '0' && c <= '9') {
            c -= '0';
        } else if (lower >= 'a' && lower <= 'f') {
            c = lower - 'a' + 10;
        } else {
            return false;
        }
        value = value << 4 | c;
    }
    *ret = value;
    return true;
}

static uint8_t *
text_put_utf8(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (uint8_t)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (uint8_t)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        *out++ = (uint8_t)(0xE0 | c >> 12);
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    } else {
        *out++ = (uint8_t)(0xF0 | c >> 18);
        *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    }
    *out++ = (uint8_t)(0x80 | (c & 0x3F));
    return out;
}

/* \uXXXX, or two of them that are one character; at is at the 'u'. */
static enum mst_status
text_unicode(struct json_bson *json)
{
    const uint8_t *where = json->at - 1;
    uint32_t c = 0;
    uint32_t low = 0;
    if (!text_hex4(json->at + 1, json->end, &c)) {
        return json_bson_fail(json, where, "\\u needs four hex digits");
    }
    json->at += 5;
    if (c >= 0xD800 && c <= 0xDFFF) {
        if (c >= 0xDC00 || json->end - json->at < 6 || json->at[0] != '\\'
            || json->at[1] != 'u' || !text_hex4(json->at + 2, json->end, &low)
            || low < 0xDC00 || low > 0xDFFF) {
            return json_bson_fail(json, where,
                                  "\\u%04x is half of a surrogate pair", c);
        }
        json->at += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    json->has_nul = json->has_nul || c == 0;
    json->out = text_put_utf8(json->out, c);
    return MST_OK;
}

/* json->at is behind the backslash. */
static enum mst_status
text_escape(struct json_bson *json)
{
    if (json->at == json->end) {
        return json_bson_fail(json, json->at, "the text has no closing quote");
    }
    if (*json->at == 'u') {
        return text_unicode(json);
    }
    uint8_t c = json_bson_escapes[*json->at];
    if (c != 0) {
        *json->out++ = c;
        json->at++;
        return MST_OK;
    }
    return json_bson_fail(json, json->at - 1,
                          "no such escape in JSON (\" \\ / b f n r t u "
                          "may follow a backslash)");
}

/* Text whose first character is not ASCII. */
static enum mst_status
text_wide(struct json_bson *json)
{
    size_t left = (size_t)(json->end - json->at);
    size_t len = left < TEXT_WIDE_MAX ? left : TEXT_WIDE_MAX;
    enum mst_status status = json_bson_reserve(json, len + MST_TEXT_WIDE_SLACK);
    if (status != MST_OK) {
        return status;
    }
    size_t n = mst_text_wide(json->out, json->at, len, left);
    if (n == 0) {
        return json_bson_fail(json, json->at, "the text is not valid UTF-8");
    }
    json->out += n;
    json->at += n;
    return MST_OK;
}

/* What is at json->at can not simply be copied. */
static enum mst_status
text_special(struct json_bson *json)
{
    if (json->at == json->end) {
        return json_bson_fail(json, json->at, "the text has no closing quote");
    }
    uint8_t c = *json->at;
    if (c >= 0x80) {
        return text_wide(json);
    }
    if (c == '\\') {
        json->at++;
        return text_escape(json);
    }
    return json_bson_fail(json, json->at,
                          "a control character (0x%02x) in a text must be "
                          "escaped",
                          c);
}

enum mst_status
json_bson_text(struct json_bson *json)
{
    json->has_nul = false;
    for (;;) {
        enum mst_status status = json_bson_reserve(json, JSON_BSON_ROOM);
        if (MST_UNLIKELY(status != MST_OK)) {
            return status;
        }
        size_t left = (size_t)(json->end - json->at);
        unsigned mask = MST_LIKELY(left >= MST_TEXT_BLOCK)
                            ? mst_text_block(json->out, json->at)
                            : mst_text_tail(json->out, json->at, left);
        size_t n = mask == 0 ? MST_TEXT_BLOCK : mst_text_first(mask);
        json->out += n;
        json->at += n;
        if (mask == 0) {
            continue;
        }
        if (MST_LIKELY(json->at < json->end && *json->at == '"')) {
            json->at++;
            return json_bson_reserve(json, JSON_BSON_ROOM);
        }
        status = text_special(json);
        if (MST_UNLIKELY(status != MST_OK)) {
            return status;
        }
    }
}
