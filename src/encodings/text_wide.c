/* SPDX-License-Identifier: MIT */
/*
 * A block of 16 bytes as bit masks: which bytes lead a character and which
 * continue one. The block is valid where the continuations are exactly those
 * that the leads announce, and where E0, ED and F0 are followed by what they
 * permit (RFC 3629, section 4). F4 and invalid leads go to the scalar code.
 */
#include "encodings/text_wide.h"

#include "base/macros.h"
#include "base/utf8.h"
#include "encodings/text_block.h"

#ifdef __SSE2__
/* Bytes whose value, top bit flipped so that signed order is theirs, lies
 * between the two. */
static inline unsigned
wide_between(__m128i flipped, int low, int high)
{
    __m128i above = _mm_cmpgt_epi8(flipped, _mm_set1_epi8((char)(low - 1)));
    __m128i below = _mm_cmplt_epi8(flipped, _mm_set1_epi8((char)(high + 1)));
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(above, below));
}

static inline unsigned
wide_equal(__m128i flipped, int value)
{
    return (unsigned)_mm_movemask_epi8(
        _mm_cmpeq_epi8(flipped, _mm_set1_epi8((char)value)));
}

/* How many of the 16 bytes are whole valid characters, up to the first that
 * stops marks. */
static inline size_t
wide_block(__m128i block, unsigned stops)
{
    __m128i flipped = _mm_xor_si128(block, _mm_set1_epi8((char)0x80));
    unsigned high = (unsigned)_mm_movemask_epi8(block);
    unsigned next = wide_between(flipped, 0x00, 0x3F);
    unsigned next_90 = wide_between(flipped, 0x10, 0x3F);
    unsigned next_a0 = wide_between(flipped, 0x20, 0x3F);
    unsigned lead2 = wide_between(flipped, 0x42, 0x5F);
    unsigned lead3 = wide_between(flipped, 0x60, 0x6F);
    unsigned lead4 = wide_between(flipped, 0x70, 0x73);
    unsigned leads = lead2 | lead3 | lead4;
    unsigned announced = leads << 1 | (lead3 | lead4) << 2 | lead4 << 3;
    unsigned wrong = (wide_equal(flipped, 0x60) << 1 & ~next_a0)
                     | (wide_equal(flipped, 0x6D) << 1 & next_a0)
                     | (wide_equal(flipped, 0x70) << 1 & ~next_90)
                     | (announced ^ next);
    stops |= (high & ~(next | leads)) | (wrong & 0xFFFF);
    size_t n = stops == 0 ? MST_TEXT_BLOCK : mst_text_first(stops);
    if ((announced >> n & 1) == 0) {
        return n;
    }
    /* A character is cut here: it waits for the next block. */
    unsigned before = leads & ((1U << n) - 1);
    return 31U - (unsigned)__builtin_clz(before);
}
#endif

/* One character at a time, at least one. */
static size_t
wide_scalar(const uint8_t *in, size_t len)
{
    size_t used = 0;
    while (used < len && used < MST_TEXT_BLOCK && in[used] >= 0x80) {
        size_t n = mst_utf8_char(in + used, len - used);
        if (n == 0) {
            break;
        }
        used += n;
    }
    return used;
}

size_t
mst_text_wide(uint8_t *out, const uint8_t *in, size_t len, size_t readable)
{
    size_t used = 0;
    while (used < len) {
        size_t n = 0;
#ifdef __SSE2__
        if (MST_LIKELY(readable - used >= MST_TEXT_BLOCK)) {
            __m128i block =
                _mm_loadu_si128((const __m128i_u *)(const void *)(in + used));
            unsigned special = mst_text_block(out + used, in + used);
            unsigned high = (unsigned)_mm_movemask_epi8(block);
            n = wide_block(block, special & ~high);
        }
#endif
        if (n == 0) {
            n = wide_scalar(in + used, len - used);
            memcpy(out + used, in + used, n);
        }
        if (n > len - used) {
            /* The text ends inside of the block, maybe in a character. */
            n = mst_utf8_valid(in + used, len - used);
            return used + n;
        }
        if (n == 0) {
            break;
        }
        used += n;
    }
    return used;
}

bool
mst_text_is_utf8(const uint8_t *data, size_t len)
{
    size_t used = 0;
#ifdef __SSE2__
    while (len - used >= MST_TEXT_BLOCK) {
        __m128i block =
            _mm_loadu_si128((const __m128i_u *)(const void *)(data + used));
        if (_mm_movemask_epi8(block) == 0) {
            used += MST_TEXT_BLOCK;
            continue;
        }
        size_t n = wide_block(block, 0);
        n = n == 0 ? mst_utf8_char(data + used, len - used) : n;
        if (n == 0) {
            return false;
        }
        used += n;
    }
#endif
    return mst_utf8_valid(data + used, len - used) == len - used;
}
