/* SPDX-License-Identifier: MIT */
/* Validates JSON text and moves over it, without recursion. */
#include "encodings/json_check.h"

#include "base/utf8.h"
#include "encodings/text_block.h"

/* What went wrong, and where. */
struct check {
    const uint8_t *at;
    const uint8_t *end;
    const char *fault;
};

static bool
check_fail(struct check *check, const char *fault)
{
    check->fault = fault;
    return false;
}

static void
check_space(struct check *check)
{
    check->at = mst_json_skip_space(check->at, check->end);
}

const uint8_t *
mst_json_skip_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end
           && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

static bool
check_hex4(struct check *check, uint32_t *ret)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t c = check->at < check->end ? *check->at : 0;
        uint32_t lower = c | 0x20;
        if (c >= '0' && c <= '9') {
            value = value << 4 | (c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            value = value << 4 | (lower - 'a' + 10);
        } else {
            return check_fail(check, "\\u needs four hex digits");
        }
        check->at++;
    }
    *ret = value;
    return true;
}

/* check->at is behind the backslash. */
static bool
check_escape(struct check *check)
{
    uint32_t c = check->at < check->end ? *check->at : 0;
    uint32_t low = 0;
    if (c == 0 || strchr("\"\\/bfnrtu", (int)c) == NULL) {
        return check_fail(check, "no such escape in JSON");
    }
    check->at++;
    if (c != 'u') {
        return true;
    }
    if (!check_hex4(check, &c)) {
        return false;
    }
    if (c < 0xD800 || c > 0xDFFF) {
        return true;
    }
    if (c < 0xDC00 && check->end - check->at >= 2 && check->at[0] == '\\'
        && check->at[1] == 'u') {
        check->at += 2;
        if (!check_hex4(check, &low)) {
            return false;
        }
    }
    return low >= 0xDC00 && low <= 0xDFFF
               ? true
               : check_fail(check, "half of a surrogate pair");
}

/* check->at is behind the opening quote. */
static bool
check_text(struct check *check)
{
    uint8_t scratch[MST_TEXT_BLOCK];
    for (;;) {
        size_t left = (size_t)(check->end - check->at);
        unsigned mask = left >= MST_TEXT_BLOCK
                            ? mst_text_block(scratch, check->at)
                            : mst_text_tail(scratch, check->at, left);
        check->at += mask == 0 ? MST_TEXT_BLOCK : mst_text_first(mask);
        if (mask == 0) {
            continue;
        }
        if (check->at >= check->end) {
            check->at = check->end;
            return check_fail(check, "the text has no closing quote");
        }
        uint8_t c = *check->at;
        if (c == '"') {
            check->at++;
            return true;
        }
        if (c == '\\') {
            check->at++;
            if (!check_escape(check)) {
                return false;
            }
            continue;
        }
        size_t n = c < 0x20 ? 0
                            : mst_utf8_char(check->at,
                                            (size_t)(check->end - check->at));
        if (n == 0) {
            return check_fail(check, c < 0x20 ? "a control character in a text "
                                                "must be escaped"
                                              : "the text is not valid UTF-8");
        }
        check->at += n;
    }
}

static bool
check_digits(struct check *check)
{
    const uint8_t *first = check->at;
    while (check->at < check->end && *check->at >= '0' && *check->at <= '9') {
        check->at++;
    }
    return check->at > first ? true : check_fail(check, "not a JSON number");
}

static bool
check_number(struct check *check)
{
    if (*check->at == '-') {
        check->at++;
    }
    const uint8_t *first = check->at;
    if (!check_digits(check)) {
        return false;
    }
    if (*first == '0' && check->at - first > 1) {
        return check_fail(check, "a number may not start with 0");
    }
    if (check->at < check->end && *check->at == '.') {
        check->at++;
        if (!check_digits(check)) {
            return false;
        }
    }
    if (check->at < check->end && (*check->at | 0x20) == 'e') {
        check->at++;
        if (check->at < check->end
            && (*check->at == '-' || *check->at == '+')) {
            check->at++;
        }
        return check_digits(check);
    }
    return true;
}

