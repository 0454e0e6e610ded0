/* SPDX-License-Identifier: MIT */
/* Connects a client of libmongoc to a server, so that it can be cancelled. */
#ifndef MST_CLIENTS_MONGO_DIAL_H
#define MST_CLIENTS_MONGO_DIAL_H

#include <mongoc/mongoc.h>

#include "clients/mongo_cancel.h"

/* As libmongoc's own stream initiator; user_data is a struct
 * mst_mongo_cancel. A TCP connection may still be on its way when it returns;
 * TLS is through. Names are looked up without a way to end that. */
mongoc_stream_t *mst_mongo_dial(const mongoc_uri_t *uri,
                                const mongoc_host_list_t *host, void *user_data,
                                bson_error_t *error);

#endif
