/* SPDX-License-Identifier: MIT */
/* The shortest decimal that reads back as a double. Private. */
#ifndef MST_ENCODINGS_DOUBLE_SHORTEST_H
#define MST_ENCODINGS_DOUBLE_SHORTEST_H

#include <stdint.h>

/* digits * 10^exponent; the last of at most 17 digits may be zeros. */
struct mst_decimal {
    uint64_t digits;
    int exponent;
};

/* Of a finite value above zero: of the shortest ones the nearest. */
struct mst_decimal mst_double_shortest(double value);

#endif
