/* SPDX-License-Identifier: MIT */
/* Loading what commands work on. */
#include <stdio.h>

#include "cli.h"
#include "config/suggest.h"

struct mst_config *
mst_cli_load(const struct mst_cli_args *args, const char *path)
{
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    struct mst_buf text;
    const struct mst_config_input input = {
        .path = path, .registry = mst_cli_registry(), .probe = true};
    if (mst_config_load(&input, &problems, &config) != MST_OK) {
        config = NULL;
    }
    mst_buf_init(&text, MST_CLI_OUTPUT_MAX);
    if ((args->json ? mst_problems_json : mst_problems_text)(&problems, &text)
            == MST_OK
        && problems.len > 0) {
        (void)fwrite(text.data, 1, text.len, stderr);
    }
    mst_buf_clear(&text);
    mst_problems_clear(&problems);
    return config;
}

const struct mst_config_connector *
mst_cli_connector(const struct mst_cli_args *args,
                  const struct mst_config *config, const char *name)
{
    const struct mst_config_connector *connector =
        mst_config_find_connector(config, name);
    struct mst_suggest suggest = {.word = name};
    char hint[256];
    if (connector != NULL) {
        return connector;
    }
    for (size_t i = 0; i < config->connectors_len; i++) {
        mst_suggest_offer(&suggest, config->connectors[i].name);
    }
    if (suggest.best != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean '%s'?", suggest.best);
    }
    mst_cli_fail(args, suggest.best != NULL ? hint : NULL,
                 "there is no job '%s' in the file", name);
    return NULL;
}
