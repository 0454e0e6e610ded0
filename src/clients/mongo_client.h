/* SPDX-License-Identifier: MIT */
/*
 * Shared use of libmongoc: one initialisation, clients and pools made from a
 * service's options, and what the library's and the server's errors mean.
 */
#ifndef MST_CLIENTS_MONGO_CLIENT_H
#define MST_CLIENTS_MONGO_CLIENT_H

#include <mongoc/mongoc.h>

#include "base/error.h"
#include "clients/mongo_cancel.h"
#include "clients/mongo_options.h"
#include "core/inspect.h"

/* Initialises the library once per process. Every create below calls it; who
 * uses libmongoc without them calls it first. Thread: any. */
void mst_mongo_init(void);

/* Whether clients can be made of it, without network; MST_FATAL: *ret_key is
 * the key at fault (also then). */
MST_MUST_CHECK enum mst_status
mst_mongo_check(const struct mst_mongo_options *options, const char **ret_key,
                struct mst_error *err);

/* For struct mst_inspect; service is a struct mst_mongo_options. */
void mst_mongo_service_check(const void *service,
                             struct mst_complaints *complaints);
void mst_mongo_service_doctor(const char *name, const void *service,
                              int timeout_ms, struct mst_findings *findings);

/* A pool for several threads; its clients report errors in version 2 (server
 * errors have the domain MONGOC_ERROR_SERVER). No network. MST_FATAL: the
 * connection string or a TLS file is not usable. */
MST_MUST_CHECK enum mst_status
mst_mongo_pool_create(const struct mst_mongo_options *options,
                      const char *app_name, mongoc_client_pool_t **ret_pool,
                      struct mst_error *err);
/* NULL is fine; every client was pushed back. */
void mst_mongo_pool_destroy(mongoc_client_pool_t *pool);
/* Waits when maxPoolSize clients are out. Thread: any. */
mongoc_client_t *mst_mongo_pool_pop(mongoc_client_pool_t *pool);
/* NULL client is fine. Thread: any. */
void mst_mongo_pool_push(mongoc_client_pool_t *pool, mongoc_client_t *client);

/* A client for one thread: no monitoring threads behind it, connects when
 * first used. socket_timeout_ms 0: the service's. cancel ends its waiting and
 * outlives it; NULL: nothing does. Destroyed with mongoc_client_destroy. */
MST_MUST_CHECK enum mst_status
mst_mongo_client_create(const struct mst_mongo_options *options,
                        const char *app_name, int64_t socket_timeout_ms,
                        struct mst_mongo_cancel *cancel,
                        mongoc_client_t **ret_client, struct mst_error *err);

/* What the program does about an error; reply (NULL: none) is asked for its
 * labels.
 *   MST_DISCONNECTED  network, no primary, stepped down, shutting down,
 *                     cursor gone
 *   MST_RETRY         locks, time limits, write concern, disk full, and what
 *                     is labelled retryable
 *   MST_REJECTED      this document can never be written as it is: duplicate
 *                     key, validation, too large, bad value
 *   MST_FATAL         authentication, rights, and all that is not known */
enum mst_status mst_mongo_classify(const bson_error_t *error,
                                   const bson_t *reply);
/* The same for a bare code of the server, as in a bulk write's reply. */
enum mst_status mst_mongo_classify_code(int64_t code);
/* reply (may be NULL) carries this label. */
bool mst_mongo_has_label(const bson_t *reply, const char *label);

/* Fills err from a library error: "<what>: <message> (code N)", with a hint
 * for the common ones, and returns the class. what: "cannot read 'app.users'",
 * for example. */
enum mst_status mst_mongo_fail(struct mst_error *err, const bson_error_t *error,
                               const bson_t *reply, const char *what);
/* As mst_mongo_fail, with a status that the caller knows better. */
enum mst_status mst_mongo_fail_as(struct mst_error *err, enum mst_status status,
                                  const bson_error_t *error, const char *what);

/* Writes the connection string without its password and other secrets, cut
 * at size; returns out. */
char *mst_mongo_redact(const char *connection_string, char *out, size_t size);

#endif
