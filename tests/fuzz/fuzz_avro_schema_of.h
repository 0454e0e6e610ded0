/* SPDX-License-Identifier: MIT */
/* The schema of the Avro targets: every type, and one that holds itself. */
#ifndef MST_TESTS_FUZZ_AVRO_SCHEMA_OF_H
#define MST_TESTS_FUZZ_AVRO_SCHEMA_OF_H

static const char fuzz_schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"self\",\"type\":[\"null\",\"R\"]},"
    "{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"l\",\"type\":\"long\"},"
    "{\"name\":\"b\",\"type\":\"boolean\"},{\"name\":\"f\",\"type\":\"float\"},"
    "{\"name\":\"d\",\"type\":\"double\"},{\"name\":\"s\",\"type\":\"string\"},"
    "{\"name\":\"y\",\"type\":\"bytes\"},"
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":["
    "\"A\",\"B\"]}},"
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},"
    "{\"name\":\"aa\",\"type\":{\"type\":\"array\",\"items\":{\"type\":"
    "\"array\",\"items\":[\"string\",\"R\",\"null\"]}}},"
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":[\"R\",\"int\"]}},"
    "{\"name\":\"n\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\","
    "\"precision\":20,\"scale\":5}},"
    "{\"name\":\"da\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}},"
    "{\"name\":\"tm\",\"type\":{\"type\":\"long\",\"logicalType\":"
    "\"time-micros\"}},"
    "{\"name\":\"ts\",\"type\":{\"type\":\"long\",\"logicalType\":"
    "\"timestamp-nanos\"}},"
    "{\"name\":\"u\",\"type\":{\"type\":\"string\",\"logicalType\":\"uuid\"}}"
    "]}";

#endif
