/* SPDX-License-Identifier: MIT */
/* Data in Confluent frames, read by the schemas that their numbers name. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/thread.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "unit/cmocka_all.h"

enum { THREADS = 4, EVENTS = 4000, NUMBERS = 1100 };

/* Number n has a field `f<n>` of an int; 0 is unknown, 1 is away. */
struct registry {
    struct mst_schema_lookup lookup;
    atomic_uint asked;
    bool away;
};

static enum mst_status
registry_find(struct mst_schema_lookup *lookup, uint32_t id,
              struct mst_buf *out, struct mst_error *err)
{
    struct registry *registry = (struct registry *)lookup;
    atomic_fetch_add(&registry->asked, 1);
    if (id == 0) {
        return mst_fail(err, MST_REJECTED, "test", 0, "nobody knows it");
    }
    if (registry->away) {
        return mst_fail(err, MST_RETRY, "test", 0, "it is away");
    }
    if (id == 2) {
        return mst_buf_append_str(out, "{\"type\":\"recor\"}");
    }
    return mst_buf_printf(out,
                          "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                          "{\"name\":\"f%u\",\"type\":\"int\"}]}",
                          id);
}

/* A step, what it makes and what went wrong. */
struct reading {
    struct registry registry;
    struct mst_transcoder step;
    struct mst_buf out;
    struct mst_error err;
};

static struct mst_transcoder
transcoder(struct registry *registry, const char *reader, enum mst_encoding to)
{
    const struct mst_schema_use use = {.kind = MST_SCHEMA_KIND_AVRO,
                                       .framing = MST_FRAMING_CONFLUENT,
                                       .registry_id = 77,
                                       .lookup = &registry->lookup};
    struct mst_encoding_options options = {.json_mode = MST_JSON_RELAXED};
    struct mst_transcoder step;
    struct mst_error err;
    registry->lookup.find = registry_find;
    assert_int_equal(mst_schema_plan_compile(mst_slice_str(reader), &use,
                                             &options.schema, &err),
                     MST_OK);
    assert_int_equal(
        mst_transcode_find(MST_ENCODING_AVRO, to, &options, &step, &err),
        MST_OK);
    assert_true(step.may_wait);
    return step;
}

static void
reading_init(struct reading *reading, const char *reader, enum mst_encoding to)
{
    memset(reading, 0, sizeof(*reading));
    reading->step = transcoder(&reading->registry, reader, to);
    mst_buf_init(&reading->out, 4096);
}

static void
reading_clear(struct reading *reading)
{
    mst_schema_plan_destroy(reading->step.options.schema);
    mst_buf_clear(&reading->out);
}

/* Reads a frame of that number with the datum 5. */
static enum mst_status
run(const struct mst_transcoder *step, uint32_t id, struct mst_buf *out,
    struct mst_error *err)
{
    const uint8_t bytes[] = {0,
                             (uint8_t)(id >> 24),
                             (uint8_t)(id >> 16),
                             (uint8_t)(id >> 8),
                             (uint8_t)id,
                             10};
    mst_buf_reset(out);
    return step->run(step, mst_slice_of(bytes, sizeof(bytes)), out, err);
}

static void
each_datum_is_read_by_its_writer(void **state)
{
    struct reading r;
    (void)state;
    reading_init(&r, "", MST_ENCODING_JSON);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(run(&r.step, 300, &r.out, &r.err), MST_OK);
        assert_string_equal(mst_buf_text(&r.out), "{\"f300\":5}");
        assert_int_equal(run(&r.step, 70000, &r.out, &r.err), MST_OK);
        assert_string_equal(mst_buf_text(&r.out), "{\"f70000\":5}");
    }
    assert_int_equal(r.registry.asked, 2);
    reading_clear(&r);
}

