/* SPDX-License-Identifier: MIT */
/*
 * A block of 16 bytes as bit masks: which bytes lead a character and which
 * continue one. Text is valid where the continuations are exactly those that
 * the leads announce, and where E0, ED, F0 and F4 are followed by what they
 * permit (RFC 3629, section 4). What a lead announces beyond its block is
 * carried into the next one, so that no block waits for the one before.
 */
#include "encodings/text_wide.h"

#include "base/macros.h"
#include "base/utf8.h"
#include "encodings/text_block.h"

#ifdef __SSE2__
/* Bit i speaks of byte i of the block, bits from 16 on of the next one. */
struct wide_marks {
    unsigned announced; /* continuations that must be there */
    unsigned after_e0;  /* of those, behind which lead */
    unsigned after_ed;
    unsigned after_f0;
    unsigned after_f4;
    unsigned wrong; /* missing, superfluous or not permitted */
};

/* Bytes whose value, top bit flipped so that signed order is theirs, lies
 * between the two. */
static inline unsigned
wide_between(__m128i flipped, int low, int high)
{
    __m128i above = _mm_cmpgt_epi8(flipped, _mm_set1_epi8((char)(low - 1)));
    __m128i below = _mm_cmplt_epi8(flipped, _mm_set1_epi8((char)(high + 1)));
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(above, below));
}

/* Behind a byte of that value; carry is what the block before left. */
static inline unsigned
wide_after(__m128i flipped, int value, unsigned carry)
{
    __m128i equal = _mm_cmpeq_epi8(flipped, _mm_set1_epi8((char)value));
    return (unsigned)_mm_movemask_epi8(equal) << 1 | carry >> 16;
}

/* Any block. */
static void
wide_mark_all(struct wide_marks *marks, __m128i flipped, unsigned high)
{
    unsigned next = wide_between(flipped, 0x00, 0x3F);
    unsigned next_90 = wide_between(flipped, 0x10, 0x3F);
    unsigned next_a0 = wide_between(flipped, 0x20, 0x3F);
    unsigned lead2 = wide_between(flipped, 0x42, 0x5F);
    unsigned lead3 = wide_between(flipped, 0x60, 0x6F);
    unsigned lead4 = wide_between(flipped, 0x70, 0x74);
    unsigned leads = lead2 | lead3 | lead4;
    marks->announced =
        leads << 1 | (lead3 | lead4) << 2 | lead4 << 3 | marks->announced >> 16;
    marks->after_e0 = wide_after(flipped, 0x60, marks->after_e0);
    marks->after_ed = wide_after(flipped, 0x6D, marks->after_ed);
    marks->after_f0 = wide_after(flipped, 0x70, marks->after_f0);
    marks->after_f4 = wide_after(flipped, 0x74, marks->after_f4);
    marks->wrong = (marks->after_e0 & ~next_a0) | (marks->after_ed & next_a0)
                   | (marks->after_f0 & ~next_90) | (marks->after_f4 & next_90)
                   | (high & ~(next | leads)) | (marks->announced ^ next);
}

static inline void
wide_mark(struct wide_marks *marks, __m128i block, unsigned high)
{
    __m128i flipped = _mm_xor_si128(block, _mm_set1_epi8((char)0x80));
    __m128i three = _mm_cmpgt_epi8(flipped, _mm_set1_epi8(0x5F));
    unsigned carried =
        marks->after_e0 | marks->after_ed | marks->after_f0 | marks->after_f4;
    if (_mm_movemask_epi8(three) != 0 || carried >> 16 != 0) {
        wide_mark_all(marks, flipped, high);
        return;
    }
    /* Leads of two bytes only; what is below 0xC2 is none. */
    unsigned below_c0 = (unsigned)_mm_movemask_epi8(
        _mm_cmplt_epi8(flipped, _mm_set1_epi8(0x40)));
    unsigned below_c2 = (unsigned)_mm_movemask_epi8(
        _mm_cmplt_epi8(flipped, _mm_set1_epi8(0x42)));
    unsigned leads = high & ~below_c0;
    *marks =
        (struct wide_marks){.announced = leads << 1 | marks->announced >> 16};
    marks->wrong = (marks->announced ^ (high & below_c0)) | (leads & below_c2);
}

static inline __m128i
wide_load(const uint8_t *in)
{
    return _mm_loadu_si128((const __m128i_u *)(const void *)in);
}
#endif

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

/* The start of the character that is cut at used. */
static size_t
wide_boundary(const uint8_t *in, size_t used)
{
    do {
        used--;
    } while ((in[used] & 0xC0) == 0x80);
    return used;
}

size_t
mst_text_wide(uint8_t *out, const uint8_t *in, size_t len, size_t readable)
{
    size_t used = 0;
#ifdef __SSE2__
    struct wide_marks marks = {.wrong = 0};
    while (used < len && readable - used >= MST_TEXT_BLOCK) {
        __m128i block = wide_load(in + used);
        unsigned special = mst_text_block(out + used, in + used);
        unsigned high = (unsigned)_mm_movemask_epi8(block);
        unsigned stops = (special & ~high) | 1U << MST_TEXT_BLOCK;
        if (len - used < MST_TEXT_BLOCK) {
            stops |= 1U << (len - used);
        }
        wide_mark(&marks, block, high);
        unsigned n = (unsigned)mst_text_first(stops);
        unsigned wrong = marks.wrong & ((1U << n) - 1);
        bool cut = n < MST_TEXT_BLOCK && (marks.announced >> n & 1) != 0;
        if (MST_UNLIKELY(wrong != 0 || cut)) {
            n = wrong != 0 ? (unsigned)mst_text_first(wrong) + 1 : n;
            return mst_utf8_valid(in, used + n);
        }
        used += n;
        if (n < MST_TEXT_BLOCK) {
            return used;
        }
    }
    if ((marks.announced >> MST_TEXT_BLOCK & 1) != 0) {
        used = wide_boundary(in, used);
    }
#else
    (void)readable;
#endif
    return wide_scalar(out, in, used, len);
}

bool
mst_text_is_utf8(const uint8_t *data, size_t len)
{
    size_t used = 0;
#ifdef __SSE2__
    struct wide_marks marks = {.wrong = 0};
    for (; len - used >= MST_TEXT_BLOCK; used += MST_TEXT_BLOCK) {
        __m128i block = wide_load(data + used);
        unsigned high = (unsigned)_mm_movemask_epi8(block);
        if (high == 0 && marks.announced >> MST_TEXT_BLOCK == 0) {
            continue;
        }
        wide_mark(&marks, block, high);
        if ((marks.wrong & 0xFFFF) != 0) {
            return false;
        }
    }
    if ((marks.announced >> MST_TEXT_BLOCK & 1) != 0) {
        used = wide_boundary(data, used);
    }
#endif
    return mst_utf8_valid(data + used, len - used) == len - used;
}
