/* SPDX-License-Identifier: MIT */
/* Checkpoints as lines of JSON, there and back, and hostile lines. */
#include "unit/state/store_fixture.h"

#include "base/hash.h"
#include "state/export.h"

static char *
export_line(const struct mst_checkpoint *checkpoint, struct mst_buf *out)
{
    struct mst_error err;
    mst_buf_init(out, (size_t)16 << 20);
    assert_int_equal(mst_checkpoint_export(checkpoint, out, &err), MST_OK);
    char *text = mst_buf_text(out);
    assert_non_null(text);
    return text;
}

static void
a_line_reads_as_people_expect(void **state)
{
    (void)state;
    struct mst_buf out;
    struct mst_checkpoint checkpoint =
        fixture_checkpoint("users", "{\"_data\":\"82\"}", 41, 7);
    checkpoint.sink_mark = MST_SLICE_LIT("\x01\x00\xFF");
    assert_string_equal(
        export_line(&checkpoint, &out),
        "{\"mstream_checkpoint\":1,\"job\":\"users\","
        "\"identity\":\"mongodb/app.users\","
        "\"position\":\"{\\\"_data\\\":\\\"82\\\"}\","
        "\"sink_mark_base64\":\"AQD/\","
        "\"saved_at\":\"2023-11-14T22:13:20.123Z\",\"events\":41}\n");
    mst_buf_clear(&out);
}

static void
what_is_exported_can_be_imported(void **state)
{
    (void)state;
    const struct mst_slice positions[] = {
        MST_SLICE_LIT("{\"a\":1}"), MST_SLICE_LIT(""),
        MST_SLICE_LIT("\"\\\x7F\t\n\xE2\x82\xAC\xF0\x9F\x98\x80"),
        MST_SLICE_LIT("nul \x00 in it"), MST_SLICE_LIT("\xED\xA0\x80")};
    const struct mst_slice marks[] = {MST_SLICE_NONE, MST_SLICE_LIT(""),
                                      MST_SLICE_LIT("\xFF")};
    for (size_t i = 0; i < 15; i++) {
        struct mst_buf out;
        struct mst_error err;
        struct mst_checkpoint back;
        struct mst_checkpoint one = fixture_checkpoint("j\"1", "", 9, 7);
        one.position = positions[i % 5];
        one.sink_mark = marks[i / 5];
        one.events = i == 0 ? UINT64_MAX : i;
        (void)export_line(&one, &out);
        assert_int_equal(
            mst_checkpoint_import(mst_buf_slice(&out), &back, &err), MST_OK);
        assert_string_equal(back.job, one.job);
        assert_string_equal(back.identity, one.identity);
        assert_true(mst_slice_equal(back.position, one.position));
        assert_true(mst_slice_equal(back.sink_mark, one.sink_mark));
        assert_int_equal(back.sink_mark.data == NULL,
                         one.sink_mark.data == NULL);
        assert_int_equal(back.saved_ms, one.saved_ms);
        assert_true(back.events == (i == 0 ? INT64_MAX : i));
        assert_int_equal(back.origin, MST_POSITION_SET);
        assert_int_equal(back.fence, 0);
        mst_checkpoint_clear(&back);
        mst_buf_clear(&out);
    }
}

#define HEAD "{\"mstream_checkpoint\":1,\"job\":\"a\",\"identity\":\"i\","

static void
hostile_lines_are_refused_with_the_key_at_fault(void **state)
{
    (void)state;
    const struct {
        const char *line;
        const char *says;
    } cases[] = {
        {"", "JSON"},
        {"nonsense", "JSON"},
        {"[1]", "not a JSON object"},
        {"{}", "mstream_checkpoint"},
        {"{\"mstream_checkpoint\":2}", "newer"},
        {"{\"mstream_checkpoint\":\"1\"}", "mstream_checkpoint"},
        {"{\"mstream_checkpoint\":1}", "'job'"},
        {"{\"mstream_checkpoint\":1,\"job\":7}", "'job'"},
        {"{\"mstream_checkpoint\":1,\"job\":\"\"}", "'job' is empty"},
        {"{\"mstream_checkpoint\":1,\"job\":\"a\"}", "'identity'"},
        {HEAD "\"events\":1}", "'position' is missing"},
        {HEAD "\"position\":{}}", "'position'"},
        {HEAD "\"position\":null}", "'position'"},
        {HEAD "\"position\":\"x\",\"position_base64\":\"eA==\"}", "base64"},
        {HEAD "\"position_base64\":\"eA=\"}", "not base64"},
        {HEAD "\"position_base64\":1}", "'position_base64'"},
        {HEAD "\"position\":\"x\",\"sink_mark\":[]}", "'sink_mark'"},
        {HEAD "\"position\":\"x\",\"events\":-1}", "'events'"},
        {HEAD "\"position\":\"x\",\"events\":1.5}", "'events'"},
        {HEAD "\"position\":\"x\",\"events\":99999999999999999999}", "JSON"},
        {HEAD "\"position\":\"x\",\"saved_at\":\"yesterday\"}", "'saved_at'"},
        {HEAD "\"position\":\"x\",\"saved_at\":5}", "'saved_at'"},
        {HEAD "\"position\":\"x\",\"fence\":5}", "\"fence\" is not known"},
        {HEAD "\"position\":\"x\",\"\\u001b[2J\":5}",
         "\"\\u001b[2J\" is not known"},
        {HEAD "\"position\":\"x\",\"position\":\"y\"}", "twice"},
        {HEAD "\"position\":\"x\\u0000\"}", "JSON"},
        {HEAD "\"position\":\"x\"} trailing", "JSON"},
        {HEAD "\"position\":\"\xFF\"}", "JSON"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_error err;
        struct mst_checkpoint checkpoint;
        if (mst_checkpoint_import(mst_slice_str(cases[i].line), &checkpoint,
                                  &err)
            != MST_REJECTED) {
            fail_msg("accepted: %s", cases[i].line);
        }
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("%s: %s", cases[i].line, err.text);
        }
    }
}

