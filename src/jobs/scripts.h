/* SPDX-License-Identifier: MIT */
/*
 * The scripts that people keep over the API: records, known in memory so that
 * the jobs need not wait for them.
 *
 * Threads: any.
 */
#ifndef MST_JOBS_SCRIPTS_H
#define MST_JOBS_SCRIPTS_H

#include "core/record_store.h"
#include "core/script_store.h"

struct mst_scripts;

/* records: outlives it. Nothing is read yet. */
MST_MUST_CHECK enum mst_status
mst_scripts_create(struct mst_record_store *records,
                   struct mst_scripts **ret_scripts, struct mst_error *err);
void mst_scripts_destroy(struct mst_scripts *scripts); /* NULL is fine */

struct mst_script_store *mst_scripts_store(struct mst_scripts *scripts);

/* For who has not opened the state: nobody knows of any script. */
struct mst_script_store mst_scripts_unknown(void);

/* Reads what the records are now, also what others changed. Waits for their
 * store. On failure what was known stays. */
MST_MUST_CHECK enum mst_status mst_scripts_refresh(struct mst_scripts *scripts,
                                                   struct mst_error *err);

/* Between these, one change is made at a time: what was looked at before is
 * still so. */
void mst_scripts_begin(struct mst_scripts *scripts);
void mst_scripts_end(struct mst_scripts *scripts);

/* Durably. MST_AGAIN: another daemon changed it meanwhile. MST_REJECTED: it is
 * too long. Lock: after mst_scripts_begin. */
MST_MUST_CHECK enum mst_status
mst_scripts_put(struct mst_scripts *scripts, const char *service,
                const char *name, struct mst_slice text, const char *who,
                struct mst_error *err);
/* Likewise; MST_END: there is none. */
MST_MUST_CHECK enum mst_status mst_scripts_remove(struct mst_scripts *scripts,
                                                  const char *service,
                                                  const char *name,
                                                  struct mst_error *err);

#endif
