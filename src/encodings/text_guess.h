/* SPDX-License-Identifier: MIT */
/* Lengths that the processor guesses. Private to this folder. */
#ifndef MST_ENCODINGS_TEXT_GUESS_H
#define MST_ENCODINGS_TEXT_GUESS_H

#include <stddef.h>

/* n, below 16, as a constant that is jumped to. Documents of a kind have the same names:
 * so the processor guesses the jump, and goes on with the value while it still
 * looks where the name ends. Where lengths are any, a wrong guess costs more
 * than waiting. */
__attribute__((always_inline)) static inline size_t
mst_text_guess(size_t n)
{
#define TEXT_GUESS(value)                                                      \
case value:                                                                    \
    n = value;                                                                 \
    __asm__("" : "+r"(n)); /* Else the jumps become arithmetic again. */       \
    break

    switch (n) {
        TEXT_GUESS(0);
        TEXT_GUESS(1);
        TEXT_GUESS(2);
        TEXT_GUESS(3);
        TEXT_GUESS(4);
        TEXT_GUESS(5);
        TEXT_GUESS(6);
        TEXT_GUESS(7);
        TEXT_GUESS(8);
        TEXT_GUESS(9);
        TEXT_GUESS(10);
        TEXT_GUESS(11);
        TEXT_GUESS(12);
        TEXT_GUESS(13);
        TEXT_GUESS(14);
        TEXT_GUESS(15);
    default:
        break;
    }
    return n;
#undef TEXT_GUESS
}

#endif
