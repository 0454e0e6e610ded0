/* SPDX-License-Identifier: MIT */
/* Workspaces: what somebody had open who wrote a script. */
#include "api/items.h"

enum {
    WORKSPACES_NAME_MAX = 256,
    WORKSPACES_REFERENCE_MAX = 4096,
    WORKSPACES_INPUT_MAX = 1024 * 1024
};

/* Two texts of an object of the body. False: refused. */
static bool
workspaces_pair(const struct mst_api_request *request, const char *name,
                const char *first, const char *second,
                struct mst_api_answer *answer)
{
    json_t *object = json_object_get(request->json, name);
    const char *text = NULL;
    return object == NULL
           || (mst_api_member(object, name, first, true, &text, answer)
               && mst_api_member(object, name, second, true, &text, answer));
}

static bool
workspaces_check(struct mst_api *api, const struct mst_api_request *request,
                 struct mst_api_answer *answer)
{
    (void)api;
    return workspaces_pair(request, "script", "service_name", "resource",
                           answer)
           && workspaces_pair(request, "schema", "schema_id", "service_name",
                              answer);
}

static void
workspaces_brief(const json_t *item, struct mst_json *out)
{
    mst_json_str(out, "name", json_string_value(json_object_get(item, "name")));
}

static const struct mst_api_item_kind workspaces_kind = {
    .kind = MST_RECORD_WORKSPACE,
    .what = "workspace",
    .where = "/workspaces",
    .check = workspaces_check,
    .brief = workspaces_brief};

static void
workspaces_list(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    mst_api_items_list(api, request, answer, &workspaces_kind);
}

static void
workspaces_show(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    mst_api_item_show(api, request, answer, &workspaces_kind);
}

static void
workspaces_create(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    mst_api_item_create(api, request, answer, &workspaces_kind);
}

static void
workspaces_replace(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    mst_api_item_replace(api, request, answer, &workspaces_kind);
}

static void
workspaces_remove(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    mst_api_item_remove(api, request, answer, &workspaces_kind);
}

static const struct mst_api_field workspaces_list_query[] = {
    MST_API_LIMIT(MST_API_ITEMS_LIST_MAX),
    {.name = "after",
     .type = MST_API_TEXT,
     .max = MST_API_ITEM_ID_MAX,
     .help = "Only ids behind this one."},
};

static const struct mst_api_field workspaces_body[] = {
    MST_API_ITEM_FIELDS,
    {.name = "name",
     .type = MST_API_TEXT,
     .required = true,
     .max = WORKSPACES_NAME_MAX,
     .help = "For people."},
    {.name = "script",
     .type = MST_API_OBJECT,
     .max = WORKSPACES_REFERENCE_MAX,
     .help = "{\"service_name\", \"resource\"}"},
    {.name = "input",
     .type = MST_API_TEXT,
     .max = WORKSPACES_INPUT_MAX,
     .help = "What the script is tried on."},
    {.name = "schema",
     .type = MST_API_OBJECT,
     .max = WORKSPACES_REFERENCE_MAX,
     .help = "{\"schema_id\", \"service_name\"}"},
    {.name = "test_suite_id",
     .type = MST_API_TEXT,
     .max = MST_API_ITEM_ID_MAX,
     .help = "The test that goes with it."},
};

#define WORKSPACES_FIELDS(list) .body = (list), .body_len = MST_ARRAY_SIZE(list)

const struct mst_api_operation mst_api_workspaces[] = {
    {.method = "GET",
     .path = "/workspaces",
     .role = MST_API_READ,
     .id = "listWorkspaces",
     .summary = "All workspaces by id.",
     .query = workspaces_list_query,
     .query_len = MST_ARRAY_SIZE(workspaces_list_query),
     .status = 200,
     .answer = "Workspaces",
     .run = workspaces_list},
    {.method = "POST",
     .path = "/workspaces",
     .role = MST_API_OPERATE,
     .id = "createWorkspace",
     .summary = "Keeps a workspace.",
     WORKSPACES_FIELDS(workspaces_body),
     .status = 201,
     .answer = "WorkspaceDone",
     .run = workspaces_create},
    {.method = "GET",
     .path = "/workspaces/{id}",
     .role = MST_API_READ,
     .id = "getWorkspace",
     .summary = "One workspace.",
     .status = 200,
     .answer = "Workspace",
     .run = workspaces_show},
    {.method = "PUT",
     .path = "/workspaces/{id}",
     .role = MST_API_OPERATE,
     .id = "replaceWorkspace",
     .summary = "Changes a workspace: what is left out is gone.",
     WORKSPACES_FIELDS(workspaces_body),
     .status = 200,
     .answer = "WorkspaceDone",
     .run = workspaces_replace},
    {.method = "DELETE",
     .path = "/workspaces/{id}",
     .role = MST_API_OPERATE,
     .id = "removeWorkspace",
     .summary = "Removes a workspace.",
     .status = 200,
     .answer = "Done",
     .run = workspaces_remove},
    {0},
};
