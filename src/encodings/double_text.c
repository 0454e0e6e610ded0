/* SPDX-License-Identifier: MIT */
/*
 * Fast paths for the doubles that documents hold most: whole numbers, and
 * decimals of up to 15 digits with up to 6 behind the point. The rest goes
 * to the C++ library.
 */
#include "encodings/double_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "encodings/digits.h"
#include "encodings/double_shim.h"

#if FLT_EVAL_METHOD != 0
#    error "the fast paths need doubles that are rounded after each operation"
#endif

const double mst_double_powers[23] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Six digits behind the point, without trailing zeros (there is one that is
 * not zero). */
static uint8_t *
double_print_fraction(uint8_t *out, uint32_t fraction)
{
    uint64_t digits = mst_digits_of(fraction * 100);
    unsigned zeros = (unsigned)__builtin_clzll(digits) / 8;
    *out++ = '.';
    mst_put_le64(out, digits | 0x3030303030303030);
    return out + 8 - zeros;
}

static uint8_t *
double_print_general(uint8_t *out, double value)
{
    size_t len =
        mst_double_shim_print(value, (char *)out, MST_DOUBLE_TEXT_MAX - 2);
    bool whole = memchr(out, '.', len) == NULL && memchr(out, 'e', len) == NULL;
    if (whole) {
        memcpy(out + len, ".0", 2);
        len += 2;
    }
    return out + len;
}

uint8_t *
mst_double_print(uint8_t *out, double value)
{
    double size = fabs(value);
    if (!(size < 1e15) || (size == 0 && signbit(value))) {
        return double_print_general(out, value);
    }
    uint64_t whole = (uint64_t)size;
    if ((double)whole == size) {
        out[0] = '-';
        out = mst_print_u64(out + (value < 0 ? 1 : 0), whole);
        memcpy(out, ".0", 2);
        return out + 2;
    }
    /* A decimal of at most 15 digits is the only one of that length which
     * reads as its double; the division of two exact numbers is what reading
     * does. So equality proves that this is the shortest text. */
    double scaled = size * 1e6 + 0.5;
    if (scaled < 1e15) {
        uint64_t number = (uint64_t)scaled;
        if ((double)number / 1e6 == size) {
            out[0] = '-';
            out = mst_print_u64(out + (value < 0 ? 1 : 0), number / 1000000);
            return double_print_fraction(out, (uint32_t)(number % 1000000));
        }
    }
    return double_print_general(out, value);
}

bool
mst_double_parse(const uint8_t *text, size_t len, double *ret)
{
    double value = 0;
    if (mst_double_shim_parse((const char *)text, len, &value) == 0
        || !isfinite(value)) {
        return false;
    }
    /* Nothing but zeros in front of an exponent is a true zero. */
    for (size_t i = 0; value == 0 && i < len; i++) {
        if (text[i] == 'e' || text[i] == 'E') {
            break;
        }
        if (text[i] >= '1' && text[i] <= '9') {
            return false;
        }
    }
    *ret = value;
    return true;
}
