/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn Avro into JSON. Private. */
#ifndef MST_ENCODINGS_AVRO_DECODE_JSON_H
#define MST_ENCODINGS_AVRO_DECODE_JSON_H

#include "encodings/avro/decode.h"

/* The datum as JSON text. scratch: for values that become BSON first. */
MST_MUST_CHECK enum avro_fault avro_decode_json(struct avro_decode *decode,
                                                enum mst_json_mode mode,
                                                struct avro_scratch *scratch);

#endif
