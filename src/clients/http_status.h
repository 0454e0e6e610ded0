/* SPDX-License-Identifier: MIT */
/* What the status of an answer means for the events of its request. */
#ifndef MST_CLIENTS_HTTP_STATUS_H
#define MST_CLIENTS_HTTP_STATUS_H

#include "clients/http_client.h"

enum { MST_HTTP_EXCERPT_MAX = 512 };

/* How a step judges answers. Borrowed. */
struct mst_http_rules {
    /* { "409" = "ok", ... }; may be empty */
    const struct mst_string_map *outcomes;
    /* The path is made from the event: what is missing there is missing for
     * this event only. */
    bool path_varies;
};

/* MST_OK, MST_RETRY, MST_REJECTED or MST_FATAL. */
enum mst_status mst_http_status_judge(const struct mst_http_rules *rules,
                                      long status);

/* MST_FATAL: a name is no status, or a value no outcome. */
MST_MUST_CHECK enum mst_status
mst_http_outcomes_check(const struct mst_string_map *outcomes,
                        struct mst_error *err);

/* Fills err: method, address, status, and the first bytes of the body on one
 * line. Returns outcome. */
enum mst_status mst_http_status_fail(enum mst_status outcome,
                                     const struct mst_http_answer *answer,
                                     const char *method, const char *url,
                                     struct mst_error *err);

#endif
