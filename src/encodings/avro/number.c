/* SPDX-License-Identifier: MIT */
/* int32, int64, double and Decimal128 as what Avro has. */
#include "encodings/avro/number.h"

#include <math.h>

#include "encodings/avro/plan.h"
#include "encodings/decimal128.h"
#include "encodings/double_text.h"
#include "encodings/little_endian.h"

enum { DECIMAL_BIAS = 6176, DECIMAL_DIGITS = 34, DOUBLE_BITS = 53 };

bool
avro_decimal_get(const uint8_t *data, struct avro_decimal *ret)
{
    uint64_t low = mst_le64(data);
    uint64_t high = mst_le64(data + 8);
    unsigned top = (unsigned)(high >> 58) & 0x1F;
    if (top >= 0x1E) {
        return false;
    }
    avro_uwide coefficient = 0;
    /* The long form has more than 34 digits: zero by the standard. */
    bool long_form = top >= 0x18;
    unsigned shift = long_form ? 47 : 49;
    if (!long_form) {
        uint64_t upper = high & (((uint64_t)1 << 49) - 1);
        coefficient = (avro_uwide)upper << 64 | low;
    }
    const avro_uwide limit =
        (avro_uwide)100000000000000000ULL * 100000000000000000ULL;
    coefficient = coefficient < limit ? coefficient : 0;
    ret->coefficient = (avro_wide)coefficient;
    if (high >> 63 != 0) {
        ret->coefficient = -ret->coefficient;
    }
    ret->exponent = (int)(high >> shift & 0x3FFF) - DECIMAL_BIAS;
    return true;
}

bool
avro_decimal_put(avro_wide coefficient, uint32_t scale, uint8_t *ret_data)
{
    const avro_wide limit =
        (avro_wide)100000000000000000LL * 100000000000000000LL;
    bool negative = coefficient < 0;
    /* Zeros behind 34 digits go into the exponent. */
    int exponent = scale > INT16_MAX ? -INT16_MAX : -(int)scale;
    while (coefficient >= limit || coefficient <= -limit
           || exponent < -DECIMAL_BIAS) {
        if (coefficient == 0 || coefficient % 10 != 0) {
            return false;
        }
        coefficient /= 10;
        exponent++;
    }
    avro_uwide value = (avro_uwide)(negative ? -coefficient : coefficient);
    mst_put_le64(ret_data, (uint64_t)value);
    mst_put_le64(ret_data + 8, (uint64_t)negative << 63
                                   | (uint64_t)(DECIMAL_BIAS + exponent) << 49
                                   | (uint64_t)(value >> 64));
    return true;
}

unsigned
avro_wide_put(uint8_t *out, avro_wide value, uint32_t size)
{
    avro_wide rest = value >> 7;
    unsigned n = 1;
    while (rest != 0 && rest != -1) {
        rest >>= 8;
        n++;
    }
    if (size != 0 && n > size) {
        return 0;
    }
    unsigned total = size == 0 ? n : size;
    memset(out, value < 0 ? 0xFF : 0, total - n);
    for (unsigned i = 0; i < n; i++) {
        out[total - 1 - i] = (uint8_t)value;
        value >>= 8;
    }
    return total;
}

bool
avro_wide_get(const uint8_t *data, size_t len, avro_wide *ret)
{
    uint8_t sign = data[0] >= 0x80 ? 0xFF : 0;
    while (len > AVRO_WIDE_BYTES) {
        if (*data != sign) {
            return false;
        }
        data++;
        len--;
    }
    if ((data[0] >= 0x80) != (sign != 0)) {
        return false;
    }
    avro_uwide value = sign == 0 ? 0 : ~(avro_uwide)0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | data[i];
    }
    *ret = (avro_wide)value;
    return true;
}

/* Takes zeros off until the exponent is at least wanted, or adds them until
 * it is not above. */
static enum avro_fault
number_scale(struct avro_decimal *number, int wanted)
{
    if (number->coefficient == 0) {
        number->exponent = wanted;
        return AVRO_FINE;
    }
    while (number->exponent < wanted) {
        if (number->coefficient % 10 != 0) {
            return AVRO_NOT_WHOLE;
        }
        number->coefficient /= 10;
        number->exponent++;
    }
    while (number->exponent > wanted) {
        if (__builtin_mul_overflow(number->coefficient, (avro_wide)10,
                                   &number->coefficient)) {
            return AVRO_OUT_OF_RANGE;
        }
        number->exponent--;
    }
    return AVRO_FINE;
}

