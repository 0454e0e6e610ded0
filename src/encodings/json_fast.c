/* SPDX-License-Identifier: MIT */
/*
 * The elements that most documents are made of, without white space between
 * them: names of up to 31 plain characters, text, short numbers, literals,
 * {"$oid":"..."} and {"$date":"..."}. The two cursors stay in registers. What
 * does not fit is left for the general code, which reads everything and makes
 * all the messages.
 */
#include "encodings/date_text.h"
#include "encodings/digits.h"
#include "encodings/double_text.h"
#include "encodings/json_bson_impl.h"
#include "encodings/json_keys.h"
#include "encodings/little_endian.h"
#include "encodings/text_block.h"

#define FAST_INLINE __attribute__((always_inline)) static inline

enum {
    /* Input ahead of an element: its name, and the longest value but text. */
    FAST_AHEAD = 96,
    /* Digits that 64 bits hold and a double may have been made of. */
    FAST_DIGITS = 18
};

/* Both cursors, and where the element's type goes. */
struct fast {
    const uint8_t *at;
    uint8_t *out;
    uint8_t *type;
};

FAST_INLINE void
fast_eight(struct fast *fast, uint8_t type, uint64_t bits)
{
    *fast->type = type;
    mst_put_le64(fast->out, bits);
    fast->out += 8;
}

FAST_INLINE void
fast_integer(struct fast *fast, uint64_t mantissa, bool negative)
{
    uint64_t bits = negative ? 0 - mantissa : mantissa;
    if (MST_UNLIKELY(mantissa > (uint64_t)INT32_MAX + (negative ? 1 : 0))) {
        fast_eight(fast, MST_BSON_INT64, bits);
        return;
    }
    *fast->type = MST_BSON_INT32;
    mst_put_le32(fast->out, (uint32_t)bits);
    fast->out += 4;
}

/* Digits into the mantissa, wrapping harmlessly where they are too many. */
FAST_INLINE const uint8_t *
fast_digits(const uint8_t *at, const uint8_t *end, uint64_t *mantissa)
{
    unsigned digit = 0;
    for (; at < end && (digit = (unsigned)*at - '0') <= 9; at++) {
        *mantissa = *mantissa * 10 + digit;
    }
    return at;
}

/* Up to 18 digits without an exponent, and with so few behind the point that
 * one division is exact. */
FAST_INLINE bool
fast_number(struct fast *fast, const uint8_t *end)
{
    bool negative = *fast->at == '-';
    const uint8_t *first = fast->at + (negative ? 1 : 0);
    uint64_t mantissa = 0;
    const uint8_t *at = fast_digits(first, end, &mantissa);
    ptrdiff_t whole = at - first;
    if (whole == 0 || at == end || (*first == '0' && whole > 1)) {
        return false;
    }
    if (*at != '.') {
        if (whole > FAST_DIGITS || (*at | 0x20) == 'e') {
            return false;
        }
        fast->at = at;
        fast_integer(fast, mantissa, negative);
        return true;
    }
    const uint8_t *point = at;
    at = fast_digits(at + 1, end, &mantissa);
    ptrdiff_t behind = at - point - 1;
    double value = 0;
    if (whole + behind > FAST_DIGITS || behind == 0 || at == end
        || (*at | 0x20) == 'e'
        || !mst_double_scale(mantissa, -behind, &value)) {
        return false;
    }
    fast->at = at;
    *fast->type = MST_BSON_DOUBLE;
    mst_put_le_double(fast->out, negative ? -value : value);
    fast->out += 8;
    return true;
}

/* What fast_value did. */
enum fast_done {
    FAST_NOTHING,
    FAST_VALUE,
    FAST_TEXT /* the beginning of a text; the cursors are behind it */
};

/* A text, as far as it is plain; the quote is at fast->at. */
FAST_INLINE enum fast_done
fast_text(struct fast *fast, const uint8_t *end, const uint8_t *limit)
{
    const uint8_t *at = fast->at + 1;
    uint8_t *start = fast->out;
    uint8_t *out = start + 4;
    *fast->type = MST_BSON_STRING;
    while (MST_LIKELY(end - at >= MST_TEXT_BLOCK
                      && limit - out >= JSON_BSON_ROOM)) {
        unsigned mask = mst_text_block(out, at);
        if (mask == 0) {
            /* A constant step, so that no block waits for the one before. */
            at += MST_TEXT_BLOCK;
            out += MST_TEXT_BLOCK;
            continue;
        }
        at += mst_text_first(mask);
        out += mst_text_first(mask);
        if (MST_UNLIKELY(*at != '"' || out - start > INT32_MAX / 2)) {
            break;
        }
        mst_put_le32(start, (uint32_t)(out - start) - 4 + 1);
        *out = 0;
        fast->at = at + 1;
        fast->out = out + 1;
        return FAST_VALUE;
    }
    fast->at = at;
    fast->out = out;
    return FAST_TEXT;
}

/* {"$oid":"..."} and {"$date":"...Z"} as most write them. */
static bool
fast_wrapper(struct fast *fast)
{
    static const char oid[] = "{\"$oid\":\"";
    static const char date[] = "{\"$date\":\"";
    const uint8_t *at = fast->at;
    int64_t ms = 0;
    if (memcmp(at, oid, sizeof(oid) - 1) == 0) {
        at += sizeof(oid) - 1;
        if (at[24] != '"' || at[25] != '}'
            || !mst_parse_hex(at, MST_BSON_OBJECTID_LEN, fast->out)) {
            return false;
        }
        *fast->type = MST_BSON_OBJECTID;
        fast->out += MST_BSON_OBJECTID_LEN;
        fast->at = at + 26;
        return true;
    }
    if (memcmp(at, date, sizeof(date) - 1) != 0) {
        return false;
    }
    at += sizeof(date) - 1;
    size_t len = at[19] == '.' ? 24 : 20;
    if (at[len] != '"' || at[len + 1] != '}' || !mst_date_parse(at, len, &ms)) {
        return false;
    }
    fast_eight(fast, MST_BSON_DATE, (uint64_t)ms);
    fast->at = at + len + 2;
    return true;
}

