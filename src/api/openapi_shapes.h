/* SPDX-License-Identifier: MIT */
/* What answers look like, for openapi.json. */
#ifndef MST_API_OPENAPI_SHAPES_H
#define MST_API_OPENAPI_SHAPES_H

struct mst_api_shape {
    const char *name;
    const char *type;   /* of the content */
    const char *schema; /* as JSON */
};

/* Ended by one without a name. */
extern const struct mst_api_shape mst_api_shapes[];

#endif
