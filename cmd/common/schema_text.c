/* SPDX-License-Identifier: MIT */
/* Avro as JSON Schema. */
#include "schema_text.h"

#include "encodings/avro/parse.h"
#include "encodings/schema_tools/from_avro.h"

enum mst_status
mst_cmd_schema_from_avro(struct mst_slice text, struct mst_buf *out,
                         struct mst_error *err)
{
    struct mst_avro_schema *schema = NULL;
    enum mst_status status = mst_avro_schema_parse(text, &schema, err);
    if (status == MST_OK) {
        status = mst_avro_to_json_schema(schema, out, err);
    }
    mst_avro_schema_destroy(schema);
    return status;
}
