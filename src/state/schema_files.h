/* SPDX-License-Identifier: MIT */
/* Schemas as files of a directory: provider "schema_files". */
#ifndef MST_STATE_SCHEMA_FILES_H
#define MST_STATE_SCHEMA_FILES_H

#include "core/schema_store.h"

extern const struct mst_schema_store_type mst_schema_files;

#endif
