/* SPDX-License-Identifier: MIT */
/* The option tables of everything that is no connector's own. */
#ifndef MST_CONFIG_TABLES_H
#define MST_CONFIG_TABLES_H

#include "config/config.h"

/* Keys that every [[services]] entry has beside its provider's. */
struct mst_service_keys {
    char *name;
    char *provider;
};

/* Keys that every source, middleware and sink has beside its provider's. The
 * encodings count from 0 for "raw"; whether they, json_mode and the others
 * were written is asked of the node. */
struct mst_step_keys {
    char *service_name;
    char *resource;
    char *schema_id;
    int input_encoding;
    int output_encoding;
    int json_mode;
    int big_numbers;
    bool extended;
    int framing;
    int unknown_fields;
    bool lossy_numbers;
    char *schema_registry;
    char *subject;
    bool auto_register;
    bool project;
    bool check_formats;
};

struct mst_schema_keys {
    char *id;
    char *service_name;
    char *resource;
    int encoding; /* counts from 0 for "avro"; asked of the node */
    int64_t version;
    int64_t registry_id;
};

extern const struct mst_option_table mst_table_root;   /* struct mst_config */
extern const struct mst_option_table mst_table_api;    /* .api */
extern const struct mst_option_table mst_table_state;  /* .state */
extern const struct mst_option_table mst_table_limits; /* .memory */
extern const struct mst_option_table mst_table_log;    /* .log */
extern const struct mst_option_table mst_table_system; /* .system */
extern const struct mst_option_table mst_table_service;
extern const struct mst_option_table mst_table_connector;
extern const struct mst_option_table mst_table_step;
extern const struct mst_option_table mst_table_schema;
extern const struct mst_option_table mst_table_dlq; /* .dlq */

#endif
