/* SPDX-License-Identifier: MIT */
/*
 * Requests to the API's operations: router, query, JSON of the body, fields,
 * origin and host. The input is lines of "method path query origin host" and
 * what is left is the body. Every answer that says it is JSON is.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_WORDS = 5 };

/* The next line of the input as a text of its own; NULL when it is empty. */
static char *
fuzz_word(const uint8_t **data, size_t *size)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t len = end != NULL ? (size_t)(end - *data) : *size;
    char *word = len > 0 ? strndup((const char *)*data, len) : NULL;
    size_t used = len + (end != NULL ? 1 : 0);
    *data += used;
    *size -= used;
    return word;
}

static void
fuzz_check(const struct mst_api_answer *answer)
{
    if (answer->stream == NULL
        && strcmp(answer->type, "application/json") == 0) {
        json_t *json = json_loadb((const char *)answer->body.buf.data,
                                  answer->body.buf.len, 0, NULL);
        if (json == NULL
            || (answer->status >= 400
                && json_object_get(json, "message") == NULL)) {
            abort();
        }
        json_decref(json);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mst_registry registry;
    const struct mst_manager_args args = {.registry = &registry};
    struct mst_api api = {.loopback = true};
    struct mst_error err;
    char *words[FUZZ_WORDS] = {NULL};
    struct mst_api_answer answer;
    mst_log_set_level(MST_LOG_OFF);
    if (mst_manager_create(&args, &api.args.manager, &err) != MST_OK
        || mst_log_ring_create(8, &api.args.ring, &err) != MST_OK) {
        abort();
    }
    for (size_t i = 0; i < FUZZ_WORDS; i++) {
        words[i] = fuzz_word(&data, &size);
    }
    struct mst_api_request request = {.method =
                                          words[0] != NULL ? words[0] : "GET",
                                      .path = words[1] != NULL ? words[1] : "/",
                                      .query = words[2],
                                      .origin = words[3],
                                      .host = words[4],
                                      .content_type = "application/json",
                                      .body = mst_slice_of(data, size)};
    mst_api_answer_init(&answer);
    mst_api_handle(&api, &request, &answer);
    fuzz_check(&answer);
    mst_api_answer_clear(&answer);
    mst_api_request_clear(&request);
    for (size_t i = 0; i < FUZZ_WORDS; i++) {
        free(words[i]);
    }
    mst_log_ring_destroy(api.args.ring);
    mst_manager_destroy(api.args.manager);
    return 0;
}
