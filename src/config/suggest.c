/* SPDX-License-Identifier: MIT */
/* The nearest known name to one that is not known: `did you mean`. */
#include "config/suggest.h"

#include <string.h>

enum { SUGGEST_MAX = 64 };

static size_t
suggest_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int
suggest_fold(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A' + 'a';
    }
    return c == '-' ? '_' : c;
}

size_t
mst_suggest_distance(const char *a, const char *b)
{
    size_t a_len = strnlen(a, SUGGEST_MAX);
    size_t b_len = strnlen(b, SUGGEST_MAX);
    /* Three rows of the table of optimal string alignment. */
    size_t rows[3][SUGGEST_MAX + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) {
        before[j] = j;
        last[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            int here = suggest_fold(a[i - 1]);
            size_t cost = here == suggest_fold(b[j - 1]) ? 0 : 1;
            row[j] = suggest_min(suggest_min(last[j], row[j - 1]) + 1,
                                 last[j - 1] + cost);
            if (i > 1 && j > 1 && here == suggest_fold(b[j - 2])
                && suggest_fold(a[i - 2]) == suggest_fold(b[j - 1])) {
                row[j] = suggest_min(row[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_len];
}

void
mst_suggest_offer(struct mst_suggest *suggest, const char *candidate)
{
    size_t len = strlen(suggest->word);
    /* One mistake in a short word, up to three in a long one. */
    size_t limit = len < 4 ? 1 : len < 8 ? 2 : 3;
    size_t distance = mst_suggest_distance(suggest->word, candidate);
    if (distance <= limit && distance < strlen(candidate)
        && (suggest->best == NULL || distance < suggest->distance)) {
        suggest->best = candidate;
        suggest->distance = distance;
    }
}
