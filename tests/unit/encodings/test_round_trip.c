/* SPDX-License-Identifier: MIT */
/* Random documents through JSON and back, by us and by libbson. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "encodings/json_check.h"
#include "random_bson.h"

enum { ROOM = 1 << 24, ROUNDS = 4000 };

struct trip {
    struct mst_buf bson;
    struct mst_buf json;
    struct mst_buf back;
};

static void
trip_init(struct trip *trip)
{
    mst_buf_init(&trip->bson, ROOM);
    mst_buf_init(&trip->json, ROOM);
    mst_buf_init(&trip->back, ROOM);
}

static void
trip_clear(struct trip *trip)
{
    mst_buf_clear(&trip->bson);
    mst_buf_clear(&trip->json);
    mst_buf_clear(&trip->back);
}

/* The document there and back in that mode. */
static void
trip_run(struct trip *trip, struct random_bson random, enum mst_json_mode mode)
{
    struct mst_error err;
    uint64_t seed = random.state;
    mst_buf_reset(&trip->bson);
    mst_buf_reset(&trip->json);
    mst_buf_reset(&trip->back);
    random_bson_write(&random, &trip->bson);
    assert_int_not_equal(trip->bson.len, 0);
    struct mst_slice doc = mst_buf_slice(&trip->bson);
    if (mst_bson_check(doc, &err) != MST_OK
        || mst_bson_to_json(doc, mode, &trip->json, &err) != MST_OK
        || mst_json_check(mst_buf_slice(&trip->json), &err) != MST_OK
        || mst_json_to_bson(mst_buf_slice(&trip->json), NULL, &trip->back, &err)
               != MST_OK) {
        fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, err.text,
                 mst_buf_text(&trip->json));
    }
}

static void
trip_expect_same(struct trip *trip, uint64_t seed)
{
    if (!mst_slice_equal(mst_buf_slice(&trip->bson),
                         mst_buf_slice(&trip->back))) {
        fail_msg("seed %llu: %s", (unsigned long long)seed,
                 mst_buf_text(&trip->json));
    }
}

static void
canonical_json_gives_the_same_bytes_back(void **state)
{
    (void)state;
    struct trip trip;
    trip_init(&trip);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        trip_run(&trip, (struct random_bson){.state = seed},
                 MST_JSON_CANONICAL);
        trip_expect_same(&trip, seed);
    }
    trip_clear(&trip);
}

static void
relaxed_json_gives_the_same_bytes_but_for_integer_width(void **state)
{
    (void)state;
    struct trip trip;
    trip_init(&trip);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        trip_run(&trip,
                 (struct random_bson){.state = seed, .relaxed_only = true},
                 MST_JSON_RELAXED);
        trip_expect_same(&trip, seed);
    }
    /* With small int64 too, the text is the same again. */
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct mst_buf again;
        struct mst_error err;
        trip_run(&trip, (struct random_bson){.state = seed}, MST_JSON_RELAXED);
        mst_buf_init(&again, ROOM);
        assert_int_equal(mst_bson_to_json(mst_buf_slice(&trip.back),
                                          MST_JSON_RELAXED, &again, &err),
                         MST_OK);
        assert_true(
            mst_slice_equal(mst_buf_slice(&again), mst_buf_slice(&trip.json)));
        mst_buf_clear(&again);
    }
    trip_clear(&trip);
}

/* The text with white space around everything. */
static void
trip_space(const struct mst_buf *json, struct mst_buf *out)
{
    bool quoted = false;
    for (size_t i = 0; i < json->len; i++) {
        char c = (char)json->data[i];
        bool escaped = quoted && c == '\\';
        if (c == '"') {
            quoted = !quoted;
        }
        bool around = !quoted && strchr("{}[]:,", c) != NULL;
        assert_int_equal(mst_buf_printf(out, "%s%c%s", around ? "\n" : "", c,
                                        around ? "\t " : ""),
                         MST_OK);
        if (escaped) {
            assert_int_equal(mst_buf_append_char(out, (char)json->data[++i]),
                             MST_OK);
        }
    }
}

/* White space takes the general code instead of that for compact text. */
static void
white_space_changes_nothing(void **state)
{
    (void)state;
    struct trip trip;
    struct mst_buf spaced;
    trip_init(&trip);
    mst_buf_init(&spaced, ROOM);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct mst_error err;
        trip_run(&trip, (struct random_bson){.state = seed},
                 seed % 2 == 0 ? MST_JSON_CANONICAL : MST_JSON_RELAXED);
        mst_buf_reset(&spaced);
        mst_buf_reset(&trip.bson);
        trip_space(&trip.json, &spaced);
        if (mst_json_to_bson(mst_buf_slice(&spaced), NULL, &trip.bson, &err)
            != MST_OK) {
            fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, err.text,
                     mst_buf_text(&spaced));
        }
        trip_expect_same(&trip, seed);
    }
    mst_buf_clear(&spaced);
    trip_clear(&trip);
}

