/* SPDX-License-Identifier: MIT */
/* Running scripts for a request: also those of stored tests. */
#ifndef MST_API_TRANSFORMS_H
#define MST_API_TRANSFORMS_H

#include "api/tools.h"

struct mst_api;
struct mst_api_answer;

typedef enum mst_status (*mst_api_transform_tool)(
    const struct mst_api_transform *what, struct mst_json *out,
    struct mst_error *err);

/* Runs it when not too many do, and answers what it wrote: as it is, or as
 * {"message", "item"}. Fills in when it has to end. */
void mst_api_transform_run(struct mst_api *api, struct mst_api_transform *what,
                           mst_api_transform_tool tool, const char *message,
                           struct mst_api_answer *answer);

#endif
