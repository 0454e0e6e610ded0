/* SPDX-License-Identifier: MIT */
/* Reading sources, middlewares and sinks of a connector. */
#include <stdlib.h>

#include "config/loader.h"
#include "config/node.h"
#include "config/tables.h"

static const char *
step_role_name(enum mst_config_role role)
{
    switch (role) {
    case MST_ROLE_SOURCE:
        return "source";
    case MST_ROLE_MIDDLEWARE:
        return "middleware";
    case MST_ROLE_SINK:
        return "sink";
    }
    return "step";
}

/* The option table of the step's own keys; NULL: the service has no such
 * role. */
static const struct mst_option_table *
step_table(const struct mst_config_service *service, enum mst_config_role role)
{
    switch (role) {
    case MST_ROLE_SOURCE:
        return service->source == NULL ? NULL : &service->source->options;
    case MST_ROLE_MIDDLEWARE:
        return service->middleware == NULL ? NULL
                                           : &service->middleware->options;
    case MST_ROLE_SINK:
        return service->sink == NULL ? NULL : &service->sink->options;
    }
    return NULL;
}

/* Finds service and table. What is wrong with the reference is said here. */
static void
step_resolve(struct mst_loader *loader, const struct mst_toml_node *node,
             const char *path, struct mst_config_step *step)
{
    const char *name = mst_loader_peek(loader, node, "service_name");
    if (name == NULL || name[0] == '\0') {
        return;
    }
    if (step->role == MST_ROLE_MIDDLEWARE) {
        mst_loader_builtin(loader, node, name);
    }
    step->service =
        mst_loader_service(loader, node, "service_name", path, name);
    if (step->service == MST_CONFIG_NO_SERVICE) {
        return;
    }
    const struct mst_config_service *service =
        &loader->config->services[step->service];
    step->table = step_table(service, step->role);
    if (step->table == NULL && service->table != NULL) {
        char inner[MST_PATH_MAX];
        mst_path_key(inner, path, "service_name");
        struct mst_place place = mst_loader_place(node, "service_name", inner);
        char written[MST_SECRET_SHOWN_MAX];
        mst_loader_written(node, "service_name", written);
        mst_loader_fail(loader, &place, NULL,
                        "service '%s' can not be a %s: provider '%s' has none",
                        written, step_role_name(step->role), service->provider);
    }
}

static enum mst_encoding
step_encoding(const struct mst_toml_node *node, const char *key, int choice)
{
    return mst_node_get(node, key) == NULL
               ? MST_ENCODING_NONE
               : (enum mst_encoding)(choice + (int)MST_ENCODING_RAW);
}

/* Moves the texts of keys into step. */
static void
step_take_keys(struct mst_config_step *step, struct mst_step_keys *keys,
               enum mst_config_compat compat)
{
    const struct mst_toml_node *node = step->node;
    step->resource = keys->resource;
    step->schema_id = keys->schema_id;
    keys->resource = NULL;
    keys->schema_id = NULL;
    step->input_encoding =
        step_encoding(node, "input_encoding", keys->input_encoding);
    step->output_encoding =
        step_encoding(node, "output_encoding", keys->output_encoding);
    step->conversion.json_mode = (enum mst_json_mode)keys->json_mode;
    if (compat == MST_COMPAT_MSTREAM
        && mst_node_get(node, "json_mode") == NULL) {
        step->conversion.json_mode = MST_JSON_PLAIN;
    }
    step->conversion.big_numbers = (enum mst_big_numbers)keys->big_numbers;
    step->conversion.no_extended = !keys->extended;
    step->has_framing = mst_node_get(node, "framing") != NULL;
    step->subject = keys->subject;
    keys->subject = NULL;
    step->auto_register = keys->auto_register;
    step->schema_use =
        (struct mst_schema_use){.framing = (enum mst_framing)keys->framing,
                                .reject_unknown = keys->unknown_fields == 1,
                                .lossy_numbers = keys->lossy_numbers,
                                .project = keys->project,
                                .check_formats = keys->check_formats};
}

