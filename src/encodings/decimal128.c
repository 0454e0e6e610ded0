/* SPDX-License-Identifier: MIT */
/* Decimal128 <-> text, exact or not at all. */
#include "encodings/decimal128.h"

#include <string.h>
#include <strings.h>

#include "encodings/digits.h"
#include "encodings/little_endian.h"

enum {
    DECIMAL_DIGITS = 34,
    DECIMAL_BIAS = 6176,
    DECIMAL_EXPONENT_MIN = -6176,
    DECIMAL_EXPONENT_MAX = 6111
};

__extension__ typedef unsigned __int128 decimal_wide;

#define DECIMAL_E17    100000000000000000ULL
#define DECIMAL_SIGN   ((uint64_t)1 << 63)
#define DECIMAL_MASK49 (((uint64_t)1 << 49) - 1)

/* A number as it is read or written: digits[0..count) times 10^exponent. */
struct decimal {
    bool negative;
    int exponent;
    size_t count; /* no leading zeros, but at least one digit */
    uint8_t digits[DECIMAL_DIGITS + 2];
};

/* Exactly 17 digits. */
static void
decimal_print17(uint8_t *out, uint64_t value)
{
    *out = (uint8_t)('0' + value / 10000000000000000ULL);
    value %= 10000000000000000ULL;
    out = mst_print_eight(out + 1, (uint32_t)(value / 100000000));
    (void)mst_print_eight(out, (uint32_t)(value % 100000000));
}

static void
decimal_set_coefficient(struct decimal *number, decimal_wide coefficient)
{
    uint64_t high = (uint64_t)(coefficient / DECIMAL_E17);
    uint64_t low = (uint64_t)(coefficient % DECIMAL_E17);
    if (high >= DECIMAL_E17) {
        /* More than 34 digits: not canonical, and zero by the standard. */
        high = 0;
        low = 0;
    }
    if (high == 0) {
        number->count =
            (size_t)(mst_print_u64(number->digits, low) - number->digits);
        return;
    }
    uint8_t *end = mst_print_u64(number->digits, high);
    decimal_print17(end, low);
    number->count = (size_t)(end - number->digits) + 17;
}

static uint8_t *
decimal_print_scientific(uint8_t *out, const struct decimal *number,
                         int exponent)
{
    *out++ = number->digits[0];
    if (number->count > 1) {
        *out++ = '.';
        memcpy(out, number->digits + 1, number->count - 1);
        out += number->count - 1;
    }
    *out++ = 'E';
    *out++ = exponent < 0 ? '-' : '+';
    return mst_print_u32(out, (uint32_t)(exponent < 0 ? -exponent : exponent));
}

static uint8_t *
decimal_print_fixed(uint8_t *out, const struct decimal *number)
{
    size_t behind = (size_t)-number->exponent;
    const uint8_t *digits = number->digits;
    if (behind == 0) {
        memcpy(out, digits, number->count);
        return out + number->count;
    }
    if (number->count <= behind) {
        memcpy(out, "0.", 2);
        out += 2;
        memset(out, '0', behind - number->count);
        out += behind - number->count;
        memcpy(out, digits, number->count);
        return out + number->count;
    }
    size_t front = number->count - behind;
    memcpy(out, digits, front);
    out[front] = '.';
    memcpy(out + front + 1, digits + front, behind);
    return out + number->count + 1;
}

uint8_t *
mst_decimal128_print(uint8_t *out, const uint8_t *data)
{
    struct decimal number;
    uint64_t low = mst_le64(data);
    uint64_t high = mst_le64(data + 8);
    unsigned top = (unsigned)(high >> 58) & 0x1F;
    if (top == 0x1F) {
        memcpy(out, "NaN", 3);
        return out + 3;
    }
    if ((high & DECIMAL_SIGN) != 0) {
        *out++ = '-';
    }
    if (top == 0x1E) {
        memcpy(out, "Infinity", 8);
        return out + 8;
    }
    decimal_wide coefficient = 0;
    if (top >= 0x18) {
        /* The long form: its coefficient has more than 34 digits, so zero. */
        number.exponent = (int)((high >> 47) & 0x3FFF) - DECIMAL_BIAS;
    } else {
        number.exponent = (int)((high >> 49) & 0x3FFF) - DECIMAL_BIAS;
        coefficient = (decimal_wide)(high & DECIMAL_MASK49) << 64 | low;
    }
    decimal_set_coefficient(&number, coefficient);
    int scientific = (int)number.count - 1 + number.exponent;
    if (number.exponent > 0 || scientific < -6) {
        return decimal_print_scientific(out, &number, scientific);
    }
    return decimal_print_fixed(out, &number);
}

