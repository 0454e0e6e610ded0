/* SPDX-License-Identifier: MIT */
/* What the daemon's API has done by libraries; see api/tools.h. */
#ifndef MST_MSTREAMD_TOOLS_H
#define MST_MSTREAMD_TOOLS_H

#include "api/tools.h"

extern const struct mst_api_tools mst_daemon_tools;

/* tools_dry_run.c */
enum mst_status mst_tools_dry_run(const struct mst_api_dry_run *what,
                                  struct mst_json *out, struct mst_error *err);

/* tools_transform.c */
enum mst_status mst_tools_transform(const struct mst_api_transform *what,
                                    struct mst_json *out,
                                    struct mst_error *err);
enum mst_status
mst_tools_transform_validate(const struct mst_api_transform *what,
                             struct mst_json *out, struct mst_error *err);
enum mst_status mst_tools_transform_test(const struct mst_api_transform *what,
                                         struct mst_json *out,
                                         struct mst_error *err);
enum mst_status
mst_tools_transform_generate(const struct mst_api_transform *what,
                             struct mst_json *out, struct mst_error *err);
enum mst_status
mst_tools_transform_completions(const struct mst_api_transform *what,
                                struct mst_json *out, struct mst_error *err);

/* tools_scripts.c */
enum mst_status mst_tools_script_read(const struct mst_api_script *what,
                                      struct mst_buf *out,
                                      struct mst_api_script_look *ret_look,
                                      struct mst_error *err);
enum mst_status mst_tools_script_check(const struct mst_api_script *what,
                                       struct mst_api_script_look *ret_look,
                                       struct mst_error *err);
enum mst_status mst_tools_script_list(const struct mst_api_look *look,
                                      struct mst_json *out,
                                      struct mst_error *err);

/* tools_subjects.c */
enum mst_status mst_tools_subjects(const struct mst_api_subject *what,
                                   struct mst_json *out, struct mst_error *err);
enum mst_status mst_tools_subject(const struct mst_api_subject *what,
                                  struct mst_json *out, struct mst_error *err);
enum mst_status mst_tools_subject_put(const struct mst_api_subject *what,
                                      struct mst_json *out,
                                      struct mst_error *err);
enum mst_status mst_tools_subject_remove(const struct mst_api_subject *what,
                                         struct mst_json *out,
                                         struct mst_error *err);

#endif
