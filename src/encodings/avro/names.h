/* SPDX-License-Identifier: MIT */
/* Finds what a name stands for. Private. */
#ifndef MST_ENCODINGS_AVRO_NAMES_H
#define MST_ENCODINGS_AVRO_NAMES_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct avro_name {
    struct mst_slice name; /* borrowed; no data: free */
    void *value;
};

/* Ownership: the caller's; a zeroed one is empty. */
struct avro_names {
    struct avro_name *slots;
    size_t mask;
    size_t count;
};

void avro_names_clear(struct avro_names *names);
/* NULL: there is no such name. */
void *avro_names_find(const struct avro_names *names, struct mst_slice name);
/* MST_AGAIN: the name is there already and stays. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
avro_names_add(struct avro_names *names, struct mst_slice name, void *value);

#endif
