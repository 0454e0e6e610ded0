/* SPDX-License-Identifier: MIT */
/* The first byte says what the others are: a script that is checked, or the
 * cases of a test. Whatever comes of either is JSON. */
#include <jansson.h>

#include "fuzz_must.h"
#include "log/log.h"
#include "studio/cases.h"
#include "studio/studio.h"

enum { FUZZ_ANSWER_MAX = 64 * 1024 * 1024 };

static const char fuzz_echo[] =
    "function transform(data, attributes)\n"
    "  if data and data.two then emit({n = 1}) end\n"
    "  return data, attributes\n"
    "end\n";

static void
fuzz_is_json(const struct mst_json *out)
{
    fuzz_must(!out->failed);
    json_t *json = json_loadb((const char *)out->buf.data, out->buf.len,
                              JSON_ALLOW_NUL, NULL);
    fuzz_must(json != NULL);
    json_decref(json);
}

static void
fuzz_script(struct mst_slice text)
{
    const struct mst_studio_script script = {.name = "fuzz", .text = text};
    struct mst_studio_found found;
    struct mst_json out;
    struct mst_error err;
    mst_json_init(&out, FUZZ_ANSWER_MAX);
    if (mst_studio_validate(&script, &out, &found, &err) == MST_OK) {
        fuzz_is_json(&out);
    }
    mst_json_clear(&out);
}

static void
fuzz_cases(struct mst_slice text)
{
    const struct mst_studio_script script = {.name = "fuzz",
                                             .text = mst_slice_str(fuzz_echo)};
    struct mst_studio_totals totals;
    struct mst_slice cases;
    struct mst_buf bson;
    struct mst_json out;
    struct mst_error err;
    mst_buf_init(&bson, FUZZ_ANSWER_MAX);
    mst_json_init(&out, FUZZ_ANSWER_MAX);
    if (mst_studio_cases_parse(text, &bson, &cases, &err) == MST_OK
        && mst_studio_cases_run(&script, cases, &out, &totals, &err)
               == MST_OK) {
        fuzz_must(totals.passed <= totals.total);
        fuzz_is_json(&out);
    }
    mst_json_clear(&out);
    mst_buf_clear(&bson);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mst_log_set_level(MST_LOG_OFF);
    if (size > 0 && data[0] == 's') {
        fuzz_script(mst_slice_of(data + 1, size - 1));
    } else if (size > 0) {
        fuzz_cases(mst_slice_of(data + 1, size - 1));
    }
    return 0;
}
