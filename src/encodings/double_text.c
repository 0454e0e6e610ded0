/* SPDX-License-Identifier: MIT */
/*
 * Fast paths for the doubles that documents hold most: whole numbers,
 * decimals of up to 15 digits with up to 6 behind the point, and what has a
 * few digits in front of it. The rest goes to the C++ library.
 */
#include "encodings/double_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/macros.h"
#include "encodings/digits.h"
#include "encodings/double_shim.h"
#include "encodings/double_shortest.h"

#if FLT_EVAL_METHOD != 0
#    error "the fast paths need doubles that are rounded after each operation"
#endif

/* Below it an exponent may be shorter. */
#define DOUBLE_DECIMAL_MIN 1e-3
#define DOUBLE_SIXTEEN     10000000000000000U
#define DOUBLE_CHARACTERS  0x3030303030303030U

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
    mst_put_le64(out, digits | DOUBLE_CHARACTERS);
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

/* A value that is not whole, from 10^-3 to 10^15: digits of it stand behind
 * the point, at most 19. */
static uint8_t *
double_print_decimal(uint8_t *out, double size)
{
    const struct mst_decimal decimal = mst_double_shortest(size);
    uint64_t whole = (uint64_t)(int64_t)size;
    uint64_t rest = decimal.digits;
    int places = -decimal.exponent;
    if (whole == 0) {
        *out++ = '0';
    } else {
        /* Then there are fewer than 17. */
        rest -= whole * (uint64_t)mst_double_powers[places];
        out = mst_print_u64(out, whole);
    }
    *out++ = '.';
    /* 19 digits, whatever there are: so nothing depends on how many. */
    rest *= (uint64_t)mst_double_powers[19 - places];
    unsigned top = (unsigned)(rest / DOUBLE_SIXTEEN);
    *out++ = (uint8_t)('0' + top / 100);
    out = mst_print_pair(out, top % 100);
    unsigned others = ~mst_print_sixteen(out, rest % DOUBLE_SIXTEEN) & 0xFFFF;
    if (MST_LIKELY(others != 0)) {
        return out + 32 - (unsigned)__builtin_clz(others);
    }
    while (out[-1] == '0') {
        out--;
    }
    return out;
}

uint8_t *
mst_double_print(uint8_t *out, double value)
{
    double size = fabs(value);
    if (!(size < 1e15) || (size == 0 && signbit(value))) {
        return double_print_general(out, value);
    }
    int64_t whole = (int64_t)size;
    if ((double)whole == size) {
        out[0] = '-';
        out = mst_print_u64(out + (value < 0 ? 1 : 0), (uint64_t)whole);
        memcpy(out, ".0", 2);
        return out + 2;
    }
    /* A decimal of at most 15 digits is the only one of that length which
     * reads as its double; the division of two exact numbers is what reading
     * does. So equality proves that this is the shortest text. */
    double scaled = size * 1e6 + 0.5;
    if (scaled < 1e15) {
        int64_t number = (int64_t)scaled;
        double near = (double)number;
        /* The first is true where the second is, and known sooner. */
        if (fabs(size * 1e6 - near) <= near * 0x1p-51 && near / 1e6 == size) {
            out[0] = '-';
            out = mst_print_u64(out + (value < 0 ? 1 : 0),
                                (uint64_t)number / 1000000);
            return double_print_fraction(out, (uint32_t)(number % 1000000));
        }
    }
    if (size < DOUBLE_DECIMAL_MIN) {
        return double_print_general(out, value);
    }
    out[0] = '-';
    return double_print_decimal(out + (value < 0 ? 1 : 0), size);
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
