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

/* What they all say about access. */
#define MST_ONLINE_DETAILS                                                     \
    "MSTREAM_TOKEN is the token, where the daemon wants one."

/* One request of `method` to the path made of the words, NULL-terminated, each
 * a segment. NULL: said what went wrong, and *ret_code is the exit code. The
 * caller gives the answer back with json_decref. */
json_t *mst_online_call(const struct mst_cli_args *args, const char *method,
                        const char *const *segments, int *ret_code);

/* A text or number of an object, "-" where there is none. Borrowed, or in out.
 */
const char *mst_online_text(const json_t *object, const char *key,
                            char out[64]);

/* Prints the answer as it came. */
int mst_online_print(const json_t *answer);

#endif
