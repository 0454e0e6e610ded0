/* SPDX-License-Identifier: MIT */
/* What of an event stands in the headers of its request. */
#ifndef MST_CLIENTS_HTTP_EVENT_H
#define MST_CLIENTS_HTTP_EVENT_H

#include "clients/http_target.h"
#include "core/option.h"

/* Which attributes become headers X-<name>. */
struct mst_http_fields {
    const struct mst_strings *names; /* borrowed */
    const char *job;
    bool all;
    bool none;
};

void mst_http_fields_init(struct mst_http_fields *fields,
                          const struct mst_strings *names, const char *job);

/* False: their headers differ in what one request can not leave out. */
bool mst_http_fields_agree(const struct mst_http_fields *fields,
                           const struct mst_event *a,
                           const struct mst_event *b);

/* Appends a line for each header that holds for all n events; key: of the
 * only one, as text. MST_REJECTED: an attribute can not be in a header. */
MST_MUST_CHECK enum mst_status
mst_http_fields_append(const struct mst_http_fields *fields,
                       struct mst_delivery *const *deliveries, size_t n,
                       struct mst_slice key, struct mst_buf *out,
                       struct mst_error *err);

/* Whether the key's text stands in addresses or headers. */
bool mst_http_wants_key(const struct mst_http_target *target,
                        const struct mst_strings *names);

/* Headers of an answer that begin so are attributes of what it stands for. */
#define MST_HTTP_ATTRIBUTE_PREFIX "X-mstream-"

/* "application/json" and the like. */
const char *mst_http_content_type(enum mst_encoding encoding);

/* What `Content-Type: ...` says; MST_ENCODING_NONE: nothing that is known.
 * *ret_framed: it is a batch frame, of whatever encoding. */
enum mst_encoding mst_http_encoding_of(const char *content_type,
                                       bool *ret_framed);

enum { MST_HTTP_KEY_HEX = 32 };

/* A text that is the same for the same events of a job, whenever they are
 * sent, and another one for others. */
void mst_http_idempotency_key(const char *job,
                              struct mst_delivery *const *deliveries, size_t n,
                              char out[MST_HTTP_KEY_HEX + 1]);

#endif
