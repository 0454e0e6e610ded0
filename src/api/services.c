/* SPDX-License-Identifier: MIT */
/* Services: the list, one, and those that people make, change and remove. */
#include <stdio.h>

#include "api/definitions.h"

enum { SERVICES_LIST_MAX = 10000, SERVICES_TEXT_MAX = 16 * 1024 * 1024 };

static void
services_users(struct mst_json *out, const struct mst_config *config,
               size_t service)
{
    mst_json_open(out, "used_by_jobs", '[');
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        if (mst_config_connector_uses(connector, service)) {
            mst_json_str(out, NULL, connector->name);
        }
    }
    mst_json_close(out, ']');
}

/* Whether the daemon keeps its own state there. */
static bool
services_is_system(const struct mst_config_system *system, size_t service)
{
    return system->job_lifecycle.store.service == service
           || system->service_lifecycle.service == service
           || system->checkpoints.service == service
           || system->schemas.service == service
           || system->test_suites.service == service
           || system->workspaces.service == service;
}

/* The definition's own keys, then what is known beside them. */
static void
services_json(struct mst_json *out, const char *name,
              const struct mst_config *config, size_t i)
{
    const struct mst_config_service *service = &config->services[i];
    uint64_t revision = service->node->revision;
    struct mst_buf text;
    char number[32];
    mst_buf_init(&text, SERVICES_TEXT_MAX);
    mst_json_did(out, mst_config_service_json(service, &text));
    /* Without its brackets. */
    struct mst_slice keys = text.len > 2
                                ? mst_slice_of(text.data + 1, text.len - 2)
                                : MST_SLICE_LIT("\"name\":null");
    (void)snprintf(number, sizeof(number), "%llu",
                   (unsigned long long)revision);
    mst_json_open(out, name, '{');
    mst_json_did(out, mst_buf_append(&out->buf, keys.data, keys.len));
    out->comma = true;
    services_users(out, config, i);
    mst_json_bool(out, "is_system", services_is_system(&config->system, i));
    mst_json_str(out, "defined_in", revision != 0 ? "api" : "file");
    mst_json_str(out, "revision", revision != 0 ? number : NULL);
    mst_json_close(out, '}');
    mst_buf_clear(&text);
}

static int
services_order(const void *a, const void *b)
{
    const struct mst_config_service *const *one = a;
    const struct mst_config_service *const *other = b;
    return strcmp((*one)->name, (*other)->name);
}

/* Those that the query asks for, by name. The daemon's own are not for
 * everybody's list: as published. */
static void
services_list_all(const struct mst_config *config,
                  const struct mst_config_service **order, size_t len,
                  const struct mst_api_request *request, struct mst_json *out)
{
    const struct mst_api_value *provider = mst_api_query(request, "provider");
    const struct mst_api_value *after = mst_api_query(request, "after");
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    int64_t left = limit->given ? limit->number : SERVICES_LIST_MAX;
    for (size_t i = 0; i < len && left > 0; i++) {
        size_t index = (size_t)(order[i] - config->services);
        if ((!provider->given
             || strcmp(order[i]->provider, provider->text) == 0)
            && (!after->given || strcmp(order[i]->name, after->text) > 0)
            && !services_is_system(&config->system, index)) {
            services_json(out, NULL, config, index);
            left--;
        }
    }
}

static void
services_list(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    struct mst_job_loan loan = mst_manager_borrow(api->args.manager, NULL);
    const struct mst_config *config = loan.config;
    size_t all = config != NULL ? config->services_len : 0;
    const struct mst_config_service **order = calloc(all + 1, sizeof(*order));
    size_t len = 0;
    mst_json_open(&answer->body, NULL, '[');
    if (order == NULL) {
        mst_json_did(&answer->body, MST_FATAL);
    }
    /* The last one may be there without being written. */
    for (size_t i = 0; order != NULL && i < all; i++) {
        if (config->services[i].node != NULL) {
            order[len++] = &config->services[i];
        }
    }
    if (len > 0) {
        qsort(order, len, sizeof(const struct mst_config_service *),
              services_order);
        services_list_all(config, order, len, request, &answer->body);
    }
    mst_json_close(&answer->body, ']');
    free(order);
    mst_manager_give_back(api->args.manager, &loan);
}

