/* SPDX-License-Identifier: MIT */
/* Scripts that were written to do harm: each is stopped, and the next event is
 * served. */
#include "unit/cmocka_all.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"
#include "script_fixture.h"

enum {
    /* Of a machine that is busy: others count instructions. */
    LIMIT_PATIENCE_MS = 60000
};

struct limit_case {
    const char *body; /* of transform(data), unless it is "next" */
    const char *says;
};

static const struct limit_case limit_cases[] = {
    {"while true do end", "too many instructions"},
    {"repeat until false", "too many instructions"},
    {"local function f() return f() end return f()", "too many instructions"},
    {"pcall(function() while true do end end)", "too many instructions"},
    {"while true do pcall(function() while true do end end) end",
     "too many instructions"},
    {"xpcall(function() while true do end end, "
     "function() while true do end end)",
     "too many instructions"},
    {"local t = setmetatable({}, {__index = function() while true do end end})"
     " return t.x",
     "too many instructions"},
    {"local t <close> = setmetatable({}, {__close = function() "
     "while true do end end}) while true do end",
     "too many instructions"},
    {"error(setmetatable({}, {__tostring = function() while true do end end}))",
     "error object is a table"},
    {"print(setmetatable({}, {__tostring = function() while true do end end}))",
     "too many instructions"},
    {"for i = 1, 1e9 do log.info('flood') end", "too many instructions"},
    /* Memory. */
    {"local s, t = ('x'):rep(900), {} while true do t[#t + 1] = s .. #t end",
     "memory"},
    {"local s = 'x' while true do s = s .. s end", "memory"},
    {"local s = ('x'):rep(1e9)", "too large"},
    {"local s = ('x'):rep(1e9, 'y')", "too large"},
    {"local s = (''):rep(1e18) error('done')", "done"},
    {"local s = ('x'):rep(1e6) return {x = s:gsub('x', s)}", "memory"},
    {"local s = ('x'):rep(8e6) return {a = s .. 'y', b = s .. 'z'}", "memory"},
    {"local s = ('x'):rep(9999) for i = 1, 1e6 do data['k' .. i] = s end",
     "memory"},
    {"local t = {} for i = 1, 3000 do t[i] = ('x'):rep(1000) end "
     "for i = 1, 1e5 do data.x = t end",
     "memory"},
    {"while true do pcall(string.rep, 'x', 1e7) end", ""},
    {"while true do pcall(function() local t = {} "
     "while true do t[#t + 1] = {} end end) end",
     ""},
    {"local s = ('x'):rep(1e6) while true do emit({s = s}) end", ""},
    {"string.format('%99999d', 1)", "invalid"},
    {"table.unpack({}, 1, 1e8)", ""},
    /* Library functions that no hook sees. */
    {"return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')",
     "too many instructions"},
    {"return ('a'):rep(5000):find('.-.-.-.-b')", "too many instructions"},
    {"return ('a'):rep(100000):gsub('.-b', '')", "too many instructions"},
    {"for x in ('a'):rep(100000):gmatch('a*b') do end",
     "too many instructions"},
    {"return ('a'):rep(300):match(('(a'):rep(31) .. ('.-)'):rep(31) .. 'b')",
     ""},
    {"('('):rep(1000):find(('%b()'):rep(100)) error('done')", "done"},
    {"return ('x'):rep(300):find(('x?'):rep(300))", "pattern too complex"},
    {"table.move({}, 1, 1e15, 2, {})", "too many instructions"},
    {"table.concat(setmetatable({}, {__index = tostring}), '', 1, 1e12)",
     "plain table"},
    {"table.concat({}, '', 1, 1e15)", "too many instructions"},
    {"table.insert(setmetatable({}, {__len = function() return 1e15 end}), 1, "
     "2)",
     "plain table"},
    {"table.sort(setmetatable({}, {__len = function() return 1e9 end}), "
     "math.type)",
     "plain table"},
    {"local t = {} for i = 1, 50000 do t[i] = i % 7 end "
     "table.sort(t, function(a, b) return true end)",
     ""},
    {"sum(setmetatable({}, {__len = function() return 1e15 end}))",
     "too many instructions"},
    {"return json_decode(('['):rep(100000))", "this is no JSON"},
    /* Long texts that are read again and again, where no hook looks. */
    {"local s, t = ('x'):rep(6e6), {} for i = 1, 20000 do t[i] = s end "
     "table.sort(t)",
     "too many instructions"},
    {"local s, t = ('x'):rep(6e6), {} for i = 1, 20000 do t[i] = s end "
     "return {m = min(t)}",
     "too many instructions"},
    {"local s, t = ('x'):rep(3e6), {} for i = 1, 20000 do t[i] = s end "
     "return {u = unique(t)}",
     "too many instructions"},
    {"local s, t = ('x'):rep(3e6), {} for i = 1, 20000 do t[i] = s end "
     "return {c = count_by(t, function(x) return x end)}",
     "too many instructions"},
    {"local s = ('x'):rep(3e6) while true do s:upper() end",
     "too many instructions"},
    {"local s = ('x'):rep(3e6) while true do s:sub(2) end",
     "too many instructions"},
    {"local s = ('x'):rep(3e6) while true do utf8.len(s) end",
     "too many instructions"},
    {"local s = (' '):rep(3e6) while true do tonumber(s) end",
     "too many instructions"},
    {"while true do ('x'):rep(3e6) end", "too many instructions"},
    {"local s = ('x'):rep(3e6) while true do string.format('%s', s) end",
     "too many instructions"},
    {"local s, t = ('x'):rep(1e6), {} for i = 1, 100 do t[i] = s end "
     "return {x = ('%s'):rep(100):format(table.unpack(t))}",
     "memory"},
    {"local t = {} for i = 1, 1000 do t[i] = i % 5 end "
     "table.sort(t, function(a, b) return a <= b end) error('done')",
     ""},
    /* Errors that are no texts, or long ones. */
    {"local t = {} for i = 1, 1e5 do t[i] = {i} end error(t)",
     "error object is a table"},
    {"error(('x'):rep(6e6))", "memory"},
    {"error(nil)", "error object is a nil value"},
    {"error(function() end)", "error object is a function"},
    /* Metatables. */
    {"local t = {} t = setmetatable(t, {__index = t}) "
     "getmetatable(t).__index = t return t.x",
     ""},
    {"local t t = setmetatable({}, {__call = function() return t() end}) "
     "return t()",
     "too many instructions"},
    {"local m = {} m.__concat = function(a, b) return a .. b end "
     "return setmetatable({}, m) .. 'x'",
     ""},
    {"for k in pairs(setmetatable({}, {__pairs = function() return "
     "function() return 1 end end})) do end",
     "too many instructions"},
    {"local m = {__lt = function() while true do end end} "
     "return setmetatable({}, m) < setmetatable({}, m)",
     "too many instructions"},
    {"return tostring(setmetatable({}, {__tostring = function() return {} "
     "end}))",
     "'__tostring' must return a string"},
    {"setmetatable(setmetatable({}, {__metatable = 1}), {})", "protected"},
    {"return setmetatable({}, {__gc = true})", "'__gc' is not allowed"},
    /* Depth. */
    {"local function f() return pcall(f) end f() error('done')", ""},
    {"return select('#', table.unpack({}, 1, 1e6))", ""},
    {"::again:: goto again", "too many instructions"},
    {"derive({}, {})", "derive is for transform_batch"},
    {"reject({}, 'x')", "reject is for transform_batch"},
    {"local function f() return 1 + f() end return f()", ""},
    {"local s = ('('):rep(300) return s:gsub('.', function(c) "
     "return (c:gsub('.', function(d) return transform(data) end)) end)",
     ""},
    {"local t = {} for i = 1, 1e5 do t = {t} end return t", "nested deeper"},
    {"local d = data for i = 1, 1e5 do d.n = {} d = d.n end", "nested deeper"},
    /* What is not there. */
    {"return setmetatable({}, {__gc = function() while true do end end})",
     "'__gc' is not allowed"},
    {"return coroutine.wrap(function() while true do end end)()",
     "attempt to index a nil value"},
    {"return io.open('/etc/passwd')", "attempt to index a nil value"},
    {"return os.execute('true')", "attempt to index a nil value"},
    {"return debug.sethook()", "attempt to index a nil value"},
    {"return require('os')", "attempt to call a nil value"},
    {"return load('\\27Lua')", "attempt to call a nil value"},
    {"return loadstring('x = 1')", "attempt to call a nil value"},
    {"return dofile('/etc/passwd')", "attempt to call a nil value"},
    {"return string.dump(transform)", "attempt to call a nil value"},
    {"collectgarbage('stop')", "attempt to call a nil value"},
    {"return getmetatable(data).__index", "attempt to index a boolean value"},
    {"getmetatable('').__index = nil", "attempt to index a boolean value"},
    {"return rawset(data, 'x', 1)", "table expected"},
    {"setmetatable(data, {})", "table expected"},
};

