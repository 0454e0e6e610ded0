/* SPDX-License-Identifier: MIT */
/* The reference of all options as Markdown, from the tables that read them. */
#ifndef MST_CONFIG_REFERENCE_H
#define MST_CONFIG_REFERENCE_H

#include "base/buf.h"
#include "core/registry.h"

/* Appends it: the daemon's sections, services and connectors, and what each
 * provider of registry adds. Hidden options are left out. */
MST_MUST_CHECK enum mst_status
mst_config_reference(const struct mst_registry *registry, struct mst_buf *out);

#endif
