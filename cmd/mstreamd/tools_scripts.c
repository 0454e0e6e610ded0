/* SPDX-License-Identifier: MIT */
/* Scripts of services for the API. */
#include "tools.h"
#include "udf/lua_service.h"

static struct mst_lua_service
scripts_service(const struct mst_config_service *service,
                struct mst_script_store *scripts)
{
    return (struct mst_lua_service){
        .name = service->name, .options = service->options, .scripts = scripts};
}

/* False: err says what is wrong with it. */
static bool
scripts_name(const struct mst_api_script *what, struct mst_error *err)
{
    if (mst_lua_name_is_good(what->name)) {
        return true;
    }
    (void)mst_fail(err, MST_REJECTED, "script", 0,
                   "'%s' is not the plain name of a .lua file", what->name);
    return false;
}

enum mst_status
mst_tools_script_read(const struct mst_api_script *what, struct mst_buf *out,
                      struct mst_api_script_look *ret_look,
                      struct mst_error *err)
{
    const struct mst_lua_service service =
        scripts_service(what->service, what->scripts);
    enum mst_lua_origin origin = MST_LUA_OF_FILE;
    if (!scripts_name(what, err)) {
        return MST_REJECTED;
    }
    enum mst_status status =
        mst_lua_service_read(&service, what->name, out, &origin, err);
    *ret_look = (struct mst_api_script_look){
        .origin = mst_lua_origin_name(origin),
        .own = mst_lua_service_has_own(&service, what->name)};
    return status;
}

enum mst_status
mst_tools_script_check(const struct mst_api_script *what,
                       struct mst_api_script_look *ret_look,
                       struct mst_error *err)
{
    const struct mst_lua_limits limits =
        mst_lua_service_limits(what->service->options);
    struct mst_lua_place place = {0};
    if (!scripts_name(what, err)) {
        return MST_REJECTED;
    }
    if (mst_lua_script_check(what->name, what->text, &limits, &place, err)
        == MST_OK) {
        return MST_OK;
    }
    ret_look->line = place.line;
    ret_look->column = place.column;
    return MST_REJECTED;
}

static void
scripts_list_one(void *arg, const char *name, enum mst_lua_origin origin)
{
    struct mst_json *out = arg;
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "name", name);
    mst_json_str(out, "resource_type", "script");
    mst_json_str(out, "origin", mst_lua_origin_name(origin));
    mst_json_close(out, '}');
}

enum mst_status
mst_tools_script_list(const struct mst_api_look *look, struct mst_json *out,
                      struct mst_error *err)
{
    const struct mst_lua_service service =
        scripts_service(look->service, look->scripts);
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "service_name", look->service->name);
    mst_json_open(out, "resources", '[');
    enum mst_status status =
        mst_lua_service_list(&service, scripts_list_one, out, err);
    mst_json_close(out, ']');
    mst_json_close(out, '}');
    return status;
}
