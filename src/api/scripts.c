/* SPDX-License-Identifier: MIT */
/*
 * The scripts of a service: read, made, changed, removed. What is changed is
 * kept in the state; files stay as they are. The tag of a script is the hash
 * of its text, wherever it is.
 */
#include <stdio.h>

#include "api/definitions.h"
#include "api/tools.h"
#include "base/hash.h"

/* One request's script. */
struct scripts_work {
    const struct mst_api_tools *tools;
    struct mst_job_loan loan;
    struct mst_api_script what;
    struct mst_api_script_look look;
    struct mst_buf text; /* as it is now */
    bool exists;
};

/* The hash of a text; never 0. */
static uint64_t
scripts_tag(struct mst_slice text)
{
    uint64_t hash = mst_hash64(text.data, text.len);
    return hash == 0 ? 1 : hash;
}

static void
scripts_close(struct mst_api *api, struct scripts_work *work)
{
    mst_buf_clear(&work->text);
    mst_manager_give_back(api->args.manager, &work->loan);
}

/* The service and what is there under the name. False: refused; close it
 * nevertheless. */
static bool
scripts_open(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer, struct scripts_work *work)
{
    const char *name = request->captures[0];
    *work = (struct scripts_work){.tools = mst_api_tools_of(api, answer)};
    mst_buf_init(&work->text, MST_SCRIPT_TEXT_MAX);
    work->loan = mst_manager_borrow(api->args.manager, NULL);
    const struct mst_config_service *service =
        work->loan.config != NULL
            ? mst_config_find_service(work->loan.config, name)
            : NULL;
    if (work->tools == NULL) {
        return false;
    }
    if (service == NULL || service->node == NULL) {
        mst_api_refuse(answer, 404, "not_found", NULL,
                       "there is no service '%s'", name);
        return false;
    }
    if (strcmp(service->provider, "udf") != 0) {
        mst_api_refuse(answer, 400, "unsupported", NULL,
                       "service '%s' is %s: only one of udf has scripts", name,
                       service->provider);
        return false;
    }
    work->what = (struct mst_api_script){
        .service = service,
        .scripts = mst_manager_registry(api->args.manager)->scripts,
        .name = request->captures[1]};
    return true;
}

/* False: refused, nobody can tell what is there. */
static bool
scripts_look(struct scripts_work *work, struct mst_api_answer *answer)
{
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status =
        work->tools->script_read(&work->what, &work->text, &work->look, &err);
    work->exists = status == MST_OK;
    if (status == MST_REJECTED) {
        mst_api_refuse(answer, 400, "bad_name", NULL, "%s", err.text);
    } else if (status != MST_OK && status != MST_END) {
        mst_api_fail(answer, &err);
    }
    return status == MST_OK || status == MST_END;
}

static void
scripts_answer(struct mst_api_answer *answer, const char *name,
               struct mst_slice text, const char *origin, const char *message)
{
    struct mst_json *out = &answer->body;
    mst_api_set_etag(answer, scripts_tag(text));
    mst_json_open(out, NULL, '{');
    if (message != NULL) {
        mst_json_str(out, "message", message);
    }
    mst_json_str(out, "filename", name);
    mst_json_slice(out, "content", text);
    mst_json_str(out, "origin", origin);
    mst_json_close(out, '}');
}

static void
scripts_missing(const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    mst_api_refuse(answer, 404, "not_found", NULL,
                   "service '%s' has no script '%s'", request->captures[0],
                   request->captures[1]);
}

static void
scripts_show(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    struct scripts_work work;
    if (scripts_open(api, request, answer, &work)
        && scripts_look(&work, answer)) {
        struct mst_slice text = mst_buf_slice(&work.text);
        if (!work.exists) {
            scripts_missing(request, answer);
        } else if (!mst_api_is_known(request, answer, scripts_tag(text))) {
            scripts_answer(answer, work.what.name, text, work.look.origin,
                           NULL);
        }
    }
    scripts_close(api, &work);
}

