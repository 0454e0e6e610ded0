/* SPDX-License-Identifier: MIT */
/* Any text as a configuration: it loads, or problems with places in the text
 * say why not; what loads can be shown, without its secrets, and keeps its
 * hashes when it is loaded again. */
#include <stdlib.h>

#include "fuzz_must.h"
#include "unit/config/fakes.h"

static const char *const fuzz_variables[] = {"A", "1", "B", "canary", NULL};

static void
fuzz_require(bool good)
{
    if (!good) {
        abort();
    }
}

static struct mst_config *
fuzz_load(const char *text, size_t len, struct mst_problems *problems)
{
    struct mst_env env = fake_env(fuzz_variables);
    struct mst_config_input input = {.path = "t.toml",
                                     .text = text,
                                     .text_len = len,
                                     .registry = &fake_registry,
                                     .env = &env,
                                     .probe = true};
    struct mst_config *config = NULL;
    enum mst_status status = mst_config_load(&input, problems, &config);
    fuzz_require((status == MST_OK) == (problems->errors == 0));
    fuzz_require((status == MST_OK) == (config != NULL));
    return config;
}

/* The first byte that is in no line but the last is behind it: toml++ places
 * what is missing at the end one line further. */
static void
fuzz_places(const struct mst_problems *problems, const char *text, size_t len)
{
    uint32_t lines = 2;
    for (size_t i = 0; i < len; i++) {
        lines += text[i] == '\n' ? 1 : 0;
    }
    struct mst_buf out;
    mst_buf_init(&out, FUZZ_MAX);
    for (size_t i = 0; i < problems->len; i++) {
        fuzz_require(problems->items[i].line <= lines);
        fuzz_require(problems->items[i].text[0] != '\0');
    }
    fuzz_require(mst_problems_text(problems, &out) == MST_OK);
    fuzz_require(mst_problems_json(problems, &out) == MST_OK);
    fuzz_require(memmem(text, len, "canary", 6) != NULL || out.len == 0
                 || memmem(out.data, out.len, "canary", 6) == NULL);
    mst_buf_clear(&out);
}

static void
fuzz_again(const struct mst_config *config, const char *text, size_t len)
{
    struct mst_problems problems = {0};
    struct mst_config *again = fuzz_load(text, len, &problems);
    struct mst_buf out;
    mst_buf_init(&out, FUZZ_MAX);
    fuzz_require(again != NULL
                 && again->connectors_len == config->connectors_len);
    for (size_t i = 0; i < config->connectors_len; i++) {
        fuzz_require(config->connectors[i].hash == again->connectors[i].hash);
    }
    fuzz_require(mst_config_json(config, &out) == MST_OK);
    fuzz_require(memmem(text, len, "canary", 6) != NULL
                 || memmem(out.data, out.len, "canary", 6) == NULL);
    mst_buf_clear(&out);
    mst_problems_clear(&problems);
    mst_config_destroy(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_problems problems = {0};
    char *text = malloc(size + 1);
    fuzz_require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    struct mst_config *config = fuzz_load(text, size, &problems);
    fuzz_places(&problems, text, size);
    if (config != NULL) {
        fuzz_again(config, text, size);
    }
    mst_config_destroy(config);
    mst_problems_clear(&problems);
    free(text);
    return 0;
}
