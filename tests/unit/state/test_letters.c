/* SPDX-License-Identifier: MIT */
/* Dead letters: kept whole, bounded, aged out, counted to the byte. */
#include "unit/state/store_fixture.h"

#include "base/clock.h"

enum { DAY_MS = 86400000 };

/* MST_SLICE_LIT is no constant, which a static table needs. */
#define LIT(s)                                                                 \
    {                                                                          \
        (const uint8_t *)(s), sizeof(s) - 1                                    \
    }

static const struct mst_attribute letter_attributes[] = {
    {LIT("op"), LIT("create")},
    {LIT("empty"), LIT("")},
    {LIT("none"), {NULL, 0}},
    {LIT("bytes"), LIT("\x00\xFF")}};

static struct mst_letter
make_letter(const char *job)
{
    return (struct mst_letter){.job = job,
                               .sink = "kafka",
                               .stage = "sink",
                               .reason = "message of 2 MB is too large",
                               .hint = "raise message.max.bytes",
                               .time_ms = mst_clock_wall_ms(),
                               .attempts = 3,
                               .connector_hash = 0xFEDCBA9876543210U,
                               .script = "mask.lua",
                               .script_hash = UINT64_MAX,
                               .encoding = MST_ENCODING_BSON,
                               .op = MST_OP_REPLACE,
                               .key_kind = MST_KEY_BSON,
                               .source_ts_ms = MST_TIME_UNKNOWN,
                               .payload = MST_SLICE_LIT("\x05\x00\x00\x00\x00"),
                               .key = MST_SLICE_LIT("key \x00 of it"),
                               .position = MST_SLICE_LIT("{\"_data\":\"82\"}"),
                               .attributes = letter_attributes,
                               .attributes_len =
                                   MST_ARRAY_SIZE(letter_attributes)};
}

static enum mst_status
put(struct mst_store *store, const struct mst_letter *letters, size_t n,
    uint64_t max_bytes)
{
    struct mst_error err;
    struct mst_letter_limits limits = {.max_bytes = max_bytes};
    return store->type->letters_put(store, letters, n, &limits, &err);
}

static struct mst_letter_totals
count(struct mst_store *store, const char *job)
{
    struct mst_letter_totals totals;
    struct mst_error err;
    assert_int_equal(store->type->letters_count(store, job, &totals, &err),
                     MST_OK);
    return totals;
}

/* Ids that a list gave, and the last letter's sizes. */
struct seen {
    uint64_t ids[64];
    size_t n;
    size_t stop_after;
    size_t payload_len;
    size_t key_len;
    struct mst_store *delete_in; /* deletes each letter while listing */
};

static enum mst_status
seen_add(void *arg, const struct mst_letter *one)
{
    struct seen *seen = arg;
    assert_in_range(seen->n, 0, 63);
    seen->ids[seen->n++] = one->id;
    seen->payload_len = one->payload.len;
    seen->key_len = one->key.len;
    if (seen->delete_in != NULL) {
        struct mst_letter_filter filter = {.id = one->id};
        struct mst_error err;
        uint64_t deleted = 0;
        assert_int_equal(seen->delete_in->type->letters_delete(
                             seen->delete_in, &filter, &deleted, &err),
                         MST_OK);
        assert_int_equal(deleted, 1);
    }
    return seen->n == seen->stop_after ? MST_AGAIN : MST_OK;
}

static struct seen
list(struct mst_store *store, struct mst_letter_filter filter)
{
    struct seen seen = {.n = 0};
    struct mst_error err;
    assert_int_equal(
        store->type->letters_list(store, &filter, seen_add, &seen, &err),
        MST_OK);
    return seen;
}

static enum mst_status
same_as_made(void *arg, const struct mst_letter *one)
{
    struct mst_letter made = make_letter("users");
    *(bool *)arg = true;
    assert_int_equal(one->id, 1);
    assert_string_equal(one->job, made.job);
    assert_string_equal(one->sink, made.sink);
    assert_string_equal(one->stage, made.stage);
    assert_string_equal(one->reason, made.reason);
    assert_string_equal(one->hint, made.hint);
    assert_true(one->time_ms <= made.time_ms
                && one->time_ms > made.time_ms - DAY_MS);
    assert_int_equal(one->attempts, made.attempts);
    assert_true(one->connector_hash == made.connector_hash);
    assert_true(one->script_hash == made.script_hash);
    assert_string_equal(one->script, made.script);
    assert_int_equal(one->encoding, made.encoding);
    assert_int_equal(one->op, made.op);
    assert_int_equal(one->key_kind, made.key_kind);
    assert_true(one->source_ts_ms == MST_TIME_UNKNOWN);
    assert_true(mst_slice_equal(one->payload, made.payload));
    assert_true(mst_slice_equal(one->key, made.key));
    assert_true(mst_slice_equal(one->position, made.position));
    assert_int_equal(one->attributes_len, made.attributes_len);
    for (size_t i = 0; i < made.attributes_len; i++) {
        assert_true(
            mst_slice_equal(one->attributes[i].name, made.attributes[i].name));
        assert_true(mst_slice_equal(one->attributes[i].value,
                                    made.attributes[i].value));
        assert_int_equal(one->attributes[i].value.data == NULL,
                         made.attributes[i].value.data == NULL);
    }
    return MST_OK;
}

