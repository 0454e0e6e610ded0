/* SPDX-License-Identifier: MIT */
/*
 * Which operation event number n is, and on which document: computed from n
 * and the seed alone, so that a stream can be entered anywhere.
 *
 * The first `warm` events create documents 0, 1, 2 ... Then the stream is cut
 * into rounds of as many events as the weights add up to; each round holds
 * exactly the weights, shuffled. Creates take the next new document, deletes
 * the oldest one alive, everything else any one alive: the counts before a
 * round follow from its number.
 */
#ifndef MST_SOURCES_GENERATE_GENERATE_MIX_H
#define MST_SOURCES_GENERATE_GENERATE_MIX_H

#include "core/event.h"

enum { MST_MIX_ROUND_MAX = 1000, MST_MIX_OPS = MST_OP_READ + 1 };

/* Value type, no clean-up. Thread: one at a time. */
struct mst_mix {
    uint64_t seed;
    uint64_t warm;
    unsigned weights[MST_MIX_OPS];
    unsigned total;
    /* The round at hand: shuffled when another one is asked for. */
    uint64_t round;
    bool shuffled;
    uint8_t ops[MST_MIX_ROUND_MAX];
    uint16_t creates[MST_MIX_ROUND_MAX]; /* before this slot */
    uint16_t deletes[MST_MIX_ROUND_MAX];
};

/* text: "create=70,update=20,replace=5,delete=5". MST_FATAL with what is
 * wrong in it. */
MST_MUST_CHECK enum mst_status mst_mix_init(struct mst_mix *mix,
                                            const char *text, uint64_t keys,
                                            uint64_t seed,
                                            struct mst_error *err);

/* n counts from 1. */
void mst_mix_event(struct mst_mix *mix, uint64_t n, enum mst_op *ret_op,
                   uint64_t *ret_key);

#endif
