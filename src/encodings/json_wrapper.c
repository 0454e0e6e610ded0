/* SPDX-License-Identifier: MIT */
/* Extended JSON's type wrappers: which is which, and those of texts. */
#include "base/base64.h"
#include "encodings/digits.h"
#include "encodings/digits_read.h"
#include "encodings/json_wrapper_impl.h"
#include "encodings/little_endian.h"

enum {
    UUID_TEXT_LEN = 36,
    UUID_SUBTYPE = 4,
    /* i32 length and subtype in front of a binary's bytes. */
    BINARY_HEAD = 5
};

/* A binary while it is read: its bytes stand BINARY_HEAD behind start. */
struct wrapper_binary {
    size_t start; /* from the buffer's start */
    size_t len;
    uint8_t subtype;
};

/* Two texts that came in any order, where they stand behind json->out. */
struct wrapper_regex {
    size_t start; /* of the first, from the buffer's start */
    size_t len[2];
    int first;
};

struct wrapper_dbpointer {
    uint8_t oid[MST_BSON_OBJECTID_LEN];
};

/* One or two hex digits. */
static bool
wrapper_subtype(struct mst_slice text, uint8_t *ret)
{
    uint8_t digits[2] = {'0', '0'};
    if (text.len != 1 && text.len != 2) {
        return false;
    }
    memcpy(digits + 2 - text.len, text.data, text.len);
    return mst_parse_hex(digits, 1, ret);
}

/* Leaves the bytes, and json->out behind them. */
static enum mst_status
wrapper_base64(struct json_bson *json, struct wrapper_binary *binary)
{
    struct mst_slice text = MST_SLICE_NONE;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, BINARY_HEAD, &text);
    if (status != MST_OK) {
        return status;
    }
    if (!mst_base64_parse(text.data, text.len, json->out + BINARY_HEAD,
                          &binary->len)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_BINARY,
                                 "base64 with its padding");
    }
    json->out += BINARY_HEAD + binary->len;
    return json_bson_reserve(json, JSON_BSON_ROOM);
}

static enum mst_status
wrapper_binary_type(struct json_bson *json, struct wrapper_binary *binary)
{
    struct mst_slice text = MST_SLICE_NONE;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status == MST_OK && !wrapper_subtype(text, &binary->subtype)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_BINARY,
                                 "a subtype of two hex digits");
    }
    return status;
}

static enum mst_status
wrapper_binary_part(struct json_bson *json, int which, void *ctx)
{
    return which == 0 ? wrapper_base64(json, ctx)
                      : wrapper_binary_type(json, ctx);
}

/* The older form: "$binary": "base64", "$type": "00". */
static enum mst_status
wrapper_binary_old(struct json_bson *json, struct wrapper_binary *binary)
{
    struct mst_slice name = MST_SLICE_NONE;
    enum mst_status status = wrapper_base64(json, binary);
    if (status == MST_OK) {
        status = json_bson_expect(json, ',', "',' and \"$type\"");
    }
    const uint8_t *where = json->at;
    status = status == MST_OK ? json_wrapper_text(json, 0, &name) : status;
    if (status == MST_OK && !mst_slice_is(name, "$type")) {
        return json_wrapper_fail(json, where, MST_WRAPPER_BINARY,
                                 "\"$type\" behind its base64");
    }
    if (status == MST_OK) {
        status = json_bson_expect(json, ':', "':' after the name");
    }
    return status == MST_OK ? wrapper_binary_type(json, binary) : status;
}

static enum mst_status
wrapper_binary_put(struct json_bson *json, const struct wrapper_binary *binary)
{
    size_t inner = binary->subtype == 2 ? 4 : 0;
    if (binary->len > INT32_MAX - 16) {
        return json_bson_fail(json, json->at, "larger than BSON's 2 GiB");
    }
    enum mst_status status = json_bson_reserve(json, inner + JSON_BSON_ROOM);
    if (status != MST_OK) {
        return status;
    }
    uint8_t *head = json->buf->data + binary->start;
    uint8_t *bytes = head + BINARY_HEAD;
    if (inner > 0) {
        memmove(bytes + inner, bytes, binary->len);
        mst_put_le32(bytes, (uint32_t)binary->len);
    }
    *json->type = MST_BSON_BINARY;
    mst_put_le32(head, (uint32_t)(inner + binary->len));
    head[4] = binary->subtype;
    json->out = bytes + inner + binary->len;
    return MST_OK;
}

static enum mst_status
wrapper_binary(struct json_bson *json)
{
    static const struct json_wrapper_pair pair = {
        {"base64", "subType"},
        wrapper_binary_part,
        MST_WRAPPER_BINARY,
        "{\"base64\": ..., \"subType\": ...}"};
    struct wrapper_binary binary = {.start =
                                        (size_t)(json->out - json->buf->data)};
    json_bson_space(json);
    bool old = json->at < json->end && *json->at == '"';
    enum mst_status status = old ? wrapper_binary_old(json, &binary)
                                 : json_wrapper_pair_read(json, &pair, &binary);
    return status == MST_OK ? wrapper_binary_put(json, &binary) : status;
}

