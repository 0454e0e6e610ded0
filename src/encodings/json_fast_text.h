/* SPDX-License-Identifier: MIT */
/* Texts of the fast loop. Private. */
#ifndef MST_ENCODINGS_JSON_FAST_TEXT_H
#define MST_ENCODINGS_JSON_FAST_TEXT_H

#include "encodings/json_fast_impl.h"
#include "encodings/little_endian.h"
#include "encodings/text_block.h"
#include "encodings/text_wide.h"

/* Copies what a block of text stopped at, if it is an escape of two
 * characters or text that is not ASCII; false: nothing is done. */
FAST_INLINE bool
fast_special(const struct fast *fast, const uint8_t **at, uint8_t **out)
{
    size_t left = (size_t)(fast->at_last - *at) + JSON_FAST_AHEAD;
    if (**at >= 0x80) {
        size_t room = (size_t)(fast->out_last - *out) + JSON_BSON_ROOM
                      - MST_TEXT_WIDE_SLACK;
        size_t n = mst_text_wide(*out, *at, left < room ? left : room, left);
        *at += n;
        *out += n;
        return n > 0;
    }
    uint8_t c = **at == '\\' && left > 1 ? json_bson_escapes[(*at)[1]] : 0;
    **out = c;
    *at += c == 0 ? 0 : 2;
    *out += c == 0 ? 0 : 1;
    return c != 0;
}

/* A text, as far as nothing is unusual; the quote is at fast->at. */
FAST_INLINE enum fast_done
fast_text(struct fast *fast)
{
    const uint8_t *at = fast->at + 1;
    uint8_t *start = fast->out;
    uint8_t *out = start + 4;
    *fast->type = MST_BSON_STRING;
    /* One more than the block: what follows its last byte is looked at. */
    const uint8_t *at_last = fast->at_last + JSON_FAST_AHEAD - 1;
    while (
        MST_LIKELY(at_last - at >= MST_TEXT_BLOCK && out <= fast->out_last)) {
        unsigned mask = mst_text_block(out, at);
        if (mask == 0) {
            /* A constant step, so that no block waits for the one before. */
            at += MST_TEXT_BLOCK;
            out += MST_TEXT_BLOCK;
            continue;
        }
        at += mst_text_first(mask);
        out += mst_text_first(mask);
        if (MST_LIKELY(*at == '"')) {
            if (MST_UNLIKELY(out - start > INT32_MAX / 2)) {
                break;
            }
            mst_put_le32(start, (uint32_t)(out - start) - 4 + 1);
            *out = 0;
            fast->at = at + 1;
            fast->out = out + 1;
            return FAST_VALUE;
        }
        if (MST_UNLIKELY(!fast_special(fast, &at, &out))) {
            break;
        }
    }
    fast->at = at;
    fast->out = out;
    return FAST_TEXT;
}

#endif