static bool
decimal_is_word(const uint8_t *text, size_t len, const char *word)
{
    return len == strlen(word)
           && strncasecmp((const char *)text, word, len) == 0;
}

/* Digits with at most one point; zeros in front are dropped, and those
 * behind the 34th digit raise the exponent. */
static bool
decimal_read_digits(struct decimal *number, const uint8_t **at,
                    const uint8_t *end)
{
    bool point = false;
    bool any = false;
    size_t zeros = 0; /* seen, not yet stored */
    int64_t exponent = 0;
    const uint8_t *p = *at;
    for (; p < end; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (*p < '0' || *p > '9') {
            break;
        }
        any = true;
        exponent -= point ? 1 : 0;
        if (*p == '0') {
            zeros += number->count > 0 ? 1 : 0;
            continue;
        }
        if (number->count + zeros >= DECIMAL_DIGITS) {
            return false;
        }
        memset(number->digits + number->count, '0', zeros);
        number->count += zeros;
        number->digits[number->count++] = *p;
        zeros = 0;
    }
    /* Trailing zeros keep their place as far as there is room. */
    size_t room = DECIMAL_DIGITS - number->count;
    size_t kept = zeros < room ? zeros : room;
    memset(number->digits + number->count, '0', kept);
    number->count += kept;
    exponent += (int64_t)(zeros - kept);
    *at = p;
    /* Beyond any exponent; and so the sum with a written one can not wrap. */
    number->exponent = exponent > 100000    ? 100000
                       : exponent < -100000 ? -100000
                                            : (int)exponent;
    return any && exponent == number->exponent;
}

static bool
decimal_read_exponent(struct decimal *number, const uint8_t *at,
                      const uint8_t *end)
{
    int value = 0;
    bool negative = false;
    if (at == end) {
        return true;
    }
    if (*at != 'e' && *at != 'E') {
        return false;
    }
    at++;
    if (at < end && (*at == '+' || *at == '-')) {
        negative = *at == '-';
        at++;
    }
    if (at == end) {
        return false;
    }
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        if (value < 10000000) {
            value = value * 10 + (*at - '0');
        }
    }
    number->exponent += negative ? -value : value;
    return true;
}

/* Moves the exponent into its range where that changes no digit. */
static bool
decimal_fit(struct decimal *number)
{
    if (number->count == 0) {
        number->digits[0] = '0';
        number->count = 1;
        number->exponent =
            number->exponent > DECIMAL_EXPONENT_MAX   ? DECIMAL_EXPONENT_MAX
            : number->exponent < DECIMAL_EXPONENT_MIN ? DECIMAL_EXPONENT_MIN
                                                      : number->exponent;
    }
    while (number->exponent > DECIMAL_EXPONENT_MAX
           && number->count < DECIMAL_DIGITS) {
        number->digits[number->count++] = '0';
        number->exponent--;
    }
    while (number->exponent < DECIMAL_EXPONENT_MIN && number->count > 1
           && number->digits[number->count - 1] == '0') {
        number->count--;
        number->exponent++;
    }
    return number->exponent >= DECIMAL_EXPONENT_MIN
           && number->exponent <= DECIMAL_EXPONENT_MAX;
}

static void
decimal_store(uint8_t *data, uint64_t high, uint64_t low)
{
    mst_put_le64(data, low);
    mst_put_le64(data + 8, high);
}

bool
mst_decimal128_parse(const uint8_t *text, size_t len,
                     uint8_t ret_data[MST_DECIMAL128_LEN])
{
    struct decimal number = {.count = 0};
    const uint8_t *at = text;
    const uint8_t *end = text + len;
    if (len > 0 && (*at == '+' || *at == '-')) {
        number.negative = *at == '-';
        at++;
    }
    uint64_t sign = number.negative ? DECIMAL_SIGN : 0;
    size_t rest = (size_t)(end - at);
    if (decimal_is_word(at, rest, "infinity")
        || decimal_is_word(at, rest, "inf")) {
        decimal_store(ret_data, sign | (uint64_t)0x1E << 58, 0);
        return true;
    }
    if (decimal_is_word(at, rest, "nan")) {
        decimal_store(ret_data, (uint64_t)0x1F << 58, 0);
        return true;
    }
    if (!decimal_read_digits(&number, &at, end)
        || !decimal_read_exponent(&number, at, end) || !decimal_fit(&number)) {
        return false;
    }
    decimal_wide coefficient = 0;
    for (size_t i = 0; i < number.count; i++) {
        coefficient = coefficient * 10 + (number.digits[i] - '0');
    }
    unsigned exponent = (unsigned)(number.exponent + DECIMAL_BIAS);
    decimal_store(ret_data,
                  sign | (uint64_t)exponent << 49
                      | (uint64_t)(coefficient >> 64),
                  (uint64_t)coefficient);
    return true;
}
