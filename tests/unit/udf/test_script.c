/* SPDX-License-Identifier: MIT */
/* What scripts can do with an event. */
#include "unit/cmocka_all.h"

#include <stdlib.h>

#include "log/log.h"
#include "script_fixture.h"

struct script_case {
    const char *body; /* of transform(data, attributes) */
    const char *in;
    const char *out; /* of result->out without the attributes a and b */
};

static void
check_case(const struct script_case *one)
{
    struct script_result result;
    char text[2048];
    char expected[1024];
    (void)snprintf(text, sizeof(text),
                   "function transform(data, attributes) %s end", one->body);
    script_start(&result);
    script_try(text, one->in, &result);
    if (result.status != MST_OK) {
        print_message("%s\n%s\n", one->body, result.err.text);
    }
    assert_int_equal(result.status, MST_OK);
    (void)snprintf(expected, sizeof(expected), "%s|a=1|b=2\n", one->out);
    assert_string_equal((const char *)result.out.data,
                        one->out[0] == '\0' ? "" : expected);
    script_clear(&result);
}

static void
check_cases(const struct script_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        check_case(&cases[i]);
    }
}

static void
documents_behave_as_tables(void **state)
{
    (void)state;
    static const struct script_case cases[] = {
        {"return data", "{\"x\":1}", "{\"x\":1}"},
        {"data.x = data.x + 1 return data", "{\"x\":1,\"y\":2}",
         "{\"x\":2,\"y\":2}"},
        {"data.z = 'new' return data", "{\"x\":1}", "{\"x\":1,\"z\":\"new\"}"},
        {"data.x = nil return data", "{\"x\":1,\"y\":2}", "{\"y\":2}"},
        {"data.x = null return data", "{\"x\":1}", "{\"x\":null}"},
        {"data.is = data.x == null and data.y == nil return data",
         "{\"x\":null}", "{\"x\":null,\"is\":true}"},
        {"data.a.b.c = 'deep' return data", "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}",
         "{\"a\":{\"b\":{\"c\":\"deep\",\"d\":2}}}"},
        {"data.l[2] = 'two' data.l[#data.l + 1] = 4 return data",
         "{\"l\":[1,2,3]}", "{\"l\":[1,\"two\",3,4]}"},
        {"table.insert(data.l, 9) table.insert(data.l, 1, 0) "
         "data.r = table.remove(data.l, 2) return data",
         "{\"l\":[1,2]}", "{\"l\":[0,2,9],\"r\":1}"},
        {"local n = 0 for i, v in ipairs(data.l) do n = n + i * v end "
         "data.n = n return data",
         "{\"l\":[3,4]}", "{\"l\":[3,4],\"n\":11}"},
        {"local s = '' for k, v in pairs(data) do s = s .. k end data.s = s "
         "return data",
         "{\"z\":1,\"a\":2}", "{\"z\":1,\"a\":2,\"s\":\"za\"}"},
        {"for k, v in pairs(data) do if v > 1 then data[k] = nil "
         "else data[k] = v * 10 end end return data",
         "{\"a\":1,\"b\":2,\"c\":3,\"d\":1}", "{\"a\":10,\"d\":10}"},
        {"data.n = #data return data", "{\"a\":1,\"b\":2}",
         "{\"a\":1,\"b\":2,\"n\":2}"},
        {"data.b = data.a data.a.x = 2 return data", "{\"a\":{\"x\":1}}",
         "{\"a\":{\"x\":2},\"b\":{\"x\":1}}"},
        {"return data.inner", "{\"inner\":{\"x\":1}}", "{\"x\":1}"},
        {"return {b = 1, a = {2, 3}, e = {}, l = array{}}", "{}",
         "{\"a\":[2,3],\"b\":1,\"e\":{},\"l\":[]}"},
        {"data.l = {} return data", "{\"l\":[1]}", "{\"l\":[]}"},
        {"data.t = tostring(data.a) return data", "{\"a\":{\"x\":[1]}}",
         "{\"a\":{\"x\":[1]},\"t\":\"{\\\"x\\\":[1]}\"}"},
        {"set(data, 'a.b[0].c', 5) set(data, 'n.m', 1) "
         "data.g = get(data, 'a.b[1]') del(data, 'a.b[1]') return data",
         "{\"a\":{\"b\":[{\"c\":1},2]}}",
         "{\"a\":{\"b\":[{\"c\":5}]},\"n\":{\"m\":1},\"g\":2}"},
    };
    check_cases(cases, MST_ARRAY_SIZE(cases));
}

