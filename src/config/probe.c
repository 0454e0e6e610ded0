/* SPDX-License-Identifier: MIT */
/* Making an instance of each step, without network, for what option tables
 * can not check: templates, expressions, combinations of options. */
#include "config/loader.h"

enum { PROBE_MEMORY = 16 * 1024 * 1024 };

static void
probe_report(struct mst_loader *loader, const struct mst_config_step *step,
             const char *path, const struct mst_error *err)
{
    struct mst_place place = mst_place_value(step->node, path);
    mst_loader_fail(loader, &place, err->hint[0] == '\0' ? NULL : err->hint,
                    "%s", err->text);
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
    const struct mst_config_service *services = loader->config->services;
    char inner[MST_PATH_MAX];
    char list[MST_PATH_MAX];
    if (!services[connector->source.service].broken) {
        mst_path_key(inner, path, "source");
        probe_source(loader, connector, inner);
    }
    mst_path_key(list, path, "sinks");
    for (size_t i = 0; i < connector->sinks_len; i++) {
        const struct mst_config_step *sink = &connector->sinks[i];
        mst_path_index(inner, list, i);
        if (!services[sink->service].broken) {
            probe_sink(loader, connector, sink, inner);
        }
    }
    const struct mst_config_step *dlq = connector->dlq.sink;
    if (dlq != NULL && !services[dlq->service].broken) {
        mst_path_key(inner, path, "dlq");
        probe_sink(loader, connector, dlq, inner);
    }
}
