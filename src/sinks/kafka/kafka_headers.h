/* SPDX-License-Identifier: MIT */
/* Which headers a message gets. Private to this folder. */
#ifndef MST_SINKS_KAFKA_HEADERS_H
#define MST_SINKS_KAFKA_HEADERS_H

#include <librdkafka/rdkafka.h>

#include "core/event.h"
#include "core/option.h"

struct kafka_headers {
    const struct mst_strings *names; /* borrowed; used when neither is set */
    const char *job;
    bool all;
    bool none;
};

void kafka_headers_init(struct kafka_headers *headers,
                        const struct mst_strings *names, const char *job);

/* One header at a time, in order. key is the message's. A stop of the visit
 * (not MST_OK) is handed back. */
typedef enum mst_status (*kafka_header_visit)(void *arg, struct mst_slice name,
                                              struct mst_slice value);
MST_MUST_CHECK enum mst_status
kafka_headers_each(const struct kafka_headers *headers,
                   const struct mst_event *event, struct mst_slice key,
                   kafka_header_visit visit, void *arg);

/* librdkafka's list, *ret NULL when there are none. Ownership: the caller's,
 * until a produce call took it. */
MST_MUST_CHECK enum mst_status
kafka_headers_make(const struct kafka_headers *headers,
                   const struct mst_event *event, struct mst_slice key,
                   rd_kafka_headers_t **ret, struct mst_error *err);

#endif
