/* SPDX-License-Identifier: MIT */
/* The contract of what keeps schemas: a folder, a registry. */
#ifndef MST_CORE_SCHEMA_STORE_H
#define MST_CORE_SCHEMA_STORE_H

#include "base/buf.h"
#include "core/option.h"

struct mst_schema_store_type {
    const char *name;                        /* the `provider` users write */
    struct mst_option_table service_options; /* beside the common ones */
    /* Appends the text of a schema by its id or name. Blocks. Asked while a
     * configuration is loaded, never per event. MST_REJECTED: there is none;
     * others: it can not be had now. service: as the table says. */
    enum mst_status (*load)(const void *service, const char *resource,
                            struct mst_buf *out, struct mst_error *err);
};

#endif