/* The service of `schema_registry`. */
static void
step_registry(struct mst_loader *loader, const char *path,
              struct mst_config_step *step)
{
    const struct mst_toml_node *node = step->node;
    const char *name = mst_loader_peek(loader, node, "schema_registry");
    step->registry = MST_CONFIG_NO_SERVICE;
    step->writers = MST_CONFIG_NO_SERVICE;
    if (name == NULL || name[0] == '\0') {
        return;
    }
    size_t index =
        mst_loader_service(loader, node, "schema_registry", path, name);
    if (index == MST_CONFIG_NO_SERVICE) {
        step->broken = true;
        return;
    }
    const struct mst_config_service *service = &loader->config->services[index];
    if (service->broken
        || (service->schemas != NULL && service->schemas->load == NULL)) {
        step->registry = index;
        return;
    }
    char inner[MST_PATH_MAX];
    char written[MST_SECRET_SHOWN_MAX];
    mst_path_key(inner, path, "schema_registry");
    struct mst_place place = mst_loader_place(node, "schema_registry", inner);
    mst_loader_written(node, "schema_registry", written);
    mst_loader_fail(loader, &place,
                    "name a service of provider "
                    "'schema_registry'",
                    "service '%s' can not be a registry: provider '%s' gives "
                    "schemas no numbers",
                    written, service->provider);
    step->broken = true;
}

/* `resource` may be left out where the provider says so, or when an option
 * that stands for it was given. */
static bool
step_needs_resource(const struct mst_loader *loader,
                    const struct mst_config_step *step)
{
    if (step->table == NULL) {
        return false;
    }
    const struct mst_config_service *service =
        &loader->config->services[step->service];
    if ((step->role == MST_ROLE_SOURCE && service->source->resource_optional)
        || (step->role == MST_ROLE_MIDDLEWARE
            && service->middleware->resource_optional)
        || (step->role == MST_ROLE_SINK && service->sink->resource_optional)) {
        return false;
    }
    for (size_t i = 0; i < step->table->len; i++) {
        const struct mst_option *option = &step->table->options[i];
        if ((option->flags & MST_OPTION_RESOURCE) != 0
            && mst_node_get(step->node, option->name) != NULL) {
            return false;
        }
    }
    return true;
}

/* Afterwards it is never NULL in a step that is not broken. */
static void
step_check_resource(struct mst_loader *loader, const char *path,
                    struct mst_config_step *step)
{
    if (step->resource == NULL && !step->broken) {
        step->resource = strdup("");
        step->broken = step->resource == NULL;
        if (step->broken) {
            mst_loader_fail_memory(loader, step->node, path);
        }
    } else if (step->resource != NULL && step->resource[0] == '\0'
               && step_needs_resource(loader, step)) {
        char inner[MST_PATH_MAX];
        mst_path_key(inner, path, "resource");
        struct mst_place place =
            mst_loader_place(step->node, "resource", inner);
        mst_loader_fail(loader, &place, NULL, "must not be empty");
        step->broken = true;
    }
}

void
mst_loader_step(struct mst_loader *loader, const struct mst_toml_node *node,
                const char *path, enum mst_config_compat compat,
                struct mst_config_step *step)
{
    static const char *const required[] = {"resource"};
    struct mst_step_keys keys;
    struct mst_options_target targets[2] = {{&mst_table_step, &keys}};
    struct mst_options_read what = {
        .node = node, .path = path, .targets = targets, .n = 1};
    step->node = node;
    step->service = MST_CONFIG_NO_SERVICE;
    step_resolve(loader, node, path, step);
    if (step->table != NULL) {
        step->options = calloc(1, step->table->size + 1);
        if (step->options == NULL) {
            mst_loader_fail_memory(loader, node, path);
        }
    }
    if (step->options != NULL) {
        targets[what.n++] =
            (struct mst_options_target){step->table, step->options};
        what.required = required;
        what.required_len = step_needs_resource(loader, step) ? 1 : 0;
    } else {
        what.any_key = true;
    }
    step->broken =
        !mst_options_read(&loader->reader, &what) || step->options == NULL;
    step_registry(loader, path, step);
    step_take_keys(step, &keys, compat);
    mst_options_clear(&mst_table_step, &keys);
    if (step->options != NULL) {
        step_check_resource(loader, path, step);
    }
}
