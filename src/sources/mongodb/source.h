/* SPDX-License-Identifier: MIT */
/* The MongoDB source: change streams of a collection or a database. */
#ifndef MST_SOURCES_MONGODB_SOURCE_H
#define MST_SOURCES_MONGODB_SOURCE_H

#include "core/source.h"

extern const struct mst_source_type mst_mongodb_source;

#endif
