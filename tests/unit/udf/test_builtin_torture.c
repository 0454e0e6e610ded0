/* SPDX-License-Identifier: MIT */
/* The middlewares that need no script, with every allocation failing in turn:
 * an error that says so, or the same result, and nothing left behind. */
#include "unit/cmocka_all.h"

#include "builtin_fixture.h"
#include "log/log.h"
#include "support/alloc_fail.h"

static const char *const torture_steps[][2] = {
    {"filter", "where = \"a in (1, 2) and s like 'x*' or not exists none\""},
    {"project", "fields = ['a', 'o.x', 'l.x']\nremove = ['a']"},
    {"rename", "fields = { a = 'b', 'l.x' = 'y' }"},
    {"mask", "fields = ['a', 's', 'l.x']\nwith = 'hash'\nsalt = 'x'"},
    {"mask", "fields = ['a', 's']\nwith = 'replace'\nreplacement = '-'"},
    {"set", "fields = { 'n.m' = 'x' }\njson = { j = '[1]' }\n"
            "attributes = { k = 'a' }\ntime = 't'"},
    {"flatten", "arrays = true"},
    {"route", "attributes = { t = 'o.x' }\nvalues = { v = '1' }"},
    {"dedupe", "by = ['a', 'o']\nsize = 2"},
};

/* True: the n-th allocation was not reached. */
static bool
torture_run(struct builtin_step *step, size_t n, struct script_result *result,
            const struct mst_event *event)
{
    mst_error_clear(&step->err);
    mst_error_clear(&result->err);
    result->n = 0;
    step->ctx = NULL;
    alloc_fail_at(n);
    enum mst_status status = builtin_create(step);
    for (unsigned i = 0; i < 2 && status == MST_OK; i++) {
        status =
            step->type->apply(step->ctx, event, &result->emit, &result->err);
    }
    bool reached = alloc_fail_stop();
    if (status != MST_OK) {
        assert_true(reached);
        assert_true(step->err.text[0] != '\0' || result->err.text[0] != '\0');
    }
    if (step->ctx != NULL) {
        step->type->destroy(step->ctx);
        step->ctx = NULL;
    }
    mst_arena_clear(&result->arena);
    return !reached;
}

static void
a_step_outlives_every_failing_allocation(void **state)
{
    struct script_result made;
    struct mst_event event;
    (void)state;
    script_start(&made);
    script_event(
        &made, "{\"a\":1,\"s\":\"xyz\",\"o\":{\"x\":1},\"l\":[{\"x\":\"q\"}]}",
        &event);
    for (size_t i = 0; i < MST_ARRAY_SIZE(torture_steps); i++) {
        struct builtin_step step;
        struct script_result result;
        script_start(&result);
        result.emit.event = script_count;
        print_message("%s\n", torture_steps[i][0]);
        assert_true(
            builtin_begin(&step, torture_steps[i][0], torture_steps[i][1]));
        step.type->destroy(step.ctx);
        size_t n = 1;
        while (!torture_run(&step, n, &result, &event)) {
            n++;
            assert_true(n < 10000);
        }
        assert_true(n > 2);
        builtin_end(&step);
        script_clear(&result);
    }
    script_clear(&made);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_outlives_every_failing_allocation),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