static void
endless_values_and_depths_are_refused(void **state)
{
    (void)state;
    struct mst_error err;
    struct mst_checkpoint checkpoint;
    struct mst_buf line;
    const struct {
        const char *before;
        char filler;
        size_t n;
        const char *after;
    } cases[] = {
        {HEAD "\"position\":\"", 'x', MST_POSITION_MAX + 1, "\"}"},
        {HEAD "\"position_base64\":\"", 'A', (size_t)2 * MST_POSITION_MAX,
         "\"}"},
        {HEAD "\"position\":\"", 'x', (size_t)9 << 20, "\"}"},
        {"{\"mstream_checkpoint\":1,\"job\":\"", 'j', 5000, "\"}"},
        {HEAD "\"position\":\"x\",\"", 'k', 5000, "\":1}"},
        {"", '[', 100000, ""},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        mst_buf_init(&line, (size_t)16 << 20);
        assert_int_equal(mst_buf_append_str(&line, cases[i].before), MST_OK);
        assert_int_equal(mst_buf_reserve(&line, cases[i].n), MST_OK);
        memset(line.data + line.len, cases[i].filler, cases[i].n);
        line.len += cases[i].n;
        assert_int_equal(mst_buf_append_str(&line, cases[i].after), MST_OK);
        assert_int_equal(
            mst_checkpoint_import(mst_buf_slice(&line), &checkpoint, &err),
            MST_REJECTED);
        mst_buf_clear(&line);
    }
}

/* Any change of a byte gives a checkpoint or a refusal, never more. */
static void
changed_lines_never_do_harm(void **state)
{
    (void)state;
    struct mst_buf out;
    struct mst_checkpoint one = fixture_checkpoint("users", "{\"a\":1}", 41, 7);
    one.sink_mark = MST_SLICE_LIT("\xFF\x00");
    (void)export_line(&one, &out);
    for (int i = 0; i < 20000; i++) {
        struct mst_error err;
        struct mst_checkpoint back;
        char *line = malloc(out.len);
        assert_non_null(line);
        memcpy(line, out.data, out.len);
        size_t len = out.len - (i % 4 == 0 ? mst_random_below(out.len) : 0);
        for (uint64_t n = mst_random_below(3); n > 0 && len > 0; n--) {
            line[mst_random_below(len)] = (char)mst_random_below(256);
        }
        enum mst_status status =
            mst_checkpoint_import(mst_slice_of(line, len), &back, &err);
        if (status == MST_OK) {
            assert_true(back.job[0] != '\0');
            mst_checkpoint_clear(&back);
        } else {
            assert_int_equal(status, MST_REJECTED);
        }
        free(line);
    }
    mst_buf_clear(&out);
}

static enum mst_status
count_up(void *arg, const struct mst_checkpoint *one)
{
    *(uint64_t *)arg += one->events;
    return one->events == 999 ? MST_RETRY : MST_OK;
}

#define LINE(n) HEAD "\"position\":\"x\",\"events\":" n "}"

static void
files_are_read_line_by_line(void **state)
{
    (void)state;
    const struct {
        const char *text;
        enum mst_status status;
        uint64_t sum;
        const char *says;
    } cases[] = {
        {"", MST_OK, 0, ""},
        {"\n \r\n", MST_OK, 0, ""},
        {LINE("1") "\n" LINE("2") "\r\n\n" LINE("3"), MST_OK, 6, ""},
        {LINE("1") "\n\nbad\n" LINE("3"), MST_REJECTED, 1, "line 3: "},
        {LINE("999") "\n" LINE("3"), MST_RETRY, 999, ""},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_error err;
        uint64_t sum = 0;
        mst_error_clear(&err);
        assert_int_equal(
            mst_checkpoint_import_lines(mst_slice_str(cases[i].text), count_up,
                                        &sum, &err),
            cases[i].status);
        assert_int_equal(sum, cases[i].sum);
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

static void
a_buffer_that_is_too_small_keeps_what_it_had(void **state)
{
    (void)state;
    struct mst_buf out;
    struct mst_error err;
    struct mst_checkpoint one = fixture_checkpoint("users", "{\"a\":1}", 41, 7);
    mst_buf_init(&out, 100);
    assert_int_equal(mst_buf_append_str(&out, "kept"), MST_OK);
    assert_int_equal(mst_checkpoint_export(&one, &out, &err), MST_REJECTED);
    assert_true(mst_slice_is(mst_buf_slice(&out), "kept"));
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_reads_as_people_expect),
        cmocka_unit_test(what_is_exported_can_be_imported),
        cmocka_unit_test(hostile_lines_are_refused_with_the_key_at_fault),
        cmocka_unit_test(endless_values_and_depths_are_refused),
        cmocka_unit_test(changed_lines_never_do_harm),
        cmocka_unit_test(files_are_read_line_by_line),
        cmocka_unit_test(a_buffer_that_is_too_small_keeps_what_it_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