static void
limit_try(const struct limit_case *one, const struct mst_lua_limits *limits)
{
    struct script_result result;
    struct mst_event event;
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "function transform(data) if data.next then return data "
                   "end %s end",
                   one->body);
    script_start(&result);
    result.most = 1000;
    struct mst_lua_script *script = script_make_within(text, limits);
    script_event(&result, "{}", &event);
    int64_t before = mst_clock_ms();
    script_feed(script, &event, &result);
    assert_true(mst_clock_ms() - before < LIMIT_PATIENCE_MS);
    if (result.status != MST_REJECTED
        || strstr(result.err.text, one->says) == NULL) {
        print_message("%s\n-> %s\n", one->body, result.err.text);
    }
    assert_int_equal(result.status, MST_REJECTED);
    assert_non_null(strstr(result.err.text, one->says));
    script_event(&result, "{\"next\":1}", &event);
    script_feed(script, &event, &result);
    assert_int_equal(result.status, MST_OK);
    assert_int_equal(result.n, 1);
    assert_true(mst_lua_script_memory(script) < limits->memory + 1024 * 1024);
    mst_lua_script_destroy(script);
    script_clear(&result);
}

static void
every_harmful_script_is_stopped_and_the_next_event_served(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(limit_cases); i++) {
        limit_try(&limit_cases[i], &script_limits);
    }
}

