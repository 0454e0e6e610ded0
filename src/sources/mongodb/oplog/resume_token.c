/* SPDX-License-Identifier: MIT */
/* Writing of resume tokens. */
#include "sources/mongodb/oplog/resume_token.h"

#include <math.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"

enum {
    TOKEN_MAX = 32 * 1024 * 1024,
    TOKEN_TYPE_EVENT = 128,
    TOKEN_BITS_MAX = 127 * 8, /* more have another form */
    /* Bytes of the KeyString. */
    KEY_END = 0x04,
    KEY_NULL = 0x14,
    KEY_NUMBER = 0x1E,
    KEY_ZERO = 0x29,
    KEY_STRING = 0x3C,
    KEY_OBJECT = 0x46,
    KEY_ARRAY = 0x50,
    KEY_BINARY = 0x5A,
    KEY_OBJECTID = 0x64,
    KEY_FALSE = 0x6E,
    KEY_TRUE = 0x6F,
    KEY_DATE = 0x78,
    KEY_TIMESTAMP = 0x82
};

/* A KeyString being written. A failure sticks. */
struct token_key {
    struct mst_buf *bytes;
    struct mst_buf *bits; /* one byte each: 0 or 1 */
    enum mst_status status;
    unsigned depth;
    bool any_bit; /* one is 1 */
};

void
mst_oplog_token_room_init(struct mst_oplog_token_room *room)
{
    mst_buf_init(&room->bytes, TOKEN_MAX);
    mst_buf_init(&room->bits, TOKEN_BITS_MAX);
    mst_buf_init(&room->identifier, TOKEN_MAX);
    mst_buf_init(&room->out, 3 * (size_t)TOKEN_MAX);
}

void
mst_oplog_token_room_clear(struct mst_oplog_token_room *room)
{
    mst_buf_clear(&room->bytes);
    mst_buf_clear(&room->bits);
    mst_buf_clear(&room->identifier);
    mst_buf_clear(&room->out);
}

static void
token_byte(struct token_key *key, unsigned byte)
{
    if (key->status == MST_OK) {
        key->status = mst_buf_append_char(key->bytes, (char)(uint8_t)byte);
    }
}

static void
token_bytes(struct token_key *key, struct mst_slice bytes)
{
    if (key->status == MST_OK) {
        key->status = mst_buf_append(key->bytes, bytes.data, bytes.len);
    }
}

static void
token_big_endian(struct token_key *key, uint64_t number, int len)
{
    for (int i = len - 1; i >= 0; i--) {
        token_byte(key, (unsigned)(number >> (8 * i)) & 0xFF);
    }
}

static void
token_bit(struct token_key *key, bool bit)
{
    if (key->status == MST_OK) {
        key->any_bit = key->any_bit || bit;
        key->status = mst_buf_append_char(key->bits, bit ? 1 : 0);
    }
}

/* --- values ------------------------------------------------------------- */

/* Its sign and size in one byte, then the value, shifted left by one. */
static void
token_integer(struct token_key *key, int64_t number)
{
    if (number == 0) {
        token_byte(key, KEY_ZERO);
        return;
    }
    if (number == INT64_MIN) {
        key->status = MST_REJECTED;
        return;
    }
    uint64_t size = (uint64_t)(number < 0 ? -number : number) << 1;
    int len = 0;
    while (len < 8 && size >> (8 * len) != 0) {
        len++;
    }
    if (number > 0) {
        token_byte(key, (unsigned)(KEY_ZERO + 1 + len));
        token_big_endian(key, size, len);
    } else {
        token_byte(key, (unsigned)(KEY_ZERO - 1 - len));
        token_big_endian(key, ~size, len);
    }
}

static void
token_int32(struct token_key *key, int64_t number)
{
    token_bit(key, false);
    token_bit(key, false);
    token_integer(key, number);
}

static void
token_double(struct token_key *key, double number)
{
    bool whole = number == trunc(number) && fabs(number) < 9007199254740992.0
                 && !(number == 0 && signbit(number));
    if (!whole) {
        key->status = MST_REJECTED;
        return;
    }
    token_bit(key, true);
    token_bit(key, false);
    token_integer(key, (int64_t)number);
}

static void
token_number(struct token_key *key, const struct mst_bson_value *value)
{
    int32_t small = 0;
    int64_t large = 0;
    double fraction = 0;
    if (mst_bson_get_int32(value, &small)) {
        token_int32(key, small);
    } else if (mst_bson_get_int64(value, &large)) {
        token_bit(key, false);
        token_bit(key, true);
        token_integer(key, large);
    } else if (mst_bson_get_double(value, &fraction)) {
        token_double(key, fraction);
    }
}