static enum mst_status
wrapper_uuid(struct json_bson *json)
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6}; /* bytes */
    uint8_t bytes[16];
    struct mst_slice text = MST_SLICE_NONE;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status != MST_OK) {
        return status;
    }
    bool good = text.len == UUID_TEXT_LEN;
    size_t at = 0;
    size_t n = 0;
    for (size_t i = 0; i < sizeof(groups) && good; i++) {
        good = (i == 0 || text.data[at++] == '-')
               && mst_parse_hex(text.data + at, groups[i], bytes + n);
        at += groups[i] * (size_t)2;
        n += groups[i];
    }
    if (!good) {
        return json_wrapper_fail(json, where, MST_WRAPPER_UUID,
                                 "a UUID in its form 8-4-4-4-12");
    }
    const struct wrapper_binary binary = {(size_t)(json->out - json->buf->data),
                                          sizeof(bytes), UUID_SUBTYPE};
    memcpy(json->out + BINARY_HEAD, bytes, sizeof(bytes));
    return wrapper_binary_put(json, &binary);
}

/* Both texts stay behind json->out, each closed by a NUL. */
static enum mst_status
wrapper_regex_part(struct json_bson *json, int which, void *ctx)
{
    struct wrapper_regex *regex = ctx;
    struct mst_slice text = MST_SLICE_NONE;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status != MST_OK) {
        return status;
    }
    if (json->has_nul) {
        return json_wrapper_fail(json, where, MST_WRAPPER_REGEX,
                                 "texts without a NUL");
    }
    if ((size_t)(json->out - json->buf->data) == regex->start) {
        regex->first = which;
    }
    regex->len[which] = text.len + 1;
    json->out += text.len;
    *json->out++ = 0;
    return json_bson_reserve(json, JSON_BSON_ROOM);
}

static enum mst_status
wrapper_regex(struct json_bson *json)
{
    static const struct json_wrapper_pair pair = {
        {"pattern", "options"},
        wrapper_regex_part,
        MST_WRAPPER_REGEX,
        "{\"pattern\": ..., \"options\": ...}"};
    struct wrapper_regex regex = {.start =
                                      (size_t)(json->out - json->buf->data)};
    enum mst_status status = json_wrapper_pair_read(json, &pair, &regex);
    if (status == MST_OK) {
        status = json_bson_reserve(json, regex.len[1] + JSON_BSON_ROOM);
    }
    if (status != MST_OK) {
        return status;
    }
    if (regex.first == 1) {
        /* The options go behind the pattern. */
        uint8_t *start = json->buf->data + regex.start;
        memcpy(json->out, start, regex.len[1]);
        memmove(start, start + regex.len[1], regex.len[0] + regex.len[1]);
    }
    *json->type = MST_BSON_REGEX;
    return MST_OK;
}

/* A text with its length in front, moved over. */
static enum mst_status
wrapper_string(struct json_bson *json)
{
    struct mst_slice text = MST_SLICE_NONE;
    enum mst_status status = json_wrapper_text(json, 4, &text);
    if (status != MST_OK) {
        return status;
    }
    if (text.len >= INT32_MAX) {
        return json_bson_fail(json, json->at, "larger than BSON's 2 GiB");
    }
    mst_put_le32(json->out, (uint32_t)text.len + 1);
    json->out += 4 + text.len;
    *json->out++ = 0;
    return json_bson_reserve(json, JSON_BSON_ROOM);
}

/* Leaves the scope open when there is one; *ret_open says so. */
static enum mst_status
wrapper_code(struct json_bson *json, bool *ret_open)
{
    struct mst_slice name = MST_SLICE_NONE;
    size_t start = (size_t)(json->out - json->buf->data);
    enum mst_status status = wrapper_string(json);
    json_bson_space(json);
    if (status != MST_OK || json->at == json->end || *json->at != ',') {
        *json->type = MST_BSON_CODE;
        return status;
    }
    json->at++;
    const uint8_t *where = json->at;
    status = json_wrapper_text(json, 0, &name);
    if (status == MST_OK && !mst_slice_is(name, "$scope")) {
        return json_wrapper_fail(json, where, MST_WRAPPER_CODE,
                                 "nothing or \"$scope\" behind it");
    }
    if (status == MST_OK) {
        status = json_bson_expect(json, ':', "':' after the name");
    }
    if (status == MST_OK) {
        status = json_bson_expect(json, '{', "an object for \"$scope\"");
    }
    if (status != MST_OK) {
        return status;
    }
    /* The length of the whole goes in front; closing the scope fills it. */
    uint8_t *code = json->buf->data + start;
    memmove(code + 4, code, (size_t)(json->out - code));
    json->out += 4;
    status = json_bson_open(json, false);
    if (status == MST_OK) {
        json->frame->is_scope = true;
        json->frame->closer = JSON_CLOSER_NONE;
        json_bson_base(json)[json->frame->element] = MST_BSON_CODE_SCOPE;
        *ret_open = true;
    }
    return status;
}