/* Its index, or services_len. */
static size_t
services_find(const struct mst_config *config, const char *name)
{
    const struct mst_config_service *service =
        config != NULL ? mst_config_find_service(config, name) : NULL;
    if (service == NULL || service->node == NULL) {
        return config != NULL ? config->services_len : 0;
    }
    return (size_t)(service - config->services);
}

static void
services_show(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    const char *name = request->captures[0];
    struct mst_job_loan loan = mst_manager_borrow(api->args.manager, NULL);
    size_t i = services_find(loan.config, name);
    if (loan.config == NULL || i == loan.config->services_len) {
        mst_api_refuse(answer, 404, "not_found", NULL,
                       "there is no service '%s'", name);
    } else if (!mst_api_is_known(request, answer,
                                 loan.config->services[i].node->revision)) {
        services_json(&answer->body, NULL, loan.config, i);
    }
    mst_manager_give_back(api->args.manager, &loan);
}

static void
services_put(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer,
             const struct mst_catalog_write *write)
{
    struct mst_catalog_result result = {0};
    if (!mst_api_put_definition(api, request, answer, write, &result)) {
        return;
    }
    struct mst_json *out = &answer->body;
    struct mst_job_loan loan = mst_manager_borrow(api->args.manager, NULL);
    size_t i = services_find(loan.config, result.name);
    if (result.created) {
        mst_api_set_location(answer, "/services", result.name);
    }
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "message",
                 result.created   ? "the service was made"
                 : result.changed ? "the service was changed; jobs that use "
                                    "it start anew"
                                  : "the service was so already");
    if (loan.config != NULL && i < loan.config->services_len) {
        services_json(out, "item", loan.config, i);
    }
    mst_json_close(out, '}');
    mst_manager_give_back(api->args.manager, &loan);
}

static void
services_create(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    const struct mst_catalog_write write = {.kind = MST_DEFINITION_SERVICE,
                                            .match.must_not_exist = true};
    services_put(api, request, answer, &write);
}

static void
services_replace(struct mst_api *api, const struct mst_api_request *request,
                 struct mst_api_answer *answer)
{
    const struct mst_catalog_write write = {.kind = MST_DEFINITION_SERVICE,
                                            .name = request->captures[0]};
    services_put(api, request, answer, &write);
}

static void
services_remove(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    const struct mst_catalog_removal removal = {.kind = MST_DEFINITION_SERVICE,
                                                .name = request->captures[0]};
    if (mst_api_remove_definition(api, request, answer, &removal)) {
        mst_api_done(answer, "the service is gone");
    }
}

static const struct mst_api_field services_list_query[] = {
    MST_API_LIMIT(SERVICES_LIST_MAX),
    {.name = "after",
     .type = MST_API_TEXT,
     .max = MST_API_CAPTURE_MAX - 1,
     .help = "Only names behind this one."},
    {.name = "provider",
     .type = MST_API_TEXT,
     .max = 64,
     .help = "Only those of this provider."},
};

const struct mst_api_operation mst_api_services[] = {
    {.method = "GET",
     .path = "/services",
     .role = MST_API_READ,
     .id = "listServices",
     .quick = true,
     .summary = "All services but those of the daemon's own state, by name, "
                "without their secrets.",
     .query = services_list_query,
     .query_len = MST_ARRAY_SIZE(services_list_query),
     .status = 200,
     .answer = "Services",
     .run = services_list},
    {.method = "POST",
     .path = "/services",
     .role = MST_API_ADMIN,
     .id = "createService",
     .summary = "Makes a service: the body is what the file would have.",
     .document = true,
     .status = 201,
     .answer = "ServiceDone",
     .run = services_create},
    {.method = "GET",
     .path = "/services/{name}",
     .role = MST_API_READ,
     .id = "getService",
     .quick = true,
     .summary = "One service, without its secrets.",
     .status = 200,
     .answer = "Service",
     .run = services_show},
    {.method = "PUT",
     .path = "/services/{name}",
     .role = MST_API_ADMIN,
     .id = "replaceService",
     .summary = "Changes a service, or makes it; a mask that is sent back "
                "keeps the secret.",
     .document = true,
     .status = 200,
     .answer = "ServiceDone",
     .run = services_replace},
    {.method = "DELETE",
     .path = "/services/{name}",
     .role = MST_API_ADMIN,
     .id = "removeService",
     .summary = "Removes a service that no job uses.",
     .status = 200,
     .answer = "Done",
     .run = services_remove},
    {0},
};
