/* SPDX-License-Identifier: MIT */
/*
 * The elements that most documents are made of: names of up to 31 plain
 * characters, text, short numbers, literals, objects, arrays, {"$oid":"..."}
 * and {"$date":"..."}. What does not fit is left for the general code, which
 * reads everything and makes all the messages.
 */
#include "encodings/date_text.h"
#include "encodings/digits.h"
#include "encodings/digits_read.h"
#include "encodings/json_check.h"
#include "encodings/json_fast_number.h"
#include "encodings/json_fast_text.h"
#include "encodings/json_keys.h"
#include "encodings/little_endian.h"
#include "encodings/text_block.h"
#include "encodings/text_guess.h"

enum {
    /* White space behind a name. */
    FAST_SPACES = 16
};

/* At least JSON_FAST_AHEAD and JSON_BSON_ROOM must be there. */
FAST_INLINE struct fast
fast_load(const struct json_bson *json)
{
    return (struct fast){.at = json->at,
                         .out = json->out,
                         .type = json->out,
                         .at_last = json->readable - JSON_FAST_AHEAD,
                         .out_last = json->limit - JSON_BSON_ROOM,
                         .frame = json->frame,
                         .base = json_bson_base(json)};
}

FAST_INLINE void
fast_store(const struct fast *fast, struct json_bson *json)
{
    json->at = fast->at;
    json->out = fast->out;
    json->frame = fast->frame;
}

/* The name, behind the place of its type; false: nothing is done. */
FAST_INLINE bool
fast_key(struct json_bson *json, struct fast *fast)
{
    const uint8_t *key = fast->at + 1;
    uint8_t *out = fast->out + 1;
    size_t n = 0;
    uint32_t print = 0;
    unsigned mask = mst_text_block(out, key);
    if (MST_LIKELY(mask != 0)) {
        n = mst_text_guess(mst_text_first(mask));
        print = json_key_print_short(key, n);
    } else {
        mask = mst_text_block(out + MST_TEXT_BLOCK, key + MST_TEXT_BLOCK);
        n = MST_TEXT_BLOCK + (mask == 0 ? 0 : mst_text_first(mask));
        print = json_key_print(key, n);
    }
    if (MST_UNLIKELY(fast->at[0] != '"' || key[0] == '$' || key[n] != '"'
                     || key[n + 1] != ':')) {
        return false;
    }
    out[n] = 0;
    fast->out = out + n + 1;
    fast->at = key + n + 2;
    /* A name that may be a duplicate goes to the general code. */
    return json_bson_note_key(json, fast->frame,
                              fast->frame->keys + fast->frame->count, print);
}

