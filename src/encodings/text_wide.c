/* SPDX-License-Identifier: MIT */
/*
 * Validates 16 bytes at once by three tables of 16 entries (J. Keiser and
 * D. Lemire, "Validating UTF-8 in less than one instruction per byte"): each
 * byte and the one in front of it have their faults looked up by both halves
 * of the first and the upper half of the second; what all three agree on is
 * wrong. Third and fourth bytes are expected by what stands two and three in
 * front. Without AVX it goes character by character.
 */
#include "encodings/text_wide.h"

#include "base/macros.h"
#include "base/utf8.h"
#include "encodings/text_block.h"

#if defined(__SSE2__) && defined(__GNUC__)
#    include <tmmintrin.h>
#    define WIDE_AVX __attribute__((target("avx")))

/* What can be wrong with two bytes that follow each other. */
enum {
    WIDE_SHORT = 1 << 0,      /* a lead, then no continuation */
    WIDE_LONG = 1 << 1,       /* ASCII, then a continuation */
    WIDE_OVERLONG_3 = 1 << 2, /* E0, then below A0 */
    WIDE_LARGE = 1 << 3,      /* F4 or more, then 90 or more */
    WIDE_SURROGATE = 1 << 4,  /* ED, then A0 or more */
    WIDE_OVERLONG_2 = 1 << 5, /* C0 or C1 */
    WIDE_OVERLONG_4 = 1 << 6, /* F0, then below 90; F5 or more, likewise */
    WIDE_TWO = 1 << 7,        /* two continuations: see wide_faults */
    WIDE_ANY_LOW = WIDE_SHORT | WIDE_LONG | WIDE_TWO,
    WIDE_F5 = WIDE_LARGE | WIDE_OVERLONG_4
};

/* By the upper half of the first byte, by its lower half, and by the upper
 * half of the second. */
static const uint8_t wide_first_high[16] = {
    WIDE_LONG,
    WIDE_LONG,
    WIDE_LONG,
    WIDE_LONG,
    WIDE_LONG,
    WIDE_LONG,
    WIDE_LONG,
    WIDE_LONG,
    WIDE_TWO,
    WIDE_TWO,
    WIDE_TWO,
    WIDE_TWO,
    WIDE_SHORT | WIDE_OVERLONG_2,
    WIDE_SHORT,
    WIDE_SHORT | WIDE_OVERLONG_3 | WIDE_SURROGATE,
    WIDE_SHORT | WIDE_LARGE | WIDE_OVERLONG_4};
static const uint8_t wide_first_low[16] = {
    WIDE_ANY_LOW | WIDE_OVERLONG_2 | WIDE_OVERLONG_3 | WIDE_OVERLONG_4,
    WIDE_ANY_LOW | WIDE_OVERLONG_2,
    WIDE_ANY_LOW,
    WIDE_ANY_LOW,
    WIDE_ANY_LOW | WIDE_LARGE,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5 | WIDE_SURROGATE,
    WIDE_ANY_LOW | WIDE_F5,
    WIDE_ANY_LOW | WIDE_F5};
static const uint8_t wide_second_high[16] = {
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_LONG | WIDE_TWO | WIDE_OVERLONG_2 | WIDE_OVERLONG_3 | WIDE_OVERLONG_4,
    WIDE_LONG | WIDE_TWO | WIDE_OVERLONG_2 | WIDE_OVERLONG_3 | WIDE_LARGE,
    WIDE_LONG | WIDE_TWO | WIDE_OVERLONG_2 | WIDE_SURROGATE | WIDE_LARGE,
    WIDE_LONG | WIDE_TWO | WIDE_OVERLONG_2 | WIDE_SURROGATE | WIDE_LARGE,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT,
    WIDE_SHORT};

static inline __m128i
wide_load(const uint8_t *in)
{
    return _mm_loadu_si128((const __m128i_u *)(const void *)in);
}

WIDE_AVX static inline __m128i
wide_look_up(const uint8_t *table, __m128i halves)
{
    return _mm_shuffle_epi8(wide_load(table), halves);
}

/* Not zero for each byte of a block that is wrong; before is the block in
 * front. A character that is cut is wrong where it misses a byte. */
WIDE_AVX static inline __m128i
wide_faults(__m128i before, __m128i block)
{
    const __m128i half = _mm_set1_epi8(0x0F);
    __m128i first = _mm_alignr_epi8(block, before, 15);
    __m128i faults = _mm_and_si128(
        wide_look_up(wide_first_low, _mm_and_si128(first, half)),
        _mm_and_si128(
            wide_look_up(wide_first_high,
                         _mm_and_si128(_mm_srli_epi16(first, 4), half)),
            wide_look_up(wide_second_high,
                         _mm_and_si128(_mm_srli_epi16(block, 4), half))));
    /* Two continuations are right, and must be, where a lead of three or four
     * bytes stands two in front, or one of four bytes three in front. */
    __m128i third = _mm_subs_epu8(_mm_alignr_epi8(block, before, 14),
                                  _mm_set1_epi8(0xE0 - 0x80));
    __m128i fourth = _mm_subs_epu8(_mm_alignr_epi8(block, before, 13),
                                   _mm_set1_epi8(0xF0 - 0x80));
    __m128i must = _mm_and_si128(_mm_or_si128(third, fourth),
                                 _mm_set1_epi8((char)WIDE_TWO));
    return _mm_xor_si128(faults, must);
}

