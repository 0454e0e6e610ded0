/* SPDX-License-Identifier: MIT */
/* What becomes of an answer. */
#ifndef MST_UDF_HTTP_RESULT_H
#define MST_UDF_HTTP_RESULT_H

#include "udf/http/http_ask.h"

/* Emits what the answer to one event is: its body as one event or as several,
 * or nothing. MST_REJECTED: it is none that can be taken. */
MST_MUST_CHECK enum mst_status
http_result_emit(const struct http_ask_options *options,
                 const struct mst_http_answer *answer,
                 const struct mst_event *event, struct mst_emit *emit,
                 struct mst_error *err);

/* Likewise of the answer to events that were sent together, which are those
 * from `first` on of the group at hand: an item for each, in their order. */
MST_MUST_CHECK enum mst_status
http_result_emit_batch(const struct http_ask_options *options,
                       const struct http_ask_answer *answer,
                       const struct mst_event *const *events, size_t first,
                       struct mst_emit *emit, struct mst_error *err);

#endif
