/* SPDX-License-Identifier: MIT */
/* A short list: transactions of several entries are rare. */
#include "sources/mongodb/oplog/parts.h"

#include <stdlib.h>

static void
parts_free(struct mst_oplog_part *part)
{
    while (part != NULL) {
        struct mst_oplog_part *next = part->next;
        free(part);
        part = next;
    }
}

void
mst_oplog_parts_clear(struct mst_oplog_parts *parts)
{
    parts_free(parts->newest);
    parts->newest = NULL;
}

void
mst_oplog_parts_sweep(struct mst_oplog_parts *parts)
{
    struct mst_oplog_part **at = &parts->newest;
    for (int i = 0; *at != NULL && i < MST_OPLOG_PARTS_KNOWN; i++) {
        at = &(*at)->next;
    }
    parts_free(*at);
    *at = NULL;
}

void
mst_oplog_parts_add(struct mst_oplog_parts *parts,
                    const struct mst_oplog_entry *entry,
                    const struct mst_slice *names, size_t names_len)
{
    size_t len = 0;
    for (size_t i = 0; i < names_len; i++) {
        len += names[i].len + 1;
    }
    struct mst_oplog_part *part = calloc(1, sizeof(*part) + len);
    if (part == NULL) {
        return;
    }
    for (size_t i = 0; i < names_len; i++) {
        memcpy(part->names + part->len, names[i].data, names[i].len);
        part->len += names[i].len + 1;
    }
    part->time = entry->time;
    part->previous = entry->previous;
    part->next = parts->newest;
    parts->newest = part;
}

const struct mst_oplog_part *
mst_oplog_parts_find(const struct mst_oplog_parts *parts,
                     struct mst_oplog_time time)
{
    const struct mst_oplog_part *part = parts->newest;
    while (part != NULL && mst_oplog_time_compare(part->time, time) != 0) {
        part = part->next;
    }
    return part;
}
