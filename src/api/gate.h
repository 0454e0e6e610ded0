/* SPDX-License-Identifier: MIT */
/*
 * How many scripts of the API run at once: few, so that neither jobs nor other
 * requests are behind them. Some may wait, for a short while.
 */
#ifndef MST_API_GATE_H
#define MST_API_GATE_H

#include <stdbool.h>

#include "base/error.h"

struct mst_api_gate;

/* Thread of what follows: any. */
MST_MUST_CHECK enum mst_status mst_api_gate_create(struct mst_api_gate **ret,
                                                   struct mst_error *err);
/* NULL is fine. */
void mst_api_gate_destroy(struct mst_api_gate *gate);

/* False: too many run and wait already, or this one waited for long. */
MST_MUST_CHECK bool mst_api_gate_enter(struct mst_api_gate *gate);
void mst_api_gate_leave(struct mst_api_gate *gate);

#endif
