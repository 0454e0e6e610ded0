/* SPDX-License-Identifier: MIT */
/* Random documents of every type from a seed, for round trips. */
#ifndef MST_TESTS_RANDOM_BSON_H
#define MST_TESTS_RANDOM_BSON_H

#include <stdbool.h>

#include "encodings/bson_writer.h"

/* A generator of reproducible numbers. */
struct random_bson {
    uint64_t state;
    bool relaxed_only; /* no values whose relaxed form loses the width */
    /* No code with a NUL, which libbson 1.23 cuts there, and no code and
     * DBPointer in arrays, where it writes names of its own. */
    bool for_libbson;
};

uint64_t random_bson_next(struct random_bson *random);
/* A number below n. */
uint64_t random_bson_below(struct random_bson *random, uint64_t n);
/* Appends one document; names in an object differ. */
void random_bson_write(struct random_bson *random, struct mst_buf *out);

#endif
