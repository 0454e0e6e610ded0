/* SPDX-License-Identifier: MIT */
/* A MongoDB service by itself: its keys, and whether the server answers. */
#include <stdio.h>

#include "clients/mongo_client.h"

enum { SERVICE_TEXT_MAX = 600 };

void
mst_mongo_service_check(const void *service, struct mst_complaints *complaints)
{
    const char *key = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_mongo_check(service, &key, &err) != MST_OK) {
        complaints->add(complaints, true, key, &err);
    }
}

static int64_t
service_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
service_ask(mongoc_client_t *client, const char *server,
            struct mst_findings *findings)
{
    bson_t *command = BCON_NEW("hello", BCON_INT32(1));
    bson_t reply;
    bson_error_t error = {0};
    struct mst_error err;
    char text[SERVICE_TEXT_MAX];
    mst_error_clear(&err);
    if (mongoc_client_command_simple(client, "admin", command, NULL, &reply,
                                     &error)) {
        (void)snprintf(text, sizeof(text), "reached %s", server);
        findings->add(findings, MST_FINDING_OK, "server", text, NULL);
    } else {
        (void)mst_mongo_fail(&err, &error, &reply, "hello failed");
        findings->add(findings, MST_FINDING_FAIL, "server", err.text, err.hint);
    }
    bson_destroy(&reply);
    bson_destroy(command);
}

void
mst_mongo_service_doctor(const char *name, const void *service, int timeout_ms,
                         struct mst_findings *findings)
{
    struct mst_mongo_options options =
        *(const struct mst_mongo_options *)service;
    mongoc_client_t *client = NULL;
    struct mst_error err;
    char server[SERVICE_TEXT_MAX / 2];
    mst_error_clear(&err);
    options.connect_timeout_ms =
        service_least(options.connect_timeout_ms, timeout_ms);
    options.server_selection_timeout_ms =
        service_least(options.server_selection_timeout_ms, timeout_ms);
    if (mst_mongo_client_create(&options, name, timeout_ms, NULL, &client, &err)
        != MST_OK) {
        findings->add(findings, MST_FINDING_FAIL, "options", err.text,
                      err.hint);
        return;
    }
    (void)mst_mongo_redact(options.connection_string, server, sizeof(server));
    service_ask(client, server, findings);
    mongoc_client_destroy(client);
}
