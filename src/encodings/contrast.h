/* SPDX-License-Identifier: MIT */
/* Where events and documents differ; the contract is core/contrast.h's. */
#ifndef MST_ENCODINGS_CONTRAST_H
#define MST_ENCODINGS_CONTRAST_H

#include "core/contrast.h"

/* A mst_contrast_find. Documents are compared field by field, BSON and JSON
 * also with each other, by value and type; other payloads by their bytes. */
MST_MUST_CHECK enum mst_status
mst_contrast_events(const struct mst_event *before,
                    const struct mst_event *after, mst_contrast_each each,
                    void *arg, struct mst_error *err);

/* Two BSON documents. MST_REJECTED: one of them is none; each may have been
 * called. Above a bound of work what is left is one change of the whole. */
MST_MUST_CHECK enum mst_status mst_contrast_documents(struct mst_slice before,
                                                      struct mst_slice after,
                                                      mst_contrast_each each,
                                                      void *arg,
                                                      struct mst_error *err);

/* A mst_contrast_describe. */
void mst_contrast_event(const struct mst_event *event, size_t max,
                        struct mst_json *out, const char *name);

/* The payload as text: BSON as Extended JSON, what is no text as base64.
 * Empty: there is none. */
void mst_contrast_payload(enum mst_encoding encoding, struct mst_slice payload,
                          struct mst_buf *out);

#endif