enum avro_fault
avro_number_whole(uint8_t type, const uint8_t *data, int64_t *ret)
{
    struct avro_decimal decimal;
    if (type == MST_BSON_INT32) {
        *ret = (int32_t)mst_le32(data);
        return AVRO_FINE;
    }
    if (type == MST_BSON_INT64) {
        *ret = (int64_t)mst_le64(data);
        return AVRO_FINE;
    }
    if (type == MST_BSON_DOUBLE) {
        double value = mst_le_double(data);
        if (!(value >= -0x1p63) || !(value < 0x1p63)) {
            return AVRO_OUT_OF_RANGE;
        }
        *ret = (int64_t)value;
        /* -0.0 is no integer: its sign would be lost. */
        return (double)*ret == value && !(*ret == 0 && signbit(value))
                   ? AVRO_FINE
                   : AVRO_NOT_WHOLE;
    }
    if (!avro_decimal_get(data, &decimal)) {
        return AVRO_OUT_OF_RANGE;
    }
    enum avro_fault fault = number_scale(&decimal, 0);
    if (fault == AVRO_FINE
        && (decimal.coefficient < INT64_MIN
            || decimal.coefficient > INT64_MAX)) {
        fault = AVRO_OUT_OF_RANGE;
    }
    *ret = fault == AVRO_FINE ? (int64_t)decimal.coefficient : 0;
    return fault;
}

/* The nearest double of a Decimal128. */
static bool
number_nearest(const uint8_t *data, double *ret)
{
    uint8_t text[MST_DECIMAL128_TEXT_MAX];
    uint8_t *end = mst_decimal128_print(text, data);
    return mst_double_parse(text, (size_t)(end - text), ret);
}

/* Exact where the coefficient, freed of powers of five and two, fits. */
static bool
number_exact(struct avro_decimal number, double *ret)
{
    avro_wide value = number.coefficient;
    int twos = number.exponent;
    int fives = number.exponent;
    if (value == 0) {
        return false; /* zeros have signs: the slow way */
    }
    for (; fives < 0 && value % 5 == 0; fives++) {
        value /= 5;
    }
    for (; fives > 0; fives--) {
        if (__builtin_mul_overflow(value, (avro_wide)5, &value)) {
            return false;
        }
    }
    for (; value % 2 == 0; twos++) {
        value /= 2;
    }
    const avro_wide limit = (avro_wide)1 << DOUBLE_BITS;
    if (fives != 0 || value > limit || value < -limit || twos < -1000
        || twos > 900) {
        return false;
    }
    *ret = ldexp((double)value, twos);
    return true;
}

static enum avro_fault
number_double_of_decimal(const uint8_t *data, bool lossy, double *ret)
{
    struct avro_decimal decimal;
    if (!avro_decimal_get(data, &decimal)) {
        bool nan = (mst_le64(data + 8) >> 58 & 0x1F) == 0x1F;
        bool negative = mst_le64(data + 8) >> 63 != 0;
        *ret = nan ? (double)NAN : negative ? -HUGE_VAL : HUGE_VAL;
        return AVRO_FINE;
    }
    if (decimal.coefficient == 0) {
        *ret = mst_le64(data + 8) >> 63 != 0 ? -0.0 : 0.0;
        return AVRO_FINE;
    }
    if (number_exact(decimal, ret)) {
        return AVRO_FINE;
    }
    return lossy && number_nearest(data, ret) ? AVRO_FINE : AVRO_INEXACT;
}

enum avro_fault
avro_number_double(uint8_t type, const uint8_t *data, bool lossy, double *ret)
{
    if (type == MST_BSON_DOUBLE) {
        *ret = mst_le_double(data);
        return AVRO_FINE;
    }
    if (type == MST_BSON_INT32) {
        *ret = (int32_t)mst_le32(data);
        return AVRO_FINE;
    }
    if (type == MST_BSON_INT64) {
        int64_t value = (int64_t)mst_le64(data);
        *ret = (double)value;
        /* 2^63 itself does not come back. */
        return lossy || (*ret < 0x1p63 && (int64_t)*ret == value)
                   ? AVRO_FINE
                   : AVRO_INEXACT;
    }
    return number_double_of_decimal(data, lossy, ret);
}

