/* SPDX-License-Identifier: MIT */
/* The parts of loading, for the files that do it only. */
#ifndef MST_CONFIG_LOADER_H
#define MST_CONFIG_LOADER_H

#include "config/load.h"
#include "config/options.h"
#include "config/secret.h"

struct mst_loader {
    const struct mst_config_input *input;
    const struct mst_registry *registry;
    struct mst_reader reader;
    struct mst_config *config;
    bool unnamed_service;      /* references to services may be to that one */
    const struct mst_env *env; /* of what the file says */
    struct mst_env restricted; /* of what came over the API */
};

enum {
    MST_CONFIG_MAX_ENTRIES = 10000,
    MST_CONFIG_SCHEMA_MAX = 4 * 1024 * 1024 /* bytes of one schema */
};

/* Adds an error. hint may be NULL. */
void mst_loader_fail(struct mst_loader *loader, const struct mst_place *place,
                     const char *hint, const char *fmt, ...) MST_PRINTF(4, 5);

void mst_loader_fail_memory(struct mst_loader *loader,
                            const struct mst_toml_node *node, const char *path);

/* Where the value of a key stands; where the table does when it is absent. */
struct mst_place mst_loader_place(const struct mst_toml_node *table,
                                  const char *key, const char *path);

/* The text of a string member with references resolved, in the arena. NULL:
 * none, or not a text, which the reader of the value says. */
const char *mst_loader_peek(struct mst_loader *loader,
                            const struct mst_toml_node *table, const char *key);

/* The same as it was written, for messages: nothing of the environment, no
 * password. "" when it is absent or no string. */
void mst_loader_written(const struct mst_toml_node *table, const char *key,
                        char out[MST_SECRET_SHOWN_MAX]);

/* Children of an array of tables. False: a problem was added. */
MST_MUST_CHECK bool mst_loader_check_tables(struct mst_loader *loader,
                                            const struct mst_toml_node *node,
                                            const char *path);

/* Reads the whole file into memory, NUL-terminated, the caller's to free.
 * NULL: a problem was added. */
MST_MUST_CHECK char *mst_loader_file(struct mst_loader *loader,
                                     const char *path, size_t *ret_len);

/* Writes the environment's and the command line's settings into the tree. */
void mst_loader_override(struct mst_loader *loader);

/* Puts what is kept in the state among the file's own. */
void mst_loader_merge(struct mst_loader *loader);

/* Before the i-th entry of an array is looked at: out is how its places
 * begin, and its references are resolved as they may be. */
void mst_loader_entry(struct mst_loader *loader,
                      const struct mst_toml_node *node, const char *array,
                      size_t i, char out[MST_PATH_MAX]);

void mst_loader_services(struct mst_loader *loader);
void mst_loader_connectors(struct mst_loader *loader);

/* Index of a service by name, or MST_CONFIG_NO_SERVICE with a problem at the
 * key of node that names it. */
size_t mst_loader_service(struct mst_loader *loader,
                          const struct mst_toml_node *node, const char *key,
                          const char *path, const char *name);

/* A middleware of that name that needs no service gets one, if there is one
 * and no service has its name. */
void mst_loader_builtin(struct mst_loader *loader,
                        const struct mst_toml_node *node, const char *name);

/* Likewise of the store of the state's own schemas, which need not be written;
 * without one in this build node lacks its service_name. */
size_t mst_loader_stored(struct mst_loader *loader,
                         const struct mst_toml_node *node, const char *path);

/* A source, middleware or sink. What is found goes to step, broken or not;
 * it has to be cleared. compat selects the default of json_mode. */
void mst_loader_step(struct mst_loader *loader,
                     const struct mst_toml_node *node, const char *path,
                     enum mst_config_compat compat,
                     struct mst_config_step *step);
void mst_config_step_clear(struct mst_config_step *step);
/* Frees it and zeroes it. */
void mst_config_connector_clear(struct mst_config_connector *connector);

/* What one part can not see: names, encodings, stores, instances. */
void mst_loader_crosscheck(struct mst_loader *loader);
void mst_loader_check_encodings(struct mst_loader *loader,
                                struct mst_config_connector *connector,
                                const char *path);
/* What is in force at a step. */
struct mst_schema_force {
    struct mst_config_schema *schema; /* the last one named; NULL: none */
    enum mst_framing framing;         /* likewise */
    size_t registry; /* index of a service, or MST_CONFIG_NO_SERVICE */
};
/* What a step's schema is when it has been compiled: in step->conversion; of
 * one that is not to be had before the job starts, something that stands for
 * it. step->registry is the one that counts here. False: a problem was
 * added. */
bool mst_loader_schema(struct mst_loader *loader,
                       const struct mst_schema_force *force,
                       struct mst_config_step *step, const char *path);
/* The entry of that id. NULL: a problem was added. */
struct mst_config_schema *
mst_loader_find_schema(struct mst_loader *loader,
                       struct mst_config_connector *connector,
                       const struct mst_config_step *step, const char *path);
void mst_loader_check_sense(struct mst_loader *loader,
                            const struct mst_config_connector *connector,
                            const char *path);
void mst_loader_check_services(struct mst_loader *loader);
void mst_loader_check_api(struct mst_loader *loader);
/* Steps that are broken are left out. */
void mst_loader_probe(struct mst_loader *loader,
                      const struct mst_config_connector *connector,
                      const char *path);

/* Of a definition as written. */
MST_MUST_CHECK bool mst_config_hash(const struct mst_toml_node *node,
                                    uint64_t *ret_hash);

#endif
