/* SPDX-License-Identifier: MIT */
/* Connectors with every kind of option and nothing behind them. */
#ifndef MST_TESTS_CONFIG_FAKES_H
#define MST_TESTS_CONFIG_FAKES_H

#include "config/load.h"

struct fake_service {
    char *uri;
    char *password;
    int64_t seek_back_ms;
    struct mst_string_map properties;
};

struct fake_inner {
    int64_t partitions;
    char *policy;
};

struct fake_step {
    bool follow;
    int64_t count;
    double rate;
    uint64_t limit;
    int64_t wait_ms;
    char *key;
    int order;
    struct mst_strings fields;
    struct mst_strings collections;
    struct mst_string_map labels;
    struct fake_inner create;
};

/* Sources "both" (bson) and "lines" (says nothing of its encoding), sinks
 * "both" (bson, json) and "screen" (json; needs no resource). */
extern const struct mst_registry fake_registry;

/* An environment of name, value, name, value ..., NULL. */
struct mst_env fake_env(const char *const *variables);

/* Loads text as file t.toml with these --set (NULL-terminated, may be NULL).
 * The problems come as text, for the caller to free. */
struct mst_config *fake_load_sets(const char *text,
                                  const char *const *variables,
                                  const char *const *sets, char **ret_problems);
/* Without --set and, when they are NULL, variables. */
struct mst_config *fake_load(const char *text, const char *const *variables,
                             char **ret_problems);

#endif
