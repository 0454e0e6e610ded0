/* SPDX-License-Identifier: MIT */
/* A Confluent-compatible schema registry: provider "schema_registry". */
#ifndef MST_CLIENTS_SCHEMA_REGISTRY_H
#define MST_CLIENTS_SCHEMA_REGISTRY_H

#include "core/schema_store.h"

extern const struct mst_schema_store_type mst_schema_registry;

#endif
