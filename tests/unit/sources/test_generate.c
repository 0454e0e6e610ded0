/* SPDX-License-Identifier: MIT */
/* The generate source: content, positions, end, pace. */
#include "unit/cmocka_all.h"

#include "base/clock.h"
#include "base/thread.h"
#include "encodings/bson_reader.h"
#include "sources/generate/generate.h"

struct fixture {
    struct mst_generate_options options;
    struct mst_source_args args;
    void *ctx;
    struct mst_batch *batch;
    struct mst_error err;
};

static struct fixture
fixture_options(void)
{
    return (struct fixture){
        .options = {.operations = (char *)(uintptr_t) "create=100",
                    .seed = 1,
                    .keys = 100}};
}

static enum mst_status
fixture_create(struct fixture *f)
{
    f->args = (struct mst_source_args){.job = "j",
                                       .service_name = "s",
                                       .options = &f->options,
                                       .resource = ""};
    f->batch = mst_batch_create(100, 1 << 20);
    assert_non_null(f->batch);
    return mst_generate_source.create(&f->ctx, &f->args, &f->err);
}

static void
fixture_start(struct fixture *f, const char *position, bool bounded)
{
    struct mst_start start = {.bounded = bounded};
    if (position != NULL) {
        start.position = mst_slice_str(position);
    }
    enum mst_status status = fixture_create(f);
    if (status != MST_OK) {
        print_error("%s %s\n", f->err.text, f->err.hint);
    }
    assert_int_equal(status, MST_OK);
    assert_int_equal(mst_generate_source.open(f->ctx, &start, &f->err), MST_OK);
}

static void
fixture_end(struct fixture *f)
{
    mst_generate_source.destroy(f->ctx);
    mst_batch_destroy(f->batch);
}

static enum mst_status
fixture_read(struct fixture *f)
{
    mst_batch_reset(f->batch, 1 << 20);
    return mst_generate_source.read(f->ctx, f->batch, 1000, &f->err);
}

static struct mst_slice
all_payloads(struct fixture *f, struct mst_buf *out)
{
    while (fixture_read(f) == MST_OK) {
        for (size_t i = 0; i < f->batch->len; i++) {
            struct mst_slice payload = f->batch->events[i].payload;
            assert_int_equal(mst_buf_append(out, payload.data, payload.len),
                             MST_OK);
            assert_int_equal(mst_buf_append_char(out, '\n'), MST_OK);
        }
    }
    return mst_buf_slice(out);
}

/* The placeholder `now` is the clock's, so templates here go without. */
static char template_all[] =
    "{\"_id\":{{id}},\"seq\":{{seq}},\"key\":{{key}},\"op\":{{op}},"
    "\"uuid\":{{uuid}},\"oid\":{{oid}},\"int\":{{int:-5..5}},"
    "\"d\":{{double:0.5..1:3}},\"b\":{{bool:50}},\"t\":{{text:20}},"
    "\"h\":{{hex:6}},\"w\":{{word}},\"n\":{{name}},"
    "\"c\":{{choice:a|1|true|x y}},\"s\":\"u-{{seq}}-{{uuid}}-{{op}}\"}";

static void
a_stream_entered_in_the_middle_is_the_same_stream(void **state)
{
    struct mst_buf whole;
    struct mst_buf rest;
    (void)state;
    mst_buf_init(&whole, 1 << 20);
    mst_buf_init(&rest, 1 << 20);
    for (int id = MST_GENERATE_INT; id <= MST_GENERATE_UUID; id++) {
        struct fixture f = fixture_options();
        f.options.template_text = template_all;
        f.options.count = 500;
        f.options.id = id;
        f.options.operations =
            (char *)(uintptr_t) "create=50,update=30,replace=10,delete=10";
        fixture_start(&f, NULL, true);
        struct mst_slice all = all_payloads(&f, &whole);
        fixture_end(&f);
        fixture_start(&f, "{\"kind\":\"generate\",\"next\":251}", true);
        struct mst_slice tail = all_payloads(&f, &rest);
        fixture_end(&f);
        assert_true(tail.len > 1000 && tail.len < all.len);
        assert_memory_equal(all.data + all.len - tail.len, tail.data, tail.len);
        assert_int_equal(all.data[all.len - tail.len - 1], '\n');
        mst_buf_reset(&whole);
        mst_buf_reset(&rest);
    }
    mst_buf_clear(&whole);
    mst_buf_clear(&rest);
}

