/* SPDX-License-Identifier: MIT */
/* Avro when memory runs out at any allocation, and that none is made per
 * document once the buffers are there. */
#include "unit/cmocka_all.h"

#include "encodings/avro/avro_plan.h"
#include "encodings/avro/container.h"
#include "support/alloc_fail.h"

enum { TORTURE_TURNS = 100000, TORTURE_BUF = 16 * 1024 * 1024 };

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"long\"},"
    "{\"name\":\"name\",\"type\":[\"null\",\"string\"],\"default\":null},"
    "{\"name\":\"tags\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
    "{\"name\":\"more\",\"type\":{\"type\":\"map\",\"values\":\"double\"}},"
    "{\"name\":\"next\",\"aliases\":[\"n\"],\"type\":[\"null\",\"R\"],"
    "\"default\":null},"
    "{\"name\":\"colour\",\"type\":{\"type\":\"enum\",\"name\":\"E\","
    "\"symbols\":[\"A\",\"B\"]},\"default\":\"A\"}]}";

/* Fields out of order, one absent. */
static const char document[] =
    "{\"tags\":[\"a\",\"b\"],\"id\":1,\"more\":{\"x\":0.5},"
    "\"next\":{\"id\":2,\"tags\":[],\"more\":{},\"colour\":\"B\"}}";

static const char converted[] =
    "{\"id\":1,\"name\":null,\"tags\":[\"a\",\"b\"],\"more\":{\"x\":0.5},"
    "\"next\":{\"id\":2,\"name\":null,\"tags\":[],\"more\":{},\"next\":null,"
    "\"colour\":\"B\"},\"colour\":\"A\"}";

struct turn {
    struct mst_avro_plan *plan;
    struct mst_encoding_options options;
    struct mst_buf avro;
    struct mst_buf bson;
    struct mst_buf json;
};

static enum mst_status
turn_convert(struct turn *turn)
{
    mst_buf_reset(&turn->avro);
    mst_buf_reset(&turn->bson);
    mst_buf_reset(&turn->json);
    enum mst_status status =
        mst_avro_plan_encode(turn->plan, MST_ENCODING_JSON, &turn->options,
                             mst_slice_str(document), &turn->avro, NULL);
    if (status == MST_OK) {
        status = mst_avro_plan_decode(
            turn->plan, NULL,
            &(struct mst_transcoder){.to = MST_ENCODING_BSON,
                                     .options = turn->options},
            mst_buf_slice(&turn->avro), &turn->bson, NULL);
    }
    if (status == MST_OK) {
        mst_buf_reset(&turn->avro);
        status =
            mst_avro_plan_encode(turn->plan, MST_ENCODING_BSON, &turn->options,
                                 mst_buf_slice(&turn->bson), &turn->avro, NULL);
    }
    if (status == MST_OK) {
        status = mst_avro_plan_decode(
            turn->plan, NULL,
            &(struct mst_transcoder){.to = MST_ENCODING_JSON,
                                     .options = turn->options},
            mst_buf_slice(&turn->avro), &turn->json, NULL);
    }
    return status;
}

static enum mst_status
turn_open(struct turn *turn)
{
    *turn = (struct turn){.plan = NULL};
    mst_buf_init(&turn->avro, TORTURE_BUF);
    mst_buf_init(&turn->bson, TORTURE_BUF);
    mst_buf_init(&turn->json, TORTURE_BUF);
    enum mst_status status =
        mst_avro_plan_create(mst_slice_str(schema), NULL, &turn->plan, NULL);
    return status;
}

static void
turn_close(struct turn *turn)
{
    mst_avro_plan_destroy(turn->plan);
    mst_buf_clear(&turn->avro);
    mst_buf_clear(&turn->bson);
    mst_buf_clear(&turn->json);
}

static void
nothing_is_allocated_per_document(void **state)
{
    (void)state;
    struct turn turn;
    assert_int_equal(turn_open(&turn), MST_OK);
    assert_int_equal(turn_convert(&turn), MST_OK);
    alloc_fail_at(1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(turn_convert(&turn), MST_OK);
    }
    /* No allocation was there to fail. */
    assert_false(alloc_fail_stop());
    turn_close(&turn);
}

static void
a_failed_allocation_is_fatal_and_leaves_no_rest(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct turn turn;
        assert_true(n < TORTURE_TURNS);
        alloc_fail_at(n);
        enum mst_status status = turn_open(&turn);
        if (status == MST_OK) {
            status = turn_convert(&turn);
        }
        bool failed = alloc_fail_stop();
        /* Room that is only asked for ahead may be denied. */
        if (status == MST_OK) {
            assert_true(mst_slice_is(mst_buf_slice(&turn.json), converted));
        } else {
            assert_int_equal(status, MST_FATAL);
        }
        turn_close(&turn);
        if (!failed) {
            return;
        }
    }
}

static enum mst_status
file_there_and_back(enum mst_avro_compression compression)
{
    struct mst_avro_writer writer;
    struct mst_avro_reader reader;
    struct mst_buf out;
    struct mst_slice block = MST_SLICE_NONE;
    uint8_t *room = NULL;
    uint64_t count = 0;
    mst_avro_reader_init(&reader);
    mst_buf_init(&out, TORTURE_BUF);
    enum mst_status status = mst_avro_writer_begin(
        &writer, compression, mst_slice_str(schema), &out, NULL);
    if (status == MST_OK) {
        status = mst_avro_writer_block(&writer, mst_slice_str(document), 7,
                                       &out, NULL);
    }
    if (status == MST_OK) {
        status = mst_avro_reader_room(&reader, out.len, &room, NULL);
    }
    if (status == MST_OK) {
        memcpy(room, out.data, out.len);
        mst_avro_reader_filled(&reader, out.len);
        status = mst_avro_reader_header(&reader, true, NULL);
    }
    if (status == MST_OK) {
        status = mst_avro_reader_next(&reader, true, &block, &count, NULL);
    }
    if (status == MST_OK) {
        assert_int_equal(count, 7);
        assert_true(mst_slice_is(block, document));
        assert_true(mst_slice_is(mst_buf_slice(&reader.schema), schema));
        assert_int_equal(
            mst_avro_reader_next(&reader, true, &block, &count, NULL), MST_END);
    }
    mst_avro_reader_clear(&reader);
    mst_buf_clear(&out);
    return status;
}

static void
container_files_come_back_or_fail_for_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        for (size_t n = 1;; n++) {
            alloc_fail_at(n);
            enum mst_status status =
                file_there_and_back((enum mst_avro_compression)i);
            if (!alloc_fail_stop()) {
                assert_int_equal(status, MST_OK);
                break;
            }
            assert_int_equal(status, MST_FATAL);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated_per_document),
        cmocka_unit_test(a_failed_allocation_is_fatal_and_leaves_no_rest),
        cmocka_unit_test(container_files_come_back_or_fail_for_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
