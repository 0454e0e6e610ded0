/* SPDX-License-Identifier: MIT */
/* Asking a daemon over its API. */
#ifndef MST_MSTREAM_ONLINE_H
#define MST_MSTREAM_ONLINE_H

#include <jansson.h>

#include "cli.h"

#define MST_ONLINE_URL "http://127.0.0.1:8787"

/* The flags that all of them take. */
#define MST_ONLINE_FLAGS                                                       \
    {"url", "URL", "the daemon ($MSTREAM_URL, " MST_ONLINE_URL ")", NULL},     \
        {"ca-file", "FILE", "authorities for its certificate", NULL},          \
    {                                                                          \
        "timeout", "S", "give up after this time (10s)", NULL                  \
    }

/* Of commands that work on the state, or have a daemon do it. */
#define MST_ONLINE_FLAGS_INSTEAD                                               \
    {"url", "URL", "have the daemon there do it", NULL},                       \
    {                                                                          \
        "ca-file", "FILE", "with --url: authorities for its certificate", NULL \
    }

/* What they all say about access. */
#define MST_ONLINE_DETAILS                                                     \
    "MSTREAM_TOKEN is the token, where the daemon wants one."

/* Whether --url was given. */
static inline bool
mst_online_is_asked(const struct mst_cli_args *args)
{
    return mst_cli_value(args, "url") != NULL;
}

/* One request of `method` to the path made of the words, NULL-terminated, each
 * a segment. NULL: said what went wrong, and *ret_code is the exit code. The
 * caller gives the answer back with json_decref. */
json_t *mst_online_call(const struct mst_cli_args *args, const char *method,
                        const char *const *segments, int *ret_code);

/* The same with a query, "limit=5&level=warn"; NULL: none. */
json_t *mst_online_query(const struct mst_cli_args *args, const char *method,
                         const char *const *segments, const char *query,
                         int *ret_code);
/* One request with a body. */
struct mst_online_message {
    const char *method;
    const char *const *segments;
    const char *query;     /* NULL: none */
    struct mst_slice body; /* JSON */
    const char *if_match;  /* revision that it has to have; NULL: any */
    int64_t extra_ms;      /* that the daemon may take beyond --timeout */
};
json_t *mst_online_send(const struct mst_cli_args *args,
                        const struct mst_online_message *message,
                        int *ret_code);
/* The same, but says nothing: err does. Its status is MST_REJECTED when a flag
 * was wrong, and that was said. */
json_t *mst_online_ask(const struct mst_cli_args *args, const char *method,
                       const char *const *segments, const char *query,
                       struct mst_error *err);

/* Who hears server-sent events. */
struct mst_online_listener {
    const char *last_id; /* of the last event heard; "": none */
    /* Takes them piece by piece; false: no more. */
    bool (*take)(void *arg, struct mst_slice piece);
    void *arg;
};

/* Listens until the stream ends. MST_OK, MST_RETRY: it may be listened to
 * again after a while. Others: a person has to do something. */
MST_MUST_CHECK enum mst_status
mst_online_stream(const struct mst_cli_args *args, const char *const *segments,
                  const char *query, const struct mst_online_listener *listener,
                  struct mst_error *err);

/* GETs an object and prints it: a line per key, or as JSON. */
int mst_online_show(const struct mst_cli_args *args,
                    const char *const *segments);

/* A text or number of an object, "-" where there is none. Borrowed, or in out.
 */
const char *mst_online_text(const json_t *object, const char *key,
                            char out[64]);

/* Prints its "message", or as JSON all of it. */
int mst_online_say(const struct mst_cli_args *args, const json_t *answer);

/* Prints the answer as it came. */
int mst_online_print(const json_t *answer);

#endif
