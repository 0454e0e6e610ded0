/* SPDX-License-Identifier: MIT */
/* What a service's keys say that its option table can not check, whether a job
 * uses it or not. */
#include "config/conceal.h"
#include "config/loader.h"
#include "config/node.h"
#include "core/inspect.h"

/* Turns complaints into problems. */
struct service_report {
    struct mst_complaints complaints; /* first: add casts back */
    struct mst_loader *loader;
    struct mst_config_service *service;
    const char *path;
};

/* What is not even valid need not be unwise as well. */
static bool
service_is_said(const struct mst_problems *problems, const char *path)
{
    bool said = false;
    for (size_t i = 0; i < problems->len && !said; i++) {
        said = problems->items[i].path != NULL
               && strcmp(problems->items[i].path, path) == 0;
    }
    return said;
}

static void
service_complain(struct mst_complaints *complaints, bool error, const char *key,
                 const struct mst_error *err)
{
    struct service_report *self = (struct service_report *)complaints;
    const struct mst_toml_node *node = self->service->node;
    struct mst_place place = mst_place_value(node, self->path);
    struct mst_error shown = *err;
    char inner[MST_PATH_MAX];
    mst_config_conceal_error(node, self->loader->reader.env, &shown);
    if (key != NULL && mst_node_get(node, key) != NULL) {
        mst_path_key(inner, self->path, key);
        place = mst_loader_place(node, key, inner);
    }
    if (!error && service_is_said(self->loader->reader.problems, place.path)) {
        return;
    }
    mst_problems_add(self->loader->reader.problems,
                     error ? MST_PROBLEM_ERROR : MST_PROBLEM_WARNING, &place,
                     shown.hint[0] == '\0' ? NULL : shown.hint, "%s",
                     shown.text);
    self->service->broken = self->service->broken || error;
}

static bool
service_is_sink(const struct mst_config *config, size_t service)
{
    bool found = false;
    for (size_t i = 0; i < config->connectors_len && !found; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        for (size_t j = 0; j < connector->sinks_len && !found; j++) {
            found = connector->sinks[j].service == service;
        }
        found = found
                || (connector->dlq.sink != NULL
                    && connector->dlq.sink->service == service);
    }
    return found;
}

void
mst_loader_check_services(struct mst_loader *loader)
{
    struct mst_config *config = loader->config;
    for (size_t i = 0; i < config->services_len; i++) {
        struct mst_config_service *service = &config->services[i];
        bool sink = service->source == NULL || service_is_sink(config, i);
        const struct mst_inspect *inspect = NULL;
        if (sink && service->sink != NULL) {
            inspect = service->sink->inspect;
        } else if (service->source != NULL) {
            inspect = service->source->inspect;
        } else if (service->schemas != NULL) {
            inspect = service->schemas->inspect;
        }
        if (service->broken || inspect == NULL || inspect->check == NULL) {
            continue;
        }
        char path[MST_PATH_MAX];
        mst_loader_entry(loader, service->node, "services", i, path);
        struct service_report report = {.complaints = {service_complain},
                                        .loader = loader,
                                        .service = service,
                                        .path = path};
        inspect->check(service->options, &report.complaints);
    }
}
