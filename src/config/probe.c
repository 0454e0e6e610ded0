/* SPDX-License-Identifier: MIT */
/* Making an instance of each step, without network, for what option tables
 * can not check: templates, expressions, combinations of options. */
#include <ctype.h>

#include "config/conceal.h"
#include "config/loader.h"
#include "config/node.h"

enum { PROBE_MEMORY = 16 * 1024 * 1024, PROBE_MISTAKES_MAX = 16 };

/* One step, and what is wrong with it. */
struct probe {
    struct mst_loader *loader;
    const struct mst_config_connector *connector;
    const struct mst_config_step *step; /* as it is written */
    const char *path;
    const char *wrong[PROBE_MISTAKES_MAX]; /* keys that were reported */
    size_t wrong_len;
};

/* Where the name stands in the text as a word of its own; NULL: nowhere. */
static const char *
probe_find(const char *text, const char *name)
{
    size_t len = strlen(name);
    const char *at = text;
    while (len > 0 && (at = strstr(at, name)) != NULL) {
        bool begins =
            at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
        if (begins && !isalnum((unsigned char)at[len]) && at[len] != '_') {
            return at;
        }
        at++;
    }
    return NULL;
}

/* The key that a message names first: it is the one at fault. */
static const struct mst_toml_node *
probe_key(const struct mst_toml_node *table, const char *text)
{
    const struct mst_toml_node *best = NULL;
    const char *best_at = NULL;
    for (const struct mst_toml_node *at = table->first; at != NULL;
         at = at->next) {
        const char *found = probe_find(text, at->key);
        if (found != NULL && (best_at == NULL || found < best_at)) {
            best = at;
            best_at = found;
        }
    }
    return best;
}

/* Read without a problem, as is its service. */
static bool
probe_is_whole(const struct mst_loader *loader,
               const struct mst_config_step *step)
{
    return !step->broken && step->options != NULL
           && step->service < loader->config->services_len
           && !loader->config->services[step->service].broken;
}

/* Returns the key at fault; NULL: the message names none. */
static const struct mst_toml_node *
probe_report(const struct probe *probe, const struct mst_error *err)
{
    struct mst_loader *loader = probe->loader;
    const struct mst_config_step *step = probe->step;
    const struct mst_config_service *service =
        &loader->config->services[step->service];
    struct mst_place place = mst_place_value(step->node, probe->path);
    const struct mst_toml_node *key = probe_key(step->node, err->text);
    struct mst_error shown = *err;
    char inner[MST_PATH_MAX];
    if (key != NULL) {
        mst_path_key(inner, probe->path, key->key);
        place = mst_place_value(key, inner);
    }
    mst_config_conceal_error(step->node, loader->reader.env, &shown);
    mst_config_conceal_error(service->node, loader->reader.env, &shown);
    mst_loader_fail(loader, &place, shown.hint[0] == '\0' ? NULL : shown.hint,
                    "%s", shown.text);
    return key;
}

static enum mst_status
probe_source(const struct probe *probe, const struct mst_config_step *step,
             struct mst_error *err)
{
    const struct mst_config_service *service =
        &probe->loader->config->services[step->service];
    struct mst_source_args args = {
        .job = probe->connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .input_encoding = step->input_encoding,
    };
    void *ctx = NULL;
    if (service->source->create == NULL) {
        return MST_OK;
    }
    enum mst_status status = service->source->create(&ctx, &args, err);
    if (status == MST_OK) {
        service->source->destroy(ctx);
    }
    return status;
}

static enum mst_status
probe_sink(const struct probe *probe, const struct mst_config_step *step,
           struct mst_error *err)
{
    const struct mst_config_service *service =
        &probe->loader->config->services[step->service];
    struct mst_sink_args args = {
        .job = probe->connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .encoding = step->to,
        .memory = PROBE_MEMORY,
    };
    void *ctx = NULL;
    if (service->sink->create == NULL) {
        return MST_OK;
    }
    enum mst_status status = service->sink->create(&ctx, &args, err);
    if (status == MST_OK) {
        service->sink->destroy(ctx);
    }
    return status;
}

static enum mst_status
probe_create(const struct probe *probe, const struct mst_config_step *step,
             struct mst_error *err)
{
    mst_error_clear(err);
    return step->role == MST_ROLE_SOURCE ? probe_source(probe, step, err)
                                         : probe_sink(probe, step, err);
}