static void
what_can_not_be_read_is_rejected_and_asked_for_once(void **state)
{
    struct reading r;
    (void)state;
    reading_init(&r,
                 "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                 "{\"name\":\"f5\",\"type\":\"long\"}]}",
                 MST_ENCODING_JSON);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run(&r.step, 5, &r.out, &r.err), MST_OK);
        assert_string_equal(mst_buf_text(&r.out), "{\"f5\":5}");
        assert_int_equal(run(&r.step, 2, &r.out, &r.err), MST_REJECTED);
        assert_non_null(strstr(r.err.text, "schema 2, which it was written"));
        assert_int_equal(run(&r.step, 6, &r.out, &r.err), MST_REJECTED);
        assert_non_null(strstr(r.err.text, "schema 6, which it was written"));
        assert_int_equal(r.out.len, 0);
    }
    assert_int_equal(r.registry.asked, 3);
    assert_int_equal(run(&r.step, 0, &r.out, &r.err), MST_REJECTED);
    assert_string_equal(r.err.text, "nobody knows it");
    /* Known to the registry one day, perhaps: that is its own to remember. */
    assert_int_equal(run(&r.step, 0, &r.out, &r.err), MST_REJECTED);
    assert_int_equal(r.registry.asked, 5);
    reading_clear(&r);
}

static void
a_registry_that_is_away_leaves_those_that_are_known(void **state)
{
    struct reading r;
    (void)state;
    reading_init(&r, "", MST_ENCODING_JSON);
    assert_int_equal(run(&r.step, 8, &r.out, &r.err), MST_OK);
    r.registry.away = true;
    assert_int_equal(run(&r.step, 9, &r.out, &r.err), MST_RETRY);
    assert_int_equal(run(&r.step, 8, &r.out, &r.err), MST_OK);
    r.registry.away = false;
    assert_int_equal(run(&r.step, 9, &r.out, &r.err), MST_OK);
    assert_string_equal(mst_buf_text(&r.out), "{\"f9\":5}");
    reading_clear(&r);
}

static void
what_has_no_frame_is_rejected(void **state)
{
    static const struct mst_slice cases[] = {
        {(const uint8_t *)"", 0},
        {(const uint8_t *)"\0\0\0\1", 4},
        {(const uint8_t *)"\1\0\0\0\5\12", 6},
        {(const uint8_t *)"\0\0\0\0\5", 5}, /* a frame of nothing */
    };
    struct reading r;
    (void)state;
    reading_init(&r, "", MST_ENCODING_BSON);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        assert_int_equal(r.step.run(&r.step, cases[i], &r.out, &r.err),
                         MST_REJECTED);
    }
    reading_clear(&r);
}

static void
avro_gets_the_frame_and_the_schema_of_the_reader(void **state)
{
    struct reading r;
    (void)state;
    reading_init(&r,
                 "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                 "{\"name\":\"more\",\"type\":\"int\",\"default\":1},"
                 "{\"name\":\"f5\",\"type\":\"long\"}]}",
                 MST_ENCODING_AVRO);
    assert_int_equal(run(&r.step, 5, &r.out, &r.err), MST_OK);
    assert_int_equal(r.out.len, 7);
    assert_memory_equal(r.out.data, "\0\0\0\0\115\2\12", 7);
    reading_clear(&r);
}

static void *
read_many(void *arg)
{
    const struct mst_transcoder *step = arg;
    struct mst_buf out;
    struct mst_error err;
    char wanted[64];
    size_t wrong = 0;
    mst_buf_init(&out, 4096);
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t id = 3 + i * 7 % NUMBERS;
        (void)snprintf(wanted, sizeof(wanted), "{\"f%u\":5}", id);
        wrong += run(step, id, &out, &err) != MST_OK
                 || strcmp(mst_buf_text(&out), wanted) != 0;
    }
    mst_buf_clear(&out);
    return (void *)(uintptr_t)wrong;
}

static void
threads_share_decoders_also_beyond_those_that_are_kept(void **state)
{
    struct reading r;
    pthread_t threads[THREADS];
    (void)state;
    reading_init(&r, "", MST_ENCODING_JSON);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(
            mst_thread_start(&threads[i], "reads", read_many, &r.step, &r.err),
            MST_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    /* Each of those that are kept once; the others again and again. */
    assert_true(r.registry.asked >= NUMBERS);
    reading_clear(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_datum_is_read_by_its_writer),
        cmocka_unit_test(what_can_not_be_read_is_rejected_and_asked_for_once),
        cmocka_unit_test(a_registry_that_is_away_leaves_those_that_are_known),
        cmocka_unit_test(what_has_no_frame_is_rejected),
        cmocka_unit_test(avro_gets_the_frame_and_the_schema_of_the_reader),
        cmocka_unit_test(
            threads_share_decoders_also_beyond_those_that_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
