/* SPDX-License-Identifier: MIT */
/* From a method and a path to an operation. */
#ifndef MST_API_ROUTER_H
#define MST_API_ROUTER_H

#include "api/http.h"

/* One row of a resource's table: drives routing, checks and openapi.json. */
struct mst_api_operation {
    const char *method;
    const char *path; /* "/jobs/{name}/stop" */
    enum mst_api_role role;
    const char *id; /* unique: "stopJob" */
    const char *summary;
    const struct mst_api_field *query;
    size_t query_len;
    const struct mst_api_field *body;
    size_t body_len;
    bool document;      /* the body is a JSON object that others look into */
    bool quick;         /* it looks at memory alone, and waits for nothing */
    int status;         /* of success */
    const char *answer; /* the shape of success: a name in openapi_shapes.c */
    void (*run)(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer);
};

/* Ended by one without a method. */
typedef const struct mst_api_operation *mst_api_table;

/* All of them, ended by NULL (operations.c). */
extern const mst_api_table mst_api_tables[];

/* Fills in operation and captures. False: refused with 404, or with 405 and
 * the methods that there are. */
bool mst_api_route(const mst_api_table *tables, struct mst_api_request *request,
                   struct mst_api_answer *answer);

/* Appends len bytes of an address to out with its %XX resolved; false: wrong,
 * with a NUL in it, not UTF-8, or longer than size - 1. */
bool mst_api_unescape(const char *text, size_t len, char *out, size_t size);

#endif
