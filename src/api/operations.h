/* SPDX-License-Identifier: MIT */
/* One table per resource, each in the file of its name. */
#ifndef MST_API_OPERATIONS_H
#define MST_API_OPERATIONS_H

#include "api/api_impl.h"
#include "api/router.h"
#include "base/clock.h"

extern const struct mst_api_operation mst_api_system[];
extern const struct mst_api_operation mst_api_metrics[];
extern const struct mst_api_operation mst_api_jobs[];
extern const struct mst_api_operation mst_api_jobs_edit[];
extern const struct mst_api_operation mst_api_dry_run[];
extern const struct mst_api_operation mst_api_actions[];
extern const struct mst_api_operation mst_api_shadow[];
extern const struct mst_api_operation mst_api_services[];
extern const struct mst_api_operation mst_api_config[];
extern const struct mst_api_operation mst_api_checkpoints[];
extern const struct mst_api_operation mst_api_letters[];
extern const struct mst_api_operation mst_api_schemas[];
extern const struct mst_api_operation mst_api_transforms[];
extern const struct mst_api_operation mst_api_suites[];
extern const struct mst_api_operation mst_api_workspaces[];
extern const struct mst_api_operation mst_api_services_remote[];
extern const struct mst_api_operation mst_api_scripts[];
extern const struct mst_api_operation mst_api_logs[];
extern const struct mst_api_operation mst_api_openapi[];
extern const struct mst_api_operation mst_api_session[];

/* For a job's collection of whatever: "limit" and "after". */
#define MST_API_LIMIT(most)                                                    \
    {                                                                          \
        .name = "limit", .type = MST_API_NUMBER, .min = 1, .max = (most),      \
        .help = "At most this many."                                           \
    }

/* {"message": …} as writes answer it. */
void mst_api_done(struct mst_api_answer *answer, const char *fmt, ...)
    MST_PRINTF(2, 3);

/* The daemon's; NULL: refused, it has none. */
const struct mst_api_tools *mst_api_tools_of(struct mst_api *api,
                                             struct mst_api_answer *answer);
/* Makes an error of what a tool did not do. */
void mst_api_tool_done(struct mst_api_answer *answer, enum mst_status status,
                       const struct mst_error *err);

/* A text of an object in the body; NULL: it has none. False: refused. */
bool mst_api_member(json_t *object, const char *of, const char *name,
                    bool required, const char **ret_text,
                    struct mst_api_answer *answer);
/* "avro" or "json" of the field at path. False: refused. */
bool mst_api_schema_kind(const char *kind, const char *path, bool *ret_avro,
                         struct mst_api_answer *answer);

/* False: refused, there is no such job. */
bool mst_api_job_exists(struct mst_api *api,
                        const struct mst_api_request *request,
                        struct mst_api_answer *answer);

/* As mst_manager_each, and with the jobs that are set aside. */
MST_MUST_CHECK enum mst_status mst_api_each_job(struct mst_api *api,
                                                const char *after,
                                                mst_job_each each, void *arg);

/* One job as the API shows it. */
void mst_api_job_json(struct mst_json *out, const char *name,
                      const struct mst_job_look *look);

/* One job as {"message", "item"}: what changes of it answer. */
struct mst_api_job_item {
    struct mst_json *out;
    const char *message;
};
/* For mst_manager_one and mst_catalog_one; arg is the struct. */
enum mst_status mst_api_job_item(void *arg, const struct mst_job_look *look);

/* The jobs, counted by what they do. */
struct mst_api_census {
    size_t running; /* and those that begin, retry or drain */
    size_t retrying;
    size_t elsewhere; /* another daemon runs them; in no other number */
    size_t paused;
    size_t stopped;
    size_t completed;
    size_t failed;
    size_t stuck;
    struct mst_job_totals totals; /* of all, also of those that are gone */
};
void mst_api_census_add(struct mst_api_census *census,
                        const struct mst_job_look *look);

#endif