static bool
check_word(struct check *check, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(check->end - check->at) < len
        || memcmp(check->at, word, len) != 0) {
        return check_fail(check, "not a JSON value");
    }
    check->at += len;
    return true;
}

/* A value that holds no others; check->at is at it. */
static bool
check_scalar(struct check *check)
{
    switch (*check->at) {
    case '"':
        check->at++;
        return check_text(check);
    case 't':
        return check_word(check, "true");
    case 'f':
        return check_word(check, "false");
    case 'n':
        return check_word(check, "null");
    default:
        if (*check->at == '-' || (*check->at >= '0' && *check->at <= '9')) {
            return check_number(check);
        }
        return check_fail(check, "not a JSON value");
    }
}

/* "name": with white space around. */
static bool
check_name(struct check *check)
{
    check_space(check);
    if (check->at == check->end || *check->at != '"') {
        return check_fail(check, "expected a name in quotes");
    }
    check->at++;
    if (!check_text(check)) {
        return false;
    }
    check_space(check);
    if (check->at == check->end || *check->at != ':') {
        return check_fail(check, "expected ':' after the name");
    }
    check->at++;
    return true;
}

/* Behind a value in the container that close ends: *ret_more says whether
 * another one follows. */
static bool
check_after(struct check *check, char close, bool *ret_more)
{
    check_space(check);
    uint8_t c = check->at < check->end ? *check->at : 0;
    *ret_more = c == ',';
    if (c != ',' && c != (uint8_t)close) {
        return check_fail(check, close == '}' ? "expected ',' or '}'"
                                              : "expected ',' or ']'");
    }
    check->at++;
    return c == ',' && close == '}' ? check_name(check) : true;
}

/* An opening bracket: *ret_empty when it closes at once. */
static bool
check_opened(struct check *check, char close, bool *ret_empty)
{
    check->at++;
    check_space(check);
    *ret_empty = check->at < check->end && *check->at == (uint8_t)close;
    if (*ret_empty) {
        check->at++;
        return true;
    }
    return close == '}' ? check_name(check) : true;
}

/* One value and all that is in it. */
static bool
check_value(struct check *check)
{
    char closes[MST_JSON_DEPTH_MAX];
    unsigned depth = 0;
    for (;;) {
        check_space(check);
        if (check->at == check->end) {
            return check_fail(check, "expected a value but the text ends");
        }
        bool more = false;
        if (*check->at == '{' || *check->at == '[') {
            bool empty = false;
            if (depth == MST_JSON_DEPTH_MAX) {
                return check_fail(check, "more than 200 objects and arrays "
                                         "inside each other");
            }
            closes[depth++] = *check->at == '{' ? '}' : ']';
            if (!check_opened(check, closes[depth - 1], &empty)) {
                return false;
            }
            more = !empty;
            depth -= empty ? 1 : 0;
        } else if (!check_scalar(check)) {
            return false;
        }
        while (!more && depth > 0) {
            if (!check_after(check, closes[depth - 1], &more)) {
                return false;
            }
            depth -= more ? 0 : 1;
        }
        if (depth == 0) {
            return true;
        }
    }
}

const uint8_t *
mst_json_skip_value(const uint8_t *at, const uint8_t *end)
{
    struct check check = {at, end, NULL};
    return check_value(&check) ? check.at : NULL;
}

enum mst_status
mst_json_check(struct mst_slice json, struct mst_error *err)
{
    json = json.len == 0 ? MST_SLICE_LIT("") : json;
    struct check check = {json.data, json.data + json.len, NULL};
    if (check_value(&check)) {
        check_space(&check);
        if (check.at == check.end) {
            return MST_OK;
        }
        check.fault = "something stands behind the JSON value";
    }
    int64_t offset = check.at - json.data;
    return mst_fail_at(err, MST_REJECTED, "json", offset,
                       "malformed JSON at byte %lld: %s", (long long)offset,
                       check.fault);
}
