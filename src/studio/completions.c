/* SPDX-License-Identifier: MIT */
/* The functions of scripts, as editors ask for them. */
#include <string.h>

#include "studio/studio.h"
#include "udf/lua_catalog.h"

void
mst_studio_completions(struct mst_json *out)
{
    mst_json_open(out, NULL, '[');
    for (size_t i = 0; i < mst_lua_catalog_len; i++) {
        const struct mst_lua_catalog_entry *one = &mst_lua_catalog[i];
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "label", one->label);
        mst_json_str(out, "kind", one->snippet ? "snippet" : "function");
        mst_json_str(out, "detail", one->detail);
        mst_json_str(out, "documentation", one->documentation);
        mst_json_str(out, "insert_text", one->insert);
        mst_json_bool(out, "is_snippet", strchr(one->insert, '$') != NULL);
        mst_json_close(out, '}');
    }
    mst_json_close(out, ']');
}
