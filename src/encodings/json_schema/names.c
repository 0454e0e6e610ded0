/* SPDX-License-Identifier: MIT */
/* A hash table with chains. */
#include "encodings/json_schema/names.h"

#include "base/hash.h"

enum mst_status
js_names_init(struct js_names *names, size_t n, struct mst_arena *arena)
{
    uint32_t slots = 4;
    *names = (struct js_names){.names = NULL};
    if (n > UINT32_MAX / 4) {
        return MST_FATAL;
    }
    while (slots < n * 2) {
        slots *= 2;
    }
    names->names = mst_arena_alloc(arena, (n + 1) * sizeof(*names->names));
    names->slots = mst_arena_alloc_zeroed(arena, slots, sizeof(*names->slots));
    if (names->names == NULL || names->slots == NULL) {
        return MST_FATAL;
    }
    names->mask = slots - 1;
    names->cap = (uint32_t)n;
    return MST_OK;
}

void
js_names_add(struct js_names *names, struct mst_slice name)
{
    uint32_t *slot =
        &names->slots[(uint32_t)mst_hash64(name.data, name.len) & names->mask];
    names->names[names->len] = (struct js_name){.name = name, .next = *slot};
    *slot = ++names->len;
}

int64_t
js_names_find(const struct js_names *names, struct mst_slice name)
{
    if (names->len == 0) {
        return JS_NO_NAME;
    }
    uint32_t at =
        names->slots[(uint32_t)mst_hash64(name.data, name.len) & names->mask];
    while (at != 0) {
        const struct js_name *found = &names->names[at - 1];
        if (mst_slice_equal(found->name, name)) {
            return at - 1;
        }
        at = found->next;
    }
    return JS_NO_NAME;
}
