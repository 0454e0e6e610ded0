/* SPDX-License-Identifier: MIT */
/*
 * References to the environment in string values:
 *
 *   "env:NAME"          the whole value
 *   "${NAME}"           anywhere; NAME must be set
 *   "${NAME:-default}"  default where NAME is unset or empty
 *   "$${"               a literal "${"
 */
#ifndef MST_CONFIG_ENV_H
#define MST_CONFIG_ENV_H

#include <stdbool.h>

#include "base/buf.h"

/* How variables are looked up; value borrowed until the next call. */
struct mst_env {
    const char *(*get)(void *arg, const char *name);
    void *arg;
    /* Whether expansion may use it; NULL: any. */
    bool (*may)(void *arg, const char *name);
};

/* The process environment. */
extern const struct mst_env mst_env_process;

enum { MST_ENV_MAX_VALUE = 1024 * 1024 };

/* True when expansion would look something up. */
bool mst_env_has_reference(const char *text);

/* Appends text with references replaced. MST_REJECTED: what is missing or
 * malformed, by name, never a value. */
MST_MUST_CHECK enum mst_status mst_env_expand(const struct mst_env *env,
                                              const char *text,
                                              struct mst_buf *out,
                                              struct mst_error *err);

/* Calls each with the name of every variable that expansion may look up. */
void mst_env_each(const char *text, void (*each)(void *arg, const char *name),
                  void *arg);

/* Appends a secret with everything masked that is not a reference's name:
 * "${NAME:-x}" becomes "${NAME:-****}", "abc" becomes "****". */
MST_MUST_CHECK enum mst_status mst_env_mask(const char *text,
                                            struct mst_buf *out);

#endif
