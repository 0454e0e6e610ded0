/* SPDX-License-Identifier: MIT */
/* What one entry of a configuration can not see of the others. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "config/loader.h"
#include "config/node.h"

static void
check_connector(struct mst_loader *loader,
                struct mst_config_connector *connector, const char *path)
{
    const struct mst_retry_policy *retry = &connector->retry;
    if (!connector->broken && retry->base_ms > retry->max_ms) {
        char inner[MST_PATH_MAX];
        mst_path_key(inner, path, "retry");
        struct mst_place place =
            mst_loader_place(connector->node, "retry", inner);
        mst_loader_fail(loader, &place, NULL, "'base' is longer than 'max'");
    }
    mst_loader_check_sense(loader, connector, path);
    size_t before = loader->reader.problems->errors;
    mst_loader_check_encodings(loader, connector, path);
    connector->unclear = loader->reader.problems->errors > before;
}

/* Without its encodings a sink can not be told what it would get. */
static void
check_instances(struct mst_loader *loader)
{
    struct mst_config *config = loader->config;
    mst_loader_check_services(loader);
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        char path[MST_PATH_MAX];
        mst_loader_entry(loader, connector->node, "connectors", i, path);
        if (connector->name != NULL && !connector->unclear) {
            mst_loader_probe(loader, connector, path);
        }
    }
}

/* A store of [system] is in a mongodb service of the file; is_optional: or in
 * the embedded store, with neither key. */
static void
check_store(struct mst_loader *loader, const char *key,
            struct mst_config_store *store, bool is_optional)
{
    char path[MST_PATH_MAX];
    const struct mst_toml_node *node =
        mst_node_get(mst_node_get(loader->config->root, "system"), key);
    mst_path_key(path, "system", key);
    store->service = MST_CONFIG_NO_SERVICE;
    if (is_optional
        && (store->service_name == NULL) != (store->resource == NULL)) {
        struct mst_place place = mst_place_value(node, path);
        mst_problems_add(loader->reader.problems, MST_PROBLEM_ERROR, &place,
                         NULL, "'%s' is missing",
                         store->resource == NULL ? "resource" : "service_name");
    }
    if (store->service_name == NULL) {
        return;
    }
    store->service = mst_loader_service(loader, node, "service_name", path,
                                        store->service_name);
    if (store->service == MST_CONFIG_NO_SERVICE) {
        return;
    }
    const struct mst_config_service *service =
        &loader->config->services[store->service];
    char inner[MST_PATH_MAX];
    mst_path_key(inner, path, "service_name");
    if (service->table != NULL && service->provider != NULL
        && strcmp(service->provider, "mongodb") != 0) {
        struct mst_place place = mst_loader_place(node, "service_name", inner);
        char written[MST_SECRET_SHOWN_MAX];
        mst_loader_written(node, "service_name", written);
        mst_loader_fail(loader, &place, NULL,
                        "service '%s' is of provider '%s'; this store needs "
                        "one of 'mongodb'",
                        written, service->provider);
    }
}

static void
check_system(struct mst_loader *loader)
{
    struct mst_config_system *system = &loader->config->system;
    const struct mst_toml_node *node =
        mst_node_get(loader->config->root, "system");
    system->job_lifecycle.given = mst_node_get(node, "job_lifecycle") != NULL;
    check_store(loader, "job_lifecycle", &system->job_lifecycle.store, true);
    check_store(loader, "service_lifecycle", &system->service_lifecycle, true);
    check_store(loader, "checkpoints", &system->checkpoints, false);
    check_store(loader, "schemas", &system->schemas, false);
    check_store(loader, "test_suites", &system->test_suites, false);
    check_store(loader, "workspaces", &system->workspaces, false);
}

static void
check_state_path(struct mst_loader *loader)
{
    const char *path = loader->config->state.path;
    struct stat info;
    if (path == NULL || strcmp(path, ":memory:") == 0 || stat(path, &info) != 0
        || S_ISDIR(info.st_mode)) {
        return;
    }
    const struct mst_toml_node *state =
        mst_node_get(loader->config->root, "state");
    if (state != NULL) {
        struct mst_place place = mst_loader_place(state, "path", "state.path");
        mst_loader_fail(loader, &place, NULL, "this is not a directory");
    }
}

void
mst_loader_crosscheck(struct mst_loader *loader)
{
    struct mst_config *config = loader->config;
    check_system(loader);
    mst_loader_check_api(loader);
    check_state_path(loader);
    for (size_t i = 0; i < config->connectors_len; i++) {
        char path[MST_PATH_MAX];
        mst_loader_entry(loader, config->connectors[i].node, "connectors", i,
                         path);
        check_connector(loader, &config->connectors[i], path);
    }
    if (loader->input->probe) {
        check_instances(loader);
    }
}