FAST_INLINE void
fast_index(struct fast *fast)
{
    fast->out = mst_print_u32(fast->out + 1, fast->frame->count);
    *fast->out++ = 0;
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

/* {"$oid":"..."} and {"$date":"...Z"} as most write them, with their type to
 * *type and the value to out. Returns where it ends, or NULL. */
static const uint8_t *
fast_wrapper(const uint8_t *at, uint8_t *type, uint8_t *out)
{
    static const char oid[] = "{\"$oid\":\"";
    static const char date[] = "{\"$date\":\"";
    int64_t ms = 0;
    if (memcmp(at, oid, sizeof(oid) - 1) == 0) {
        at += sizeof(oid) - 1;
        *type = MST_BSON_OBJECTID;
        return at[24] == '"' && at[25] == '}'
                       && mst_parse_hex(at, MST_BSON_OBJECTID_LEN, out)
                   ? at + 26
                   : NULL;
    }
    if (memcmp(at, date, sizeof(date) - 1) != 0) {
        return NULL;
    }
    at += sizeof(date) - 1;
    size_t len = at[19] == '.' ? 24 : 20;
    if (at[len] != '"' || at[len + 1] != '}' || !mst_date_parse(at, len, &ms)) {
        return NULL;
    }
    *type = MST_BSON_DATE;
    mst_put_le64(out, (uint64_t)ms);
    return at + len + 2;
}

/* Opens an object or array; false: it is too deep. */
FAST_INLINE bool
fast_open(const struct json_bson *json, struct fast *fast, bool is_array)
{
    struct json_frame *frame = fast->frame + 1;
    if (MST_UNLIKELY(frame >= json->frames_end)) {
        return false;
    }
    *fast->type = is_array ? MST_BSON_ARRAY : MST_BSON_DOCUMENT;
    fast->at++;
    fast->frame->count++;
    json_frame_init(frame, fast->frame, (size_t)(fast->out - fast->base),
                    (size_t)(fast->type - fast->base), fast->at, is_array);
    fast->frame = frame;
    fast->out += 4;
    if (MST_UNLIKELY(*fast->at <= ' ')) {
        fast->at = mst_json_skip_space(fast->at, fast->at + FAST_SPACES);
    }
    return true;
}

/* What is in an object whose first name starts with '$'. */
FAST_INLINE enum fast_done
fast_dollar(const struct json_bson *json, struct fast *fast)
{
    const uint8_t *at = json->options.no_extended
                            ? NULL
                            : fast_wrapper(fast->at, fast->type, fast->out);
    if (at == NULL) {
        return FAST_NOTHING;
    }
    fast->at = at;
    fast->out += *fast->type == MST_BSON_DATE ? 8 : MST_BSON_OBJECTID_LEN;
    return FAST_VALUE;
}

/* The value at fast->at. The cases are jumps, where arithmetic would make what
 * follows wait for the character to be loaded. */
FAST_INLINE enum fast_done
fast_value(const struct json_bson *json, struct fast *fast)
{
    bool done = false;
    switch (*fast->at) {
    case '"':
        return fast_text(fast);
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        done = fast_number(fast, false);
        break;
    case '-':
        fast->at++;
        done = fast_number(fast, true);
        break;
    case '{':
        if (fast->at[2] == '$') {
            return fast_dollar(json, fast);
        }
        return fast_open(json, fast, false) ? FAST_OPENED : FAST_NOTHING;
    case '[':
        return fast_open(json, fast, true) ? FAST_OPENED : FAST_NOTHING;
    default:
        done = fast_literal(fast);
        break;
    }
    return done ? FAST_VALUE : FAST_NOTHING;
}

/* The element at fast->at. After FAST_NOTHING the cursors are anywhere. */
FAST_INLINE enum fast_done
fast_element(struct json_bson *json, struct fast *fast)
{
    struct json_frame *frame = fast->frame;
    fast->type = fast->out;
    if (frame->is_array) {
        fast_index(fast);
    } else if (MST_UNLIKELY(!fast_key(json, fast))) {
        return FAST_NOTHING;
    }
    if (MST_UNLIKELY(*fast->at <= ' ')) {
        fast->at = mst_json_skip_space(fast->at, fast->at + FAST_SPACES);
    }
    enum fast_done done = fast_value(json, fast);
    if (MST_LIKELY(done == FAST_VALUE)) {
        frame->count++;
    }
    return done;
}

/* Closes what ends with the bracket at fast->at; false: nothing is done. */
FAST_INLINE bool
fast_close(struct fast *fast)
{
    struct json_frame *frame = fast->frame;
    size_t len = (size_t)(fast->out - fast->base) - frame->bson + 1;
    if (MST_UNLIKELY(*fast->at != frame->closer || len > INT32_MAX
                     || fast->out > fast->out_last)) {
        return false;
    }
    *fast->out++ = 0;
    mst_put_le32(fast->base + frame->bson, (uint32_t)len);
    fast->frame = frame - 1;
    fast->at++;
    return true;
}

/* Moves over white space, but not out of what may be read. */
FAST_INLINE void
fast_space(struct fast *fast)
{
    const uint8_t *readable = fast->at_last + JSON_FAST_AHEAD;
    if (MST_UNLIKELY(fast->at < readable && *fast->at <= ' ')) {
        fast->at = mst_json_skip_space(fast->at, readable);
    }
}

/* Moves behind the brackets of all that ends here, and the comma. False: what
 * follows is not the start of an element. */
FAST_INLINE bool
fast_next(struct fast *fast)
{
    const uint8_t *readable = fast->at_last + JSON_FAST_AHEAD;
    fast_space(fast);
    while (MST_LIKELY(fast->at < readable)) {
        if (MST_LIKELY(*fast->at == ',')) {
            fast->at++;
            fast_space(fast);
            return true;
        }
        if (!fast_close(fast)) {
            return false;
        }
        fast_space(fast);
    }
    return false;
}

/* The general code finishes the text that fast_text began. */
static enum mst_status
fast_text_rest(struct json_bson *json, uint8_t *type)
{
    const uint8_t *value = type + 1 + strlen((const char *)type + 1) + 1;
    json->type = type;
    json->frame->count++;
    return json_bson_string_rest(json, (size_t)(value - json->buf->data));
}

/* Near its end the text goes on in a copy, behind which there is enough to
 * read: the closing NULs stop everything. */
static void
fast_use_tail(struct json_bson *json)
{
    size_t left = (size_t)(json->end - json->at);
    if (left >= JSON_FAST_AHEAD || json->readable != json->end) {
        return;
    }
    memcpy(json->tail, json->at, left);
    memset(json->tail + left, 0, JSON_FAST_AHEAD);
    json->tail_at = (size_t)(json->at - json->start);
    json->at = json->tail;
    json->end = json->tail + left;
    json->readable = json->end + JSON_FAST_AHEAD;
}

/* Whether there is what fast_load needs. */
static bool
fast_ready(struct json_bson *json)
{
    fast_use_tail(json);
    return json->limit - json->out >= JSON_BSON_ROOM
           && !json_bson_is_too_deep(json);
}

enum mst_status
json_bson_fast(struct json_bson *json, bool *ret_done)
{
    *ret_done = false;
    if (MST_UNLIKELY(!fast_ready(json))) {
        return MST_OK;
    }
    struct fast fast = fast_load(json);
    bool behind = false; /* a value or an opening bracket */
    for (;;) {
        const uint8_t *start = fast.at;
        enum fast_done done = fast_element(json, &fast);
        if (MST_UNLIKELY(done == FAST_NOTHING)) {
            fast.at = start;
            fast.out = fast.type;
            break;
        }
        if (MST_UNLIKELY(done == FAST_TEXT)) {
            fast_store(&fast, json);
            *ret_done = true;
            return fast_text_rest(json, fast.type);
        }
        behind = done == FAST_OPENED && *fast.at != '}' && *fast.at != ']';
        if (!behind && !fast_next(&fast)) {
            behind = true;
            break;
        }
        if (MST_UNLIKELY(fast.at > fast.at_last || fast.out > fast.out_last)) {
            fast_store(&fast, json);
            if (!fast_ready(json)) {
                *ret_done = behind;
                return MST_OK;
            }
            fast = fast_load(json);
        }
    }
    fast_store(&fast, json);
    *ret_done = behind;
    return MST_OK;
}
