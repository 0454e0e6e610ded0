/* SPDX-License-Identifier: MIT */
/*
 * A condition on an event, compiled once:
 *
 *     total > 100 and (status == 'paid' or exists gift) and not @op == 'delete'
 *
 * Left of an operator stands a field's path or @attribute, right of it a
 * number, a text in quotes, true, false or null; behind `in` some of them in
 * brackets, behind `like` a text in which * and ? stand for characters.
 */
#ifndef MST_UDF_CONDITION_H
#define MST_UDF_CONDITION_H

#include "core/event.h"
#include "udf/doc.h"

struct mst_condition;

/* MST_FATAL with the place of what is wrong. */
MST_MUST_CHECK enum mst_status
mst_condition_compile(const char *text, struct mst_condition **ret_condition,
                      struct mst_error *err);
/* NULL is fine. */
void mst_condition_destroy(struct mst_condition *condition);

/* doc->root == NULL: the event has no document, no field is there. */
MST_MUST_CHECK enum mst_status
mst_condition_test(const struct mst_condition *condition,
                   const struct mst_event *event, struct mst_doc *doc,
                   bool *ret_is, struct mst_error *err);

#endif
