/* SPDX-License-Identifier: MIT */
/* A script's life with every allocation failing in turn: it ends with an error
 * or gets by, and leaves nothing behind. */
#include "unit/cmocka_all.h"

#include "log/log.h"
#include "script_fixture.h"
#include "support/alloc_fail.h"

static const char torture_script[] =
    "function init() state.n = 0 end "
    "function transform(data, attributes) "
    "state.n = state.n + 1 "
    "data.email = mask_email(data.email) "
    "data.list[#data.list + 1] = {a = 1, b = {2, 3}} "
    "data.text = json_encode(copy(data)) "
    "data.gone = nil "
    "set(data, 'x.y.z', now()) "
    "attributes.seen = ('yes'):gsub('e', 'E') "
    "emit({n = state.n}) "
    "return data, attributes end "
    "function finish() state = nil end";

/* True: the n-th allocation was not reached. */
static bool
torture_run(size_t n, struct script_result *result,
            const struct mst_event *event)
{
    struct mst_lua_script *script = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    result->n = 0;
    alloc_fail_at(n);
    enum mst_status status =
        mst_lua_script_create("job", "test.lua", mst_slice_str(torture_script),
                              &script_limits, &script, &err);
    for (unsigned i = 0; i < 2 && status == MST_OK; i++) {
        status = mst_lua_script_apply(script, event, &result->emit, &err);
    }
    if (status == MST_OK) {
        mst_lua_script_finish(script);
    }
    mst_lua_script_destroy(script);
    bool reached = alloc_fail_stop();
    if (status != MST_OK) {
        assert_true(reached);
        assert_string_not_equal(err.text, "");
    } else {
        assert_int_equal(result->n, 4);
    }
    mst_arena_reset(&result->arena, 1 << 20);
    return !reached;
}

static void
a_script_outlives_every_failing_allocation(void **state)
{
    (void)state;
    struct script_result made;
    struct script_result result;
    struct mst_event event;
    script_start(&made);
    script_start(&result);
    result.emit.event = script_count;
    script_event(&made,
                 "{\"email\":\"a@b\",\"list\":[1],\"gone\":1,\"rest\":\"x\"}",
                 &event);
    size_t n = 1;
    while (!torture_run(n, &result, &event)) {
        n++;
        assert_true(n < 100000);
    }
    assert_true(n > 100);
    script_clear(&made);
    script_clear(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_outlives_every_failing_allocation),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