static void
a_letter_comes_back_whole_after_reopening(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_letter letter = make_letter("users");
    assert_int_equal(put(store, &letter, 1, 0), MST_OK);
    store->type->destroy(store);
    store = fixture_open(*state);
    bool was_seen = false;
    struct mst_letter_filter filter = {.job = "users", .payloads = true};
    assert_int_equal(store->type->letters_list(store, &filter, same_as_made,
                                               &was_seen, &err),
                     MST_OK);
    assert_true(was_seen);
    store->type->destroy(store);
}

static enum mst_status
has_little(void *arg, const struct mst_letter *one)
{
    *(bool *)arg = true;
    assert_null(one->sink);
    assert_null(one->hint);
    assert_null(one->payload.data);
    assert_non_null(one->key.data);
    assert_int_equal(one->key.len, 0);
    assert_null(one->position.data);
    assert_int_equal(one->attributes_len, 0);
    return MST_OK;
}

static void
a_tombstone_keeps_none_apart_from_empty(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_letter letter = {.job = "a",
                                .stage = "source",
                                .reason = "no",
                                .key = MST_SLICE_LIT("")};
    assert_int_equal(put(store, &letter, 1, 0), MST_OK);
    bool was_seen = false;
    struct mst_letter_filter filter = {.payloads = true};
    assert_int_equal(
        store->type->letters_list(store, &filter, has_little, &was_seen, &err),
        MST_OK);
    assert_true(was_seen);
    store->type->destroy(store);
}

static void
lists_take_filters(void **state)
{
    struct mst_store *store = fixture_open(*state);
    struct mst_letter letters[6];
    for (size_t i = 0; i < 6; i++) {
        letters[i] = make_letter(i % 2 == 0 ? "even" : "odd");
    }
    assert_int_equal(put(store, letters, 6, 0), MST_OK);
    const struct {
        struct mst_letter_filter filter;
        size_t n;
        uint64_t ids[6];
    } cases[] = {
        {{.job = NULL}, 6, {1, 2, 3, 4, 5, 6}},
        {{.job = "odd"}, 3, {2, 4, 6}},
        {{.job = "none"}, 0, {0}},
        {{.id = 4}, 1, {4}},
        {{.id = 4, .job = "odd"}, 1, {4}},
        {{.id = 4, .job = "even"}, 0, {0}},
        {{.id = 7}, 0, {0}},
        {{.id = 4, .after = 4}, 0, {0}},
        {{.after = 3}, 3, {4, 5, 6}},
        {{.after = 3, .limit = 2}, 2, {4, 5}},
        {{.job = "even", .after = 1, .limit = 1}, 1, {3}},
        {{.after = UINT64_MAX / 2}, 0, {0}},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct seen seen = list(store, cases[i].filter);
        assert_int_equal(seen.n, cases[i].n);
        assert_memory_equal(seen.ids, cases[i].ids,
                            cases[i].n * sizeof(seen.ids[0]));
        assert_int_equal(seen.payload_len, 0);
        assert_int_equal(seen.key_len, 0);
    }
    struct mst_error err;
    struct seen two = {.stop_after = 2};
    struct mst_letter_filter all = {.job = NULL};
    assert_int_equal(
        store->type->letters_list(store, &all, seen_add, &two, &err),
        MST_AGAIN);
    assert_int_equal(two.n, 2);
    store->type->destroy(store);
}

static void
letters_may_be_deleted_while_they_are_listed(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_letter letters[5];
    for (size_t i = 0; i < 5; i++) {
        letters[i] = make_letter("a");
    }
    assert_int_equal(put(store, letters, 5, 0), MST_OK);
    struct seen seen = {.delete_in = store};
    struct mst_letter_filter filter = {.job = "a", .payloads = true};
    assert_int_equal(
        store->type->letters_list(store, &filter, seen_add, &seen, &err),
        MST_OK);
    assert_int_equal(seen.n, 5);
    assert_int_equal(count(store, "a").letters, 0);
    assert_int_equal(count(store, "a").bytes, 0);
    /* Their ids are not given again. */
    assert_int_equal(put(store, letters, 1, 0), MST_OK);
    assert_int_equal(list(store, filter).ids[0], 6);
    store->type->destroy(store);
}