static void
every_placeholder_gives_its_type(void **state)
{
    static const struct {
        const char *template;
        const char *payload;
    } cases[] = {
        {"{\"a\":{{seq}},\"b\":\"n{{seq}}\"}", "{\"a\":1,\"b\":\"n1\"}"},
        {"{\"a\":{{id}},\"b\":\"{{id}}\"}", "{\"a\":0,\"b\":\"0\"}"},
        {"{\"a\":{{int:7..7}}}", "{\"a\":7}"},
        {"{\"a\":{{int:-9223372036854775808..-9223372036854775808}}}",
         "{\"a\":-9223372036854775808}"},
        {"{\"a\":{{double:2..2}}}", "{\"a\":2.00}"},
        {"{\"a\":{{bool:100}},\"b\":{{bool:0}}}", "{\"a\":true,\"b\":false}"},
        {"{\"a\":{{choice:x}},\"b\":{{choice:-1.5}},\"c\":{{choice:null}}}",
         "{\"a\":\"x\",\"b\":-1.5,\"c\":null}"},
        {"{\"a\":{{choice:1x}},\"b\":{{choice:01}},\"c\":{{choice:-}}}",
         "{\"a\":\"1x\",\"b\":\"01\",\"c\":\"-\"}"},
        {"{\"a\":{{op}},\"b\":\"{{op}}\"}",
         "{\"a\":\"create\",\"b\":\"create\"}"},
        {"{\"quote\\\"\":{{op}}}", "{\"quote\\\"\":\"create\"}"},
        {"{\"a\":{{text:0}}}", "{\"a\":\"\"}"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct fixture f = fixture_options();
        f.options.template_text = (char *)(uintptr_t)cases[i].template;
        f.options.count = 1;
        fixture_start(&f, NULL, true);
        assert_int_equal(fixture_read(&f), MST_OK);
        struct mst_slice payload = f.batch->events[0].payload;
        assert_string_equal((const char *)payload.data, cases[i].payload);
        assert_int_equal(payload.len, strlen(cases[i].payload));
        fixture_end(&f);
    }
}

static void
bad_templates_are_refused_with_a_message(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{\"a\":{{nothing}}}",
        "{\"a\":{{seq}",
        "{\"a\":{{seq:1}}}",
        "{\"a\":{{int:5..1}}}",
        "{\"a\":{{int:1}}}",
        "{\"a\":{{int:1..99999999999999999999}}}",
        "{\"a\":{{double:a..b}}}",
        "{\"a\":{{double:0..1:99}}}",
        "{\"a\":{{bool:101}}}",
        "{\"a\":{{text:-1}}}",
        "{\"a\":{{text:9999999999}}}",
        "{\"a\":{{choice}}}",
        "{\"a\":{{choice:}}}",
        "{\"a\":{{}}}",
        "{\"a\" {{seq}}}",
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct fixture f = fixture_options();
        f.options.template_text = (char *)(uintptr_t)bad[i];
        assert_int_equal(fixture_create(&f), MST_FATAL);
        assert_non_null(strstr(f.err.text, "template"));
        mst_batch_destroy(f.batch);
    }
}

static void
payloads_are_filled_up_to_the_size(void **state)
{
    struct fixture f = fixture_options();
    (void)state;
    f.options.count = 50;
    f.options.size = 1024;
    f.options.template_text = template_all;
    fixture_start(&f, NULL, true);
    assert_int_equal(fixture_read(&f), MST_OK);
    assert_int_equal(f.batch->len, 50);
    for (size_t i = 0; i < f.batch->len; i++) {
        struct mst_slice payload = f.batch->events[i].payload;
        assert_int_equal(payload.len, 1024);
        assert_int_equal(payload.data[payload.len - 1], '}');
    }
    fixture_end(&f);
}

static void
events_have_key_operation_and_time(void **state)
{
    /* {_id: 0} */
    static const uint8_t key[] = {14,  0, 0, 0, 0x10, '_', 'i',
                                  'd', 0, 0, 0, 0,    0,   0};
    struct fixture f = fixture_options();
    (void)state;
    int64_t before = mst_clock_wall_ms();
    f.options.count = 2;
    fixture_start(&f, NULL, true);
    f.args.resource = "orders";
    assert_int_equal(fixture_read(&f), MST_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_true(mst_slice_is(
            mst_event_attribute(&f.batch->events[i], "collection"), "orders"));
    }
    const struct mst_event *event = &f.batch->events[0];
    assert_int_equal(event->op, MST_OP_CREATE);
    assert_int_equal(event->key_kind, MST_KEY_BSON);
    assert_int_equal(event->key.len, sizeof(key));
    assert_memory_equal(event->key.data, key, sizeof(key));
    assert_int_equal(event->encoding, MST_ENCODING_JSON);
    assert_true(event->source_ts_ms >= before);
    fixture_end(&f);
}

static void
the_document_has_the_id_that_the_key_has(void **state)
{
    (void)state;
    for (int id = MST_GENERATE_INT; id <= MST_GENERATE_UUID; id++) {
        struct fixture f = fixture_options();
        f.options.count = 300;
        f.options.id = id;
        f.options.format = MST_GENERATE_BSON;
        f.options.operations =
            (char *)(uintptr_t) "create=50,update=30,delete=20";
        fixture_start(&f, NULL, true);
        while (fixture_read(&f) == MST_OK) {
            for (size_t i = 0; i < f.batch->len; i++) {
                const struct mst_event *event = &f.batch->events[i];
                struct mst_bson_value in_key;
                struct mst_bson_value in_payload;
                assert_int_equal(event->encoding, MST_ENCODING_BSON);
                assert_true(mst_bson_find(event->key, "_id", &in_key));
                assert_true(mst_bson_find(event->payload, "_id", &in_payload));
                assert_int_equal(in_key.type, in_payload.type);
                assert_true(mst_slice_equal(in_key.raw, in_payload.raw));
            }
        }
        fixture_end(&f);
    }
}

static void
position_follows_what_is_settled_and_is_read_back(void **state)
{
    struct fixture f = fixture_options();
    struct mst_buf out;
    (void)state;
    mst_buf_init(&out, 1024);
    f.options.count = 10;
    fixture_start(&f, NULL, true);
    assert_int_equal(mst_generate_source.position(f.ctx, &out, &f.err), MST_OK);
    assert_int_equal(fixture_read(&f), MST_OK);
    assert_string_equal(mst_buf_text(&out),
                        "{\"kind\":\"generate\",\"next\":1}");
    mst_buf_reset(&out);
    mst_generate_source.settle(f.ctx, f.batch->events[6].mark);
    assert_int_equal(mst_generate_source.position(f.ctx, &out, &f.err), MST_OK);
    assert_string_equal(mst_buf_text(&out),
                        "{\"kind\":\"generate\",\"next\":8}");
    struct mst_buf words;
    mst_buf_init(&words, 1024);
    assert_int_equal(
        mst_generate_source.describe(mst_buf_slice(&out), &words, &f.err),
        MST_OK);
    assert_string_equal(mst_buf_text(&words), "next is event number 8");
    mst_buf_clear(&words);
    mst_buf_clear(&out);
    fixture_end(&f);
}

static void
foreign_positions_are_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "{}",
                                      "{\"kind\":\"kafka\",\"next\":1}",
                                      "[]",
                                      "{\"kind\":\"generate\"}",
                                      "{\"kind\":\"generate\",\"next\":0}",
                                      "{\"kind\":\"generate\",\"next\":\"1\"}"};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct fixture f = fixture_options();
        struct mst_start start = {.position = mst_slice_str(bad[i])};
        assert_int_equal(fixture_create(&f), MST_OK);
        assert_int_equal(mst_generate_source.open(f.ctx, &start, &f.err),
                         MST_FATAL);
        fixture_end(&f);
    }
}

