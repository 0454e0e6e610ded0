/* SPDX-License-Identifier: MIT */
/* What a job does about events that are refused, and about retrying. */
#ifndef MST_CORE_POLICY_H
#define MST_CORE_POLICY_H

#include <stdint.h>

enum mst_on_reject {
    MST_ON_REJECT_DLQ = 0, /* kept as a dead letter */
    MST_ON_REJECT_SKIP,    /* counted and logged */
    MST_ON_REJECT_STOP     /* the job fails */
};

struct mst_retry_policy {
    int64_t base_ms;        /* first wait: random in 0..base */
    int64_t max_ms;         /* the longest wait */
    int64_t max_attempts;   /* 0: for ever */
    int64_t max_elapsed_ms; /* 0: for ever */
};

#endif
