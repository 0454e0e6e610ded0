/* SPDX-License-Identifier: MIT */
/*
 * Definitions as JSON, as they were written: references stay references.
 * Shown ones have their secrets masked; the one that is hashed and the one
 * that is kept in the state have not.
 */
#include <inttypes.h>
#include <math.h>

#include "base/hash.h"
#include "config/definition.h"
#include "config/loader.h"
#include "config/node.h"
#include "config/secret.h"
#include "config/tables.h"

enum { RENDER_MAX = 64 * 1024 * 1024 };

struct render {
    struct mst_buf *out;
    bool mask;
    const char *skip; /* key of the outermost table that is left out */
    const struct mst_config_connector *connector; /* NULL: none */
};

static enum mst_status
render_string(const struct render *render, const char *text, bool secret)
{
    if (!render->mask) {
        return mst_buf_append_json(render->out, mst_slice_str(text));
    }
    struct mst_buf shown;
    mst_buf_init(&shown, RENDER_MAX);
    enum mst_status status =
        secret ? mst_env_mask(text, &shown) : mst_secret_redact(text, &shown);
    if (status == MST_OK) {
        status = mst_buf_append_json(render->out, mst_buf_slice(&shown));
    }
    mst_buf_clear(&shown);
    return status;
}

static enum mst_status
render_scalar(const struct render *render, const struct mst_toml_node *node,
              bool secret)
{
    struct mst_buf *out = render->out;
    if (node->type == MST_TOML_STRING) {
        return render_string(render, node->text, secret);
    }
    if (secret && render->mask) {
        return mst_buf_append_str(out, "\"****\"");
    }
    if (node->type == MST_TOML_INTEGER) {
        return mst_buf_printf(out, "%" PRId64, node->integer);
    }
    if (node->type == MST_TOML_FLOAT) {
        return mst_buf_printf(out, isfinite(node->number) ? "%.17g" : "\"%f\"",
                              node->number);
    }
    if (node->type == MST_TOML_BOOLEAN) {
        return mst_buf_append_str(out, node->boolean ? "true" : "false");
    }
    return mst_buf_append_json(out, mst_slice_str(node->text));
}

/* The table of a step's own keys, by the node that it was read from. */
static const struct mst_option_table *
render_step_table(const struct mst_config_connector *connector,
                  const struct mst_toml_node *node)
{
    if (connector == NULL) {
        return NULL;
    }
    if (connector->source.node == node) {
        return connector->source.table;
    }
    for (size_t i = 0; i < connector->middlewares_len; i++) {
        if (connector->middlewares[i].node == node) {
            return connector->middlewares[i].table;
        }
    }
    for (size_t i = 0; i < connector->sinks_len; i++) {
        if (connector->sinks[i].node == node) {
            return connector->sinks[i].table;
        }
    }
    const struct mst_config_step *dlq = connector->dlq.sink;
    return dlq != NULL && dlq->node == node ? dlq->table : NULL;
}

static enum mst_status render_node(const struct render *render,
                                   const struct mst_toml_node *node,
                                   const struct mst_option_table *table,
                                   bool secret);

static enum mst_status
render_member(const struct render *render, const struct mst_toml_node *node,
              const struct mst_option_table *table, bool secret)
{
    const struct mst_option *option =
        table == NULL ? NULL : mst_options_find(table, node->key);
    secret = secret || mst_secret_key(node->key)
             || (option != NULL && (option->flags & MST_OPTION_SECRET) != 0);
    enum mst_status status =
        mst_buf_append_json(render->out, mst_slice_str(node->key));
    if (status == MST_OK) {
        status = mst_buf_append_char(render->out, ':');
    }
    if (status != MST_OK) {
        return status;
    }
    return render_node(render, node, option == NULL ? NULL : option->table,
                       secret);
}

static enum mst_status
render_node(const struct render *render, const struct mst_toml_node *node,
            const struct mst_option_table *table, bool secret)
{
    if (node->type != MST_TOML_TABLE && node->type != MST_TOML_ARRAY) {
        return render_scalar(render, node, secret);
    }
    bool is_table = node->type == MST_TOML_TABLE;
    const struct mst_option_table *own =
        render_step_table(render->connector, node);
    table = own == NULL ? table : own;
    struct render inner = *render;
    inner.skip = NULL;
    const char *comma = "";
    enum mst_status status =
        mst_buf_append_char(render->out, is_table ? '{' : '[');
    for (const struct mst_toml_node *at = node->first;
         status == MST_OK && at != NULL; at = at->next) {
        if (is_table && render->skip != NULL
            && strcmp(at->key, render->skip) == 0) {
            continue;
        }
        status = mst_buf_append_str(render->out, comma);
        comma = ",";
        if (status == MST_OK) {
            status = is_table ? render_member(&inner, at, table, secret)
                              : render_node(&inner, at, table, secret);
        }
    }
    return status != MST_OK
               ? status
               : mst_buf_append_char(render->out, is_table ? '}' : ']');
}

