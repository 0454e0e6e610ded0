/* SPDX-License-Identifier: MIT */
/* The parts: UTF-8 by blocks, doubles, decimals, dates, base64, integers. */
#include "unit/cmocka_all.h"

#include <math.h>

#include <bson/bson.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/utf8.h"
#include "encodings/date_text.h"
#include "encodings/decimal128.h"
#include "encodings/digits.h"
#include "encodings/double_shim.h"
#include "encodings/double_text.h"
#include "encodings/text_wide.h"
#include "random_bson.h"

/* The block code agrees with the plain one on these bytes. */
static void
compare_utf8(const uint8_t *text, size_t len)
{
    bool good = mst_utf8_valid(text, len) == len;
    if (mst_text_is_utf8(text, len) != good) {
        fail_msg("%02x %02x %02x %02x: %d expected", text[8], text[9], text[10],
                 text[11], good);
    }
}

static void
every_short_sequence_is_judged_as_by_the_plain_validator(void **state)
{
    (void)state;
    static const uint8_t thirds[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                     0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xFF};
    for (size_t at = 8; at < 17; at += 4) {
        uint8_t text[40];
        memset(text, 'x', sizeof(text));
        for (uint32_t two = 0; two < 0x10000; two++) {
            text[at] = (uint8_t)(two >> 8);
            text[at + 1] = (uint8_t)two;
            for (size_t i = 0; i < sizeof(thirds); i++) {
                text[at + 2] = thirds[i];
                text[at + 3] = text[at] >= 0xF0 ? 0x80 : 'x';
                compare_utf8(text, sizeof(text));
            }
        }
    }
}

static void
random_text_is_judged_and_copied_as_by_the_plain_validator(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {'a',  0x80, 0xBF, 0xC2, 0xC3, 0xD0, 0xE0,
                                    0xA0, 0xE2, 0x82, 0xED, 0x9F, 0xF0, 0x9F,
                                    0x98, 0xF4, 0x8F, 0xF1, 0xE1, 0x7F};
    struct random_bson random = {.state = 5};
    for (int round = 0; round < 200000; round++) {
        uint8_t text[64];
        uint8_t out[64 + MST_TEXT_WIDE_SLACK];
        size_t len = (size_t)random_bson_below(&random, sizeof(text));
        for (size_t i = 0; i < len;) {
            /* Mostly whole characters. */
            static const char whole[] = "\xE2\x82\xAC\xD1\x8F\xF0\x9F\x98\x80";
            size_t from = (size_t)random_bson_below(&random, 4);
            static const size_t starts[] = {0, 3, 5, 9};
            static const size_t sizes[] = {3, 2, 4, 0};
            if (sizes[from] == 0 || sizes[from] > len - i
                || random_bson_below(&random, 30) == 0) {
                text[i++] = bytes[random_bson_below(&random, sizeof(bytes))];
                continue;
            }
            memcpy(text + i, whole + starts[from], sizes[from]);
            i += sizes[from];
        }
        size_t good = mst_utf8_valid(text, len);
        assert_int_equal(mst_text_is_utf8(text, len), good == len);
        if (len == 0 || text[0] < 0x80) {
            continue;
        }
        size_t n = mst_text_wide(out, text, len, len);
        assert_in_range(n, 0, good);
        assert_true(n > 0 || good == 0);
        assert_int_equal(mst_utf8_valid(text, n), n);
        assert_memory_equal(out, text, n);
    }
}

/* The C++ library's text of it, with the point that JSON's reader needs. */
static size_t
library_print(double value, char text[64])
{
    size_t len = mst_double_shim_print(value, text, 62);
    if (memchr(text, '.', len) == NULL && memchr(text, 'e', len) == NULL) {
        memcpy(text + len, ".0", 2);
        len += 2;
    }
    return len;
}

static void
check_double(double value)
{
    uint8_t text[MST_DOUBLE_TEXT_MAX];
    char wanted[64];
    if (value == trunc(value) || fabs(value) < 1e-3) {
        return; /* written with all their digits, or by the library */
    }
    size_t n = library_print(value, wanted);
    size_t len = (size_t)(mst_double_print(text, value) - text);
    if (len != n || memcmp(text, wanted, n) != 0) {
        fail_msg("%a: %.*s, not %.*s", value, (int)len, (const char *)text,
                 (int)n, wanted);
    }
}

/* From 10^-3 to 10^15, where ours does not ask the library. */
static void
doubles_print_as_the_library_prints_them(void **state)
{
    (void)state;
    struct random_bson random = {.state = 77};
    for (int round = 0; round < 500000; round++) {
        uint64_t bits = random_bson_next(&random);
        uint64_t exponent = 1023 - 14 + random_bson_below(&random, 14 + 54);
        double value = 0;
        /* Few bits of a significand: ends of intervals, powers of two. */
        unsigned cut = (unsigned)random_bson_below(&random, 53);
        bits = (bits & 0x800FFFFFFFFFFFFF) >> cut << cut;
        bits |= exponent << 52;
        memcpy(&value, &bits, sizeof(value));
        check_double(value);
        check_double(nextafter(value, 0));
        check_double(nextafter(value, 1e300));
    }
    for (int i = -4; i < 16; i++) {
        double power = pow(10, i);
        check_double(power);
        check_double(power * 3);
        check_double(nextafter(power, 0));
        check_double(nextafter(power, 1e300));
    }
}