static void
types_are_values_of_their_own(void **state)
{
    (void)state;
    static const struct script_case cases[] = {
        {"data.t = tostring(data.d) data.d = data.d + 1000 return data",
         "{\"d\":{\"$date\":\"2026-11-21T10:00:00Z\"}}",
         "{\"d\":{\"$date\":\"2026-11-21T10:00:01Z\"},"
         "\"t\":\"2026-11-21T10:00:00Z\"}"},
        {"data.ms = data.b - data.a data.lt = data.a < data.b return data",
         "{\"a\":{\"$date\":\"2026-11-21T10:00:00Z\"},"
         "\"b\":{\"$date\":\"2026-11-21T10:00:02Z\"}}",
         "{\"a\":{\"$date\":\"2026-11-21T10:00:00Z\"},"
         "\"b\":{\"$date\":\"2026-11-21T10:00:02Z\"},"
         "\"ms\":2000,\"lt\":true}"},
        {"data.same = data.o == objectid('0102030405060708090a0b0c') "
         "data.s = tostring(data.o) return data",
         "{\"o\":{\"$oid\":\"0102030405060708090a0b0c\"}}",
         "{\"o\":{\"$oid\":\"0102030405060708090a0b0c\"},\"same\":true,"
         "\"s\":\"0102030405060708090a0b0c\"}"},
        {"return {d = decimal('1.50'), b = binary('hi', 5), "
         "t = timestamp(7, 1)}",
         "{}",
         "{\"b\":{\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"05\"}},"
         "\"d\":{\"$numberDecimal\":\"1.50\"},"
         "\"t\":{\"$timestamp\":{\"t\":7,\"i\":1}}}"},
        {"data.n = data.d:number() * 2 data.k = data.d:type() return data",
         "{\"d\":{\"$numberDecimal\":\"1.5\"}}",
         "{\"d\":{\"$numberDecimal\":\"1.5\"},\"n\":3.0,"
         "\"k\":\"Decimal128\"}"},
        {"data.x = data.x:bytes() return data",
         "{\"x\":{\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"00\"}}}",
         "{\"x\":\"hi\"}"},
        {"data.f = data.f return data", "{\"f\":1.5}", "{\"f\":1.5}"},
        {"data.k = typeof(data.a) .. typeof(data.b) .. typeof(data.c) "
         "return data",
         "{\"a\":[],\"b\":{\"$numberLong\":\"1\"},\"c\":null}",
         "{\"a\":[],\"b\":1,\"c\":null,\"k\":\"arraynumbernull\"}"},
    };
    check_cases(cases, MST_ARRAY_SIZE(cases));
}

