/* SPDX-License-Identifier: MIT */
/* A borrowed run of bytes. */
#ifndef MST_BASE_SLICE_H
#define MST_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed: whoever hands it out says how long it stays valid. data == NULL
 * means "none", which differs from empty (a Kafka tombstone has none). */
struct mst_slice {
    const uint8_t *data;
    size_t len;
};

#define MST_SLICE_NONE ((struct mst_slice){NULL, 0})
/* For string literals only. */
#define MST_SLICE_LIT(s)                                                       \
    ((struct mst_slice){(const uint8_t *)("" s), sizeof(s) - 1})

static inline struct mst_slice
mst_slice_of(const void *data, size_t len)
{
    return (struct mst_slice){(const uint8_t *)data, len};
}

static inline struct mst_slice
mst_slice_str(const char *text)
{
    return (struct mst_slice){(const uint8_t *)text, strlen(text)};
}

static inline bool
mst_slice_equal(struct mst_slice a, struct mst_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
mst_slice_is(struct mst_slice a, const char *text)
{
    return mst_slice_equal(a, mst_slice_str(text));
}

/* One digit or more, and nothing else. */
static inline bool
mst_slice_is_digits(struct mst_slice a)
{
    size_t at = 0;
    while (at < a.len && a.data[at] >= '0' && a.data[at] <= '9') {
        at++;
    }
    return a.len > 0 && at == a.len;
}

#endif