static void
doubles_print_the_shortest_text_that_reads_back(void **state)
{
    (void)state;
    struct random_bson random = {.state = 9};
    for (int round = 0; round < 300000; round++) {
        uint64_t bits = random_bson_next(&random);
        double value = 0;
        switch (round % 4) {
        case 0:
            memcpy(&value, &bits, sizeof(value));
            break;
        case 1:
            value = (double)(int64_t)bits / 1e6;
            break;
        case 2:
            value = (double)(int64_t)(bits >> 34) / 1000;
            break;
        default:
            value = (double)(int64_t)(bits >> (bits & 63));
            break;
        }
        if (!(value - value == 0)) {
            continue;
        }
        uint8_t text[MST_DOUBLE_TEXT_MAX];
        char exact[64];
        double back = 0;
        size_t len = (size_t)(mst_double_print(text, value) - text);
        assert_in_range(len, 1, sizeof(text));
        assert_true(mst_double_parse(text, len, &back));
        assert_memory_equal(&back, &value, sizeof(value));
        assert_true(memchr(text, '.', len) != NULL
                    || memchr(text, 'e', len) != NULL);
        /* As many digits as the C library needs. */
        int digits = 1;
        do {
            (void)snprintf(exact, sizeof(exact), "%.*e", digits - 1, value);
        } while (strtod(exact, NULL) != value && ++digits < 18);
        int ours = 0;
        int zeros = 0;
        for (size_t i = 0; i < len && text[i] != 'e'; i++) {
            bool digit = text[i] >= '0' && text[i] <= '9';
            zeros = digit && text[i] == '0' ? zeros + 1 : digit ? 0 : zeros;
            ours += digit && (ours > 0 || text[i] != '0') ? 1 : 0;
        }
        ours -= zeros < ours ? zeros : ours;
        assert_true(value == 0 || ours <= digits || ours <= 1 || value >= 0x1p53
                    || value <= -0x1p53);
    }
}

static void
decimals_agree_with_libbson(void **state)
{
    (void)state;
    struct random_bson random = {.state = 11};
    for (int round = 0; round < 200000; round++) {
        uint8_t data[MST_DECIMAL128_LEN];
        uint8_t again[MST_DECIMAL128_LEN];
        uint8_t text[MST_DECIMAL128_TEXT_MAX + 1];
        char other[BSON_DECIMAL128_STRING];
        bson_decimal128_t decimal;
        uint64_t high = random_bson_next(&random);
        uint64_t low = random_bson_next(&random);
        /* 112 bits: never more than 34 digits, which would mean zero. */
        high &= ~(1ULL << 48);
        if (round % 2 == 0) {
            /* An exponent near zero and few digits. */
            high = (high & 1ULL << 63) | (6176ULL - 20 + high % 40) << 49;
            low >>= low & 63;
        }
        memcpy(data, &low, 8);
        memcpy(data + 8, &high, 8);
        decimal.low = low;
        decimal.high = high;
        bson_decimal128_to_string(&decimal, other);
        uint8_t *end = mst_decimal128_print(text, data);
        assert_in_range(end - text, 1, MST_DECIMAL128_TEXT_MAX);
        *end = '\0';
        assert_string_equal((const char *)text, other);
        assert_true(mst_decimal128_parse(text, (size_t)(end - text), again));
        uint8_t back[MST_DECIMAL128_TEXT_MAX + 1];
        end = mst_decimal128_print(back, again);
        *end = '\0';
        assert_string_equal((const char *)back, (const char *)text);
    }
}

static const struct {
    const char *text;
    const char *back; /* NULL: refused */
} decimals[] = {
    {"0", "0"},
    {"-0", "-0"},
    {"+5", "5"},
    {"00012", "12"},
    {"1.", "1"},
    {".5", "0.5"},
    {"1e3", "1E+3"},
    {"100", "100"},
    {"0.00", "0.00"},
    {"1E+6144", "1.000000000000000000000000000000000E+6144"},
    {"1E+6145", NULL},
    {"0E+999999999999", "0E+6111"},
    {"0E-999999999999", "0E-6176"},
    {"10E-6177", "1E-6176"},
    {"1E-6177", NULL},
    {"1E999999999999999999999", NULL},
    {"12345678901234567890123456789012340",
     "1.234567890123456789012345678901234E+34"},
    {"12345678901234567890123456789012345", NULL},
    {"0.000000000000000000000000000000000000000000000012", "1.2E-47"},
    {"inf", "Infinity"},
    {"-INFINITY", "-Infinity"},
    {"nan", "NaN"},
    {"", NULL},
    {"-", NULL},
    {".", NULL},
    {"1..2", NULL},
    {"1e", NULL},
    {"1e+", NULL},
    {"1 ", NULL},
    {" 1", NULL},
    {"0x1", NULL},
};