static void
helpers_do_what_the_published_ones_do(void **state)
{
    (void)state;
    static const struct script_case cases[] = {
        {"data.e = mask_email(data.e) data.p = mask_phone(data.p) "
         "data.y = mask_year_only(data.y) return data",
         "{\"e\":\"jane@example.org\",\"p\":\"+49 170 1234\","
         "\"y\":\"1990-05-17\"}",
         "{\"e\":\"j***@example.org\",\"p\":\"********1234\","
         "\"y\":\"1990-01-01\"}"},
        {"data.s = sum(data.l) data.a = avg(data.l) data.n = min(data.l) "
         "data.m = max(data.l) data.f = sum(data.o, function(x) return x.v "
         "end) data.best = max(data.o, function(x) return x.v end) return data",
         "{\"l\":[3,1,2],\"o\":[{\"v\":1},{\"v\":5}]}",
         "{\"l\":[3,1,2],\"o\":[{\"v\":1},{\"v\":5}],\"s\":6,\"a\":2.0,"
         "\"n\":1,\"m\":3,\"f\":6,\"best\":{\"v\":5}}"},
        {"return {g = group_by(data.o, function(x) return x.k end), "
         "c = count_by(data.o, function(x) return x.k end), "
         "u = unique(data.l), f = flatten(data.n), p = pluck(data.o, 'v')}",
         "{\"o\":[{\"k\":\"a\",\"v\":1},{\"k\":\"b\",\"v\":2},"
         "{\"k\":\"a\",\"v\":3}],\"l\":[1,1,\"1\",2],\"n\":[[1,2],3,[4]]}",
         "{\"c\":{\"a\":2,\"b\":1},\"f\":[1,2,3,4],"
         "\"g\":{\"a\":[{\"k\":\"a\",\"v\":1},{\"k\":\"a\",\"v\":3}],"
         "\"b\":[{\"k\":\"b\",\"v\":2}]},\"p\":[1,2,3],\"u\":[1,\"1\",2]}"},
        {"return {a = pick(data, {'x', 'y'}), b = omit(data, {'x'})}",
         "{\"x\":1,\"y\":2,\"z\":3}",
         "{\"a\":{\"x\":1,\"y\":2},\"b\":{\"y\":2,\"z\":3}}"},
        {"data.h = hash_sha256('abc') data.m = hash_hmac_sha256('k', 'abc') "
         "return data",
         "{}",
         "{\"h\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f"
         "20015ad\",\"m\":"
         "\"342e519ce0ad6c03a36b98eeb3f1d130db4813b9df4d1160eda488d712dc78ee\""
         "}"},
        {"data.j = json_encode(data.o) data.d = json_decode('[1,{\"a\":null}]')"
         " data.e = base64_encode('hi') data.b = base64_decode('aGk=') "
         "return data",
         "{\"o\":{\"x\":[1]}}",
         "{\"o\":{\"x\":[1]},\"j\":\"{\\\"x\\\":[1]}\",\"d\":[1,{\"a\":null}],"
         "\"e\":\"aGk=\",\"b\":\"hi\"}"},
        {"return {s = split('a,b,,c'), t = trim('  x '), "
         "p = parse_date('1970-01-01T00:00:01Z'), f = format_date(1000), "
         "l = #uuid()}",
         "{}",
         "{\"f\":\"1970-01-01T00:00:01Z\",\"l\":36,\"p\":1000,"
         "\"s\":[\"a\",\"b\",\"\",\"c\"],\"t\":\"x\"}"},
    };
    check_cases(cases, MST_ARRAY_SIZE(cases));
}

