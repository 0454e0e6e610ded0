/* SPDX-License-Identifier: MIT */
/* The keys of a [[services]] entry with provider = "file", which the file
 * source and the file sink share. */
#ifndef MST_CLIENTS_FILE_SERVICE_H
#define MST_CLIENTS_FILE_SERVICE_H

#include "core/inspect.h"
#include "core/option.h"

struct mst_file_service {
    char *path; /* the directory */
};

enum { MST_FILE_SERVICE_OPTIONS = 1 };
extern const struct mst_option
    mst_file_service_options[MST_FILE_SERVICE_OPTIONS];

/* For struct mst_inspect: a directory that no job uses. */
void mst_file_service_look(const char *name, const void *service,
                           int timeout_ms, struct mst_findings *findings);

/* Reports whether the directory is there and can be read, or written. A
 * directory that does not exist yet is fine for writing where it can be made. */
void mst_file_service_doctor(const struct mst_file_service *service,
                             bool for_writing, struct mst_findings *findings);

#endif