static void
decimal_text_is_exact_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(decimals); i++) {
        uint8_t data[MST_DECIMAL128_LEN];
        uint8_t text[MST_DECIMAL128_TEXT_MAX + 1] = "";
        const char *in = decimals[i].text;
        if (mst_decimal128_parse((const uint8_t *)in, strlen(in), data)) {
            *mst_decimal128_print(text, data) = '\0';
        }
        assert_string_equal((const char *)text,
                            decimals[i].back == NULL ? "" : decimals[i].back);
    }
}

static void
dates_go_both_ways_and_bad_ones_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2020-01-01",
                                      "2020-01-01T00:00:00",
                                      "2020-01-01T00:00:00.Z",
                                      "2020-13-01T00:00:00Z",
                                      "2020-00-01T00:00:00Z",
                                      "2020-01-32T00:00:00Z",
                                      "2019-02-29T00:00:00Z",
                                      "2020-01-01T24:00:00Z",
                                      "2020-01-01T00:60:00Z",
                                      "2020-01-01T00:00:00+24:00",
                                      "2020-01-01T00:00:00+1",
                                      "2020-01-01 00:00:00Z",
                                      "2020-01-01T00:00:00.1230001Z",
                                      "2020-01-01T00:00:00ZZ",
                                      ""};
    struct random_bson random = {.state = 3};
    for (int round = 0; round < 200000; round++) {
        uint8_t text[MST_DATE_TEXT_MAX];
        int64_t span = MST_DATE_YEAR_9999 - MST_DATE_YEAR_0;
        int64_t ms = MST_DATE_YEAR_0
                     + (int64_t)(random_bson_next(&random) % (uint64_t)span);
        int64_t back = 0;
        uint8_t *end = mst_date_print(text, ms);
        *end++ = 'Z';
        assert_true(mst_date_parse(text, (size_t)(end - text), &back));
        assert_int_equal(back, ms);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        int64_t back = 0;
        assert_false(
            mst_date_parse((const uint8_t *)bad[i], strlen(bad[i]), &back));
    }
}

static void
base64_of_any_length_reads_back_and_only_its_own_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "A",    "AB",   "ABC",  "A===", "AB=C",    "=AAA",
        "AR==", "AAB=", "AA A", "AA-_", "AQ==AQ=="};
    struct random_bson random = {.state = 4};
    for (size_t len = 0; len < 100; len++) {
        uint8_t data[100];
        uint8_t text[140];
        size_t back = 0;
        for (size_t i = 0; i < len; i++) {
            data[i] = (uint8_t)random_bson_next(&random);
        }
        uint8_t *end = mst_base64_print(text, data, len);
        assert_int_equal(end - text, mst_base64_len(len));
        assert_true(mst_base64_parse(text, (size_t)(end - text), text, &back));
        assert_int_equal(back, len);
        assert_memory_equal(text, data, len);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        uint8_t out[16];
        size_t len = 0;
        assert_false(mst_base64_parse((const uint8_t *)bad[i], strlen(bad[i]),
                                      out, &len));
    }
}

static void
integers_of_every_length_print_as_printf_does(void **state)
{
    (void)state;
    struct random_bson random = {.state = 6};
    for (int round = 0; round < 200000; round++) {
        uint8_t text[MST_DIGITS_MAX + 1];
        char expected[32];
        int64_t value = (int64_t)random_bson_next(&random)
                        >> (int)random_bson_below(&random, 64);
        *mst_print_i64(text, value) = '\0';
        (void)snprintf(expected, sizeof(expected), "%lld", (long long)value);
        assert_string_equal((const char *)text, expected);
    }
    for (uint64_t edge = 1; edge < 1000000000000000000ULL; edge *= 10) {
        uint8_t text[MST_DIGITS_MAX + 1];
        char expected[32];
        *mst_print_u64(text, edge - 1) = '\0';
        (void)snprintf(expected, sizeof(expected), "%llu",
                       (unsigned long long)edge - 1);
        assert_string_equal((const char *)text, expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_short_sequence_is_judged_as_by_the_plain_validator),
        cmocka_unit_test(
            random_text_is_judged_and_copied_as_by_the_plain_validator),
        cmocka_unit_test(doubles_print_as_the_library_prints_them),
        cmocka_unit_test(doubles_print_the_shortest_text_that_reads_back),
        cmocka_unit_test(decimals_agree_with_libbson),
        cmocka_unit_test(decimal_text_is_exact_or_refused),
        cmocka_unit_test(dates_go_both_ways_and_bad_ones_are_refused),
        cmocka_unit_test(base64_of_any_length_reads_back_and_only_its_own_form),
        cmocka_unit_test(integers_of_every_length_print_as_printf_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
