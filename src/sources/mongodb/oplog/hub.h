/* SPDX-License-Identifier: MIT */
/*
 * The tail of the oplog that jobs of one deployment share: one connection, one
 * cursor, and the thread that reads it. It is made with the first job that
 * might share it, sleeps while nobody does, and ends with the last.
 */
#ifndef MST_SOURCES_MONGODB_OPLOG_HUB_H
#define MST_SOURCES_MONGODB_OPLOG_HUB_H

#include "clients/mongo_options.h"
#include "core/commons.h"
#include "sources/mongodb/oplog/fan.h"
#include "sources/mongodb/stream.h"

struct mst_oplog_hub;

/* What is made of a struct mst_mongo_options. */
extern const struct mst_common_type mst_oplog_hub_type;

/* Appends what tells deployments apart: all by which a connection is made. It
 * has secrets in it. */
MST_MUST_CHECK enum mst_status
mst_oplog_hub_key(const struct mst_mongo_options *options, struct mst_buf *out);

struct mst_oplog_fan *mst_oplog_hub_fan(struct mst_oplog_hub *hub);

#endif
