/* SPDX-License-Identifier: MIT */
/* Documents out of a live collection. */
#ifndef MST_MSTREAM_SCHEMA_SAMPLE_H
#define MST_MSTREAM_SCHEMA_SAMPLE_H

#include "cli.h"

/* Gives count random documents of a collection of a MongoDB service, to add
 * one by one. Only reads. What add says ends it. */
MST_MUST_CHECK enum mst_status
mst_schema_sample(const struct mst_config_service *service,
                  const char *collection, int64_t count,
                  enum mst_status (*add)(void *ctx, struct mst_slice bson,
                                         struct mst_error *err),
                  void *ctx, struct mst_error *err);

#endif