/* A double as a decimal: all of its digits, or the shortest text. */
static enum avro_fault
number_of_double(double value, bool shortest, struct avro_decimal *ret)
{
    if (!isfinite(value)) {
        return AVRO_OUT_OF_RANGE;
    }
    if (shortest) {
        uint8_t text[MST_DOUBLE_TEXT_MAX];
        uint8_t data[MST_DECIMAL128_LEN];
        uint8_t *end = mst_double_print(text, value);
        return mst_decimal128_parse(text, (size_t)(end - text), data)
                       && avro_decimal_get(data, ret)
                   ? AVRO_FINE
                   : AVRO_OUT_OF_RANGE;
    }
    int exponent = 0;
    double fraction = frexp(value, &exponent);
    ret->coefficient = (avro_wide)(int64_t)ldexp(fraction, DOUBLE_BITS);
    ret->exponent = 0;
    exponent -= DOUBLE_BITS;
    for (; ret->coefficient != 0 && ret->coefficient % 2 == 0; exponent++) {
        ret->coefficient /= 2;
    }
    for (; ret->coefficient != 0 && exponent > 0; exponent--) {
        if (__builtin_mul_overflow(ret->coefficient, (avro_wide)2,
                                   &ret->coefficient)) {
            return AVRO_OUT_OF_RANGE;
        }
    }
    /* A half is five tenths. */
    for (; ret->coefficient != 0 && exponent < 0; exponent++) {
        if (__builtin_mul_overflow(ret->coefficient, (avro_wide)5,
                                   &ret->coefficient)) {
            return AVRO_INEXACT;
        }
        ret->exponent--;
    }
    return AVRO_FINE;
}

/* Drops digits behind the scale, half away from zero. */
static void
number_round(struct avro_decimal *number, int wanted)
{
    while (number->exponent < wanted - 1 && number->coefficient != 0) {
        number->coefficient /= 10;
        number->exponent++;
    }
    if (number->exponent < wanted) {
        avro_wide half = number->coefficient < 0 ? -5 : 5;
        number->coefficient = (number->coefficient + half) / 10;
        number->exponent++;
    }
}

static enum avro_fault
number_to_decimal(uint8_t type, const uint8_t *data, unsigned flags,
                  struct avro_decimal *ret)
{
    if (type == MST_BSON_DECIMAL128) {
        return avro_decimal_get(data, ret) ? AVRO_FINE : AVRO_OUT_OF_RANGE;
    }
    if (type == MST_BSON_DOUBLE) {
        return number_of_double(mst_le_double(data), flags != 0, ret);
    }
    ret->exponent = 0;
    ret->coefficient = type == MST_BSON_INT32
                           ? (avro_wide)(int32_t)mst_le32(data)
                           : (avro_wide)(int64_t)mst_le64(data);
    return AVRO_FINE;
}

enum avro_fault
avro_number_decimal(uint8_t type, const uint8_t *data, const struct avro_op *op,
                    unsigned flags, avro_wide *ret)
{
    struct avro_decimal number;
    int wanted = -(int)op->scale;
    enum avro_fault fault = number_to_decimal(type, data, flags, &number);
    if (fault == AVRO_FINE && (flags & AVRO_NUMBER_LOSSY) != 0) {
        number_round(&number, wanted);
    }
    if (fault == AVRO_FINE) {
        fault = number_scale(&number, wanted);
    }
    if (fault != AVRO_FINE) {
        return fault == AVRO_NOT_WHOLE ? AVRO_INEXACT : fault;
    }
    avro_wide limit = 1;
    for (uint32_t i = 0; i < op->precision && i <= 38; i++) {
        if (__builtin_mul_overflow(limit, (avro_wide)10, &limit)) {
            limit = (avro_wide)(~(avro_uwide)0 >> 1);
        }
    }
    *ret = number.coefficient;
    return number.coefficient < limit && number.coefficient > -limit
               ? AVRO_FINE
               : AVRO_OUT_OF_RANGE;
}
