/* SPDX-License-Identifier: MIT */
/*
 * Where an event's request goes: host and resource joined by one slash, with
 * placeholders that the event fills: {key}, {op}, {database}, {collection},
 * {topic}, {attr:NAME}. What stands for one is escaped as one segment.
 */
#ifndef MST_CLIENTS_HTTP_TARGET_H
#define MST_CLIENTS_HTTP_TARGET_H

#include "base/buf.h"
#include "core/event.h"

struct mst_http_target {
    char *text; /* host and resource, as they are written */
    bool is_fixed;
    bool has_key;
};

/* MST_FATAL: what is wrong with the resource. */
MST_MUST_CHECK enum mst_status
mst_http_target_init(struct mst_http_target *target, const char *host,
                     const char *resource, struct mst_error *err);
void mst_http_target_clear(struct mst_http_target *target);

/* Makes out the address, with a NUL that counts. key: the event's as text,
 * data == NULL: none. MST_REJECTED: the event lacks what is asked for. */
MST_MUST_CHECK enum mst_status
mst_http_target_make(const struct mst_http_target *target,
                     const struct mst_event *event, struct mst_slice key,
                     struct mst_buf *out, struct mst_error *err);

#endif
