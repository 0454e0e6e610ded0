/* SPDX-License-Identifier: MIT */
/* The keys of a [[services]] entry with provider = "mongodb". */
#ifndef MST_CLIENTS_MONGO_OPTIONS_H
#define MST_CLIENTS_MONGO_OPTIONS_H

#include "core/option.h"

/* Of the published mstream: what its sinks did. The MongoDB sink takes it as
 * its default where the file sets it. */
enum mst_mongo_write_mode {
    MST_MONGO_WRITE_UNSET = 0,
    MST_MONGO_WRITE_INSERT,
    MST_MONGO_WRITE_REPLACE
};

struct mst_mongo_options {
    char *connection_string; /* may hold a password: never shown */
    char *db_name;
    int write_mode; /* enum mst_mongo_write_mode */
    bool tls;
    char *tls_ca_file;
    char *tls_certificate_key_file;
    char *tls_certificate_key_password;
    bool tls_insecure;
    int64_t connect_timeout_ms;
    int64_t server_selection_timeout_ms;
    int64_t socket_timeout_ms;
};

enum { MST_MONGO_SERVICE_OPTIONS_LEN = 11 };

extern const struct mst_option
    mst_mongo_service_options[MST_MONGO_SERVICE_OPTIONS_LEN];

/* For the type tables of source and sink. */
#define MST_MONGO_SERVICE_TABLE                                                \
    {                                                                          \
        .options = mst_mongo_service_options,                                  \
        .len = MST_MONGO_SERVICE_OPTIONS_LEN,                                  \
        .size = sizeof(struct mst_mongo_options),                              \
    }

#endif