static void
patterns_match_as_the_manual_says(void **state)
{
    (void)state;
    static const struct script_case cases[] = {
        {"local a, b, c = string.find('hello world', 'o (w)') "
         "return {a = a, b = b, c = c}",
         "{}", "{\"a\":5,\"b\":7,\"c\":\"w\"}"},
        {"return {a = ('key = value'):match('^(%w+)%s*=%s*(%w+)$')}", "{}",
         "{\"a\":\"key\"}"},
        {"local t = {} for w in ('one two  three'):gmatch('%a+') do "
         "t[#t + 1] = w end return {t = t}",
         "{}", "{\"t\":[\"one\",\"two\",\"three\"]}"},
        {"return {a = ('hello'):gsub('l+', {ll = 'LL'}), "
         "b = ('abc'):gsub('%w', '%0%0'), c = ('abc'):gsub('', '-'), "
         "d = ('x=1,y=2'):gsub('(%w)=(%w)', '%2=%1'), "
         "e = ('abc'):gsub('b', function(x) return x:upper() end)}",
         "{}",
         "{\"a\":\"heLLo\",\"b\":\"aabbcc\",\"c\":\"-a-b-c-\","
         "\"d\":\"1=x,2=y\",\"e\":\"aBc\"}"},
        {"return {a = ('f(a(b)c)d'):match('%b()'), "
         "b = ('THE (quick) fox'):find('%f[%a]%a+%f[%A]'), "
         "c = ('\"it\\'s\"'):match('([\"\\'])(.-)%1'), "
         "d = ('a.b'):find('.', 1, true), e = ('x]y'):match('[]]'), "
         "f = ('a-b'):match('[%-]'), g = ('5px'):match('^[0-9]+'), "
         "h = ('aXb'):match('%u?b'), i = ('  x'):match('()x'), "
         "j = (''):match('.-'), k = ('abc'):find('b', -1) == nil}",
         "{}",
         "{\"a\":\"(a(b)c)\",\"b\":1,\"c\":\"\\\"\",\"d\":2,\"e\":\"]\","
         "\"f\":\"-\",\"g\":\"5\",\"h\":\"Xb\",\"i\":3,\"j\":\"\","
         "\"k\":true}"},
        {"return {a = pcall(string.find, 'a', '['), "
         "b = pcall(string.find, 'a', '%'), "
         "c = pcall(string.find, 'a', '(a'), "
         "d = pcall(string.gsub, 'a', 'a', '%2'), "
         "e = pcall(string.rep, 'x', 1e10)}",
         "{}", "{\"a\":false,\"b\":false,\"c\":false,\"d\":false,\"e\":false}"},
    };
    check_cases(cases, MST_ARRAY_SIZE(cases));
}

static void
events_are_dropped_multiplied_and_relabelled(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *in;
        const char *out;
    } cases[] = {
        {"function transform() return nil end", "{}", ""},
        {"function transform(d) for i, v in ipairs(d.l) do emit({v = v}) end "
         "end",
         "{\"l\":[1,2]}", "{\"v\":1}|a=1|b=2\n{\"v\":2}|a=1|b=2\n"},
        {"function transform(d) d.n = 1 emit(d) d.n = 2 emit(d) d.n = 3 "
         "return d end",
         "{}", "{\"n\":1}|a=1|b=2\n{\"n\":2}|a=1|b=2\n{\"n\":3}|a=1|b=2\n"},
        {"function transform(d, at) at.b = nil at.c = 5 at.a = 'one' "
         "return d, at end",
         "{}", "{}|a=one|c=5\n"},
        {"function transform(d, at) at.c = 'x' return result(d, at) end", "{}",
         "{}|a=1|b=2|c=x\n"},
        {"function transform(d, at) at.a = 'lost' return d end", "{}",
         "{}|a=1|b=2\n"},
        {"function transform(d) return null end", "{}", "(none)|a=1|b=2\n"},
        {"function transform(d) return d == nil and {was = 'none'} end", NULL,
         "{\"was\":\"none\"}|a=1|b=2\n"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct script_result result;
        script_start(&result);
        script_try(cases[i].text, cases[i].in, &result);
        assert_string_equal(result.err.text, "");
        assert_string_equal((const char *)result.out.data, cases[i].out);
        script_clear(&result);
    }
}

static void
errors_say_where_and_of_which_event(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *says;
    } cases[] = {
        {"\n\nerror('bad customer')", "event 7: test.lua:3: bad customer"},
        {"local x = data.missing.field", "test.lua:1: attempt to index"},
        {"return 5", "document expected"},
        {"return {1, 2}", "an event is a document, not an array"},
        {"data.x = function() end", "a function can not be in a document"},
        {"data.x = '\\xff'", "not UTF-8"},
        {"data['a\\0b'] = 1", "can not have a NUL"},
        {"data.x = {[true] = 1}", "are texts, not boolean"},
        {"data.x = {1, nil, 3}", "holes"},
        {"local t = {} t.t = t data.x = t", "nested deeper"},
        {"for i = 1, 300 do set(data, ('a.'):rep(i) .. 'b', 1) end",
         "nested deeper"},
        {"error({})", "error object is a table value"},
        {"emit({}) emit({}) pcall(emit, {}) emit({})", "too many results"},
        {"pcall(emit, {}) pcall(emit, {}) pcall(emit, {})", "too many results"},
        {"attributes[1] = 2 return data, attributes",
         "names of attributes are texts"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct script_result result;
        char text[512];
        (void)snprintf(text, sizeof(text),
                       "function transform(data, attributes) %s end",
                       cases[i].body);
        script_start(&result);
        result.most = 2;
        script_try(text, "{\"x\":1}", &result);
        assert_int_equal(result.status, MST_REJECTED);
        if (strstr(result.err.text, cases[i].says) == NULL) {
            assert_string_equal(result.err.text, cases[i].says);
        }
        script_clear(&result);
    }
}

