/* SPDX-License-Identifier: MIT */
/* FNV-1a, CRC-32C and jitter. */
#include "base/hash.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

uint64_t
mst_hash64(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
    }
    /* FNV leaves the low bits weak for short keys; workers take them. */
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93ULL;
    return hash ^ (hash >> 32);
}

/* Remainders of the sixteen half bytes. */
static const uint32_t crc32c_nibble[16] = {
    0x00000000U, 0x105EC76FU, 0x20BD8EDEU, 0x30E349B1U,
    0x417B1DBCU, 0x5125DAD3U, 0x61C69362U, 0x7198540DU,
    0x82F63B78U, 0x92A8FC17U, 0xA24BB5A6U, 0xB21572C9U,
    0xC38D26C4U, 0xD3D3E1ABU, 0xE330A81AU, 0xF36E6F75U};

uint32_t
mst_crc32c(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ crc32c_nibble[crc & 15U];
        crc = (crc >> 4) ^ crc32c_nibble[crc & 15U];
    }
    return ~crc;
}

uint64_t
mst_random_below(uint64_t bound)
{
    static _Thread_local uint64_t state;
    if (state == 0) {
        if (getrandom(&state, sizeof(state), 0) != (ssize_t)sizeof(state)) {
            state = (uint64_t)mst_clock_ns();
        }
        state |= 1;
    }
    /* xorshift64*: period 2^64 - 1, plenty for jitter. */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 0x2545F4914F6CDD1DULL) % bound;
}