static void
count_ends_the_stream_and_endless_ones_give_a_run_a_hundred(void **state)
{
    struct fixture f = fixture_options();
    struct mst_buf out;
    (void)state;
    mst_buf_init(&out, 1 << 20);
    f.options.count = 3;
    fixture_start(&f, NULL, false);
    assert_int_equal(fixture_read(&f), MST_OK);
    assert_int_equal(f.batch->len, 3);
    assert_int_equal(fixture_read(&f), MST_END);
    assert_int_equal(f.batch->len, 0);
    fixture_end(&f);
    f.options.count = 0;
    f.options.template_text = (char *)(uintptr_t) "{\"n\":{{seq}}}";
    fixture_start(&f, "{\"kind\":\"generate\",\"next\":901}", true);
    (void)all_payloads(&f, &out);
    const char *text = mst_buf_text(&out);
    assert_int_equal(strncmp(text, "{\"n\":901}\n", 10), 0);
    assert_int_equal(out.len, 99 * 10 + 11);
    assert_string_equal(text + out.len - 11, "{\"n\":1000}\n");
    mst_buf_clear(&out);
    fixture_end(&f);
}

static void *
interrupt_it(void *ctx)
{
    mst_generate_source.interrupt(ctx);
    return NULL;
}

static void
a_slow_rate_waits_and_interrupt_ends_the_wait(void **state)
{
    struct fixture f = fixture_options();
    pthread_t thread;
    (void)state;
    f.options.rate = 0.001;
    fixture_start(&f, NULL, false);
    assert_int_equal(fixture_read(&f), MST_OK);
    assert_int_equal(f.batch->len, 1);
    mst_batch_reset(f.batch, 0);
    assert_int_equal(mst_generate_source.read(f.ctx, f.batch, 1, &f.err),
                     MST_AGAIN);
    assert_int_equal(
        mst_thread_start(&thread, "t", interrupt_it, f.ctx, &f.err), MST_OK);
    /* Ends by the interrupt: the test's own time limit is shorter. */
    assert_int_equal(mst_generate_source.read(f.ctx, f.batch, 600000, &f.err),
                     MST_AGAIN);
    assert_int_equal(pthread_join(thread, NULL), 0);
    fixture_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_entered_in_the_middle_is_the_same_stream),
        cmocka_unit_test(every_placeholder_gives_its_type),
        cmocka_unit_test(bad_templates_are_refused_with_a_message),
        cmocka_unit_test(payloads_are_filled_up_to_the_size),
        cmocka_unit_test(events_have_key_operation_and_time),
        cmocka_unit_test(the_document_has_the_id_that_the_key_has),
        cmocka_unit_test(position_follows_what_is_settled_and_is_read_back),
        cmocka_unit_test(foreign_positions_are_refused),
        cmocka_unit_test(
            count_ends_the_stream_and_endless_ones_give_a_run_a_hundred),
        cmocka_unit_test(a_slow_rate_waits_and_interrupt_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
