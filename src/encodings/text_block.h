/* SPDX-License-Identifier: MIT */
/*
 * Looks at 16 bytes of text at once: which of them can not simply be copied
 * between JSON and BSON. Private to this folder.
 */
#ifndef MST_ENCODINGS_TEXT_BLOCK_H
#define MST_ENCODINGS_TEXT_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

enum { MST_TEXT_BLOCK = 16 };

/* Copies 16 bytes and returns a mask with a bit for each that is a control
 * character, a quote, a backslash or not ASCII; the lowest bit is the first
 * byte. */
static inline unsigned
mst_text_block(uint8_t *out, const uint8_t *in)
{
#ifdef __SSE2__
    __m128i block = _mm_loadu_si128((const __m128i_u *)(const void *)in);
    _mm_storeu_si128((__m128i_u *)(void *)out, block);
    /* Compared as signed numbers, all that is not ASCII is below 0x20 too. */
    __m128i special =
        _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                     _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                  _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
    return (unsigned)_mm_movemask_epi8(special);
#else
    unsigned mask = 0;
    memcpy(out, in, MST_TEXT_BLOCK);
    for (unsigned i = 0; i < MST_TEXT_BLOCK; i++) {
        uint8_t c = in[i];
        unsigned special = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
        mask |= special << i;
    }
    return mask;
#endif
}

/* The same for the last left (below 16) bytes that may be read; the bytes
 * behind them are marked. out still needs room for 16. */
static inline unsigned
mst_text_tail(uint8_t *out, const uint8_t *in, size_t left)
{
    uint8_t block[MST_TEXT_BLOCK] = {0};
    for (size_t i = 0; i < left; i++) {
        block[i] = in[i];
    }
    return mst_text_block(out, block);
}

/* Index of the lowest bit of a mask that is not 0. */
static inline size_t
mst_text_first(unsigned mask)
{
    return (unsigned)__builtin_ctz(mask);
}

#endif
