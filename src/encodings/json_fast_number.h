/* SPDX-License-Identifier: MIT */
/* Numbers of the fast loop. Private. */
#ifndef MST_ENCODINGS_JSON_FAST_NUMBER_H
#define MST_ENCODINGS_JSON_FAST_NUMBER_H

#include "encodings/digits_read.h"
#include "encodings/double_text.h"
#include "encodings/json_fast_impl.h"
#include "encodings/little_endian.h"

enum {
    /* So many digits never wrap 64 bits. */
    FAST_DIGITS = 19
};

FAST_INLINE void
fast_eight(struct fast *fast, uint8_t type, uint64_t bits)
{
    *fast->type = type;
    mst_put_le64(fast->out, bits);
    fast->out += 8;
}

FAST_INLINE void
fast_integer(struct fast *fast, uint64_t mantissa, bool negative)
{
    uint64_t bits = negative ? 0 - mantissa : mantissa;
    if (MST_UNLIKELY(mantissa > (uint64_t)INT32_MAX + (negative ? 1 : 0))) {
        fast_eight(fast, MST_BSON_INT64, bits);
        return;
    }
    *fast->type = MST_BSON_INT32;
    mst_put_le32(fast->out, (uint32_t)bits);
    fast->out += 4;
}

FAST_INLINE void
fast_double(struct fast *fast, double value)
{
    *fast->type = MST_BSON_DOUBLE;
    mst_put_le_double(fast->out, value);
    fast->out += 8;
}

/* Up to 19 digits without an exponent, and with so few behind the point that
 * one division is exact. False: nothing is done. */
FAST_INLINE bool
fast_long_number(struct fast *fast, bool negative)
{
    const uint8_t *first = fast->at;
    uint64_t mantissa = 0;
    const uint8_t *at = mst_read_digits(first, &mantissa);
    ptrdiff_t whole = at - first;
    ptrdiff_t behind = 0;
    bool is_double = *at == '.';
    if (is_double) {
        const uint8_t *point = at;
        at = mst_read_digits(at + 1, &mantissa);
        behind = at - point - 1;
    }
    if (MST_UNLIKELY(whole == 0 || whole + behind > FAST_DIGITS
                     || (*first == '0' && whole > 1) || (*at | 0x20) == 'e')) {
        return false;
    }
    if (!is_double) {
        if (MST_UNLIKELY(mantissa > (uint64_t)INT64_MAX + (negative ? 1 : 0))) {
            return false;
        }
        fast_integer(fast, mantissa, negative);
        fast->at = at;
        return true;
    }
    double value = 0;
    if (MST_UNLIKELY(behind == 0
                     || !mst_double_scale(mantissa, -behind, &value))) {
        return false;
    }
    fast_double(fast, negative ? -value : value);
    fast->at = at;
    return true;
}

/* A number that ends within eight bytes: they are looked at all at once. The
 * rest goes to fast_long_number. */
FAST_INLINE bool
fast_number(struct fast *fast, bool negative)
{
    uint64_t word = mst_digit_values(fast->at);
    uint64_t others = mst_digit_others(word);
    uint64_t behind_point = others & (others - 1);
    if (MST_UNLIKELY(others == 0)) {
        return fast_long_number(fast, negative);
    }
    size_t whole = mst_digit_count(others);
    uint8_t c = fast->at[whole];
    if (c != '.') {
        if (MST_UNLIKELY(whole == 0 || (c | 0x20) == 'e'
                         || (fast->at[0] == '0' && whole > 1))) {
            return false;
        }
        fast_integer(fast, mst_eight_digits(mst_digit_align(word, whole)),
                     negative);
        fast->at += whole;
        return true;
    }
    if (MST_UNLIKELY(behind_point == 0)) {
        return fast_long_number(fast, negative);
    }
    size_t len = mst_digit_count(behind_point);
    if (MST_UNLIKELY(whole == 0 || len - whole == 1
                     || (fast->at[len] | 0x20) == 'e'
                     || (fast->at[0] == '0' && whole > 1))) {
        return false;
    }
    /* The digits move over the point. */
    uint64_t in_front = ((uint64_t)1 << 8 * whole) - 1;
    word = (word & in_front) | (word >> 8 & ~in_front);
    uint64_t mantissa = mst_eight_digits(mst_digit_align(word, len - 1));
    double value =
        (double)(int64_t)mantissa / mst_double_powers[len - whole - 1];
    fast_double(fast, negative ? -value : value);
    fast->at += len;
    return true;
}

#endif
