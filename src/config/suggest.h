/* SPDX-License-Identifier: MIT */
/* The nearest known name to one that is not known: `did you mean`. */
#ifndef MST_CONFIG_SUGGEST_H
#define MST_CONFIG_SUGGEST_H

#include <stddef.h>

/* Fed with candidates one by one; a zeroed struct with word set begins. */
struct mst_suggest {
    const char *word;
    const char *best; /* borrowed from the candidates; NULL: nothing near */
    size_t distance;
};

void mst_suggest_offer(struct mst_suggest *suggest, const char *candidate);

/* Changes (insert, delete, replace, swap of neighbours) between two words;
 * words are cut at 64 bytes. Letter case does not count. */
size_t mst_suggest_distance(const char *a, const char *b);

#endif
