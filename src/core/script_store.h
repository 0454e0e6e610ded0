/* SPDX-License-Identifier: MIT */
/*
 * The contract of what keeps the scripts that people make over the API, by
 * service and name, beside those that are files.
 *
 * Threads: any.
 */
#ifndef MST_CORE_SCRIPT_STORE_H
#define MST_CORE_SCRIPT_STORE_H

#include "base/buf.h"
#include "base/error.h"

enum { MST_SCRIPT_TEXT_MAX = 4 * 1024 * 1024 };

struct mst_script_store {
    /* Appends a script's text. MST_END: there is none. MST_RETRY: nobody knows
     * yet. */
    enum mst_status (*read)(struct mst_script_store *self, const char *service,
                            const char *name, struct mst_buf *out,
                            struct mst_error *err);
    /* The names of a service's scripts; ends with what each returned unless
     * that is MST_OK. each may not call the store. */
    enum mst_status (*list)(struct mst_script_store *self, const char *service,
                            enum mst_status (*each)(void *arg,
                                                    const char *name),
                            void *arg);
    /* Another number after each change of any script. Costs nothing. */
    uint64_t (*generation)(struct mst_script_store *self);
};

#endif