/* Every one of them makes two more: after few steps they are many, and each is
 * a jump that TSan keeps something of. */
static void
errors_of_what_handles_errors_are_stopped(void **state)
{
    (void)state;
    static const struct limit_case one = {
        "local function f() return xpcall(f, f) end f() error('done')", ""};
    struct mst_lua_limits limits = script_limits;
    limits.instructions = 50000;
    limit_try(&one, &limits);
}

static void
the_clock_stops_what_counts_few_instructions(void **state)
{
    (void)state;
    const struct mst_lua_limits limits = {
        .instructions = INT64_MAX / 2, .time_ms = 50, .memory = 16 << 20};
    static const char *const bodies[] = {
        "while true do end",
        "return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')",
        "table.move({}, 1, 1e6, 2, {}) return transform(data)",
        "while true do pcall(function() local t = {} "
        "while true do t[#t + 1] = {} end end) end",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(bodies); i++) {
        struct script_result result;
        struct mst_event event;
        char text[256];
        (void)snprintf(text, sizeof(text), "function transform(data) %s end",
                       bodies[i]);
        script_start(&result);
        struct mst_lua_script *script = script_make_within(text, &limits);
        script_event(&result, "{}", &event);
        int64_t before = mst_clock_ms();
        script_feed(script, &event, &result);
        assert_true(mst_clock_ms() - before < LIMIT_PATIENCE_MS);
        assert_int_equal(result.status, MST_REJECTED);
        assert_non_null(strstr(result.err.text, "takes too long"));
        mst_lua_script_destroy(script);
        script_clear(&result);
    }
}

