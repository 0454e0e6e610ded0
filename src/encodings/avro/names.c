/* SPDX-License-Identifier: MIT */
/* A hash table with open addressing, at most half full. */
#include "encodings/avro/names.h"

#include <stdlib.h>

#include "base/hash.h"

enum { NAMES_FIRST = 32 };

void
avro_names_clear(struct avro_names *names)
{
    free(names->slots);
    *names = (struct avro_names){.slots = NULL};
}

/* The slot of the name, or the free one where it belongs. */
static struct avro_name *
names_slot(const struct avro_names *names, struct mst_slice name)
{
    size_t at = (size_t)mst_hash64(name.data, name.len) & names->mask;
    while (names->slots[at].name.data != NULL
           && !mst_slice_equal(names->slots[at].name, name)) {
        at = (at + 1) & names->mask;
    }
    return &names->slots[at];
}

void *
avro_names_find(const struct avro_names *names, struct mst_slice name)
{
    return names->slots == NULL ? NULL : names_slot(names, name)->value;
}

static enum mst_status
names_grow(struct avro_names *names)
{
    struct avro_names wider = {.count = names->count};
    size_t slots = names->slots == NULL ? NAMES_FIRST : (names->mask + 1) * 2;
    wider.slots = calloc(slots, sizeof(*wider.slots));
    wider.mask = slots - 1;
    if (wider.slots == NULL) {
        return MST_FATAL;
    }
    for (size_t i = 0; names->slots != NULL && i <= names->mask; i++) {
        if (names->slots[i].name.data != NULL) {
            *names_slot(&wider, names->slots[i].name) = names->slots[i];
        }
    }
    free(names->slots);
    *names = wider;
    return MST_OK;
}

enum mst_status
avro_names_add(struct avro_names *names, struct mst_slice name, void *value)
{
    if (names->slots == NULL || names->count >= (names->mask + 1) / 2) {
        enum mst_status status = names_grow(names);
        if (status != MST_OK) {
            return status;
        }
    }
    struct avro_name *slot = names_slot(names, name);
    if (slot->name.data != NULL) {
        return MST_AGAIN;
    }
    slot->name = name;
    slot->value = value;
    names->count++;
    return MST_OK;
}
