/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 that is not ASCII: validated (and copied) 16 bytes at a time where
 * the processor allows. Private to this folder.
 */
#ifndef MST_ENCODINGS_TEXT_WIDE_H
#define MST_ENCODINGS_TEXT_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* What is written behind the bytes that mst_text_wide returns. */
    MST_TEXT_WIDE_SLACK = 16
};

/* Copies whole characters from in until len is used up, or a control
 * character, quote or backslash comes, or what is not UTF-8. Returns how many
 * bytes; 0 when the first character is not valid UTF-8 (it must not be one
 * of the others). readable bytes may be read at in; out has room for len and
 * the slack. */
size_t mst_text_wide(uint8_t *out, const uint8_t *in, size_t len,
                     size_t readable);

/* Whether all of it is UTF-8. */
bool mst_text_is_utf8(const uint8_t *data, size_t len);

#endif
