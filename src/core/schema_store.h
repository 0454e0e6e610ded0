/* SPDX-License-Identifier: MIT */
/*
 * The contract of what keeps schemas: a folder, a registry, a database.
 *
 * A local store is read while a configuration is loaded (`load`). A remote one
 * is not asked before a job starts: a server that is down never stands in the
 * way of the start-up, of validation, or of other jobs.
 */
#ifndef MST_CORE_SCHEMA_STORE_H
#define MST_CORE_SCHEMA_STORE_H

#include "base/buf.h"
#include "core/encoding.h"
#include "core/inspect.h"
#include "core/option.h"

enum { MST_SCHEMA_TEXT_MAX = 4 * 1024 * 1024 /* bytes of one schema */ };

/* A schema as a store has it. mst_schema_text_clear frees it. */
struct mst_schema_text {
    struct mst_buf text;
    enum mst_schema_kind kind;
    uint32_t id;      /* its number in a registry; 0: none */
    uint32_t version; /* of its subject; 0: not known */
};

void mst_schema_text_init(struct mst_schema_text *schema);
void mst_schema_text_clear(struct mst_schema_text *schema);

/* What a `resource` asks a store with subjects for: "SUBJECT" (its latest
 * version), "SUBJECT:latest", "SUBJECT:3", or "258", a number alone. */
struct mst_schema_ref {
    struct mst_slice subject; /* data == NULL: by number; borrowed */
    uint32_t version;         /* 0: the latest */
    uint32_t id;
};

/* MST_REJECTED: it is none of these. */
MST_MUST_CHECK enum mst_status mst_schema_ref_parse(const char *resource,
                                                    struct mst_schema_ref *ret,
                                                    struct mst_error *err);

/* Receives names or numbers; both are borrowed. */
struct mst_schema_list {
    enum mst_status (*add)(struct mst_schema_list *self, const char *subject,
                           uint32_t version);
};

struct mst_config;

struct mst_schema_store_args {
    const char *service_name;
    const void *service; /* as service_options say */
    /* The whole, for stores that are a part of the state. */
    const struct mst_config *config;
};

/* Statuses of what asks a server: MST_RETRY: it can not be had now.
 * MST_REJECTED: the server says that there is none, or no. MST_FATAL: a
 * person has to do something (a login, an address). */
struct mst_schema_store_type {
    const char *name;                        /* the `provider` users write */
    struct mst_option_table service_options; /* beside the common ones */
    const struct mst_inspect *inspect;       /* check, service; or NULL */

    /* Local stores; NULL: it is a remote one. Appends the text of a schema by
     * its id or name. Blocks. Asked while a configuration is loaded, never
     * per event. MST_REJECTED: there is none; others: it can not be had now.
     * service: as the table says. */
    enum mst_status (*load)(const void *service, const char *resource,
                            struct mst_buf *out, struct mst_error *err);

    /* Remote stores from here on. No network; args outlive the store. */
    enum mst_status (*open)(void **ret_store,
                            const struct mst_schema_store_args *args,
                            struct mst_error *err);
    void (*close)(void *store);
    /* Thread: any. on: what blocks returns soon with MST_RETRY, and so does
     * what is called later, until it is taken off. */
    void (*interrupt)(void *store, bool on);

    /* Thread: any, for all that follow. They block, within the time-outs of
     * the service. *ret is initialised, and filled on success only. */
    enum mst_status (*read)(void *store, const struct mst_schema_ref *ref,
                            struct mst_schema_text *ret, struct mst_error *err);
    /* The number (and version, where it is known) of a schema that the
     * subject has already. MST_REJECTED: it has it not. */
    enum mst_status (*find)(void *store, const char *subject,
                            const struct mst_schema_text *schema,
                            uint32_t *ret_id, struct mst_error *err);
    /* Adds a version to the subject, or finds it there. MST_REJECTED: it is
     * not compatible, or no schema. */
    enum mst_status (*add)(void *store, const char *subject,
                           const struct mst_schema_text *schema,
                           uint32_t *ret_id, struct mst_error *err);
    /* Whether it could be added, and if not why. Changes nothing. A subject
     * without versions takes everything. */
    enum mst_status (*check)(void *store, const char *subject,
                             const struct mst_schema_text *schema,
                             struct mst_error *err);
    /* Optional. Subjects; with a subject its versions. */
    enum mst_status (*list)(void *store, const char *subject,
                            struct mst_schema_list *list,
                            struct mst_error *err);
};

#endif