static void
token_string(struct token_key *key, struct mst_slice text)
{
    token_byte(key, KEY_STRING);
    token_bit(key, false);
    for (size_t i = 0; i < text.len && key->status == MST_OK; i++) {
        token_byte(key, text.data[i]);
        if (text.data[i] == 0) {
            token_byte(key, 0xFF);
        }
    }
    token_byte(key, 0);
}

/* Subtype 2 with the length inside it. */
static void
token_binary(struct token_key *key, uint8_t subtype, struct mst_slice bytes)
{
    token_byte(key, KEY_BINARY);
    if (bytes.len < 0xFF) {
        token_byte(key, (unsigned)bytes.len);
    } else {
        token_byte(key, 0xFF);
        token_big_endian(key, bytes.len, 4);
    }
    token_byte(key, subtype);
    token_bytes(key, bytes);
}

/* The byte for a value's type, by which values of objects are announced; 0:
 * not known here. */
static unsigned
token_type(uint8_t type)
{
    switch (type) {
    case MST_BSON_INT32:
    case MST_BSON_INT64:
    case MST_BSON_DOUBLE:
        return KEY_NUMBER;
    case MST_BSON_STRING:
        return KEY_STRING;
    case MST_BSON_DOCUMENT:
        return KEY_OBJECT;
    case MST_BSON_ARRAY:
        return KEY_ARRAY;
    case MST_BSON_BINARY:
        return KEY_BINARY;
    case MST_BSON_OBJECTID:
        return KEY_OBJECTID;
    case MST_BSON_BOOL:
        return KEY_FALSE;
    case MST_BSON_DATE:
        return KEY_DATE;
    case MST_BSON_TIMESTAMP:
        return KEY_TIMESTAMP;
    case MST_BSON_NULL:
        return KEY_NULL;
    default:
        return 0;
    }
}

static void token_value(struct token_key *key,
                        const struct mst_bson_value *value);

/* What is in an object or array. */
static void
token_members(struct token_key *key, struct mst_slice doc, bool is_array)
{
    struct mst_bson_iter iter;
    token_byte(key, is_array ? KEY_ARRAY : KEY_OBJECT);
    if (key->depth == MST_BSON_DEPTH_MAX
        || mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        key->status = MST_REJECTED;
        return;
    }
    key->depth++;
    while (key->status == MST_OK && mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        if (!is_array) {
            token_byte(key, token_type(iter.type));
            token_bytes(key, iter.key);
            token_byte(key, 0);
        }
        token_value(key, &value);
    }
    key->depth--;
    token_byte(key, 0);
}

static void
token_moment(struct token_key *key, const struct mst_bson_value *value)
{
    int64_t ms = 0;
    uint32_t seconds = 0;
    uint32_t increment = 0;
    if (mst_bson_get_date(value, &ms)) {
        token_byte(key, KEY_DATE);
        token_big_endian(key, (uint64_t)ms ^ UINT64_C(1) << 63, 8);
    } else if (mst_bson_get_timestamp(value, &seconds, &increment)) {
        token_byte(key, KEY_TIMESTAMP);
        token_big_endian(key, seconds, 4);
        token_big_endian(key, increment, 4);
    }
}

static void
token_value(struct token_key *key, const struct mst_bson_value *value)
{
    struct mst_slice bytes;
    const uint8_t *oid;
    uint8_t subtype;
    bool flag;
    switch (token_type(value->type)) {
    case KEY_NUMBER:
        token_number(key, value);
        return;
    case KEY_OBJECT:
    case KEY_ARRAY:
        token_members(key, value->raw, value->type == MST_BSON_ARRAY);
        return;
    case KEY_DATE:
    case KEY_TIMESTAMP:
        token_moment(key, value);
        return;
    case KEY_NULL:
        token_byte(key, KEY_NULL);
        return;
    default:
        break;
    }
    if (value->type == MST_BSON_STRING && mst_bson_get_string(value, &bytes)) {
        token_string(key, bytes);
    } else if (mst_bson_get_binary(value, &subtype, &bytes)) {
        token_binary(key, subtype,
                     mst_slice_of(value->raw.data + 5, value->raw.len - 5));
    } else if (mst_bson_get_oid(value, &oid)) {
        token_byte(key, KEY_OBJECTID);
        token_bytes(key, mst_slice_of(oid, MST_BSON_OBJECTID_LEN));
    } else if (mst_bson_get_bool(value, &flag)) {
        token_byte(key, flag ? KEY_TRUE : KEY_FALSE);
    } else {
        key->status = MST_REJECTED;
    }
}

/* --- tokens ------------------------------------------------------------- */

