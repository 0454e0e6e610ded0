/* SPDX-License-Identifier: MIT */
#include "core/record_store.h"

#include <stdlib.h>
#include <string.h>

void
mst_record_clear(struct mst_record *record)
{
    free(record->name);
    free(record->changed_by);
    /* Owned slices come from malloc; the const is for the borrowed ones. */
    free((void *)(uintptr_t)record->body.data);
    memset(record, 0, sizeof(*record));
}
