/* SPDX-License-Identifier: MIT */
/* Looks at the server that is to be written to; changes nothing. */
#include "sinks/mongodb/mongodb_doctor.h"

#include <stdio.h>

#include "clients/mongo_client.h"
#include "encodings/bson_reader.h"
#include "sinks/mongodb/mongodb_intake.h"

enum { DOCTOR_WIRE_6_0 = 17 };

static bool
doctor_run(mongoc_client_t *client, const char *name, bool privileges,
           bson_t *reply, struct mst_error *err)
{
    bson_t command = BSON_INITIALIZER;
    bson_error_t error = {0};
    BSON_APPEND_INT32(&command, name, 1);
    if (privileges) {
        BSON_APPEND_BOOL(&command, "showPrivileges", true);
    }
    bool good = mongoc_client_command_simple(client, "admin", &command, NULL,
                                             reply, &error);
    if (!good) {
        char what[80];
        (void)snprintf(what, sizeof(what), "%s failed", name);
        (void)mst_mongo_fail(err, &error, reply, what);
    }
    bson_destroy(&command);
    return good;
}

static bool
doctor_text(struct mst_slice doc, const char *name, struct mst_slice *ret)
{
    struct mst_bson_value value;
    return mst_bson_find(doc, name, &value) && mst_bson_get_string(&value, ret);
}

static bool
doctor_nested(struct mst_slice doc, const char *name, struct mst_slice *ret)
{
    struct mst_bson_value value;
    return mst_bson_find(doc, name, &value)
           && mst_bson_get_document(&value, ret);
}

/* An empty name in a privilege's resource stands for all. */
static bool
doctor_covers(struct mst_slice resource, const char *database,
              const char *collection)
{
    struct mst_slice db;
    struct mst_slice coll;
    struct mst_bson_value any;
    if (mst_bson_find(resource, "anyResource", &any)) {
        return true;
    }
    return doctor_text(resource, "db", &db)
           && doctor_text(resource, "collection", &coll)
           && (db.len == 0 || mst_slice_is(db, database))
           && (coll.len == 0 || mst_slice_is(coll, collection));
}

