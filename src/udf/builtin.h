/* SPDX-License-Identifier: MIT */
/* What the built-in middlewares share. Private to this folder. */
#ifndef MST_UDF_BUILTIN_H
#define MST_UDF_BUILTIN_H

#include "core/middleware.h"
#include "udf/doc.h"

/* The first member of each one's own. */
struct mst_builtin {
    const void *options;
    struct mst_doc doc; /* of the event at hand */
    struct mst_buf scratch;
};

/* Memory of that size, zeroed but for this; NULL without memory. */
MST_MUST_CHECK void *mst_builtin_make(size_t size,
                                      const struct mst_middleware_args *args);
/* A create for those that have nothing of their own. */
MST_MUST_CHECK enum mst_status
mst_builtin_create(void **ret_ctx, const struct mst_middleware_args *args,
                   struct mst_error *err);
void mst_builtin_clear(struct mst_builtin *self);
void mst_builtin_destroy(void *ctx);

/* Opens the event's document. An event without a payload has none: MST_END. */
MST_MUST_CHECK enum mst_status mst_builtin_read(struct mst_builtin *self,
                                                const struct mst_event *event,
                                                struct mst_error *err);
/* Emits the event with the document as it is now; untouched ones keep their
 * bytes. */
MST_MUST_CHECK enum mst_status mst_builtin_emit(struct mst_builtin *self,
                                                const struct mst_event *event,
                                                struct mst_emit *emit,
                                                struct mst_error *err);

/* Calls visit for each value at "a.b.c", in all items of arrays on the way that
 * the path gives no index for. visit may replace or take out the node. */
typedef enum mst_status (*mst_builtin_visit)(struct mst_builtin *self,
                                             struct mst_doc_node *node,
                                             struct mst_error *err);
MST_MUST_CHECK enum mst_status mst_builtin_each(struct mst_builtin *self,
                                                struct mst_doc_node *node,
                                                struct mst_slice path,
                                                mst_builtin_visit visit,
                                                struct mst_error *err);
/* Another value in its place. */
MST_MUST_CHECK enum mst_status
mst_builtin_replace(struct mst_builtin *self, struct mst_doc_node *node,
                    const struct mst_bson_value *value, struct mst_error *err);

/* Appends the value as a person writes it: texts as they are, numbers,
 * ObjectIds, dates; others as JSON. */
MST_MUST_CHECK enum mst_status mst_builtin_text(const struct mst_doc_node *node,
                                                struct mst_buf *out,
                                                struct mst_error *err);

#endif
