/* SPDX-License-Identifier: MIT */
/* What the server and the operations share. */
#ifndef MST_API_API_IMPL_H
#define MST_API_API_IMPL_H

#include <stdatomic.h>

#include "api/api.h"
#include "api/count.h"
#include "api/gate.h"
#include "api/http.h"
#include "api/tokens.h"

struct mst_api_server;
struct mst_api_sessions;
struct mst_api_tls;

struct mst_api {
    struct mst_api_args args;
    struct mst_config_api config; /* its texts are in `kept` */
    struct mst_arena kept;
    struct mst_api_tokens *tokens;     /* NULL: none are asked for */
    struct mst_api_sessions *sessions; /* where there are tokens */
    bool loopback;                     /* only this machine reaches it */
    int64_t started_ms;                /* wall clock */
    char url[MST_API_URL_MAX];
    atomic_uint_fast64_t requests; /* numbers of requests */
    atomic_uint_fast64_t refused;  /* wrong tokens */
    struct mst_api_counts counts;
    atomic_int slowed;  /* answers kept back because of one */
    atomic_int streams; /* open */
    atomic_bool stopping;
    struct mst_api_gate *scripts; /* those that may run at once */
    struct mst_api_tls *tls;      /* NULL: none */
    struct mst_api_server *server;
};

/* From a request to its answer, without the socket. Thread: any. */
void mst_api_handle(struct mst_api *api, struct mst_api_request *request,
                    struct mst_api_answer *answer);
/* The same in its two parts. Whether the request may be run, which its head
 * alone says, and which waits for nothing; false: refused. */
bool mst_api_admit(struct mst_api *api, struct mst_api_request *request,
                   struct mst_api_answer *answer);
/* Runs what was admitted; may wait for a store or a server. */
void mst_api_run(struct mst_api *api, struct mst_api_request *request,
                 struct mst_api_answer *answer);

/* Whether the request may do what its operation does. False: refused. */
bool mst_api_access(struct mst_api *api, struct mst_api_request *request,
                    struct mst_api_answer *answer);
/* Whether what somebody was known by holds still, for what goes on. */
bool mst_api_access_lasts(struct mst_api *api,
                          const struct mst_api_badge *badge);
/* The name of the cookie. */
const char *mst_api_session_cookie(bool secure);
/* Whether it comes from a page of another site. False: refused. */
bool mst_api_same_site(const struct mst_api *api,
                       const struct mst_api_request *request,
                       struct mst_api_answer *answer);

/* The server's part (server.c). listener: a socket that listens, which is its
 * own from then on, also when it fails. */
MST_MUST_CHECK enum mst_status
mst_api_server_start(struct mst_api *api, int listener, struct mst_error *err);
/* Ends what is open, waits for it. */
void mst_api_server_stop(struct mst_api *api);

#endif