/* A bit for each byte that is not zero, the lowest for the first. */
WIDE_AVX static inline unsigned
wide_mask(__m128i bytes)
{
    __m128i zero = _mm_cmpeq_epi8(bytes, _mm_setzero_si128());
    return (unsigned)_mm_movemask_epi8(zero) ^ 0xFFFF;
}

/* A bit for each control character, quote and backslash. */
WIDE_AVX static inline unsigned
wide_stops(__m128i block)
{
    __m128i control =
        _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(control, _mm_or_si128(quote, slash)));
}

/* mst_text_wide block by block. Returns how far it is right; *ret_cut: it may
 * go on there, and its last character may be cut. */
WIDE_AVX static size_t
wide_blocks(uint8_t *out, const uint8_t *in, size_t len, size_t readable,
            bool *ret_cut)
{
    __m128i before = _mm_setzero_si128();
    __m128i faults = _mm_setzero_si128();
    size_t used = 0;
    *ret_cut = true;
    while (used < len && readable - used >= MST_TEXT_BLOCK) {
        __m128i block = wide_load(in + used);
        __m128i wrong = wide_faults(before, block);
        _mm_storeu_si128((__m128i_u *)(void *)(out + used), block);
        unsigned stops = wide_stops(block);
        if (len - used < MST_TEXT_BLOCK) {
            stops |= 1U << (len - used);
        }
        if (stops != 0) {
            size_t n = mst_text_first(stops);
            /* ASCII is wrong where what it follows is cut. */
            *ret_cut = in[used + n] >= 0x80;
            unsigned own = ((*ret_cut ? 1U : 2U) << n) - 1;
            if ((wide_mask(wrong) & own) != 0) {
                faults = _mm_set1_epi8(1);
            }
            used += n;
            break;
        }
        faults = _mm_or_si128(faults, wrong);
        before = block;
        used += MST_TEXT_BLOCK;
    }
    if (MST_UNLIKELY(wide_mask(faults) != 0)) {
        *ret_cut = false;
        return mst_utf8_valid(in, used);
    }
    return used;
}

/* Whether all whole blocks are right, but for what is cut at their end, which
 * is at *ret_used. */
WIDE_AVX static bool
wide_check_blocks(const uint8_t *data, size_t len, size_t *ret_used)
{
    __m128i before = _mm_setzero_si128();
    __m128i faults = _mm_setzero_si128();
    bool high = false;
    size_t used = 0;
    for (; len - used >= MST_TEXT_BLOCK; used += MST_TEXT_BLOCK) {
        __m128i block = wide_load(data + used);
        bool was_high = high;
        high = _mm_movemask_epi8(block) != 0;
        if (high || was_high) {
            faults = _mm_or_si128(faults, wide_faults(before, block));
        }
        before = block;
    }
    *ret_used = used;
    return wide_mask(faults) == 0;
}
#else
static size_t
wide_blocks(uint8_t *out, const uint8_t *in, size_t len, size_t readable,
            bool *ret_cut)
{
    (void)out;
    (void)in;
    (void)len;
    (void)readable;
    *ret_cut = true;
    return 0;
}

static bool
wide_check_blocks(const uint8_t *data, size_t len, size_t *ret_used)
{
    (void)data;
    (void)len;
    *ret_used = 0;
    return true;
}
#endif

static bool
wide_has_blocks(void)
{
#ifdef WIDE_AVX
    return __builtin_cpu_supports("avx") != 0;
#else
    return false;
#endif
}

/* Character by character from used on, where a character starts. */
static size_t
wide_scalar(uint8_t *out, const uint8_t *in, size_t used, size_t len)
{
    while (used < len && in[used] >= 0x80) {
        size_t n = mst_utf8_char(in + used, len - used);
        if (n == 0) {
            break;
        }
        for (size_t i = 0; i < n; i++) {
            out[used + i] = in[used + i];
        }
        used += n;
    }
    return used;
}

/* Where the last character in front of used starts, if it is not ASCII: it
 * may be cut. */
static size_t
wide_boundary(const uint8_t *in, size_t used)
{
    if (used == 0 || in[used - 1] < 0x80) {
        return used;
    }
    do {
        used--;
    } while ((in[used] & 0xC0) == 0x80);
    return used;
}

size_t
mst_text_wide(uint8_t *out, const uint8_t *in, size_t len, size_t readable)
{
    bool cut = true;
    size_t used = 0;
    if (wide_has_blocks()) {
        used = wide_blocks(out, in, len, readable, &cut);
    }
    return cut ? wide_scalar(out, in, wide_boundary(in, used), len) : used;
}

bool
mst_text_is_utf8(const uint8_t *data, size_t len)
{
    size_t used = 0;
    if (wide_has_blocks() && !wide_check_blocks(data, len, &used)) {
        return false;
    }
    used = wide_boundary(data, used);
    return mst_utf8_valid(data + used, len - used) == len - used;
}
