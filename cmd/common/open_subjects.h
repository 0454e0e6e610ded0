/* SPDX-License-Identifier: MIT */
/* The store of schemas that a configuration names, for both programs. */
#ifndef MST_CMD_OPEN_SUBJECTS_H
#define MST_CMD_OPEN_SUBJECTS_H

#include "config/config.h"
#include "core/subject_store.h"

/* That of [system] schemas, else the embedded one. MST_END: read_only, and
 * there is no state yet. Ends with store->type->destroy. */
MST_MUST_CHECK enum mst_status
mst_cmd_open_subjects(const struct mst_config *config, bool read_only,
                      struct mst_subject_store **ret_store,
                      struct mst_error *err);

#endif
