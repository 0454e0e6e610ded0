/* SPDX-License-Identifier: MIT */
/* What jobs and services have in common as things that people define. */
#ifndef MST_API_DEFINITIONS_H
#define MST_API_DEFINITIONS_H

#include "api/operations.h"

/* NULL: refused, nothing can be changed here. */
struct mst_catalog *mst_api_catalog(const struct mst_api *api,
                                    struct mst_api_answer *answer);

/* The header ETag for what has this revision; 0: none. */
void mst_api_set_etag(struct mst_api_answer *answer, uint64_t revision);
/* Whether the client has it already; the answer says so then. */
bool mst_api_is_known(const struct mst_api_request *request,
                      struct mst_api_answer *answer, uint64_t revision);

/* What the headers say that has to be so. False: refused. */
bool mst_api_match(const struct mst_api_request *request,
                   struct mst_api_answer *answer,
                   struct mst_catalog_match *match);

/* Makes or changes what the body says. name: NULL, the body has it. False:
 * refused, with all that is wrong. */
MST_MUST_CHECK bool mst_api_put_definition(
    struct mst_api *api, const struct mst_api_request *request,
    struct mst_api_answer *answer, const struct mst_catalog_write *write,
    struct mst_catalog_result *ret_result);

/* Removes it, where the headers allow it. False: refused. */
MST_MUST_CHECK bool mst_api_remove_definition(
    struct mst_api *api, const struct mst_api_request *request,
    struct mst_api_answer *answer, const struct mst_catalog_removal *removal);

/* Refuses with problems, all of them. */
void mst_api_refuse_problems(struct mst_api_answer *answer,
                             const struct mst_problems *problems);

/* The header Location: where/name. */
void mst_api_set_location(struct mst_api_answer *answer, const char *where,
                          const char *name);

/* Of jobs (jobs_edit.c); they stand in the table of what they share a path
 * with. */
enum { MST_API_REMOVE_JOB_QUERY = 1 };
extern const struct mst_api_field
    mst_api_remove_job_query[MST_API_REMOVE_JOB_QUERY];
void mst_api_create_job(struct mst_api *api,
                        const struct mst_api_request *request,
                        struct mst_api_answer *answer);
void mst_api_replace_job(struct mst_api *api,
                         const struct mst_api_request *request,
                         struct mst_api_answer *answer);
void mst_api_remove_job(struct mst_api *api,
                        const struct mst_api_request *request,
                        struct mst_api_answer *answer);

#endif
