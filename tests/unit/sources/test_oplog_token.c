/* SPDX-License-Identifier: MIT */
/* Resume tokens that are made, beside those that servers gave; positions of
 * the oplog reader. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/reader.h"
#include "sources/mongodb/oplog/resume_token.h"
#include "sources/mongodb/token.h"

static const uint8_t uuid[16] = {0x8D, 0x4F, 0xDA, 0x59, 0x5F, 0xC3,
                                 0x4B, 0xDD, 0xBF, 0x6B, 0x76, 0x2D,
                                 0x71, 0x0B, 0x3B, 0x72};

#define START "826B017C3D000000012B022C0100"
#define ID    "5A10048D4FDA595FC34BDDBF6B762D710B3B7246"

static const struct {
    const char *key; /* the _id, as JSON */
    uint32_t index;
    const char *data; /* NULL: not known */
    const char *bits; /* hexadecimal, NULL: none */
} tokens[] = {
    {"3", 0, START "296E" ID "1E5F6964002B060004", NULL},
    {"3", 2, START "2B046E" ID "1E5F6964002B060004", NULL},
    {"128", 0, START "296E" ID "1E5F6964002C01000004", NULL},
    {"0", 0, START "296E" ID "1E5F696400290004", NULL},
    {"-1", 0, START "296E" ID "1E5F69640027FD0004", NULL},
    {"{\"$numberLong\":\"3\"}", 0, START "296E" ID "1E5F6964002B060004",
     "8180"},
    {"{\"$numberDouble\":\"3.0\"}", 0, START "296E" ID "1E5F6964002B060004",
     "40"},
    {"\"x\"", 0, START "296E" ID "3C5F6964003C78000004", NULL},
    {"\"a\\u0000b\"", 0, START "296E" ID "3C5F6964003C6100FF62000004", NULL},
    {"{\"$oid\":\"0102030405060708090a0b0c\"}", 0,
     START "296E" ID "645F696400640102030405060708090A0B0C0004", NULL},
    {"true", 0, START "296E" ID "6E5F6964006F0004", NULL},
    {"null", 0, START "296E" ID "145F696400140004", NULL},
    {"{\"$date\":{\"$numberLong\":\"0\"}}", 0,
     START "296E" ID "785F6964007880000000000000000004", NULL},
    {"{\"$timestamp\":{\"t\":1,\"i\":2}}", 0,
     START "296E" ID "825F6964008200000001000000020004", NULL},
    {"{\"a\":[1]}", 0,
     START "296E" ID "465F6964004650610050"
           "2B0200000004",
     NULL},
    {"{\"$binary\":{\"base64\":\"eA==\",\"subType\":\"00\"}}", 0,
     START "296E" ID "5A5F6964005A0100780004", NULL},
    {"{\"$binary\":{\"base64\":\"eA==\",\"subType\":\"02\"}}", 0,
     START "296E" ID "5A5F6964005A050201000000780004", NULL},
    {"{\"$numberDouble\":\"1.5\"}", 0, NULL, NULL},
    {"{\"$numberDouble\":\"-0.0\"}", 0, NULL, NULL},
    {"{\"$numberDouble\":\"NaN\"}", 0, NULL, NULL},
    {"{\"$numberDecimal\":\"1\"}", 0, NULL, NULL},
    {"{\"$numberLong\":\"-9223372036854775808\"}", 0, NULL, NULL},
};

static void
hex_of(const uint8_t *data, uint32_t len, char *out)
{
    for (uint32_t i = 0; i < len; i++) {
        (void)snprintf(out + 2 * i, 3, "%02X", data[i]);
    }
}

