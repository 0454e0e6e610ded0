/* SPDX-License-Identifier: MIT */
/* Opening the state, and positions in words. */
#include "state.h"

#include <stdio.h>
#include <unistd.h>

#include "open_store.h"
#include "state/store_open.h"

struct mst_config *
mst_state_config(const struct mst_cli_args *args)
{
    const char *path = mst_cli_value(args, "config");
    struct mst_config *config =
        mst_cli_load(args, path != NULL ? path : MST_CONFIG_DEFAULT_FILE);
    if (config != NULL) {
        mst_log_set_level(MST_LOG_OFF);
    }
    return config;
}

bool
mst_state_open(const struct mst_cli_args *args, bool read_only,
               struct mst_state *ret_state, int *ret_code)
{
    struct mst_state state = {0};
    struct mst_error err;
    *ret_code = MST_EXIT_USAGE;
    mst_error_clear(&err);
    state.config = mst_state_config(args);
    if (state.config == NULL) {
        return false;
    }
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