bool
mst_config_hash(const struct mst_toml_node *node, uint64_t *ret_hash)
{
    struct mst_buf buf;
    mst_buf_init(&buf, RENDER_MAX);
    struct render render = {.out = &buf, .skip = "enabled"};
    bool good = render_node(&render, node, NULL, false) == MST_OK;
    if (good) {
        *ret_hash = mst_hash64(buf.data, buf.len);
        explicit_bzero(buf.data, buf.len);
    }
    mst_buf_clear(&buf);
    return good;
}

enum mst_status
mst_definition_of_service(const struct mst_config_service *service,
                          struct mst_buf *out)
{
    struct render render = {.out = out};
    return render_node(&render, service->node, NULL, false);
}

enum mst_status
mst_definition_of_connector(const struct mst_config_connector *connector,
                            struct mst_buf *out)
{
    struct render render = {.out = out, .skip = "enabled"};
    return render_node(&render, connector->node, NULL, false);
}

enum mst_status
mst_config_service_json(const struct mst_config_service *service,
                        struct mst_buf *out)
{
    struct render render = {.out = out, .mask = true};
    return render_node(&render, service->node, service->table, false);
}

enum mst_status
mst_config_connector_json(const struct mst_config_connector *connector,
                          struct mst_buf *out)
{
    struct render render = {.out = out, .mask = true, .connector = connector};
    return render_node(&render, connector->node, &mst_table_connector, false);
}

static enum mst_status
render_entries(const struct mst_config *config, const char *key,
               struct mst_buf *out)
{
    bool services = strcmp(key, "services") == 0;
    size_t len = services ? config->services_len : config->connectors_len;
    /* The last one may be there without being written. */
    while (services && len > 0 && config->services[len - 1].node == NULL) {
        len--;
    }
    enum mst_status status = mst_buf_printf(out, "\"%s\":[", key);
    for (size_t i = 0; status == MST_OK && i < len; i++) {
        if (i > 0) {
            status = mst_buf_append_char(out, ',');
        }
        if (status == MST_OK) {
            status =
                services
                    ? mst_config_service_json(&config->services[i], out)
                    : mst_config_connector_json(&config->connectors[i], out);
        }
    }
    return status != MST_OK ? status : mst_buf_append_char(out, ']');
}

enum mst_status
mst_config_json(const struct mst_config *config, struct mst_buf *out)
{
    struct render render = {.out = out, .mask = true};
    enum mst_status status = mst_buf_append_char(out, '{');
    for (const struct mst_toml_node *at = config->root->first;
         status == MST_OK && at != NULL; at = at->next) {
        if (strcmp(at->key, "services") == 0
            || strcmp(at->key, "connectors") == 0) {
            continue;
        }
        status = render_member(&render, at, &mst_table_root, false);
        if (status == MST_OK) {
            status = mst_buf_append_char(out, ',');
        }
    }
    if (status == MST_OK) {
        status = render_entries(config, "services", out);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(out, ',');
    }
    if (status == MST_OK) {
        status = render_entries(config, "connectors", out);
    }
    return status != MST_OK ? status : mst_buf_append_char(out, '}');
}

/* Where a value comes from: "file:line", a variable or --set by name. */
static enum mst_status
render_origin(const struct render *render, const struct mst_toml_node *node)
{
    struct mst_buf text;
    mst_buf_init(&text, RENDER_MAX);
    enum mst_status status = mst_buf_append_str(&text, node->file);
    if (status == MST_OK && node->line > 0) {
        status = mst_buf_printf(&text, ":%" PRIu32, node->line);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(render->out, ",\"origin\":");
    }
    if (status == MST_OK) {
        status = mst_buf_append_json(render->out, mst_buf_slice(&text));
    }
    mst_buf_clear(&text);
    return status == MST_OK ? mst_buf_append_char(render->out, '}') : status;
}