/* libbson reads our canonical text to the bytes that we wrote it from. Where
 * it knows better than its own specification, ours decides. */
static void
libbson_reads_our_canonical_json_to_the_same_bytes(void **state)
{
    (void)state;
    struct trip trip;
    size_t compared = 0;
    trip_init(&trip);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        bson_error_t other;
        trip_run(&trip,
                 (struct random_bson){.state = seed, .for_libbson = true},
                 MST_JSON_CANONICAL);
        bson_t *doc =
            bson_new_from_json(trip.json.data, (ssize_t)trip.json.len, &other);
        if (doc == NULL) {
            fail_msg("seed %llu: libbson: %s\n%s", (unsigned long long)seed,
                     other.message, mst_buf_text(&trip.json));
            return;
        }
        compared++;
        if (doc->len != trip.bson.len
            || memcmp(bson_get_data(doc), trip.bson.data, doc->len) != 0) {
            fail_msg("seed %llu: libbson differs\n%s\n%s",
                     (unsigned long long)seed, mst_buf_text(&trip.json),
                     bson_as_canonical_extended_json(doc, NULL));
        }
        bson_destroy(doc);
    }
    assert_int_equal(compared, ROUNDS);
    trip_clear(&trip);
}

/* And we read what libbson writes. */
static void
json_of_libbson_is_read_to_the_same_bytes(void **state)
{
    (void)state;
    struct trip trip;
    trip_init(&trip);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        bson_t doc;
        struct mst_error err;
        size_t len = 0;
        trip_run(&trip,
                 (struct random_bson){.state = seed, .for_libbson = true},
                 MST_JSON_CANONICAL);
        assert_true(bson_init_static(&doc, trip.bson.data, trip.bson.len));
        char *text = bson_as_canonical_extended_json(&doc, &len);
        assert_non_null(text);
        mst_buf_reset(&trip.back);
        if (mst_json_to_bson(mst_slice_of(text, len), NULL, &trip.back, &err)
            != MST_OK) {
            fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, err.text,
                     text);
        }
        bson_free(text);
        trip_expect_same(&trip, seed);
    }
    trip_clear(&trip);
}

/* Any byte of a text changed to any of some: both codecs answer alike, or
 * ours is the stricter one. */
static void
changed_text_is_refused_or_read_as_libbson_reads_it(void **state)
{
    (void)state;
    static const char bytes[] = "\"{}[],:0-9.eE+\\un$ a\x80\xFF\x1f";
    struct trip trip;
    size_t accepted = 0;
    trip_init(&trip);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct random_bson random = {.state = seed + 77};
        trip_run(&trip,
                 (struct random_bson){.state = seed, .for_libbson = true},
                 seed % 2 == 0 ? MST_JSON_CANONICAL : MST_JSON_RELAXED);
        if (trip.json.len == 0) {
            continue;
        }
        size_t at = (size_t)random_bson_below(&random, trip.json.len);
        /* libbson drops options of expressions that it does not know. */
        size_t before = at < 16 ? at : 16;
        if (memmem(trip.json.data + at - before, before, "options", 7)
            != NULL) {
            continue;
        }
        trip.json.data[at] =
            (uint8_t)bytes[random_bson_below(&random, sizeof(bytes) - 1)];
        mst_buf_reset(&trip.back);
        enum mst_status status =
            mst_json_to_bson(mst_buf_slice(&trip.json), NULL, &trip.back, NULL);
        if (status != MST_OK) {
            assert_int_equal(trip.back.len, 0);
            continue;
        }
        accepted++;
        assert_int_equal(mst_json_check(mst_buf_slice(&trip.json), NULL),
                         MST_OK);
        assert_int_equal(mst_bson_check(mst_buf_slice(&trip.back), NULL),
                         MST_OK);
        bson_t *doc =
            bson_new_from_json(trip.json.data, (ssize_t)trip.json.len, NULL);
        if (doc != NULL
            && (doc->len != trip.back.len
                || memcmp(bson_get_data(doc), trip.back.data, doc->len) != 0)) {
            fail_msg("seed %llu: libbson differs\n%s", (unsigned long long)seed,
                     mst_buf_text(&trip.json));
        }
        bson_destroy(doc);
    }
    assert_in_range(accepted, ROUNDS / 10, ROUNDS);
    trip_clear(&trip);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_json_gives_the_same_bytes_back),
        cmocka_unit_test(
            relaxed_json_gives_the_same_bytes_but_for_integer_width),
        cmocka_unit_test(white_space_changes_nothing),
        cmocka_unit_test(libbson_reads_our_canonical_json_to_the_same_bytes),
        cmocka_unit_test(json_of_libbson_is_read_to_the_same_bytes),
        cmocka_unit_test(changed_text_is_refused_or_read_as_libbson_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