static void
token_begin(struct token_key *key, struct mst_oplog_token_room *room,
            int version, struct mst_oplog_time time)
{
    mst_buf_reset(&room->bytes);
    mst_buf_reset(&room->bits);
    *key = (struct token_key){.bytes = &room->bytes, .bits = &room->bits};
    token_byte(key, KEY_TIMESTAMP);
    token_big_endian(key, time.seconds, 4);
    token_big_endian(key, time.increment, 4);
    token_int32(key, version);
}

/* The bits that tell numbers and strings of other types apart, packed. */
static enum mst_status
token_pack(const struct mst_buf *bits, uint8_t out[1 + TOKEN_BITS_MAX / 8],
           size_t *ret_len)
{
    size_t len = (bits->len + 7) / 8;
    size_t at = 0;
    memset(out, 0, 1 + len);
    for (size_t i = 0; i < bits->len; i++) {
        out[1 + i / 8] |= (uint8_t)(bits->data[i] << (i % 8));
    }
    /* One byte below 80 stands for itself; else their number comes first. */
    if (len == 1 && out[1] < 0x80) {
        out[0] = out[1];
    } else {
        out[0] = (uint8_t)(0x80 | len);
        at = 1;
    }
    *ret_len = at + len;
    return MST_OK;
}

/* {_data: hexadecimal text, _typeBits: where it is needed} */
static enum mst_status
token_finish(struct token_key *key, struct mst_oplog_token_room *room)
{
    static const char digits[] = "0123456789ABCDEF";
    token_byte(key, KEY_END);
    if (key->status != MST_OK) {
        return key->status;
    }
    mst_buf_reset(&room->identifier);
    enum mst_status status =
        mst_buf_reserve(&room->identifier, 2 * room->bytes.len);
    if (status != MST_OK) {
        return status;
    }
    for (size_t i = 0; i < room->bytes.len; i++) {
        room->identifier.data[2 * i] =
            (uint8_t)digits[room->bytes.data[i] >> 4];
        room->identifier.data[2 * i + 1] =
            (uint8_t)digits[room->bytes.data[i] & 15];
    }
    room->identifier.len = 2 * room->bytes.len;
    struct mst_bson_writer out;
    mst_buf_reset(&room->out);
    mst_bson_writer_init(&out, &room->out);
    mst_bson_write_string(&out, "_data", mst_buf_slice(&room->identifier));
    if (key->any_bit) {
        uint8_t packed[1 + TOKEN_BITS_MAX / 8];
        size_t len = 0;
        (void)token_pack(&room->bits, packed, &len);
        mst_bson_write_binary(&out, "_typeBits", 0, mst_slice_of(packed, len));
    }
    return mst_bson_writer_finish(&out, NULL);
}

/* What tells the event from others of its time: {operationType, documentKey or
 * operationDescription}. */
static enum mst_status
token_identifier(struct mst_oplog_token_room *room,
                 const struct mst_oplog_token *token)
{
    struct mst_bson_writer writer;
    mst_buf_reset(&room->identifier);
    mst_bson_writer_init(&writer, &room->identifier);
    mst_bson_write_text(&writer, "operationType", token->kind);
    if (token->key.data != NULL) {
        mst_bson_write_document(&writer, "documentKey", token->key);
    } else if (token->description.data != NULL) {
        mst_bson_write_document(&writer, "operationDescription",
                                token->description);
    }
    return mst_bson_writer_finish(&writer, NULL);
}

enum mst_status
mst_oplog_token_make(struct mst_oplog_token_room *room,
                     const struct mst_oplog_token *token)
{
    struct token_key key;
    token_begin(&key, room, token->version, token->time);
    token_int32(&key, TOKEN_TYPE_EVENT);
    token_int32(&key, token->index);
    token_byte(&key, KEY_FALSE);
    if (token->uuid.data != NULL) {
        token_binary(&key, 4, token->uuid);
    } else if (token->version != MST_OPLOG_TOKEN_V1) {
        token_byte(&key, KEY_NULL);
    }
    if (token->version == MST_OPLOG_TOKEN_V1 && token->key.data != NULL) {
        token_members(&key, token->key, false);
    } else if (token->version != MST_OPLOG_TOKEN_V1
               || token->description.data != NULL) {
        enum mst_status status = token_identifier(room, token);
        if (status != MST_OK) {
            return status;
        }
        token_members(&key, mst_buf_slice(&room->identifier), false);
    }
    return token_finish(&key, room);
}

enum mst_status
mst_oplog_token_mark(struct mst_oplog_token_room *room, int version,
                     struct mst_oplog_time time)
{
    struct token_key key;
    token_begin(&key, room, version, time);
    token_int32(&key, 0);
    token_int32(&key, 0);
    token_byte(&key, KEY_FALSE);
    if (version != MST_OPLOG_TOKEN_V1) {
        token_byte(&key, KEY_NULL);
    }
    return token_finish(&key, room);
}
