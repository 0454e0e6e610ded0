/* SPDX-License-Identifier: MIT */
/* Making an instance of each step, without network, for what option tables
 * can not check: templates, expressions, combinations of options. */
#include <ctype.h>

#include "config/conceal.h"
#include "config/loader.h"
#include "config/node.h"

enum { PROBE_MEMORY = 16 * 1024 * 1024 };

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

static void
probe_report(struct mst_loader *loader, const struct mst_config_step *step,
             const char *path, const struct mst_error *err)
{
    const struct mst_config_service *service =
        &loader->config->services[step->service];
    struct mst_place place = mst_place_value(step->node, path);
    const struct mst_toml_node *key = probe_key(step->node, err->text);
    struct mst_error shown = *err;
    char inner[MST_PATH_MAX];
    if (key != NULL) {
        mst_path_key(inner, path, key->key);
        place = mst_place_value(key, inner);
    }
    mst_config_conceal_error(step->node, loader->reader.env, &shown);
    mst_config_conceal_error(service->node, loader->reader.env, &shown);
    mst_loader_fail(loader, &place, shown.hint[0] == '\0' ? NULL : shown.hint,
                    "%s", shown.text);
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

static void
probe_source(struct mst_loader *loader,
             const struct mst_config_connector *connector, const char *path)
{
    const struct mst_config_step *step = &connector->source;
    const struct mst_config_service *service =
        &loader->config->services[step->service];
    struct mst_source_args args = {
        .job = connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .input_encoding = step->input_encoding,
    };
    struct mst_error err;
    void *ctx = NULL;
    mst_error_clear(&err);
    if (service->source->create == NULL) {
        return;
    }
    if (service->source->create(&ctx, &args, &err) != MST_OK) {
        probe_report(loader, step, path, &err);
    } else {
        service->source->destroy(ctx);
    }
}

static void
probe_sink(struct mst_loader *loader,
           const struct mst_config_connector *connector,
           const struct mst_config_step *step, const char *path)
{
    const struct mst_config_service *service =
        &loader->config->services[step->service];
    struct mst_sink_args args = {
        .job = connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .encoding = step->to,
        .memory = PROBE_MEMORY,
    };
    struct mst_error err;
    void *ctx = NULL;
    mst_error_clear(&err);
    if (service->sink->create == NULL) {
        return;
    }
    if (service->sink->create(&ctx, &args, &err) != MST_OK) {
        probe_report(loader, step, path, &err);
    } else {
        service->sink->destroy(ctx);
    }
}

void
mst_loader_probe(struct mst_loader *loader,
                 const struct mst_config_connector *connector, const char *path)
{
    char inner[MST_PATH_MAX];
    char list[MST_PATH_MAX];
    if (probe_is_whole(loader, &connector->source)) {
        mst_path_key(inner, path, "source");
        probe_source(loader, connector, inner);
    }
    mst_path_key(list, path, "sinks");
    for (size_t i = 0; i < connector->sinks_len; i++) {
        const struct mst_config_step *sink = &connector->sinks[i];
        mst_path_index(inner, list, i);
        if (probe_is_whole(loader, sink)) {
            probe_sink(loader, connector, sink, inner);
        }
    }
    const struct mst_config_step *dlq = connector->dlq.sink;
    if (dlq != NULL && probe_is_whole(loader, dlq)) {
        mst_path_key(inner, path, "dlq");
        probe_sink(loader, connector, dlq, inner);
    }
}
