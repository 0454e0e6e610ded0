/* SPDX-License-Identifier: MIT */
/*
 * The attributes of events: op, operation_type, database, collection, remarks
 * and cluster_time. All but the last are one array per combination, made once;
 * batches keep the table alive.
 */
#ifndef MST_SOURCES_MONGODB_LABELS_H
#define MST_SOURCES_MONGODB_LABELS_H

#include "core/batch.h"
#include "sources/mongodb/change.h"

enum mst_mongo_remark {
    MST_MONGO_FULL_MISSING = 1U << 0, /* full_document = missing */
    MST_MONGO_BEFORE_LARGE = 1U << 1, /* before = too_large */
    MST_MONGO_IS_CHANGE = 1U << 2,    /* payload = change */
    MST_MONGO_IS_DEBEZIUM = 1U << 3   /* payload = debezium */
};

struct mst_mongo_labels;

MST_MUST_CHECK struct mst_mongo_labels *mst_mongo_labels_create(void);
/* Thread: any. Batches that still use it keep it. NULL is fine. */
void mst_mongo_labels_unref(struct mst_mongo_labels *labels);

/* Makes the batch keep the table; once per batch. Thread: reader. */
MST_MUST_CHECK enum mst_status
mst_mongo_labels_hold(struct mst_mongo_labels *labels, struct mst_batch *batch);

/* Sets attributes of event (of a batch that holds the table) for a change
 * with these remarks (enum mst_mongo_remark). MST_FATAL: no memory. Thread:
 * reader. */
MST_MUST_CHECK enum mst_status
mst_mongo_labels_set(struct mst_mongo_labels *labels, struct mst_event *event,
                     const struct mst_mongo_change *change, unsigned remarks);

#endif
