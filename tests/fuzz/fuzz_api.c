/* SPDX-License-Identifier: MIT */
/*
 * Requests as they come over a connection: request line, headers, site,
 * tokens and cookies, router, query, JSON of the body, fields. Every answer
 * that says it is JSON is, and every error has its shape. What stands behind
 * the head is the body, whatever length the head says.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/call.h"
#include "api/sessions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The token is "fuzz". */
static const char fuzz_tokens[] =
    "fuzz operate "
    "93850b707585e404e4951a3ddc1f05a34b3d4f5fc081d616f46d8a2e8f1c8e68\n";

static void
fuzz_must(bool good)
{
    if (!good) {
        abort();
    }
}

/* A file that is in memory alone. */
static struct mst_api_tokens *
fuzz_open_tokens(void)
{
    struct mst_api_tokens *tokens = NULL;
    struct mst_error err;
    char path[64];
    int fd = memfd_create("tokens", MFD_CLOEXEC);
    fuzz_must(fd >= 0 && fchmod(fd, 0600) == 0);
    fuzz_must(write(fd, fuzz_tokens, sizeof(fuzz_tokens) - 1)
              == (ssize_t)sizeof(fuzz_tokens) - 1);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fuzz_must(mst_api_tokens_open(path, &tokens, &err) == MST_OK);
    (void)close(fd);
    return tokens;
}

static void
fuzz_check(const struct mst_api_call *call)
{
    const struct mst_api_answer *answer = &call->answer;
    struct mst_buf head;
    mst_buf_init(&head, 4096);
    mst_api_call_head(call, &head);
    fuzz_must(head.len > 4
              && mst_api_head_end((const char *)head.data, head.len)
                     == head.len);
    mst_buf_clear(&head);
    if (answer->stream == NULL
        && strcmp(answer->type, "application/json") == 0) {
        json_t *json = json_loadb((const char *)answer->body.buf.data,
                                  answer->body.buf.len, 0, NULL);
        fuzz_must(json != NULL);
        fuzz_must(answer->status < 400
                  || json_object_get(json, "message") != NULL);
        json_decref(json);
    }
}

/* The request to one API, which may want tokens. */
static void
fuzz_ask(struct mst_api *api, const uint8_t *data, size_t size, size_t head)
{
    struct mst_api_call call = {.framing.close = true};
    char *text = malloc(size);
    fuzz_must(text != NULL);
    memcpy(text, data, size);
    mst_api_answer_init(&call.answer);
    if (mst_api_head_read(text, head, &call.request, &call.framing,
                          &call.answer)) {
        call.request.body = mst_slice_of(text + head, size - head);
        call.request.secure = size % 2 == 0;
        mst_api_handle(api, &call.request, &call.answer);
        fuzz_must(call.request.operation != NULL || call.answer.status >= 400);
    } else {
        fuzz_must(call.answer.status >= 400);
    }
    fuzz_check(&call);
    mst_api_answer_clear(&call.answer);
    mst_api_request_clear(&call.request);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mst_registry registry;
    const struct mst_manager_args args = {.registry = &registry};
    struct mst_api api = {.loopback = true};
    struct mst_error err;
    size_t head = mst_api_head_end((const char *)data, size);
    if (head == 0) {
        return -1; /* it never gets further */
    }
    mst_log_set_level(MST_LOG_OFF);
    fuzz_must(mst_manager_create(&args, &api.args.manager, &err) == MST_OK);
    fuzz_must(mst_log_ring_create(8, &api.args.ring, &err) == MST_OK);
    fuzz_ask(&api, data, size, head);
    api.tokens = fuzz_open_tokens();
    fuzz_must(mst_api_sessions_create(&api.sessions, &err) == MST_OK);
    fuzz_ask(&api, data, size, head);
    mst_api_sessions_destroy(api.sessions);
    mst_api_tokens_close(api.tokens);
    mst_log_ring_destroy(api.args.ring);
    mst_manager_destroy(api.args.manager);
    return 0;
}
