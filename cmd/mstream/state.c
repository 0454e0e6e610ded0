/* SPDX-License-Identifier: MIT */
/* Opening the state, and positions in words. */
#include "state.h"

#include <stdio.h>
#include <unistd.h>

#include "open_store.h"
#include "state/store_open.h"

bool
mst_state_open(const struct mst_cli_args *args, bool read_only,
               struct mst_state *ret_state, int *ret_code)
{
    const char *path = mst_cli_value(args, "config");
    struct mst_state state = {0};
    struct mst_error err;
    *ret_code = MST_EXIT_USAGE;
    mst_error_clear(&err);
    state.config =
        mst_cli_load(args, path != NULL ? path : MST_CONFIG_DEFAULT_FILE);
    if (state.config == NULL) {
        return false;
    }
    mst_log_set_level(MST_LOG_OFF);
    enum mst_status status =
        mst_cmd_open_store(state.config, read_only, &state.store, &err);
    if (status != MST_OK && status != MST_END) {
        mst_config_destroy(state.config);
        *ret_code = mst_state_fail(args, status, &err);
        return false;
    }
    *ret_state = state;
    *ret_code = MST_EXIT_OK;
    return true;
}

void
mst_state_close(struct mst_state *state)
{
    mst_store_close(state->store);
    mst_config_destroy(state->config);
    memset(state, 0, sizeof(*state));
}

int
mst_state_fail(const struct mst_cli_args *args, enum mst_status status,
               const struct mst_error *err)
{
    mst_cli_error(args, err);
    return status == MST_REJECTED ? MST_EXIT_REFUSED : MST_EXIT_FAILED;
}

const struct mst_source_type *
mst_state_source(const char *identity)
{
    char provider[64];
    size_t len = identity != NULL ? strcspn(identity, "/") : 0;
    if (len == 0 || len >= sizeof(provider)) {
        return NULL;
    }
    memcpy(provider, identity, len);
    provider[len] = '\0';
    return mst_registry_source(mst_cli_registry(), provider);
}

void
mst_state_describe(const char *identity, struct mst_slice position,
                   struct mst_buf *out)
{
    const struct mst_source_type *source = mst_state_source(identity);
    struct mst_error err;
    size_t before = out->len;
    enum mst_status status = MST_FATAL;
    mst_error_clear(&err);
    if (source != NULL && source->describe != NULL) {
        status = source->describe(position, out, &err);
    }
    if (status != MST_OK) {
        out->len = before;
        (void)!mst_buf_printf(out, "(%.200s)",
                              source == NULL ? "of a source that is not in "
                                               "this build"
                                             : err.text);
    }
    if (mst_buf_text(out) == NULL) {
        mst_buf_clear(out);
    }
}

bool
mst_state_confirm(const struct mst_cli_args *args, const char *question)
{
    char answer[16];
    if (mst_cli_value(args, "yes") != NULL) {
        return true;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        mst_cli_fail(args, "add --yes", "%s There is nobody to ask", question);
        return false;
    }
    (void)fprintf(stderr, "%s [y/N] ", question);
    return fgets(answer, sizeof(answer), stdin) != NULL
           && (answer[0] == 'y' || answer[0] == 'Y');
}
