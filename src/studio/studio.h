/* SPDX-License-Identifier: MIT */
/* What the API and the command line do with scripts, as JSON. */
#ifndef MST_STUDIO_STUDIO_H
#define MST_STUDIO_STUDIO_H

#include "base/json_write.h"
#include "studio/run.h"

/* One event to run a script on. Borrowed. */
struct mst_studio_input {
    struct mst_slice payload; /* data == NULL: none */
    enum mst_encoding encoding;
    struct mst_slice attributes; /* a JSON object of texts; data NULL: none */
};

/* {"document", "encoding", "attributes", "results", "dropped", "duration_ms"}.
 * MST_REJECTED: what is wrong with script, payload or attributes, or why the
 * script refused it. */
MST_MUST_CHECK enum mst_status
mst_studio_try(const struct mst_studio_script *script,
               const struct mst_studio_input *input, struct mst_json *out,
               struct mst_error *err);

struct mst_studio_found {
    size_t errors;
    size_t warnings;
};

/* {"valid", "diagnostics"}: what keeps a job from starting, and what looks
 * wrong. Its top level and its init() are run. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_studio_validate(const struct mst_studio_script *script,
                    struct mst_json *out, struct mst_studio_found *ret_found,
                    struct mst_error *err);

/* What cases are made of. Borrowed. */
struct mst_studio_sample {
    struct mst_slice bson;
    struct mst_slice attributes; /* a JSON object of texts; data NULL: none */
    size_t most;                 /* cases */
};

/* {"input_schema", "cases", "left_out"}: the sample, and the sample with what
 * a script may not expect, each with what the script makes of it now. Fields
 * that the script names come first. MST_REJECTED: the script does not
 * compile, or the sample is no BSON. */
MST_MUST_CHECK enum mst_status
mst_studio_generate(const struct mst_studio_script *script,
                    const struct mst_studio_sample *sample,
                    struct mst_json *out, struct mst_error *err);

/* The functions of scripts and pieces of code, for editors. */
void mst_studio_completions(struct mst_json *out);

#endif
