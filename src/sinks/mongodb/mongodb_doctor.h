/* SPDX-License-Identifier: MIT */
/* `mstream doctor` for the MongoDB sink. */
#ifndef MST_SINKS_MONGODB_DOCTOR_H
#define MST_SINKS_MONGODB_DOCTOR_H

#include "base/slice.h"
#include "core/inspect.h"

/* See struct mst_inspect; args is a struct mst_sink_args. */
void mst_mongosink_doctor(const void *args, int timeout_ms,
                          struct mst_findings *findings);

/* Does the reply of connectionStatus with showPrivileges grant this action on
 * this collection? True when nobody has to log in. */
bool mst_mongosink_may(struct mst_slice reply, const char *database,
                       const char *collection, const char *action);

#endif
