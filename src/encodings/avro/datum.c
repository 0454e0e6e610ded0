/* SPDX-License-Identifier: MIT */
/* Numbers of nine bytes and more, and at the end of the data. */
#include "encodings/avro/datum.h"

#include <stddef.h>

const uint8_t *
avro_get_long_slow(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    uint64_t bits = 0;
    for (unsigned shift = 0; at < end && shift < 70; shift += 7) {
        uint64_t byte = *at++;
        if (shift == 63 && byte > 1) {
            return NULL;
        }
        bits |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret = avro_unzigzag(bits);
            return at;
        }
    }
    return NULL;
}
