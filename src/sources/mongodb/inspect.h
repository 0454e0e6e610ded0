/* SPDX-License-Identifier: MIT */
/* What `mstream doctor` and `mstream explain` say of a MongoDB source. */
#ifndef MST_SOURCES_MONGODB_INSPECT_H
#define MST_SOURCES_MONGODB_INSPECT_H

#include "core/inspect.h"

extern const struct mst_inspect mst_mongo_source_inspect;

#endif