/* "key":{"value":…,"origin":…} for what was written. */
static enum mst_status
render_given(const struct render *render, const struct mst_toml_node *node,
             const struct mst_option *option)
{
    bool secret =
        mst_secret_key(node->key)
        || (option != NULL && (option->flags & MST_OPTION_SECRET) != 0);
    enum mst_status status =
        mst_buf_append_json(render->out, mst_slice_str(node->key));
    if (status == MST_OK) {
        status = mst_buf_append_str(render->out, ":{\"value\":");
    }
    if (status == MST_OK) {
        status = render_node(render, node,
                             option == NULL ? NULL : option->table, secret);
    }
    return status == MST_OK ? render_origin(render, node) : status;
}

static enum mst_status
render_default(const struct render *render, const struct mst_option *option)
{
    bool bare = option->type == MST_OPTION_BOOL
                || option->type == MST_OPTION_INT
                || option->type == MST_OPTION_DOUBLE;
    enum mst_status status =
        mst_buf_printf(render->out, "\"%s\":{\"value\":", option->name);
    if (status == MST_OK) {
        status =
            bare ? mst_buf_append_str(render->out, option->def)
                 : mst_buf_append_json(render->out, mst_slice_str(option->def));
    }
    return status == MST_OK
               ? mst_buf_append_str(render->out, ",\"origin\":\"default\"}")
               : status;
}

static enum mst_status
render_comma(const struct render *render)
{
    uint8_t last = render->out->data[render->out->len - 1];
    return last == '{' || last == '[' ? MST_OK
                                      : mst_buf_append_char(render->out, ',');
}

/* The keys of a table: those written, then the defaults of the others. */
static enum mst_status
render_effective(const struct render *render, const struct mst_toml_node *node,
                 const struct mst_option_table *common,
                 const struct mst_option_table *own)
{
    const struct mst_option_table *const tables[] = {common, own};
    enum mst_status status = mst_buf_append_char(render->out, '{');
    for (const struct mst_toml_node *at = node->first;
         at != NULL && status == MST_OK; at = at->next) {
        const struct mst_option *option = mst_options_find(common, at->key);
        if (option == NULL && own != NULL) {
            option = mst_options_find(own, at->key);
        }
        status = render_comma(render);
        status = status == MST_OK ? render_given(render, at, option) : status;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(tables); i++) {
        for (size_t j = 0; tables[i] != NULL && j < tables[i]->len; j++) {
            const struct mst_option *option = &tables[i]->options[j];
            if (status == MST_OK && option->def != NULL
                && (option->flags & MST_OPTION_HIDDEN) == 0
                && mst_node_get(node, option->name) == NULL) {
                status = render_comma(render);
                status =
                    status == MST_OK ? render_default(render, option) : status;
            }
        }
    }
    return status == MST_OK ? mst_buf_append_char(render->out, '}') : status;
}

/* {"service":{…},"options":{…}} behind a name. */
static enum mst_status
render_step(const struct render *render, const struct mst_config *config,
            const struct mst_config_step *step)
{
    const struct mst_config_service *service = &config->services[step->service];
    enum mst_status status = mst_buf_append_str(render->out, "{\"service\":");
    if (status == MST_OK) {
        status = render_effective(render, service->node, &mst_table_service,
                                  service->table);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(render->out, ",\"options\":");
    }
    if (status == MST_OK) {
        status =
            render_effective(render, step->node, &mst_table_step, step->table);
    }
    return status == MST_OK ? mst_buf_append_char(render->out, '}') : status;
}

enum mst_status
mst_config_effective_json(const struct mst_config *config,
                          const struct mst_config_connector *connector,
                          struct mst_buf *out)
{
    struct render render = {.out = out, .mask = true, .connector = connector};
    enum mst_status status = mst_buf_append_str(out, "{\"connector\":");
    if (status == MST_OK) {
        status = render_effective(&render, connector->node,
                                  &mst_table_connector, NULL);
    }
    status =
        status == MST_OK ? mst_buf_append_str(out, ",\"source\":") : status;
    status = status == MST_OK ? render_step(&render, config, &connector->source)
                              : status;
    status =
        status == MST_OK ? mst_buf_append_str(out, ",\"sinks\":[") : status;
    for (size_t i = 0; i < connector->sinks_len && status == MST_OK; i++) {
        status = render_comma(&render);
        status = status == MST_OK
                     ? render_step(&render, config, &connector->sinks[i])
                     : status;
    }
    status = status == MST_OK ? mst_buf_append_str(out, "]") : status;
    if (status == MST_OK && connector->dlq.sink != NULL) {
        status = mst_buf_append_str(out, ",\"dlq\":");
        status = status == MST_OK
                     ? render_step(&render, config, connector->dlq.sink)
                     : status;
    }
    return status == MST_OK ? mst_buf_append_char(out, '}') : status;
}
