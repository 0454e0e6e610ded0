/* SPDX-License-Identifier: MIT */
/* Names to their place in a list; made once, then only read. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_NAMES_H
#define MST_ENCODINGS_JSON_SCHEMA_NAMES_H

#include "base/arena.h"

enum { JS_NO_NAME = -1 };

struct js_name {
    struct mst_slice name;
    uint32_t next; /* of the same slot: index + 1, 0: none */
};

struct js_names {
    struct js_name *names;
    uint32_t *slots; /* index + 1 */
    uint32_t mask;
    uint32_t len;
    uint32_t cap;
};

/* Room for up to n names. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status js_names_init(struct js_names *names, size_t n,
                                             struct mst_arena *arena);
/* The name gets the next index; there is room. It must not be there yet. */
void js_names_add(struct js_names *names, struct mst_slice name);
/* JS_NO_NAME, or the index. */
int64_t js_names_find(const struct js_names *names, struct mst_slice name);

#endif