static void
hooks_of_a_script_have_limits_too(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "while true do end", "function init() while true do end end",
        "function init() local t = {} while true do t[#t + 1] = {} end end",
        "function init() error({}) end",
        "local s = ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(starts); i++) {
        struct mst_lua_script *script = NULL;
        struct mst_error err;
        char text[256];
        (void)snprintf(text, sizeof(text), "function transform() end %s",
                       starts[i]);
        assert_int_equal(mst_lua_script_create("job", "test.lua",
                                               mst_slice_str(text),
                                               &script_limits, &script, &err),
                         MST_FATAL);
        assert_null(script);
    }
    static const char *const ends[] = {"while true do end", "error({})",
                                       "emit({})", "state.d.x = 1",
                                       "return finish()"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(ends); i++) {
        struct script_result result;
        struct mst_event event;
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "function transform(d) state.d = d end "
                       "function finish() %s end",
                       ends[i]);
        script_start(&result);
        struct mst_lua_script *script = script_make(text);
        script_event(&result, "{}", &event);
        script_feed(script, &event, &result);
        int64_t before = mst_clock_ms();
        mst_lua_script_finish(script);
        assert_true(mst_clock_ms() - before < LIMIT_PATIENCE_MS);
        assert_int_equal(result.n, 0);
        mst_lua_script_destroy(script);
        script_clear(&result);
    }
}

static void *
interrupt_soon(void *arg)
{
    const struct timespec wait = {.tv_nsec = 20000000L};
    (void)nanosleep(&wait, NULL);
    mst_lua_script_interrupt(arg);
    return NULL;
}

static void
an_interrupted_script_is_to_be_tried_again(void **state)
{
    (void)state;
    const struct mst_lua_limits limits = {
        .instructions = INT64_MAX / 2, .time_ms = 600000, .memory = 16 << 20};
    struct script_result result;
    struct mst_event event;
    struct mst_lua_script *script = NULL;
    struct mst_error err;
    pthread_t thread;
    script_start(&result);
    assert_int_equal(
        mst_lua_script_create(
            "job", "test.lua",
            mst_slice_str("function transform() while true do end end"),
            &limits, &script, &err),
        MST_OK);
    script_event(&result, "{}", &event);
    assert_int_equal(
        mst_thread_start(&thread, "interrupt", interrupt_soon, script, &err),
        MST_OK);
    script_feed(script, &event, &result);
    (void)pthread_join(thread, NULL);
    assert_int_equal(result.status, MST_RETRY);
    script_feed(script, &event, &result);
    assert_int_equal(result.status, MST_RETRY);
    mst_lua_script_destroy(script);
    script_clear(&result);
}

static void
memory_does_not_grow_from_event_to_event(void **state)
{
    (void)state;
    struct script_result result;
    struct mst_event event;
    script_start(&result);
    struct mst_lua_script *script = script_make(
        "function transform(d) local t = {} for k, v in pairs(d) do "
        "t[#t + 1] = k .. tostring(v) end d.t = t end");
    script_event(&result, "{\"a\":1,\"b\":\"x\",\"c\":{\"d\":[1,2]}}", &event);
    size_t early = 0;
    for (unsigned i = 0; i < 50000; i++) {
        script_feed(script, &event, &result);
        assert_int_equal(result.status, MST_OK);
        size_t now = mst_lua_script_memory(script);
        early = i < 5000 && now > early ? now : early;
        assert_true(i < 5000 || now <= 2 * early);
    }
    mst_lua_script_destroy(script);
    script_clear(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_harmful_script_is_stopped_and_the_next_event_served),
        cmocka_unit_test(errors_of_what_handles_errors_are_stopped),
        cmocka_unit_test(the_clock_stops_what_counts_few_instructions),
        cmocka_unit_test(hooks_of_a_script_have_limits_too),
        cmocka_unit_test(an_interrupted_script_is_to_be_tried_again),
        cmocka_unit_test(memory_does_not_grow_from_event_to_event),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