FAST_INLINE bool
fast_literal(struct fast *fast)
{
    if (memcmp(fast->at, "true", 4) == 0) {
        *fast->type = MST_BSON_BOOL;
        *fast->out++ = 1;
        fast->at += 4;
        return true;
    }
    if (memcmp(fast->at, "null", 4) == 0) {
        *fast->type = MST_BSON_NULL;
        fast->at += 4;
        return true;
    }
    if (memcmp(fast->at, "false", 5) != 0) {
        return false;
    }
    *fast->type = MST_BSON_BOOL;
    *fast->out++ = 0;
    fast->at += 5;
    return true;
}

FAST_INLINE enum fast_done
fast_value(const struct json_bson *json, struct fast *fast)
{
    uint8_t c = *fast->at;
    bool done = false;
    if (c == '"') {
        return fast_text(fast, json->end, json->limit);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        done = fast_number(fast, json->end);
    } else if (c == '{') {
        done = fast->at[2] == '$' && !json->options.no_extended
               && fast_wrapper(fast);
    } else {
        done = fast_literal(fast);
    }
    return done ? FAST_VALUE : FAST_NOTHING;
}

/* The name, with the place of its type in front; false: nothing is done. */
FAST_INLINE bool
fast_key(struct json_bson *json, struct fast *fast)
{
    const uint8_t *key = fast->at + 1;
    uint8_t *out = fast->out + 1;
    if (MST_UNLIKELY(fast->at[0] != '"' || key[0] == '$')) {
        return false;
    }
    unsigned mask = mst_text_block(out, key);
    if (MST_UNLIKELY(mask == 0)) {
        mask = mst_text_block(out + MST_TEXT_BLOCK, key + MST_TEXT_BLOCK)
               << MST_TEXT_BLOCK;
    }
    unsigned n = mask == 0 ? 0 : mst_text_first(mask);
    if (MST_UNLIKELY(key[n] != '"' || key[n + 1] != ':')) {
        return false;
    }
    out[n] = 0;
    fast->type = fast->out;
    fast->out = out + n + 1;
    fast->at = key + n + 2;
    /* A name that may be a duplicate goes to the general code. */
    return json_bson_note_key(json, out, json_key_print(key, n));
}

FAST_INLINE void
fast_index(const struct json_frame *frame, struct fast *fast)
{
    fast->type = fast->out;
    fast->out = mst_print_u32(fast->out + 1, frame->count);
    *fast->out++ = 0;
}

/* An object or array that is no wrapper, whose bracket is at fast->at. */
FAST_INLINE bool
fast_open(struct json_bson *json, struct fast *fast)
{
    bool is_array = *fast->at == '[';
    if ((!is_array
         && (*fast->at != '{' || fast->at[1] != '"' || fast->at[2] == '$'))
        || json->frame - json->frames + 2
               > (ptrdiff_t)json->options.max_depth) {
        return false;
    }
    json->frame->count++;
    json->at = fast->at + 1;
    json->out = fast->out;
    json->type = fast->type;
    enum mst_status status = json_bson_open(json, is_array);
    fast->at = json->at;
    fast->out = json->out;
    return status == MST_OK; /* the depth was checked: it is */
}

/* The general code finishes the text that started at start. */
static enum mst_status
fast_text_rest(struct json_bson *json, struct fast *fast, const uint8_t *start)
{
    json->at = fast->at;
    json->out = fast->out;
    json->type = fast->type;
    enum mst_status status =
        json_bson_string_rest(json, (size_t)(start - json->buf->data));
    fast->at = json->at;
    fast->out = json->out;
    return status;
}

enum mst_status
json_bson_fast(struct json_bson *json, bool *ret_done)
{
    struct fast fast = {json->at, json->out, NULL};
    struct json_frame *frame = json->frame;
    *ret_done = false;
    while (json->end - fast.at >= FAST_AHEAD
           && json->limit - fast.out >= JSON_BSON_ROOM
           && !json_bson_is_too_deep(json)) {
        uint32_t n_keys = json->n_keys;
        if (frame->is_array) {
            fast_index(frame, &fast);
        } else if (MST_UNLIKELY(!fast_key(json, &fast))) {
            return MST_OK;
        }
        uint8_t *start = fast.out;
        enum fast_done done = fast_value(json, &fast);
        if (done == FAST_NOTHING && fast_open(json, &fast)) {
            frame = json->frame;
            continue;
        }
        if (done == FAST_NOTHING) {
            /* The general code takes note of the name itself. */
            json->n_keys = n_keys;
            return MST_OK;
        }
        frame->count++;
        if (MST_UNLIKELY(done == FAST_TEXT)) {
            enum mst_status status = fast_text_rest(json, &fast, start);
            if (status != MST_OK) {
                return status;
            }
        }
        json->at = fast.at;
        json->out = fast.out;
        if (fast.at == json->end || *fast.at != ',') {
            *ret_done = true;
            return MST_OK;
        }
        json->at = ++fast.at;
    }
    return MST_OK;
}
