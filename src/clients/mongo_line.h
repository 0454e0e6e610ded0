/* SPDX-License-Identifier: MIT */
/* A connected socket as libmongoc wants it, whose waiting can be ended. */
#ifndef MST_CLIENTS_MONGO_LINE_H
#define MST_CLIENTS_MONGO_LINE_H

#include <mongoc/mongoc.h>

#include "clients/mongo_cancel.h"

/* Takes the non-blocking fd over, connected or about to be. NULL: no memory,
 * and fd stays the caller's. */
mongoc_stream_t *mst_mongo_line_create(int fd, struct mst_mongo_cancel *cancel);

#endif