static void
a_full_store_takes_all_or_none(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    struct mst_letter letters[3] = {make_letter("a"), make_letter("a"),
                                    make_letter("a")};
    assert_int_equal(put(store, letters, 1, 0), MST_OK);
    uint64_t one = count(store, "a").bytes;
    assert_true(one > 0);
    /* Room for two more, not for three. */
    struct mst_letter_limits limits = {.max_bytes = 4 * one - 1};
    assert_int_equal(store->type->letters_put(store, letters, 3, &limits, &err),
                     MST_AGAIN);
    assert_non_null(strstr(err.text, "full"));
    assert_non_null(strstr(err.text, "'a'"));
    assert_non_null(strstr(err.hint, "mstream dlq"));
    assert_int_equal(count(store, "a").letters, 1);
    assert_int_equal(count(store, "a").bytes, one);
    limits.max_bytes++;
    assert_int_equal(store->type->letters_put(store, letters, 3, &limits, &err),
                     MST_OK);
    assert_int_equal(count(store, "a").bytes, 4 * one);
    /* The limit is each job's own. */
    struct mst_letter other = make_letter("b");
    assert_int_equal(store->type->letters_put(store, &other, 1, &limits, &err),
                     MST_OK);
    /* What is deleted makes room at once. */
    assert_int_equal(store->type->letters_put(store, letters, 1, &limits, &err),
                     MST_AGAIN);
    struct mst_letter_filter filter = {.job = "a", .limit = 1};
    uint64_t deleted = 0;
    assert_int_equal(
        store->type->letters_delete(store, &filter, &deleted, &err), MST_OK);
    assert_int_equal(deleted, 1);
    assert_int_equal(store->type->letters_put(store, letters, 1, &limits, &err),
                     MST_OK);
    store->type->destroy(store);
}

static void
totals_are_exact_after_any_delete(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    /* 1500 letters: more than one transaction of deletes. */
    struct mst_letter *letters = calloc(1500, sizeof(*letters));
    assert_non_null(letters);
    static const uint8_t payload[1500];
    uint64_t fixed = strlen("source") + strlen("no") + strlen("a") + 4;
    uint64_t expected[2] = {0, 0};
    for (size_t i = 0; i < 1500; i++) {
        letters[i] = (struct mst_letter){.job = i % 3 == 0 ? "a" : "b",
                                         .stage = "source",
                                         .reason = "no",
                                         .time_ms = (int64_t)i + 1000,
                                         .payload = mst_slice_of(payload, i)};
        expected[i % 3 == 0 ? 0 : 1] += fixed + i;
    }
    assert_int_equal(put(store, letters, 1500, 0), MST_OK);
    struct mst_letter_totals totals = count(store, "a");
    assert_int_equal(totals.letters, 500);
    assert_int_equal(totals.bytes, expected[0]);
    assert_int_equal(totals.oldest_ms, 1000);
    assert_int_equal(count(store, NULL).bytes, expected[0] + expected[1]);
    /* 1001 is of job b. */
    struct mst_letter_filter one = {.id = 1001};
    uint64_t deleted = 0;
    assert_int_equal(store->type->letters_delete(store, &one, &deleted, &err),
                     MST_OK);
    assert_int_equal(deleted, 1);
    assert_int_equal(count(store, "b").bytes, expected[1] - fixed - 1000);
    struct mst_letter_filter rest = {.job = "b"};
    assert_int_equal(store->type->letters_delete(store, &rest, &deleted, &err),
                     MST_OK);
    assert_int_equal(deleted, 999);
    assert_int_equal(count(store, "b").bytes, 0);
    assert_int_equal(count(store, "b").oldest_ms, 0);
    assert_int_equal(count(store, "a").bytes, expected[0]);
    /* Some by number; 1001 is gone, and asking for it does no harm. */
    static const uint64_t ids[] = {1, 1001, 4};
    struct mst_letter_filter some = {.job = "a", .ids = ids, .ids_len = 3};
    assert_int_equal(store->type->letters_delete(store, &some, &deleted, &err),
                     MST_OK);
    assert_int_equal(deleted, 2);
    assert_int_equal(count(store, "a").letters, 498);
    struct mst_letter_filter all = {.limit = 0};
    assert_int_equal(store->type->letters_delete(store, &all, &deleted, &err),
                     MST_OK);
    assert_int_equal(deleted, 498);
    assert_int_equal(count(store, NULL).letters, 0);
    assert_int_equal(count(store, NULL).bytes, 0);
    assert_int_equal(count(store, "never").letters, 0);
    free(letters);
    store->type->destroy(store);
}

