/* SPDX-License-Identifier: MIT */
/* What scripts can do with events that come together. */
#include "unit/cmocka_all.h"

#include "log/log.h"
#include "script_fixture.h"

enum { BATCH_MAX = 8 };

/* Results are shown behind the number of their event, refused ones as well. */
struct batch_out {
    struct script_result result; /* first: its emit casts back */
    enum mst_status (*event)(struct mst_emit *self,
                             const struct mst_event *result,
                             struct mst_error *err);
    size_t at;
};

static void
batch_of(struct mst_emit *emit, size_t index)
{
    struct batch_out *out = (struct batch_out *)emit;
    assert_true(index >= out->at);
    out->at = index;
}

static enum mst_status
batch_event(struct mst_emit *emit, const struct mst_event *result,
            struct mst_error *err)
{
    struct batch_out *out = (struct batch_out *)emit;
    assert_int_equal(mst_buf_printf(&out->result.out, "%zu ", out->at), MST_OK);
    return out->event(emit, result, err);
}

static enum mst_status
batch_reject(struct mst_emit *emit, size_t index, const struct mst_error *why,
             struct mst_error *err)
{
    struct batch_out *out = (struct batch_out *)emit;
    (void)err;
    return mst_buf_printf(&out->result.out, "%zu refused: %s\n", index,
                          why->text);
}

static enum mst_status
batch_feed(struct mst_lua_script *script, const char *const *events,
           struct batch_out *out, struct mst_error *err)
{
    struct mst_event made[BATCH_MAX];
    const struct mst_event *given[BATCH_MAX];
    size_t n = 0;
    for (; events[n] != NULL; n++) {
        bool none = events[n][0] == '\0';
        script_event(&out->result, none ? NULL : events[n], &made[n]);
        given[n] = &made[n];
    }
    out->at = 0;
    mst_buf_reset(&out->result.out);
    assert_non_null(mst_buf_text(&out->result.out));
    mst_error_clear(err);
    return mst_lua_script_apply_batch(script, given, n, &out->result.emit, err);
}

static void
batch_start(struct batch_out *out)
{
    script_start(&out->result);
    out->event = out->result.emit.event;
    out->result.emit.event = batch_event;
    out->result.emit.of = batch_of;
    out->result.emit.reject = batch_reject;
}

struct batch_case {
    const char *body; /* of transform_batch(events) */
    const char *events[BATCH_MAX];
    const char *out;   /* of all */
    const char *fails; /* what the error says; NULL: none */
};

static const struct batch_case batch_cases[] = {
    {"return events",
     {"{\"n\":1}", "", "{\"n\":3}"},
     "0 {\"n\":1}|a=1|b=2\n1 (none)|a=1|b=2\n2 {\"n\":3}|a=1|b=2\n",
     NULL},
    {"", {"{\"n\":1}", "{\"n\":2}"}, "", NULL},
    {"return {}", {"{\"n\":1}", "{\"n\":2}"}, "", NULL},
    /* Changed, turned round, given twice: each result is of its event, in
     * their order. */
    {"events[1].data.m = #events events[2].attributes.c = 'x' "
     "events[2].attributes.a = nil "
     "return {events[2], events[1], events[2]}",
     {"{\"n\":1}", "{\"n\":2}", "{\"n\":3}"},
     "0 {\"n\":1,\"m\":3}|a=1|b=2\n1 {\"n\":2}|b=2|c=x\n"
     "1 {\"n\":2}|b=2|c=x\n",
     NULL},
    {"local t = {} for _, e in ipairs(events) do "
     "for i, x in ipairs(e.data.l) do t[#t + 1] = derive(e, {x = x}, "
     "{i = i}) end end return t",
     {"{\"l\":[7,8]}", "{\"l\":[]}", "{\"l\":[9]}"},
     "0 {\"x\":7}|i=1\n0 {\"x\":8}|i=2\n2 {\"x\":9}|i=1\n",
     NULL},
    /* A derived document is what it was then. */
    {"local d = derive(events[1], events[1].data) events[1].data.n = 5 "
     "return {d, events[1]}",
     {"{\"n\":1}"},
     "0 {\"n\":1}|a=1|b=2\n0 {\"n\":5}|a=1|b=2\n",
     NULL},
    {"events[1].data = events[2].data events[2].data = {fresh = true} "
     "return events",
     {"{\"n\":1}", "{\"n\":2}"},
     "0 {\"n\":2}|a=1|b=2\n1 {\"fresh\":true}|a=1|b=2\n",
     NULL},
    {"events[1].data = nil events[2].data = null return events",
     {"{\"n\":1}", "{\"n\":2}"},
     "0 (none)|a=1|b=2\n1 (none)|a=1|b=2\n",
     NULL},
    {"for _, e in ipairs(events) do if e.data.n > 1 then reject(e, 'big') end "
     "end return events",
     {"{\"n\":1}", "{\"n\":2}", "{\"n\":3}"},
     "1 refused: event 7: test.lua:1: big\n"
     "2 refused: event 7: test.lua:1: big\n0 {\"n\":1}|a=1|b=2\n",
     NULL},
    {"reject(derive(events[1], {}), 'no') return {derive(events[2], {})}",
     {"{\"n\":1}", "{\"n\":2}"},
     "0 refused: event 7: test.lua:1: no\n1 {}|a=1|b=2\n",
     NULL},
    {"error('all of it')", {"{\"n\":1}", "{\"n\":2}"}, NULL, "all of it"},
    {"return {events[1], {data = {}}}",
     {"{\"n\":1}"},
     NULL,
     "result 2 of transform_batch is none of its events"},
    {"return {events[1].data}", {"{\"n\":1}"}, NULL, "is none of its events"},
    {"return {1}", {"{\"n\":1}"}, NULL, "is none of its events"},
    {"return 1", {"{\"n\":1}"}, NULL, "returns a table of events, not number"},
    {"emit({})", {"{\"n\":1}"}, NULL, "emit is for transform"},
    {"derive({}, {})", {"{\"n\":1}"}, NULL, "not one of the events"},
    {"reject(1, 'x')", {"{\"n\":1}"}, NULL, "not one of the events"},
    {"setmetatable(events[1], {})", {"{\"n\":1}"}, NULL, "protected"},
    {"events[1].data = 5 return events",
     {"{\"n\":1}"},
     NULL,
     "document expected"},
    {"pcall(function() while true do end end) return events",
     {"{\"n\":1}", "{\"n\":2}"},
     NULL,
     "too many instructions"},
};

