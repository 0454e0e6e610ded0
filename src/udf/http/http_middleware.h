/* SPDX-License-Identifier: MIT */
/* The HTTP middleware: provider "http". See docs/http.md. */
#ifndef MST_UDF_HTTP_MIDDLEWARE_H
#define MST_UDF_HTTP_MIDDLEWARE_H

#include "core/middleware.h"

extern const struct mst_middleware_type mst_http_middleware;

#endif
