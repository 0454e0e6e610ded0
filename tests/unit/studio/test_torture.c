/* SPDX-License-Identifier: MIT */
/* Everything that is done with scripts, each allocation failing in turn: it
 * ends with an error or gets by, and leaves nothing behind. */
#include "unit/cmocka_all.h"

#include "log/log.h"
#include "studio/cases.h"
#include "studio/studio.h"
#include "support/alloc_fail.h"

static const char script_text[] = "function transform(data, attributes)\n"
                                  "  attributes.b = 'x'\n"
                                  "  data.n = (data.n or 0) + 1\n"
                                  "  totl = data.n\n"
                                  "  emit({extra = true})\n"
                                  "  return data, attributes\n"
                                  "end\n";

static const char cases_text[] =
    "[{\"name\":\"a\",\"input\":{\"n\":1},\"attributes\":{\"a\":\"1\"},"
    "\"expected\":[{\"extra\":true},{\"n\":3}],\"expected_attributes\":[{},{}],"
    "\"assertions\":[{\"path\":\"n\",\"assert_type\":\"gt\",\"result\":1,"
    "\"expected_value\":1},{\"path\":\"@a\",\"assert_type\":\"matches\","
    "\"expected_value\":\"1\"}]}]";

typedef enum mst_status (*torture_one)(const struct mst_studio_script *script,
                                       struct mst_json *out,
                                       struct mst_error *err);

static enum mst_status
torture_try(const struct mst_studio_script *script, struct mst_json *out,
            struct mst_error *err)
{
    const struct mst_studio_input input = {
        .payload = MST_SLICE_LIT("{\"n\":1}"),
        .encoding = MST_ENCODING_JSON,
        .attributes = MST_SLICE_LIT("{\"a\":\"b\"}")};
    return mst_studio_try(script, &input, out, err);
}

static enum mst_status
torture_cases(const struct mst_studio_script *script, struct mst_json *out,
              struct mst_error *err)
{
    struct mst_studio_totals totals;
    struct mst_slice cases;
    struct mst_buf bson;
    mst_buf_init(&bson, 1 << 20);
    enum mst_status status =
        mst_studio_cases_parse(mst_slice_str(cases_text), &bson, &cases, err);
    if (status == MST_OK) {
        status = mst_studio_cases_run(script, cases, out, &totals, err);
    }
    mst_buf_clear(&bson);
    return status;
}

static enum mst_status
torture_validate(const struct mst_studio_script *script, struct mst_json *out,
                 struct mst_error *err)
{
    struct mst_studio_found found;
    return mst_studio_validate(script, out, &found, err);
}

static enum mst_status
torture_generate(const struct mst_studio_script *script, struct mst_json *out,
                 struct mst_error *err)
{
    static const uint8_t bson[] = "\x0c\0\0\0\x10n\0\x07\0\0\0";
    const struct mst_studio_sample sample = {.bson = {bson, sizeof(bson)},
                                             .attributes =
                                                 MST_SLICE_LIT("{\"a\":\"b\"}"),
                                             .most = 3};
    return mst_studio_generate(script, &sample, out, err);
}

/* True: the n-th allocation was not reached. */
static bool
torture_run(torture_one one, size_t n)
{
    const struct mst_studio_script script = {
        .name = "s", .text = mst_slice_str(script_text)};
    struct mst_json out;
    struct mst_error err;
    mst_error_clear(&err);
    mst_json_init(&out, 1 << 20);
    alloc_fail_at(n);
    enum mst_status status = one(&script, &out, &err);
    bool reached = alloc_fail_stop();
    if (status != MST_OK) {
        assert_true(reached);
        assert_string_not_equal(err.text, "");
    } else if (!reached) {
        assert_false(out.failed);
        assert_true(out.buf.len > 10);
    }
    mst_json_clear(&out);
    return !reached;
}

static void
nothing_is_left_behind_by_a_failing_allocation(void **state)
{
    static const torture_one all[] = {torture_try, torture_cases,
                                      torture_validate, torture_generate};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(all); i++) {
        size_t n = 1;
        while (!torture_run(all[i], n)) {
            /* A state of Lua takes hundreds of them, each time anew. */
            n += n < 100 || i < 1 ? 1 : 7;
            assert_true(n < 100000);
        }
        assert_true(n > 50);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_behind_by_a_failing_allocation),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