static void
check_batch(const struct batch_case *one)
{
    struct batch_out out;
    struct mst_error err;
    char text[2048];
    (void)snprintf(text, sizeof(text),
                   "function transform_batch(events) %s end", one->body);
    batch_start(&out);
    struct mst_lua_script *script = script_make(text);
    assert_true(mst_lua_script_batches(script));
    enum mst_status status = batch_feed(script, one->events, &out, &err);
    const char *said = (const char *)out.result.out.data;
    bool good =
        one->fails != NULL
            ? status == MST_REJECTED && strstr(err.text, one->fails) != NULL
            : status == MST_OK && strcmp(said, one->out) == 0;
    if (!good) {
        fail_msg("%s: %d %s%s", one->body, (int)status,
                 status == MST_OK ? "" : err.text, said);
    }
    mst_lua_script_destroy(script);
    script_clear(&out.result);
}

static void
each_result_is_of_one_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(batch_cases); i++) {
        check_batch(&batch_cases[i]);
    }
}

static void
an_event_alone_is_a_batch_of_one(void **state)
{
    (void)state;
    struct script_result result;
    struct mst_event event;
    script_start(&result);
    struct mst_lua_script *script = script_make(
        "function transform() error('not this one') end "
        "function transform_batch(events) "
        "if events[1].data.bad then reject(events[1], 'bad') end "
        "if events[1].data.worse then error('worse') end "
        "return {events[1], derive(events[1], {of = #events})} end");
    script_event(&result, "{\"n\":1}", &event);
    script_feed(script, &event, &result);
    assert_int_equal(result.status, MST_OK);
    assert_string_equal((const char *)result.out.data,
                        "{\"n\":1}|a=1|b=2\n{\"of\":1}|a=1|b=2\n");
    static const char *const bad[][2] = {
        {"{\"bad\":1}", "event 7: test.lua:1: "
                        "bad"},
        {"{\"worse\":1}", "event 7: test.lua:1: worse"}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        script_event(&result, bad[i][0], &event);
        script_feed(script, &event, &result);
        assert_int_equal(result.status, MST_REJECTED);
        assert_memory_equal(result.err.text, bad[i][1], strlen(bad[i][1]));
    }
    mst_lua_script_destroy(script);
    script_clear(&result);
}

static void
events_of_a_batch_end_with_it(void **state)
{
    (void)state;
    struct batch_out out;
    struct mst_error err;
    batch_start(&out);
    struct mst_lua_script *script = script_make(
        "function transform_batch(events) "
        "if events[1].data.keep then state.e = events[1] return events end "
        "if events[1].data.use then return {state.e} end "
        "if events[1].data.read then return {derive(events[1], "
        "{v = state.e.data.keep})} end "
        "return {derive(events[1], {v = state.e.attributes == nil})} end "
        "function late() end");
    const char *const keep[] = {"{\"keep\":1}", NULL};
    const char *const use[] = {"{\"use\":1}", NULL};
    const char *const read[] = {"{\"read\":1}", NULL};
    const char *const ask[] = {"{\"ask\":1}", NULL};
    assert_int_equal(batch_feed(script, keep, &out, &err), MST_OK);
    assert_int_equal(batch_feed(script, use, &out, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "none of its events"));
    assert_int_equal(batch_feed(script, read, &out, &err), MST_REJECTED);
    assert_non_null(strstr(err.text, "of an event that is over"));
    assert_int_equal(batch_feed(script, ask, &out, &err), MST_OK);
    assert_string_equal((const char *)out.result.out.data,
                        "0 {\"v\":true}|a=1|b=2\n");
    mst_lua_script_destroy(script);
    script_clear(&out.result);
}

static void
each_event_of_a_batch_has_its_instructions(void **state)
{
    (void)state;
    struct batch_out out;
    struct mst_error err;
    batch_start(&out);
    /* About 0.6 million for each: too many for two if they were shared. */
    struct mst_lua_script *script = script_make(
        "function transform_batch(events) for _, e in ipairs(events) do "
        "local n = 0 for i = 1, 300000 do n = n + 1 end e.data.n = n end "
        "return events end");
    const char *const events[] = {"{}", "{}", "{}", "{}", NULL};
    assert_int_equal(batch_feed(script, events, &out, &err), MST_OK);
    mst_lua_script_destroy(script);
    script_clear(&out.result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_is_of_one_event),
        cmocka_unit_test(an_event_alone_is_a_batch_of_one),
        cmocka_unit_test(events_of_a_batch_end_with_it),
        cmocka_unit_test(each_event_of_a_batch_has_its_instructions),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
