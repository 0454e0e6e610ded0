/* SPDX-License-Identifier: MIT */
/* What is valid key by key and yet does nothing, or does harm. */
#include "config/loader.h"
#include "config/node.h"

static void
sense_warn(struct mst_loader *loader,
           const struct mst_config_connector *connector, const char *path,
           const char *key, const char *text)
{
    char inner[MST_PATH_MAX];
    if (mst_node_get(connector->node, key) == NULL) {
        return;
    }
    mst_path_key(inner, path, key);
    struct mst_place place = mst_loader_place(connector->node, key, inner);
    mst_problems_add(loader->reader.problems, MST_PROBLEM_WARNING, &place, NULL,
                     "%s", text);
}

/* What a sink writes would come out of the source again, without end. */
static void
sense_loop(struct mst_loader *loader,
           const struct mst_config_connector *connector, const char *path)
{
    const struct mst_config_step *source = &connector->source;
    if (source->service >= loader->config->services_len
        || source->resource == NULL || source->resource[0] == '\0') {
        return;
    }
    const struct mst_config_service *service =
        &loader->config->services[source->service];
    if (service->source == NULL || service->source->identity == NULL) {
        return;
    }
    for (size_t i = 0; i < connector->sinks_len; i++) {
        const struct mst_config_step *sink = &connector->sinks[i];
        char list[MST_PATH_MAX];
        char inner[MST_PATH_MAX];
        if (sink->service != source->service || sink->resource == NULL
            || strcmp(sink->resource, source->resource) != 0) {
            continue;
        }
        mst_path_key(list, path, "sinks");
        mst_path_index(inner, list, i);
        struct mst_place place =
            mst_loader_place(sink->node, "resource", inner);
        char written[MST_SECRET_SHOWN_MAX];
        mst_loader_written(sink->node, "resource", written);
        mst_loader_fail(loader, &place, "write to another resource",
                        "'%s' is what the source reads: the job would feed "
                        "itself without end",
                        written);
    }
}

void
mst_loader_check_sense(struct mst_loader *loader,
                       const struct mst_config_connector *connector,
                       const char *path)
{
    sense_loop(loader, connector, path);
    if (connector->broken) {
        return;
    }
    if (connector->mode == MST_MODE_STREAM) {
        sense_warn(loader, connector, path, "timeout",
                   "it has no effect: a stream has no end (mode = \"once\" or "
                   "\"poll\" has)");
    }
    if (connector->mode != MST_MODE_POLL) {
        sense_warn(loader, connector, path, "poll_interval",
                   "it has no effect without mode = \"poll\"");
    }
    if (connector->on_reject != MST_ON_REJECT_DLQ) {
        sense_warn(loader, connector, path, "dlq",
                   "it has no effect without on_reject = \"dlq\"");
    }
}
