/* SPDX-License-Identifier: MIT */
/* What the verbs of mstream schema that work on subjects have in common. */
#ifndef MST_MSTREAM_SCHEMA_SUBJECT_H
#define MST_MSTREAM_SCHEMA_SUBJECT_H

#include "output.h"
#include "state.h"
#include "state/subject_registry.h"

/* The levels and kinds that flags take. */
extern const char *const mst_schema_levels[];
extern const char *const mst_schema_kinds[];

#define MST_SCHEMA_FLAG_TYPE                                                   \
    {                                                                          \
        "type", "TYPE", "what the text is; without it the text tells",         \
            mst_schema_kinds                                                   \
    }

struct mst_schema_place {
    struct mst_config *config;
    struct mst_subject_store *store; /* NULL: read only, and none yet */
};

/* Loads --config and opens its store of schemas. False: said what is wrong,
 * and *ret_code is the exit code. */
bool mst_schema_open(const struct mst_cli_args *args, bool read_only,
                     struct mst_schema_place *ret_place, int *ret_code);
void mst_schema_close(struct mst_schema_place *place);

/* Says the error; its exit code. */
int mst_schema_fail(const struct mst_cli_args *args, enum mst_status status,
                    struct mst_error *err);

/* Reads a file of at most one schema. False: said what is wrong. */
bool mst_schema_read(const struct mst_cli_args *args, const char *path,
                     struct mst_buf *out);

/* A change as the flags have it. */
struct mst_schema_wish {
    struct mst_subject_change change;
    enum mst_schema_level level;
    struct mst_subject_names keys[MST_SUBJECT_KEYS];
};

/* --type, --compat, --key, --unique-by and --sort-by, as far as the command
 * has them. False: said what is wrong. */
bool mst_schema_wish_init(struct mst_schema_wish *wish,
                          const struct mst_cli_args *args, const char *subject);
void mst_schema_wish_clear(struct mst_schema_wish *wish);

/* Prints why schemas are not compatible, a line each; in JSON as `problems`.
 */
void mst_schema_problems(const struct mst_cli_args *args,
                         const struct mst_compat_report *report,
                         struct mst_output *out);

/* A number of a version, 0 for "latest" or without the flag. False: said what
 * is wrong. */
bool mst_schema_version_flag(const struct mst_cli_args *args,
                             uint32_t *ret_version);

/* In JSON, names as an array. */
void mst_schema_names(struct mst_output *out, const char *name,
                      const struct mst_subject_names *names);

#endif
