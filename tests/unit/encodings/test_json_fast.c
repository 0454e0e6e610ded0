/* SPDX-License-Identifier: MIT */
/*
 * The seams of reading JSON: where the fast loop hands over to the general
 * code, and where the end of the text is read from a copy.
 */
#include "unit/cmocka_all.h"

#include <bson/bson.h>
#include <stdio.h>

#include "encodings/json_bson.h"

enum {
    ROOM = 1 << 24,
    PADDING = 300, /* more than is read ahead, twice */
    TEXT = 4096
};

/* In a block of its own, so that a sanitizer sees a read behind it. */
static enum mst_status
read_json(const char *json, struct mst_buf *out, struct mst_error *err)
{
    size_t len = strlen(json);
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, json, len);
    mst_buf_reset(out);
    enum mst_status status =
        mst_json_to_bson(mst_slice_of(copy, len), NULL, out, err);
    free(copy);
    return status;
}

static void
assert_same_as_libbson(const char *json, struct mst_buf *out)
{
    struct mst_error err;
    bson_error_t error;
    if (read_json(json, out, &err) != MST_OK) {
        fail_msg("%s: %s", json, err.text);
    }
    bson_t *other = bson_new_from_json((const uint8_t *)json, -1, &error);
    assert_non_null(other);
    if (out->len != other->len
        || memcmp(out->data, bson_get_data(other), out->len) != 0) {
        fail_msg("%s: not the bytes of libbson", json);
    }
    bson_destroy(other);
}

/* What comes last in a text, at any distance from the start of the copy. */
static const char *const ends[] = {
    "\"a\":1}",
    "\"a\":-1.5}",
    "\"a\":12345678,\"b\":123456789,\"c\":-1234567890123456}",
    "\"a\":1.2345678,\"b\":12345678.5,\"c\":0.1234567}",
    "\"a\":true,\"b\":false,\"c\":null}",
    "\"a\":{\"b\":[{},[],{\"c\":[[1]]}]}}",
    "\"a\" : { \"b\" : [ 1 , 2.5 , \"x\" ] , \"c\" : { } } }",
    "\"a\":\"0123456789abcdef0123456789\",\"b\":\"\\\"\\n\\u00e4\"}",
    "\"a\":\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 \xC3\xA4\"}",
    "\"a\":{\"$oid\":\"0123456789abcdef01234567\"},\"b\":3}",
    "\"a\":{\"$date\":\"2026-11-21T10:40:05.123Z\"},\"b\":3} \n",
    "\"0123456789abcdef\":1,\"0123456789abcdef0123456789abcdef\":2}",
};

static void
every_end_is_read_at_any_distance_from_the_start(void **state)
{
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, ROOM);
    for (size_t i = 0; i < MST_ARRAY_SIZE(ends); i++) {
        for (int padding = 0; padding < PADDING; padding++) {
            char json[TEXT];
            (void)snprintf(json, sizeof(json), "{\"p\":\"%*s\",%s", padding, "",
                           ends[i]);
            assert_same_as_libbson(json, &out);
            /* The same distance by many small elements. */
            int len = snprintf(json, sizeof(json), "{\"p\":[0");
            for (int n = 0; n < padding; n++) {
                len += snprintf(json + len, sizeof(json) - (size_t)len, ",%d",
                                n % 10);
            }
            (void)snprintf(json + len, sizeof(json) - (size_t)len, "],%s",
                           ends[i]);
            assert_same_as_libbson(json, &out);
        }
    }
    mst_buf_clear(&out);
}

struct fault {
    const char *json;
    int offset; /* from the start of this text */
    const char *text;
};

static void
assert_fault(const struct fault *fault, int padding, struct mst_buf *out)
{
    char json[TEXT];
    struct mst_error err;
    mst_error_clear(&err);
    int before = snprintf(json, sizeof(json), "{\"p\":\"%*s\",", padding, "");
    (void)snprintf(json + before, sizeof(json) - (size_t)before, "%s",
                   fault->json);
    assert_int_equal(read_json(json, out, &err), MST_REJECTED);
    assert_int_equal(err.offset, before + fault->offset);
    if (strstr(err.text, fault->text) == NULL) {
        fail_msg("%s: %s", json, err.text);
    }
}

static void
fault_has_its_place_at_any_distance_from_the_start(void **state)
{
    static const struct fault faults[] = {
        {"\"a\":x}", 4, "field 'a'"},
        {"\"a\":1", 5, "the text ends"},
        {"\"a\":{\"b\":[1,2,}]}}", 14, "field 'a.b.2'"},
        {"\"a\":[1}", 6, "',' or ']'"},
        {"\"a\":\"\xFF\"}", 5, "UTF-8"},
        {"\"a\":1,\"b\":2,\"a\":3}", 12, "'a' twice"},
        {"\"a\":1} x", 7, "the end of the text"},
    };
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, ROOM);
    for (size_t i = 0; i < MST_ARRAY_SIZE(faults); i++) {
        for (int padding = 0; padding < PADDING; padding++) {
            assert_fault(&faults[i], padding, &out);
        }
    }
    mst_buf_clear(&out);
}

/* An object of n names; the nth again at the end when it is not n. */
static void
object_of_names(char *json, size_t room, const char *name, int n, int again)
{
    int len = snprintf(json, room, "{\"o\":{");
    for (int i = 0; i < n; i++) {
        len += snprintf(json + len, room - (size_t)len,
                        "\"%s%d\":[{\"%s0\":1}],", name, i, name);
    }
    (void)snprintf(json + len, room - (size_t)len, "\"%s%d\":0}}", name, again);
}

static void
duplicate_is_found_whatever_stands_between(void **state)
{
    static const char *const names[] = {
        "", "n", "0123456789abcdef", "0123456789abcdef0123456789",
        "0123456789abcdef0123456789abcdef0123456789"};
    static char json[1 << 16];
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, ROOM);
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        for (int n = 1; n < 80; n++) {
            struct mst_error err;
            object_of_names(json, sizeof(json), names[i], n, n);
            assert_same_as_libbson(json, &out);
            object_of_names(json, sizeof(json), names[i], n, n * 7 / 8);
            assert_int_equal(read_json(json, &out, &err), MST_REJECTED);
            assert_non_null(strstr(err.text, "twice"));
        }
    }
    mst_buf_clear(&out);
}

static void
numbers_of_any_length_are_those_of_libbson(void **state)
{
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, ROOM);
    for (int whole = 1; whole <= 19; whole++) {
        for (int behind = 0; behind <= 20; behind++) {
            char json[TEXT];
            (void)snprintf(
                json, sizeof(json), "{\"a\":%.*s%s%.*s,\"b\":-%.*s%s%.*s}",
                whole, "1234567890123456789", behind > 0 ? "." : "", behind,
                "09876543210987654321", whole, "9087654321098765432",
                behind > 0 ? "." : "", behind, "10000000000000000001");
            assert_same_as_libbson(json, &out);
        }
    }
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end_is_read_at_any_distance_from_the_start),
        cmocka_unit_test(fault_has_its_place_at_any_distance_from_the_start),
        cmocka_unit_test(duplicate_is_found_whatever_stands_between),
        cmocka_unit_test(numbers_of_any_length_are_those_of_libbson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