static void
token_is_the_one_of_the_server(void **state)
{
    (void)state;
    struct mst_oplog_token_room room;
    mst_oplog_token_room_init(&room);
    for (size_t i = 0; i < MST_ARRAY_SIZE(tokens); i++) {
        char json[256];
        bson_error_t error;
        (void)snprintf(json, sizeof(json), "{\"_id\":%s}", tokens[i].key);
        bson_t *key = bson_new_from_json((const uint8_t *)json, -1, &error);
        assert_non_null(key);
        const struct mst_oplog_token token = {
            .version = MST_OPLOG_TOKEN_V1,
            .time = {0x6B017C3D, 1},
            .index = tokens[i].index,
            .uuid = mst_slice_of(uuid, sizeof(uuid)),
            .kind = "insert",
            .key = mst_slice_of(bson_get_data(key), key->len),
        };
        enum mst_status status = mst_oplog_token_make(&room, &token);
        bson_destroy(key);
        assert_int_equal(status,
                         tokens[i].data != NULL ? MST_OK : MST_REJECTED);
        if (status != MST_OK) {
            continue;
        }
        bson_t made;
        bson_iter_t iter;
        assert_true(bson_init_static(&made, room.out.data, room.out.len));
        assert_true(bson_iter_init_find(&iter, &made, "_data"));
        assert_string_equal(bson_iter_utf8(&iter, NULL), tokens[i].data);
        bool bits = bson_iter_init_find(&iter, &made, "_typeBits");
        assert_int_equal(bits, tokens[i].bits != NULL);
        if (bits) {
            const uint8_t *data;
            uint32_t len;
            char text[64];
            bson_iter_binary(&iter, NULL, &len, &data);
            hex_of(data, len, text);
            assert_string_equal(text, tokens[i].bits);
        }
        struct mst_mongo_token read;
        assert_int_equal(
            mst_mongo_token_decode(mst_buf_slice(&room.out), &read, NULL),
            MST_OK);
        assert_true(read.event && !read.invalidate);
        assert_int_equal(read.index, tokens[i].index);
    }
    mst_oplog_token_room_clear(&room);
}

static void
high_water_mark_is_read_as_one(void **state)
{
    (void)state;
    static const char *const marks[] = {
        [MST_OPLOG_TOKEN_V1] = "826B017C22000000022B0229296E04",
        [MST_OPLOG_TOKEN_V2] = "826B017C22000000022B0429296E1404",
    };
    struct mst_oplog_token_room room;
    mst_oplog_token_room_init(&room);
    for (int version = 1; version <= 2; version++) {
        const struct mst_oplog_time time = {0x6B017C22, 2};
        bson_t made;
        bson_iter_t iter;
        struct mst_mongo_token read;
        assert_int_equal(mst_oplog_token_mark(&room, version, time), MST_OK);
        assert_true(bson_init_static(&made, room.out.data, room.out.len));
        assert_true(bson_iter_init_find(&iter, &made, "_data"));
        assert_string_equal(bson_iter_utf8(&iter, NULL), marks[version]);
        assert_int_equal(
            mst_mongo_token_decode(mst_buf_slice(&room.out), &read, NULL),
            MST_OK);
        assert_false(read.event);
        assert_int_equal(read.increment, 2);
    }
    mst_oplog_token_room_clear(&room);
}

static void
mark_becomes_a_position_that_can_be_saved(void **state)
{
    (void)state;
    static const struct {
        uint32_t changes;
        bool after;
        const char *saved;
        const char *words;
    } marks[] = {
        {0, true,
         "{\"kind\":\"mongodb\",\"at\":{\"seconds\":100,\"ordinal\":3,"
         "\"after\":true}}",
         "1970-01-01T00:01:40Z, ordinal 3, after that change"},
        {7, false,
         "{\"kind\":\"mongodb\",\"at\":{\"seconds\":100,\"ordinal\":3,"
         "\"changes\":7}}",
         "1970-01-01T00:01:40Z, ordinal 3, after 7 changes of it"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(marks); i++) {
        uint8_t mark[MST_OPLOG_MARK_LEN];
        struct mst_mongo_position position;
        struct mst_mongo_position again;
        struct mst_buf text;
        const struct mst_oplog_time time = {100, 3};
        mst_mongo_position_init(&position);
        mst_mongo_position_init(&again);
        mst_buf_init(&text, 1024);
        mst_oplog_mark_write(mark, time, marks[i].changes, marks[i].after);
        assert_true(
            mst_oplog_mark_read(mst_slice_of(mark, sizeof(mark)), &position));
        assert_int_equal(mst_mongo_position_format(&position, &text, NULL),
                         MST_OK);
        assert_string_equal(mst_buf_text(&text), marks[i].saved);
        assert_int_equal(
            mst_mongo_position_parse(&again, mst_buf_slice(&text), NULL),
            MST_OK);
        assert_int_equal(again.changes, marks[i].changes);
        assert_int_equal(again.after, marks[i].after);
        assert_int_equal(again.seconds, 100);
        mst_buf_reset(&text);
        assert_int_equal(mst_mongo_position_text(&again, &text), MST_OK);
        assert_string_equal(mst_buf_text(&text), marks[i].words);
        mst_buf_clear(&text);
        mst_mongo_position_clear(&position);
        mst_mongo_position_clear(&again);
    }
    assert_false(mst_oplog_mark_read(MST_SLICE_LIT("12345678901234"), NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_is_the_one_of_the_server),
        cmocka_unit_test(high_water_mark_is_read_as_one),
        cmocka_unit_test(mark_becomes_a_position_that_can_be_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
