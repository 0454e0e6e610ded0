/* SPDX-License-Identifier: MIT */
/* UUIDs (RFC 4122) and their text. Private. */
#ifndef MST_ENCODINGS_AVRO_UUID_H
#define MST_ENCODINGS_AVRO_UUID_H

#include "base/slice.h"
#include "encodings/digits.h"
#include "encodings/digits_read.h"

enum { AVRO_UUID_LEN = 16, AVRO_UUID_TEXT = 36 };

/* 36 lower-case characters; returns where they end. */
static inline uint8_t *
avro_uuid_print(uint8_t *out, const uint8_t *data)
{
    for (unsigned i = 0; i < AVRO_UUID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        out = mst_print_hex(out, data + i, 1);
    }
    return out;
}

/* Either case; false for anything else. */
static inline bool
avro_uuid_parse(struct mst_slice text, uint8_t ret_data[AVRO_UUID_LEN])
{
    size_t at = 0;
    if (text.len != AVRO_UUID_TEXT) {
        return false;
    }
    for (unsigned i = 0; i < AVRO_UUID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text.data[at++] != '-') {
                return false;
            }
        }
        if (!mst_parse_hex(text.data + at, 1, ret_data + i)) {
            return false;
        }
        at += 2;
    }
    return true;
}

#endif
