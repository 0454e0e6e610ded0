/* SPDX-License-Identifier: MIT */
/* Edges of what scripts can call: wrong, empty, absent, too large. */
#include "unit/cmocka_all.h"

#include "log/log.h"
#include "script_fixture.h"

struct helper_case {
    const char *body; /* of transform(data) */
    const char *in;
    const char *out; /* the document that comes of it */
};

static void
check_helpers(const struct helper_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct script_result result;
        char text[2048];
        char out[2048];
        (void)snprintf(text, sizeof(text), "function transform(data) %s end",
                       cases[i].body);
        (void)snprintf(out, sizeof(out), "%s|a=1|b=2\n", cases[i].out);
        script_start(&result);
        script_try(text, cases[i].in, &result);
        if (result.status != MST_OK
            || strcmp((const char *)result.out.data, out) != 0) {
            fail_msg("%s: %s%s", cases[i].body,
                     result.status != MST_OK ? result.err.text : "",
                     (const char *)result.out.data);
        }
        script_clear(&result);
    }
}

static const struct helper_case helper_edges[] = {
    {"return {a=(\"abc\"):sub(1,2)}", "{}", "{\"a\":\"ab\"}"},
    {"local t = {} for i, s in ipairs{'1970-01-01', "
     "'2026-11-21T10:40:05+02:00', '2026-11-21T10:40:05.123Z', "
     "'2024-02-29T00:00:00Z', '2023-02-29T00:00:00Z', '', 'x', "
     "'2026-13-01T00:00:00Z', '1969-12-31T23:59:59Z'} do t[i] = "
     "parse_date(s) or 'nil' end return {t = t}",
     "{}",
     "{\"t\":[\"nil\",1795250405000,1795257605123,1709164800000,\"nil\","
     "\"nil\",\"nil\",\"nil\",-1000]}"},
    {"return {a = format_date(-1000), b = format_date(0), c = "
     "format_date(now()) ~= nil, d = format_date(1500)}",
     "{}",
     "{\"a\":\"1969-12-31T23:59:59Z\",\"b\":\"1970-01-01T00:00:00Z\",\"c\":"
     "true,\"d\":\"1970-01-01T00:00:01.500Z\"}"},
    {"return {a = pcall(parse_date, 5), b = pcall(parse_date, nil), c = "
     "pcall(format_date, 'x')}",
     "{}", "{\"a\":true,\"b\":false,\"c\":false}"},
    {"return {a = mask_email('no at'), b = mask_email(''), c = "
     "mask_email('a@x.org'), d = mask_email(5), e = mask_phone('123'), f = "
     "mask_phone(''), g = mask_phone(null), h = "
     "mask_year_only('2020-05-05T10:00:00+02:00'), i = "
     "mask_year_only('never'), k = mask_email(data.none)}",
     "{}",
     "{\"a\":\"no "
     "at\",\"b\":\"\",\"c\":\"*@x.org\",\"d\":5,\"e\":\"123\",\"f\":\"\","
     "\"g\":null,\"h\":\"2020-01-01T00:00:00+00:00\",\"i\":\"never\"}"},
    {"return {a = mask_year_only(data.d), b = "
     "mask_phone('\303\244\303\266\303\2741234')}",
     "{\"d\":{\"$date\":\"2026-11-21T10:00:00Z\"}}",
     "{\"a\":{\"$date\":\"2026-01-01T00:00:00Z\"},\"b\":\"***1234\"}"},
    {"return {a = sum({}), b = sum({1, 'x', 2.5, null}), c = "
     "sum({9223372036854775807, 1}), d = avg({}) == nil, e = min({}) == "
     "nil, f = max({'b', 'a'}), g = avg({1, 2}), h = sum({decimal('1.5'), "
     "1})}",
     "{}",
     "{\"a\":0,\"b\":3.5,\"c\":9223372036854775808.0,\"d\":true,\"e\":true,"
     "\"f\":\"b\",\"g\":1.5,\"h\":2.5}"},
    {"return {a = unique(data.o), b = flatten({1, {2, {3}}}), c = "
     "pick(data, {'none', 'o'}), d = count_by({1, 1, '1'}, function(x) "
     "return x end)}",
     "{\"o\":[{\"a\":1},{\"a\":1},{\"a\":2}]}",
     "{\"a\":[{\"a\":1},{\"a\":2}],\"b\":[1,2,[3]],\"c\":{\"o\":[{\"a\":1},"
     "{\"a\":1},{\"a\":2}]},\"d\":{\"1\":3}}"},
    {"return {a = get(data, 'a.b[0]') , b = get(data, 'x.y') == nil, c = "
     "get(data, 'a.b[9]') == nil, d = get(data, 'a.b.0'), e = del(data, "
     "'x.y'), f = del(data, 'a.b[0]'), g = data.a}",
     "{\"a\":{\"b\":[7]}}",
     "{\"a\":7,\"b\":true,\"c\":true,\"d\":7,\"e\":false,\"f\":true,\"g\":{"
     "\"b\":[]}}"},
    {"return {a = split('a'), b = split(''), c = split('a--b', '--'), d = "
     "trim('\\t x \\n'), e = pcall(split, 'a', '')}",
     "{}",
     "{\"a\":[\"a\"],\"b\":[\"\"],\"c\":[\"a\",\"b\"],\"d\":\"x\",\"e\":"
     "false}"},
    {"return {a = "
     "uuid():match('^%x+%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$') ~= nil, "
     "b = uuid() ~= uuid()}",
     "{}", "{\"a\":true,\"b\":true}"},
    {"return {a = pcall(int32, 2147483648), b = pcall(int64, 1.5), c = "
     "int32(5), d = int64(5), e = pcall(int32, 'x')}",
     "{}", "{\"a\":false,\"b\":false,\"c\":5,\"d\":5,\"e\":false}"},
    {"return {a = decimal('1.50') + 1, b = decimal('3') / decimal('2'), c "
     "= decimal('1.5') < decimal('2'), d = decimal('2') == decimal('2.0'), "
     "e = tostring(decimal('1.50')), f = decimal(2.5), g = pcall(decimal, "
     "'x')}",
     "{}",
     "{\"a\":2.5,\"b\":1.5,\"c\":true,\"d\":false,\"e\":\"1.50\",\"f\":{\"$"
     "numberDecimal\":\"2.5\"},\"g\":false}"},
    {"return {a = date(0) + 1, b = date('2026-01-01T00:00:00Z') - date(0), "
     "c = date(5) == date(5), d = date(1) < date(2), e = date(1):number(), "
     "f = pcall(date, 'x'), g = pcall(function() return date(1) < 2 end)}",
     "{}",
     "{\"a\":{\"$date\":\"1970-01-01T00:00:00.001Z\"},\"b\":1767225600000,"
     "\"c\":true,\"d\":true,\"e\":1,\"f\":false,\"g\":true}"},
    {"return {a = timestamp(1, 2) < timestamp(1, 3), b = timestamp(1, 2) "
     "== timestamp(1, 2), c = objectid('000000000000000000000001') < "
     "objectid('000000000000000000000002'), d = pcall(objectid, 'x'), e = "
     "binary('a') == binary('a'), f = binary('a', 1) == binary('a')}",
     "{}",
     "{\"a\":true,\"b\":true,\"c\":true,\"d\":false,\"e\":true,\"f\":"
     "false}"},
    {"return {a = null and 'true' or 'false', b = null == data.n, c = "
     "data.m == nil, d = tostring(null), e = type(null), f = typeof(null), "
     "g = pcall(function() return null.x end)}",
     "{\"n\":null}",
     "{\"a\":\"true\",\"b\":true,\"c\":true,\"d\":\"null\",\"e\":"
     "\"userdata\",\"f\":\"null\",\"g\":true}"},
    {"return {a = #data, b = #data.l, c = #data.s, d = data.l[3] == nil, e "
     "= data.l[0] == nil, f = next({}) == nil}",
     "{\"l\":[1,2],\"s\":\"abc\"}",
     "{\"a\":2,\"b\":2,\"c\":3,\"d\":true,\"e\":true,\"f\":true}"},
    {"local s = '' for k in pairs(data) do s = s .. k data[k] = nil end "
     "return {s = s, n = #data}",
     "{\"b\":1,\"a\":2,\"c\":3}", "{\"n\":0,\"s\":\"bac\"}"},
    {"table.insert(data.l, 2, 'x') return {l = data.l, a = "
     "pcall(table.insert, data.l, 9, 1), b = table.remove(data.l, 1), c = "
     "table.remove(data.l), d = data.l, e = table.remove(array{}) == nil, "
     "f = table.concat({1, 2}, ','), g = table.concat(data.w, '-')}",
     "{\"l\":[1,2],\"w\":[\"a\",\"b\"]}",
     "{\"a\":false,\"b\":1,\"c\":2,\"d\":[\"x\"],\"e\":true,\"f\":\"1,2\","
     "\"g\":\"a-b\",\"l\":[\"x\"]}"},
    {"return {a = base64_encode('\\0\\255'), b = pcall(base64_decode, "
     "'!'), c = pcall(json_decode, '{'), d = json_decode('5'), e = "
     "json_encode({1, {a = null}}), f = json_encode('x'), g = "
     "json_encode(now()):sub(1, 9)}",
     "{}",
     "{\"a\":\"AP8=\",\"b\":false,\"c\":false,\"d\":5,\"e\":\"[1,{"
     "\\\"a\\\":null}]\",\"f\":\"\\\"x\\\"\",\"g\":\"{\\\"$date\\\":\"}"},
    {"return {a = hash_sha256(5) == hash_sha256('5'), b = hash_sha256({a = "
     "1}) ~= nil, c = hash_hmac_sha256('', ''), d = pcall(hash_sha256)}",
     "{}",
     "{\"a\":true,\"b\":true,\"c\":"
     "\"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad\","
     "\"d\":false}"},
    {"return {a = copy(data).l, b = array{}, c = array{1}, d = "
     "typeof(data.l), e = typeof(data), f = typeof(1), g = "
     "typeof(copy(data)), h = typeof(now())}",
     "{\"l\":[1]}",
     "{\"a\":[1],\"b\":[],\"c\":[1],\"d\":\"array\",\"e\":\"document\","
     "\"f\":\"number\",\"g\":\"table\",\"h\":\"date\"}"},
    {"return {a = omit(data, {}), b = pluck({{x = 1}, {}, {x = 3}}, 'x'), "
     "c = group_by({}, function() end)}",
     "{\"z\":1}", "{\"a\":{\"z\":1},\"b\":[1,null,3],\"c\":{}}"},
    {"data.a, data.b = data.b, data.a return data",
     "{\"a\":{\"x\":1},\"b\":[2]}", "{\"a\":[2],\"b\":{\"x\":1}}"},
    {"return {a = data.x and data.x.y, b = pcall(function() return "
     "data.x.y end), c = data['a.b']}",
     "{\"a.b\":1}", "{\"b\":false,\"c\":1}"},
    {"return {i = 1 // 1, f = 1 / 1, big = 2^53, m = math.tointeger(3.0), "
     "n = 10 % 3, o = 2147483648, p = -2147483648}",
     "{}",
     "{\"big\":9007199254740992.0,\"f\":1.0,\"i\":1,\"m\":3,\"n\":1,\"o\":"
     "2147483648,\"p\":-2147483648}"},
    {"data.n = data.n + 1 data.l = data.l + 1 data.f = data.f + 1 return "
     "data",
     "{\"n\":{\"$numberInt\":\"2147483647\"},\"l\":{\"$numberLong\":\"5\"},"
     "\"f\":1.5}",
     "{\"n\":2147483648,\"l\":6,\"f\":2.5}"},
    {"return {a = hash_sha256({b = 1}) == hash_sha256('{\"b\":1}'), b = "
     "hash_sha256(data.d) == hash_sha256({b = 1}), c = unique({{x = 1}, {x "
     "= 1}, {x = 2}})}",
     "{\"d\":{\"b\":1}}",
     "{\"a\":true,\"b\":true,\"c\":[{\"x\":1},{\"x\":2}]}"},
    {"return {a = ('hello'):sub(2, 3), b = ('x'):upper(), c = "
     "('abc'):reverse(), d = ('%d-%s'):format(5, 'x'), e = "
     "tonumber('0x10'), f = utf8.len('\303\244\303\266'), g = "
     "('a'):byte(), h = string.char(65)}",
     "{}",
     "{\"a\":\"el\",\"b\":\"X\",\"c\":\"cba\",\"d\":\"5-x\",\"e\":16,\"f\":"
     "2,\"g\":97,\"h\":\"A\"}"},
};

static void
edges_of_helpers_are_as_documented(void **state)
{
    (void)state;
    check_helpers(helper_edges, MST_ARRAY_SIZE(helper_edges));
}

static void
words_for_the_log_give_nothing(void **state)
{
    (void)state;
    static const struct helper_case cases[] = {
        {"return {a = log.info('a', 1, null) == nil, b = log.warn() == nil, "
         "c = log.error(data) == nil, d = print('x') == nil}",
         "{}", "{\"a\":true,\"b\":true,\"c\":true,\"d\":true}"},
    };
    check_helpers(cases, MST_ARRAY_SIZE(cases));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_helpers_are_as_documented),
        cmocka_unit_test(words_for_the_log_give_nothing),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
