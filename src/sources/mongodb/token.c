/* SPDX-License-Identifier: MIT */
/* Decoding of resume tokens. */
#include "sources/mongodb/token.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/hex.h"
#include "encodings/bson_reader.h"

/* A reader of hexadecimal text; stays at the end once it ran out. */
struct token_hex {
    const uint8_t *text;
    size_t left;
    bool failed;
};

static unsigned
token_digit(uint8_t c, bool *ret_bad)
{
    int digit = mst_hex_digit(c);
    *ret_bad = *ret_bad || digit < 0;
    return digit < 0 ? 0 : (unsigned)digit;
}

static uint8_t
token_byte(struct token_hex *hex)
{
    if (hex->left < 2) {
        hex->failed = true;
        return 0;
    }
    unsigned high = token_digit(hex->text[0], &hex->failed);
    unsigned low = token_digit(hex->text[1], &hex->failed);
    hex->text += 2;
    hex->left -= 2;
    return (uint8_t)(high << 4 | low);
}

static uint32_t
token_uint32(struct token_hex *hex)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        value = value << 8 | token_byte(hex);
    }
    return value;
}

/* KeyString integers from 0: 29 is 0; 2A+n, then n bytes of the value
 * shifted left by one. */
static uint32_t
token_number(struct token_hex *hex)
{
    uint8_t type = token_byte(hex);
    if (type == 0x29) {
        return 0;
    }
    if (type < 0x2B || type > 0x2E) {
        hex->failed = true;
        return 0;
    }
    uint32_t value = 0;
    for (int i = type - 0x2A; i > 0; i--) {
        value = value << 8 | token_byte(hex);
    }
    return value >> 1;
}

enum mst_status
mst_mongo_token_decode(struct mst_slice doc, struct mst_mongo_token *ret_token,
                       struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_slice text;
    if (!mst_bson_find(doc, "_data", &value) || value.type != MST_BSON_STRING
        || !mst_bson_get_string(&value, &text)) {
        return mst_fail(err, MST_REJECTED, "mongodb", 0,
                        "a resume token has no text '_data'");
    }
    struct token_hex hex = {.text = text.data, .left = text.len};
    bool timestamp = token_byte(&hex) == 0x82;
    struct mst_mongo_token token = {0};
    token.seconds = token_uint32(&hex);
    token.increment = token_uint32(&hex);
    if (!timestamp || hex.failed) {
        return mst_fail(err, MST_REJECTED, "mongodb", 0,
                        "the resume token does not begin with a cluster time");
    }
    (void)token_number(&hex); /* version */
    token.event = token_number(&hex) != 0;
    token.index = token_number(&hex);
    token.invalidate = token_byte(&hex) == 0x6F;
    if (hex.failed || text.len % 2 != 0) {
        return mst_fail(err, MST_REJECTED, "mongodb", 0,
                        "the resume token is damaged or cut short");
    }
    *ret_token = token;
    return MST_OK;
}

void
mst_mongo_token_text(const struct mst_mongo_token *token,
                     char out[MST_MONGO_TOKEN_TEXT_MAX])
{
    char time[MST_TIME_TEXT_MAX];
    mst_time_format((int64_t)token->seconds * 1000, time);
    char index[40] = "";
    if (token->index > 0) {
        (void)snprintf(index, sizeof(index), ", change %u of its transaction",
                       token->index + 1);
    }
    const char *what = "before it";
    if (token->invalidate) {
        what = "after the end of that collection";
    } else if (token->event) {
        what = "after that change";
    }
    (void)snprintf(out, MST_MONGO_TOKEN_TEXT_MAX, "%s, ordinal %u%s, %s", time,
                   token->increment, index, what);
}
