/* SPDX-License-Identifier: MIT */
/* Powers of ten to 128 bits, for printing doubles. */
#ifndef MST_ENCODINGS_POWERS_OF_TEN_H
#define MST_ENCODINGS_POWERS_OF_TEN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MST_POWER_MIN = -292, MST_POWER_MAX = 324, MST_POWERS = 617 };

/* 10^k times the power of two that gives it 128 bits, rounded up. */
struct mst_power_of_ten {
    uint64_t high;
    uint64_t low;
};

/* From 10^MST_POWER_MIN on. */
struct mst_powers_of_ten {
    struct mst_power_of_ten power[MST_POWERS];
};

extern const struct mst_powers_of_ten mst_powers_of_ten;

#ifdef __cplusplus
}
#endif

#endif
