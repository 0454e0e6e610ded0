/* SPDX-License-Identifier: MIT */
/* The edges of each type: absent, null, empty, another type, the ends of its
 * range, what is not ASCII. */
#include "studio/edges.h"

#include "base/macros.h"

#define TEN     "xxxxxxxxxx"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

const struct studio_edge studio_edges[] = {
    {"*", "is absent", NULL},
    {"*", "is null", "null"},
    {"string", "is empty", "\"\""},
    {"string", "is a number", "42"},
    {"string", "is not ASCII",
     "\"Zo\\u00eb \\u4f60\\u597d \\ud83d\\ude00 e\\u0301\""},
    {"string", "is white space", "\" \\t\""},
    {"string", "is long", "\"" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED "\""},
    {"integer", "is a text", "\"text\""},
    {"integer", "is zero", "0"},
    {"integer", "is negative", "-1"},
    {"integer", "is the greatest of 32 bits", "2147483647"},
    {"integer", "is the greatest of 64 bits", "9223372036854775807"},
    {"integer", "is the least of 64 bits", "-9223372036854775808"},
    {"integer", "has a fraction", "0.5"},
    {"double", "is a text", "\"text\""},
    {"double", "is zero", "0.0"},
    {"double", "is negative", "-1.5"},
    {"double", "is great", "1.7976931348623157e308"},
    {"double", "is no number", "{\"$numberDouble\":\"NaN\"}"},
    {"double", "is whole", "1"},
    {"decimal", "is a text", "\"text\""},
    {"decimal", "is zero", "{\"$numberDecimal\":\"0\"}"},
    {"decimal", "is negative", "{\"$numberDecimal\":\"-1.5\"}"},
    {"bool", "is true", "true"},
    {"bool", "is false", "false"},
    {"bool", "is a text", "\"text\""},
    {"date", "is a text", "\"text\""},
    {"date", "is the first of 1970", "{\"$date\":{\"$numberLong\":\"0\"}}"},
    {"date", "is before 1970", "{\"$date\":{\"$numberLong\":\"-1\"}}"},
    {"date", "is the last of 9999",
     "{\"$date\":{\"$numberLong\":\"253402300799999\"}}"},
    {"objectid", "is a text", "\"text\""},
    {"objectid", "is zero", "{\"$oid\":\"000000000000000000000000\"}"},
    {"object", "is empty", "{}"},
    {"object", "is a text", "\"text\""},
    {"array", "is empty", "[]"},
    {"array", "is a text", "\"text\""},
    {"array", "has null in it", "[null]"},
    {"null", "is a text", "\"text\""},
};

const size_t studio_edges_len = MST_ARRAY_SIZE(studio_edges);