static void
old_letters_make_room_and_are_counted(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    int64_t now_ms = mst_clock_wall_ms();
    struct mst_letter letters[700];
    for (size_t i = 0; i < 700; i++) {
        letters[i] = make_letter(i == 0 ? "b" : "a");
        letters[i].time_ms = i == 699 ? now_ms : now_ms - 3 * (int64_t)DAY_MS;
    }
    assert_int_equal(put(store, letters, 700, 0), MST_OK);
    uint64_t expired = 99;
    assert_int_equal(store->type->letters_expire(
                         store, "a", 4 * (int64_t)DAY_MS, &expired, &err),
                     MST_OK);
    assert_int_equal(expired, 0);
    uint64_t one = count(store, "b").bytes;
    struct mst_letter_limits limits = {.max_bytes = 2 * one,
                                       .max_age_ms = 2 * (int64_t)DAY_MS};
    assert_int_equal(
        store->type->letters_put(store, &letters[699], 1, &limits, &err),
        MST_OK);
    struct mst_letter_totals totals = count(store, "a");
    assert_int_equal(totals.letters, 2);
    assert_int_equal(totals.bytes, 2 * one);
    assert_int_equal(totals.expired, 698);
    assert_int_equal(totals.oldest_ms, now_ms);
    /* Another job's letters age by its own limits. */
    assert_int_equal(count(store, "b").letters, 1);
    /* Young ones are never dropped for room. */
    assert_int_equal(
        store->type->letters_put(store, &letters[699], 1, &limits, &err),
        MST_AGAIN);
    assert_int_equal(count(store, "a").letters, 2);
    assert_int_equal(
        store->type->letters_expire(store, "b", DAY_MS, &expired, &err),
        MST_OK);
    assert_int_equal(expired, 1);
    assert_int_equal(count(store, NULL).expired, 699);
    store->type->destroy(store);
}

static void
a_damaged_letter_is_left_out_and_reported(void **state)
{
    static const char *const damages[] = {
        "UPDATE letters SET payload = x'0600000000' WHERE id = 2",
        "UPDATE letters SET \"key\" = NULL WHERE id = 2",
        "UPDATE letters SET op = 77 WHERE id = 2",
        "UPDATE letters SET attributes = NULL WHERE id = 2",
        "UPDATE letters SET attributes = x'FFFFFFFF00' WHERE id = 2",
        "UPDATE letters SET attributes = substr(attributes, 2) WHERE id = 2",
        "UPDATE letters SET attributes = x'01000000020000006F' WHERE id = 2",
        "UPDATE letters SET attributes = attributes || x'00' WHERE id = 2"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(damages); i++) {
        struct mst_error err;
        struct mst_store *store = fixture_open(*state);
        struct mst_letter letters[3] = {make_letter("a"), make_letter("a"),
                                        make_letter("a")};
        assert_int_equal(put(store, letters, 3, 0), MST_OK);
        fixture_sql(*state, damages[i]);
        struct seen seen = {.n = 0};
        struct mst_letter_filter filter = {.payloads = true};
        assert_int_equal(
            store->type->letters_list(store, &filter, seen_add, &seen, &err),
            MST_FATAL);
        assert_int_equal(seen.n, 2);
        assert_int_equal(seen.ids[1], 3);
        assert_non_null(strstr(err.text, "dead letter 2"));
        assert_non_null(strstr(err.hint, "dlq discard"));
        store->type->destroy(store);
        fixture_sql(*state, "DELETE FROM letters;"
                            "DELETE FROM sqlite_sequence");
    }
}

static void
a_large_letter_is_kept_and_its_room_given_back(void **state)
{
    struct mst_error err;
    struct mst_store *store = fixture_open(*state);
    size_t len = (size_t)20 << 20;
    uint8_t *bytes = malloc(len);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 31 >> 3);
    }
    struct mst_letter letter = make_letter("a");
    letter.payload = mst_slice_of(bytes, len);
    assert_int_equal(put(store, &letter, 1, 0), MST_OK);
    struct seen seen =
        list(store, (struct mst_letter_filter){.payloads = true});
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.payload_len, len);
    struct mst_letter_filter all = {.limit = 0};
    uint64_t deleted = 0;
    assert_int_equal(store->type->letters_delete(store, &all, &deleted, &err),
                     MST_OK);
    assert_int_equal(deleted, 1);
    free(bytes);
    store->type->destroy(store);
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", (char *)*state,
                   MST_SQLITE_FILE);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_in_range(info.st_size, 1, len - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_letter_comes_back_whole_after_reopening),
        fixture_test(a_tombstone_keeps_none_apart_from_empty),
        fixture_test(lists_take_filters),
        fixture_test(letters_may_be_deleted_while_they_are_listed),
        fixture_test(a_full_store_takes_all_or_none),
        fixture_test(totals_are_exact_after_any_delete),
        fixture_test(old_letters_make_room_and_are_counted),
        fixture_test(a_damaged_letter_is_left_out_and_reported),
        fixture_test(a_large_letter_is_kept_and_its_room_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