static void
state_lasts_and_documents_do_not(void **state)
{
    (void)state;
    struct script_result result;
    struct mst_event event;
    script_start(&result);
    struct mst_lua_script *script =
        script_make("function init() state.n = 10 end "
                    "function transform(d) state.n = state.n + 1 "
                    "if d.keep then state.d = d end "
                    "if d.use then return {x = state.d.keep} end "
                    "if d.copy then state.d = copy(d) end "
                    "return {n = state.n, c = state.d and state.d.copy} end");
    script_event(&result, "{}", &event);
    script_feed(script, &event, &result);
    assert_string_equal((const char *)result.out.data, "{\"n\":11}|a=1|b=2\n");
    script_event(&result, "{\"keep\":1}", &event);
    script_feed(script, &event, &result);
    script_event(&result, "{\"use\":1}", &event);
    script_feed(script, &event, &result);
    assert_int_equal(result.status, MST_REJECTED);
    assert_non_null(strstr(result.err.text, "of an event that is over"));
    script_event(&result, "{\"copy\":\"kept\"}", &event);
    script_feed(script, &event, &result);
    assert_string_equal((const char *)result.out.data,
                        "{\"c\":\"kept\",\"n\":14}|a=1|b=2\n");
    mst_lua_script_destroy(script);
    script_clear(&result);
}

static void
another_version_takes_over_or_the_old_one_goes_on(void **state)
{
    (void)state;
    struct script_result result;
    struct mst_event event;
    struct mst_error err;
    script_start(&result);
    struct mst_lua_script *script =
        script_make("function init() state.n = (state.n or 0) + 1 end "
                    "function transform(d) return {v = 1, n = state.n} end");
    script_event(&result, "{}", &event);
    static const char *const wrong[] = {"function transform(", "x = 1",
                                        "error('at the top')",
                                        "while true do end"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(wrong); i++) {
        assert_int_equal(
            mst_lua_script_swap(script, mst_slice_str(wrong[i]), &err),
            MST_FATAL);
        assert_non_null(strstr(err.text, "test.lua:"));
        script_feed(script, &event, &result);
        assert_string_equal((const char *)result.out.data,
                            "{\"n\":1,\"v\":1}|a=1|b=2\n");
    }
    assert_int_equal(
        mst_lua_script_swap(
            script,
            mst_slice_str("function transform() return {v = 2, n = state.n} "
                          "end"),
            &err),
        MST_OK);
    script_feed(script, &event, &result);
    assert_string_equal((const char *)result.out.data,
                        "{\"n\":1,\"v\":2}|a=1|b=2\n");
    mst_lua_script_destroy(script);
    script_clear(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_behave_as_tables),
        cmocka_unit_test(types_are_values_of_their_own),
        cmocka_unit_test(helpers_do_what_the_published_ones_do),
        cmocka_unit_test(patterns_match_as_the_manual_says),
        cmocka_unit_test(events_are_dropped_multiplied_and_relabelled),
        cmocka_unit_test(errors_say_where_and_of_which_event),
        cmocka_unit_test(state_lasts_and_documents_do_not),
        cmocka_unit_test(another_version_takes_over_or_the_old_one_goes_on),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
