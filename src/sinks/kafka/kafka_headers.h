/* SPDX-License-Identifier: MIT */
/* Which headers a message gets. Private to this folder. */
#ifndef MST_SINKS_KAFKA_HEADERS_H
#define MST_SINKS_KAFKA_HEADERS_H

#include <librdkafka/rdkafka.h>

#include "core/event.h"
#include "core/option.h"

/* Thread: one at a time. */
struct kafka_headers {
    const struct mst_strings *names; /* borrowed; used when neither is set */
    const char *job;
    bool all;
    bool none;
    struct mst_buf name; /* scratch, as the two below */
    struct mst_buf value;
    struct mst_buf place;
};

void kafka_headers_init(struct kafka_headers *headers,
                        const struct mst_strings *names, const char *job);
void kafka_headers_clear(struct kafka_headers *headers);

/* One header at a time, in order, as text. key is the message's. A stop of
 * the visit (not MST_OK) is handed back. */
typedef enum mst_status (*kafka_header_visit)(void *arg, struct mst_slice name,
                                              struct mst_slice value);
MST_MUST_CHECK enum mst_status
kafka_headers_each(struct kafka_headers *headers, const struct mst_event *event,
                   struct mst_slice key, kafka_header_visit visit, void *arg);

/* What librdkafka gets. */
struct kafka_header_list {
    rd_kafka_headers_t *list; /* NULL: there are none */
    size_t bytes;             /* of names and values */
};

/* Ownership of the list: the caller's, until a produce call took it. */
MST_MUST_CHECK enum mst_status kafka_headers_make(struct kafka_headers *headers,
                                                  const struct mst_event *event,
                                                  struct mst_slice key,
                                                  struct kafka_header_list *ret,
                                                  struct mst_error *err);

#endif
