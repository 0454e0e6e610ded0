/* SPDX-License-Identifier: MIT */
/* The option table of MongoDB services. */
#include "clients/mongo_options.h"

#include <stddef.h>

static const char *const write_modes[] = {"", "insert", "replace", NULL};

#define AT(field) offsetof(struct mst_mongo_options, field)

const struct mst_option
    mst_mongo_service_options[MST_MONGO_SERVICE_OPTIONS_LEN] = {
        {.name = "connection_string",
         .type = MST_OPTION_STRING,
         .offset = AT(connection_string),
         .flags = MST_OPTION_REQUIRED | MST_OPTION_SECRET,
         .help =
             "Connection string, mongodb://... or mongodb+srv://...; what it "
             "sets wins over the keys below."},
        {.name = "db_name",
         .type = MST_OPTION_STRING,
         .offset = AT(db_name),
         .flags = MST_OPTION_REQUIRED,
         .help = "Database that the resources of this service are in."},
        {.name = "write_mode",
         .type = MST_OPTION_ENUM,
         .offset = AT(write_mode),
         .def = "",
         .choices = write_modes,
         .help = "Default write_mode of the sinks of this service: insert or "
                 "replace. Prefer the sink's own write_mode."},
        {.name = "tls",
         .type = MST_OPTION_BOOL,
         .offset = AT(tls),
         .def = "false",
         .help = "Use TLS. Any tls_ key below turns it on as well."},
        {.name = "tls_ca_file",
         .type = MST_OPTION_STRING,
         .offset = AT(tls_ca_file),
         .help = "PEM file of the authorities that the server's certificate is "
                 "checked against; default: the system's."},
        {.name = "tls_certificate_key_file",
         .type = MST_OPTION_STRING,
         .offset = AT(tls_certificate_key_file),
         .help = "PEM file with the client's certificate and key."},
        {.name = "tls_certificate_key_password",
         .type = MST_OPTION_STRING,
         .offset = AT(tls_certificate_key_password),
         .flags = MST_OPTION_SECRET,
         .help = "Password of the key in tls_certificate_key_file."},
        {.name = "tls_insecure",
         .type = MST_OPTION_BOOL,
         .offset = AT(tls_insecure),
         .def = "false",
         .help = "Do not check the server's certificate. For tests only."},
        {.name = "connect_timeout",
         .type = MST_OPTION_DURATION,
         .offset = AT(connect_timeout_ms),
         .def = "5s",
         .min = 1,
         .max = 600000,
         .help = "Longest wait for a TCP and TLS connection."},
        {.name = "server_selection_timeout",
         .type = MST_OPTION_DURATION,
         .offset = AT(server_selection_timeout_ms),
         .def = "5s",
         .min = 1,
         .max = 600000,
         .help =
             "Longest wait for a member that can serve, such as a primary."},
        {.name = "socket_timeout",
         .type = MST_OPTION_DURATION,
         .offset = AT(socket_timeout_ms),
         .def = "30s",
         .min = 1000,
         .max = 3600000,
         .help =
             "A connection that gives no answer for this long is given up."},
};