static bool
probe_is_wrong(const struct probe *probe, const char *key)
{
    for (size_t i = 0; i < probe->wrong_len; i++) {
        if (strcmp(probe->wrong[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* The table without the members that are wrong; a resource is always needed,
 * so there is one that is right. NULL: no memory. */
static const struct mst_toml_node *
probe_rest(const struct probe *probe)
{
    const struct mst_toml_node *written = probe->step->node;
    struct mst_arena *arena = &probe->loader->config->arena;
    struct mst_toml_node *rest = mst_toml_alloc(arena, sizeof(*rest));
    if (rest == NULL) {
        return NULL;
    }
    *rest = *written;
    rest->first = NULL;
    rest->len = 0;
    for (const struct mst_toml_node *at = written->first; at != NULL;
         at = at->next) {
        bool wrong = probe_is_wrong(probe, at->key);
        struct mst_toml_node *copy = NULL;
        if (wrong && strcmp(at->key, "resource") != 0) {
            continue;
        }
        copy = wrong ? mst_node_string(arena, at->file, "resource")
                     : mst_toml_alloc(arena, sizeof(*copy));
        if (copy != NULL && !wrong) {
            *copy = *at;
        }
        if (copy == NULL
            || mst_node_put(arena, rest, at->key, copy) != MST_OK) {
            return NULL;
        }
    }
    return rest;
}

/* A message about what was left out is no news, unless there is no such
 * option. */
static bool
probe_is_news(const struct probe *probe, const struct mst_error *err)
{
    for (size_t i = 0; i < probe->wrong_len; i++) {
        bool known =
            mst_options_find(probe->step->table, probe->wrong[i]) != NULL
            || strcmp(probe->wrong[i], "resource") == 0;
        if (known && probe_find(err->text, probe->wrong[i]) != NULL) {
            return false;
        }
    }
    return true;
}

/* Instances stop at their first mistake. So another one is made without the
 * keys that are known to be wrong, as if they had not been written. Returns
 * the next one that is; NULL: none is found this way. */
static const struct mst_toml_node *
probe_again(const struct probe *probe)
{
    struct mst_problems unseen = {0};
    struct mst_loader loader = *probe->loader;
    struct mst_config_step step = {.role = probe->step->role};
    struct mst_error err;
    const struct mst_toml_node *key = NULL;
    const struct mst_toml_node *rest = probe_rest(probe);
    if (rest == NULL) {
        return NULL;
    }
    loader.reader.problems = &unseen;
    mst_loader_step(&loader, rest, probe->path, probe->connector->compat,
                    &step);
    step.to = probe->step->to;
    if (probe_is_whole(&loader, &step)
        && probe_create(probe, &step, &err) != MST_OK
        && probe_is_news(probe, &err)) {
        key = probe_report(probe, &err);
    }
    mst_config_step_clear(&step);
    mst_problems_clear(&unseen);
    return key;
}

/* What reading the step has found wrong already. */
static void
probe_known(struct probe *probe)
{
    const struct mst_problems *problems = probe->loader->reader.problems;
    size_t len = strlen(probe->path);
    for (size_t i = 0; i < problems->len; i++) {
        const char *path = problems->items[i].path;
        if (path == NULL || strncmp(path, probe->path, len) != 0
            || path[len] != '.') {
            continue;
        }
        const char *name = path + len + 1;
        size_t name_len = strcspn(name, ".[");
        for (const struct mst_toml_node *at = probe->step->node->first;
             at != NULL && probe->wrong_len < PROBE_MISTAKES_MAX;
             at = at->next) {
            if (strlen(at->key) == name_len
                && memcmp(at->key, name, name_len) == 0) {
                probe->wrong[probe->wrong_len++] = at->key;
            }
        }
    }
}

static void
probe_step(struct mst_loader *loader,
           const struct mst_config_connector *connector,
           const struct mst_config_step *step, const char *path)
{
    struct probe probe = {
        .loader = loader, .connector = connector, .step = step, .path = path};
    struct mst_error err;
    const struct mst_toml_node *key = NULL;
    if (step->broken) {
        probe_known(&probe);
        key = probe.wrong_len > 0 ? probe_again(&probe) : NULL;
    } else if (probe_is_whole(loader, step)
               && probe_create(&probe, step, &err) != MST_OK) {
        key = probe_report(&probe, &err);
    }
    while (key != NULL && probe.wrong_len < PROBE_MISTAKES_MAX) {
        probe.wrong[probe.wrong_len++] = key->key;
        key = probe_again(&probe);
    }
}

void
mst_loader_probe(struct mst_loader *loader,
                 const struct mst_config_connector *connector, const char *path)
{
    char inner[MST_PATH_MAX];
    char list[MST_PATH_MAX];
    mst_path_key(inner, path, "source");
    probe_step(loader, connector, &connector->source, inner);
    mst_path_key(list, path, "sinks");
    for (size_t i = 0; i < connector->sinks_len; i++) {
        mst_path_index(inner, list, i);
        probe_step(loader, connector, &connector->sinks[i], inner);
    }
    if (connector->dlq.sink != NULL) {
        mst_path_key(inner, path, "dlq");
        probe_step(loader, connector, connector->dlq.sink, inner);
    }
}