/* What the headers ask for against what is there. */
static bool
scripts_match(const struct mst_api_request *request,
              struct mst_api_answer *answer, const struct scripts_work *work)
{
    struct mst_catalog_match match = {.must_exist = false};
    if (!mst_api_match(request, answer, &match)) {
        return false;
    }
    uint64_t tag = work->exists ? scripts_tag(mst_buf_slice(&work->text)) : 0;
    if ((match.must_exist && !work->exists)
        || (match.must_not_exist && work->exists)
        || (match.has_revision && match.revision != tag)) {
        mst_api_refuse(answer, 412, "changed", NULL,
                       "script '%s' is not as If-Match or If-None-Match says",
                       work->what.name);
        return false;
    }
    return true;
}

/* Whether the new text is a script. False: refused. */
static bool
scripts_check(struct scripts_work *work, struct mst_api_answer *answer)
{
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status =
        work->tools->script_check(&work->what, &work->look, &err);
    if (status == MST_REJECTED) {
        mst_api_refuse(answer, 400, "bad_script", "content", "%s", err.text);
        struct mst_json *out =
            work->look.line > 0 ? mst_api_reopen(answer) : NULL;
        if (out != NULL) {
            mst_json_number(out, "line", work->look.line);
            mst_json_number(out, "column", work->look.column);
            mst_json_close(out, '}');
        }
    } else if (status != MST_OK) {
        mst_api_fail(answer, &err);
    }
    return status == MST_OK;
}

/* As scripts_open, for a change, which others wait for then. False: refused. */
static bool
scripts_begin(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer, struct scripts_work *work)
{
    if (!scripts_open(api, request, answer, work)) {
        return false;
    }
    if (api->args.scripts == NULL) {
        mst_api_refuse(answer, 503, "unavailable", NULL,
                       "nothing can be changed here");
        return false;
    }
    mst_scripts_begin(api->args.scripts);
    return true;
}

/* Whether the change may be made: it is not one of another name or time. */
static bool
scripts_may_put(const struct mst_api_request *request,
                struct mst_api_answer *answer, struct scripts_work *work,
                bool create)
{
    if (!scripts_look(work, answer) || !scripts_match(request, answer, work)) {
        return false;
    }
    if (create && work->exists) {
        mst_api_refuse(answer, 409, "exists", NULL,
                       "service '%s' has a script '%s' already",
                       request->captures[0], work->what.name);
        mst_api_hint(answer, "PUT changes it");
        return false;
    }
    if (!create && !work->exists) {
        scripts_missing(request, answer);
        mst_api_hint(answer, "POST makes it");
        return false;
    }
    return true;
}

static void
scripts_write(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer, bool create)
{
    struct mst_scripts *scripts = api->args.scripts;
    struct scripts_work work;
    struct mst_error err;
    mst_error_clear(&err);
    bool began = scripts_begin(api, request, answer, &work);
    if (began) {
        work.what.text = mst_slice_str(mst_api_body(request, "content")->text);
    }
    /* What is asked for comes before how it is written. */
    if (began && scripts_may_put(request, answer, &work, create)
        && scripts_check(&work, answer)) {
        enum mst_status status =
            mst_scripts_put(scripts, request->captures[0], work.what.name,
                            work.what.text, request->who, &err);
        if (status == MST_OK) {
            scripts_answer(answer, work.what.name, work.what.text, "state",
                           create ? "the script was made"
                                  : "the script was changed; jobs take it over "
                                    "between two batches");
            answer->status = create ? 201 : 200;
        } else if (status == MST_AGAIN) {
            mst_api_refuse(answer, 412, "changed", NULL, "%s", err.text);
        } else {
            mst_api_fail(answer, &err);
        }
    }
    if (began) {
        mst_scripts_end(scripts);
    }
    scripts_close(api, &work);
}

static void
scripts_create(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    scripts_write(api, request, answer, true);
}

static void
scripts_replace(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    scripts_write(api, request, answer, false);
}

