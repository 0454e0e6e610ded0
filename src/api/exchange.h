/* SPDX-License-Identifier: MIT */
/*
 * One request of a connection and its answer. Each of these leaves the
 * connection in the state that comes next. Thread: the server's.
 */
#ifndef MST_API_EXCHANGE_H
#define MST_API_EXCHANGE_H

#include "api/conn.h"

/* False: no memory, and the connection is over. */
bool mst_api_exchange_begin(struct mst_api_conn *conn);
/* Reads the head that begins `in`; len 0: it is too long to be one. */
void mst_api_exchange_request(struct mst_api_conn *conn, size_t len);
/* The request is whole. */
void mst_api_exchange_give(struct mst_api_conn *conn);
/* Something is wrong with the request: the call says what. */
void mst_api_exchange_refused(struct mst_api_conn *conn);
/* The call is answered: that goes out at once, or a while later. */
void mst_api_exchange_finish(struct mst_api_conn *conn);
/* The answer into what is written next. */
void mst_api_exchange_answer(struct mst_api_conn *conn);
/* Frees the call, if there is one. */
void mst_api_exchange_end(struct mst_api_conn *conn);

#endif
