/* SPDX-License-Identifier: MIT */
/*
 * What operations have done by others: with libraries that the API does not
 * see. Each writes the answer's JSON to out.
 *   MST_REJECTED  what was asked for is wrong, err says how
 *   MST_END       it is not there
 *   the rest      as err says; out is thrown away then
 * Threads: any. Whoever asks a server is done within timeout_ms.
 */
#ifndef MST_API_TOOLS_H
#define MST_API_TOOLS_H

#include <stdatomic.h>

#include "base/json_write.h"
#include "config/config.h"
#include "core/script_store.h"
#include "core/store.h"

/* Borrowed. Texts are NULL where nothing was said. */
struct mst_api_convert {
    struct mst_slice schema;
    bool from_avro; /* else of JSON Schema */
    bool to_avro;
    const char *name; /* of the outermost record */
    const char *name_space;
};

struct mst_api_look {
    const struct mst_config_service *service;
    const char *resource;
    struct mst_script_store *scripts; /* NULL: none are kept */
    int64_t sample;
    int timeout_ms;
};

struct mst_api_script {
    const struct mst_config_service *service;
    struct mst_script_store *scripts; /* NULL: none are kept */
    const char *name;
    struct mst_slice text; /* of a new one */
};

/* How a script is. */
struct mst_api_script_look {
    const char *origin; /* "state", "definition", "file" */
    bool own;           /* it is there also without the one in the state */
    uint32_t line;      /* where it is wrong; 0: nobody knows */
    uint32_t column;
};

struct mst_api_subject {
    const struct mst_config *config;
    /* The schemas of this one, as the published mstream shows them; NULL: the
     * store that the configuration names. */
    const struct mst_config_service *service;
    const char *name;  /* NULL: all */
    int64_t version;   /* 0: all of them, or the newest */
    const char *text;  /* of a new version */
    const char *kind;  /* "avro" or "json" */
    const char *level; /* "BACKWARD" */
    bool only_check;   /* nothing is written */
    const char *after; /* of a list: only names behind it */
    int64_t limit;     /* of a list */
};

struct mst_api_dry_run {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    const struct mst_registry *registry;
    struct mst_store *store;
    int64_t limit; /* events */
    int64_t timeout_ms;
    bool follow; /* waits for events that come */
};

/* A schema as a text; text NULL: none. */
struct mst_api_written {
    const char *text;
    bool avro; /* else JSON Schema */
};

/* Scripts that are tried. JSON is as it was sent. */
struct mst_api_transform {
    const char *script;
    const char *payload;           /* JSON; of another encoding base64 */
    const char *encoding;          /* "json", "bson", "avro" */
    const char *attributes;        /* a JSON object */
    const char *cases;             /* a JSON array */
    struct mst_api_written reads;  /* what payloads are of */
    struct mst_api_written writes; /* what results have to be of */
    bool only_check;               /* cases are looked at, not run */
    int64_t limit;                 /* of what is made up */
    int64_t timeout_ms;            /* for all of it */
    const atomic_bool *stop;       /* the program ends */
};

struct mst_api_tools {
    /* One document made up by a JSON Schema or an Avro schema. */
    enum mst_status (*fill)(struct mst_slice schema, int64_t seed,
                            struct mst_json *out, struct mst_error *err);
    enum mst_status (*convert)(const struct mst_api_convert *what,
                               struct mst_json *out, struct mst_error *err);
    /* The names of what is in a service, and the schema of one of them. */
    enum mst_status (*resources)(const struct mst_api_look *look,
                                 struct mst_json *out, struct mst_error *err);
    /* Appends a script's text. */
    enum mst_status (*script_read)(const struct mst_api_script *what,
                                   struct mst_buf *out,
                                   struct mst_api_script_look *ret_look,
                                   struct mst_error *err);
    /* Whether it is one. MST_REJECTED: *ret_look says where it is wrong. */
    enum mst_status (*script_check)(const struct mst_api_script *what,
                                    struct mst_api_script_look *ret_look,
                                    struct mst_error *err);
    enum mst_status (*introspect)(const struct mst_api_look *look,
                                  struct mst_json *out, struct mst_error *err);
    /* What a job would write; see docs/api.md. */
    enum mst_status (*dry_run)(const struct mst_api_dry_run *what,
                               struct mst_json *out, struct mst_error *err);
    /* A script: on one event; what is wrong with it; on the cases of a test;
     * cases made up for it; the functions that it may use. */
    enum mst_status (*transform)(const struct mst_api_transform *what,
                                 struct mst_json *out, struct mst_error *err);
    enum mst_status (*transform_validate)(const struct mst_api_transform *what,
                                          struct mst_json *out,
                                          struct mst_error *err);
    enum mst_status (*transform_test)(const struct mst_api_transform *what,
                                      struct mst_json *out,
                                      struct mst_error *err);
    enum mst_status (*transform_generate)(const struct mst_api_transform *what,
                                          struct mst_json *out,
                                          struct mst_error *err);
    enum mst_status (*transform_completions)(
        const struct mst_api_transform *what, struct mst_json *out,
        struct mst_error *err);
    /* The store of schemas. */
    enum mst_status (*subjects)(const struct mst_api_subject *what,
                                struct mst_json *out, struct mst_error *err);
    enum mst_status (*subject)(const struct mst_api_subject *what,
                               struct mst_json *out, struct mst_error *err);
    enum mst_status (*subject_put)(const struct mst_api_subject *what,
                                   struct mst_json *out, struct mst_error *err);
    enum mst_status (*subject_remove)(const struct mst_api_subject *what,
                                      struct mst_json *out,
                                      struct mst_error *err);
};

#endif