/* The first job that needs the script; NULL: none does. */
static const char *
scripts_user(const struct scripts_work *work)
{
    const struct mst_config *config = work->loan.config;
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        for (size_t k = 0; k < connector->middlewares_len; k++) {
            const struct mst_config_step *step = &connector->middlewares[k];
            if (&config->services[step->service] == work->what.service
                && step->resource != NULL
                && strcmp(step->resource, work->what.name) == 0) {
                return connector->name;
            }
        }
    }
    return NULL;
}

/* False: refused. */
static bool
scripts_may_remove(const struct mst_api_request *request,
                   struct mst_api_answer *answer, struct scripts_work *work)
{
    if (!scripts_look(work, answer) || !scripts_match(request, answer, work)) {
        return false;
    }
    if (!work->exists) {
        scripts_missing(request, answer);
        return false;
    }
    if (strcmp(work->look.origin, "state") != 0) {
        mst_api_refuse(answer, 409, "not_kept", NULL,
                       "script '%s' is of the service's %s and is removed "
                       "there",
                       work->what.name,
                       strcmp(work->look.origin, "file") == 0 ? "directory"
                                                              : "definition");
        return false;
    }
    const char *user = work->look.own ? NULL : scripts_user(work);
    if (user != NULL) {
        mst_api_refuse(answer, 409, "in_use", NULL, "job '%s' uses script '%s'",
                       user, work->what.name);
    }
    return user == NULL;
}

static void
scripts_remove(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    struct mst_scripts *scripts = api->args.scripts;
    struct scripts_work work;
    struct mst_error err;
    mst_error_clear(&err);
    bool began = scripts_begin(api, request, answer, &work);
    if (began && scripts_may_remove(request, answer, &work)) {
        enum mst_status status = mst_scripts_remove(
            scripts, request->captures[0], work.what.name, &err);
        if (status == MST_OK) {
            mst_api_done(answer, "%s",
                         work.look.own ? "the script is gone; the service's "
                                         "own one takes its place"
                                       : "the script is gone");
        } else if (status == MST_AGAIN) {
            mst_api_refuse(answer, 412, "changed", NULL, "%s", err.text);
        } else {
            mst_api_fail(answer, &err);
        }
    }
    if (began) {
        mst_scripts_end(scripts);
    }
    scripts_close(api, &work);
}

static const struct mst_api_field scripts_body[] = {
    {.name = "content",
     .type = MST_API_TEXT,
     .required = true,
     .max = MST_SCRIPT_TEXT_MAX,
     .help = "The script."},
};

const struct mst_api_operation mst_api_scripts[] = {
    {.method = "GET",
     .path = "/services/{name}/resources/{resource}",
     .role = MST_API_READ,
     .id = "getScript",
     .summary = "A script of a udf service: the one that its jobs run.",
     .status = 200,
     .answer = "Script",
     .run = scripts_show},
    {.method = "POST",
     .path = "/services/{name}/resources/{resource}",
     .role = MST_API_ADMIN,
     .id = "createScript",
     .summary = "Makes a script, which is kept in the state.",
     .body = scripts_body,
     .body_len = MST_ARRAY_SIZE(scripts_body),
     .status = 201,
     .answer = "Script",
     .run = scripts_create},
    {.method = "PUT",
     .path = "/services/{name}/resources/{resource}",
     .role = MST_API_ADMIN,
     .id = "replaceScript",
     .summary = "Changes a script; running jobs take it over between two "
                "batches. A file stays as it is.",
     .body = scripts_body,
     .body_len = MST_ARRAY_SIZE(scripts_body),
     .status = 200,
     .answer = "Script",
     .run = scripts_replace},
    {.method = "DELETE",
     .path = "/services/{name}/resources/{resource}",
     .role = MST_API_ADMIN,
     .id = "removeScript",
     .summary = "Removes a script from the state; a file of its name takes its "
                "place.",
     .status = 200,
     .answer = "Done",
     .run = scripts_remove},
    {0},
};
