/* SPDX-License-Identifier: MIT */
/* One request on its way to an answer: made by the connection it came over,
 * lent to a worker, sent by the connection. */
#ifndef MST_API_CALL_H
#define MST_API_CALL_H

#include "api/api_impl.h"
#include "api/head.h"
#include "base/address.h"

struct mst_api_conn;

struct mst_api_call {
    struct mst_api_call *next; /* in the list it is in */
    struct mst_api_conn *conn; /* for the server's thread */
    char peer[MST_ADDRESS_TEXT_MAX];
    struct mst_api_request request;
    struct mst_api_framing framing;
    struct mst_api_answer answer;
};

/* Appends what stands in front of the body. Empty without memory. */
void mst_api_call_head(const struct mst_api_call *call, struct mst_buf *out);

#endif