static enum mst_status
wrapper_dbpointer_part(struct json_bson *json, int which, void *ctx)
{
    struct wrapper_dbpointer *pointer = ctx;
    struct mst_slice name = MST_SLICE_NONE;
    if (which == 0) {
        return wrapper_string(json);
    }
    enum mst_status status = json_bson_expect(json, '{', "an ObjectId");
    const uint8_t *where = json->at;
    status = status == MST_OK ? json_wrapper_text(json, 0, &name) : status;
    if (status == MST_OK && !mst_slice_is(name, "$oid")) {
        return json_wrapper_fail(json, where, MST_WRAPPER_DBPOINTER,
                                 "an ObjectId as \"$id\"");
    }
    if (status == MST_OK) {
        status = json_bson_expect(json, ':', "':' after the name");
    }
    if (status == MST_OK) {
        status = json_wrapper_oid_bytes(json, pointer->oid);
    }
    return status == MST_OK ? json_bson_expect(json, '}', "'}'") : status;
}

static enum mst_status
wrapper_dbpointer(struct json_bson *json)
{
    static const struct json_wrapper_pair pair = {
        {"$ref", "$id"},
        wrapper_dbpointer_part,
        MST_WRAPPER_DBPOINTER,
        "{\"$ref\": ..., \"$id\": ...}"};
    struct wrapper_dbpointer pointer = {{0}};
    enum mst_status status = json_wrapper_pair_read(json, &pair, &pointer);
    if (status == MST_OK) {
        *json->type = MST_BSON_DBPOINTER;
        memcpy(json->out, pointer.oid, sizeof(pointer.oid));
        json->out += sizeof(pointer.oid);
    }
    return status;
}

/* A value without content: what stands in its place is always the same. */
static enum mst_status
wrapper_constant(struct json_bson *json, enum mst_wrapper wrapper)
{
    int64_t one = 0;
    json_bson_space(json);
    const uint8_t *where = json->at;
    if (wrapper != MST_WRAPPER_UNDEFINED) {
        *json->type =
            wrapper == MST_WRAPPER_MINKEY ? MST_BSON_MINKEY : MST_BSON_MAXKEY;
        return json_wrapper_integer(json, 1, 1, &one)
                   ? MST_OK
                   : json_wrapper_fail(json, where, wrapper, "the number 1");
    }
    if (json->end - json->at < 4 || memcmp(json->at, "true", 4) != 0) {
        return json_wrapper_fail(json, where, wrapper, "true");
    }
    json->at += 4;
    *json->type = MST_BSON_UNDEFINED;
    return MST_OK;
}

static enum mst_status
wrapper_value(struct json_bson *json, enum mst_wrapper wrapper, bool *ret_open)
{
    switch (wrapper) {
    case MST_WRAPPER_OID:
        return json_wrapper_oid(json);
    case MST_WRAPPER_DATE:
        return json_wrapper_date(json);
    case MST_WRAPPER_INT:
    case MST_WRAPPER_LONG:
        return json_wrapper_int(json, wrapper);
    case MST_WRAPPER_DOUBLE:
        return json_wrapper_double(json);
    case MST_WRAPPER_DECIMAL:
        return json_wrapper_decimal(json);
    case MST_WRAPPER_BINARY:
        return wrapper_binary(json);
    case MST_WRAPPER_UUID:
        return wrapper_uuid(json);
    case MST_WRAPPER_TIMESTAMP:
        return json_wrapper_timestamp(json);
    case MST_WRAPPER_REGEX:
        return wrapper_regex(json);
    case MST_WRAPPER_CODE:
        return wrapper_code(json, ret_open);
    case MST_WRAPPER_SYMBOL:
        *json->type = MST_BSON_SYMBOL;
        return wrapper_string(json);
    case MST_WRAPPER_DBPOINTER:
        return wrapper_dbpointer(json);
    case MST_WRAPPER_MINKEY:
    case MST_WRAPPER_MAXKEY:
    case MST_WRAPPER_UNDEFINED:
        return wrapper_constant(json, wrapper);
    case MST_WRAPPER_SCOPE:
    case MST_WRAPPER_NONE:
        break;
    }
    return json_bson_fail(json, json->at, "\"$scope\" needs \"$code\" first");
}

enum mst_status
json_bson_wrapper(struct json_bson *json, enum mst_wrapper wrapper)
{
    /* The object that was opened is none: its place becomes the value's. */
    const struct json_frame *frame = json->frame;
    uint8_t *base = json_bson_base(json);
    bool open = false;
    json->out = base + frame->bson;
    json->type = base + frame->element;
    json->frame--;
    enum mst_status status = json_bson_expect(json, ':', "':' after the name");
    if (status == MST_OK) {
        status = wrapper_value(json, wrapper, &open);
    }
    if (status != MST_OK || open) {
        return status;
    }
    return json_bson_expect(json, '}', "'}', a wrapper has no other names");
}
