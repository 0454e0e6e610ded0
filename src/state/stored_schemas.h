/* SPDX-License-Identifier: MIT */
/*
 * Subjects as schemas of jobs: provider "schema_store" is the store that
 * `mstream schema` works on, and a mongodb service has the collection that
 * [system] schemas names, else "schemas".
 */
#ifndef MST_STATE_STORED_SCHEMAS_H
#define MST_STATE_STORED_SCHEMAS_H

#include "core/schema_store.h"

extern const struct mst_schema_store_type mst_stored_schemas;
extern const struct mst_schema_store_type mst_mongodb_schemas;

#endif
