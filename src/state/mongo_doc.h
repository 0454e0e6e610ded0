/* SPDX-License-Identifier: MIT */
/* Reading fields of stored documents, each with what it is when it is absent
 * or something else. Borrowed from doc. */
#ifndef MST_STATE_MONGO_DOC_H
#define MST_STATE_MONGO_DOC_H

#include "base/slice.h"

/* A whole number, or the milliseconds of a date; else 0. */
int64_t mst_mongo_doc_number(struct mst_slice doc, const char *name);
/* Else empty. The NUL behind it is there. */
struct mst_slice mst_mongo_doc_text(struct mst_slice doc, const char *name);
/* A binary value; else MST_SLICE_NONE. */
struct mst_slice mst_mongo_doc_bytes(struct mst_slice doc, const char *name);

#endif