static bool
doctor_lists(struct mst_slice actions, const char *action)
{
    struct mst_bson_iter iter;
    struct mst_slice name;
    if (mst_bson_iter_init(&iter, actions, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        if (mst_bson_get_string(&value, &name)
            && (mst_slice_is(name, action)
                || mst_slice_is(name, "anyAction"))) {
            return true;
        }
    }
    return false;
}

bool
mst_mongosink_may(struct mst_slice reply, const char *database,
                  const char *collection, const char *action)
{
    struct mst_slice info;
    struct mst_slice users;
    struct mst_slice privileges;
    struct mst_bson_iter iter;
    if (!doctor_nested(reply, "authInfo", &info)
        || !doctor_nested(info, "authenticatedUsers", &users)
        || users.len <= MST_BSON_DOCUMENT_MIN) {
        return true; /* the server asks nobody who he is */
    }
    if (!doctor_nested(info, "authenticatedUserPrivileges", &privileges)
        || mst_bson_iter_init(&iter, privileges, NULL) != MST_OK) {
        return false;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_slice privilege;
        struct mst_slice resource;
        struct mst_slice actions;
        if (mst_bson_get_document(&value, &privilege)
            && doctor_nested(privilege, "resource", &resource)
            && doctor_nested(privilege, "actions", &actions)
            && doctor_covers(resource, database, collection)
            && doctor_lists(actions, action)) {
            return true;
        }
    }
    return false;
}

static void
doctor_privileges(mongoc_client_t *client,
                  const struct mst_mongosink_intake *intake,
                  struct mst_findings *findings)
{
    static const char *const actions[] = {"insert", "update", "remove", "find"};
    bson_t reply;
    struct mst_error err;
    mst_error_clear(&err);
    const char *database = intake->database.text;
    const char *collection = intake->is_fixed ? intake->collection.text : "*";
    char missing[64] = "";
    size_t len = 0;
    bool good = doctor_run(client, "connectionStatus", true, &reply, &err);
    struct mst_slice bytes = {bson_get_data(&reply), reply.len};
    for (size_t i = 0; good && i < MST_ARRAY_SIZE(actions); i++) {
        if (!mst_mongosink_may(bytes, database, collection, actions[i])) {
            len += (size_t)snprintf(missing + len, sizeof(missing) - len,
                                    "%s%s", len == 0 ? "" : ", ", actions[i]);
        }
    }
    char text[600];
    if (!good) {
        findings->add(findings, MST_FINDING_WARN, "privileges", err.text, NULL);
    } else if (len > 0) {
        (void)snprintf(text, sizeof(text), "missing on %s.%s: %s", database,
                       collection, missing);
        findings->add(findings, MST_FINDING_FAIL, "privileges", text,
                      "grant the role readWrite on the database");
    } else {
        (void)snprintf(text, sizeof(text), "may write to %s.%s", database,
                       collection);
        findings->add(findings, MST_FINDING_OK, "privileges", text, NULL);
    }
    bson_destroy(&reply);
}

/* False: there is nobody to ask anything else. */
static bool
doctor_hello(mongoc_client_t *client, const char *server,
             struct mst_findings *findings)
{
    bson_t reply;
    struct mst_error err;
    char text[1200];
    int64_t wire = 0;
    struct mst_slice set = MST_SLICE_NONE;
    struct mst_bson_value value;
    mst_error_clear(&err);
    if (!doctor_run(client, "hello", false, &reply, &err)) {
        findings->add(findings, MST_FINDING_FAIL, "server", err.text, err.hint);
        bson_destroy(&reply);
        return false;
    }
    struct mst_slice bytes = {bson_get_data(&reply), reply.len};
    if (mst_bson_find(bytes, "maxWireVersion", &value)) {
        (void)mst_bson_as_int64(&value, &wire);
    }
    (void)snprintf(text, sizeof(text), "reached the primary of %s", server);
    findings->add(findings, MST_FINDING_OK, "server", text, NULL);
    if (wire < DOCTOR_WIRE_6_0) {
        findings->add(findings, MST_FINDING_WARN, "version",
                      "older than MongoDB 6.0", "6.0 and later are tested");
    }
    if (!doctor_text(bytes, "setName", &set)
        && !doctor_text(bytes, "msg", &set)) {
        findings->add(findings, MST_FINDING_WARN, "replica set",
                      "a standalone server: writes are not repeated after a "
                      "lost connection by the driver",
                      "start it with --replSet, also with one member");
    }
    bson_destroy(&reply);
    return true;
}

void
mst_mongosink_doctor(const void *args, int timeout_ms,
                     struct mst_findings *findings)
{
    const struct mst_sink_args *sink = args;
    struct mst_mongo_options service =
        *(const struct mst_mongo_options *)sink->service;
    struct mst_mongosink_intake intake;
    struct mst_error err;
    mongoc_client_t *client = NULL;
    char server[1024];
    mst_error_clear(&err);
    enum mst_status status = mst_mongosink_intake_init(&intake, sink, &err);
    if (status == MST_OK) {
        if (service.server_selection_timeout_ms > timeout_ms) {
            service.server_selection_timeout_ms = timeout_ms;
        }
        status = mst_mongo_client_create(&service, sink->service_name,
                                         timeout_ms, NULL, &client, &err);
    }
    if (status == MST_OK) {
        (void)mst_mongo_redact(service.connection_string, server,
                               sizeof(server));
        if (doctor_hello(client, server, findings)) {
            doctor_privileges(client, &intake, findings);
        }
    } else {
        findings->add(findings, MST_FINDING_FAIL, "options", err.text,
                      err.hint);
    }
    if (client != NULL) {
        mongoc_client_destroy(client);
    }
    mst_mongosink_intake_clear(&intake);
}
