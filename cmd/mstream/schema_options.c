/* SPDX-License-Identifier: MIT */
/* The flags of the commands that make Avro schemas. */
#include "schema_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/avro_schema.h"

const char *const mst_schema_objectids[] = {"string", "fixed", NULL};

/* "P,S". */
static bool
options_decimal(const struct mst_cli_args *args, const char *text,
                struct mst_to_avro_options *options)
{
    char *end = NULL;
    long precision = strtol(text, &end, 10);
    long scale = 0;
    bool good = end != text && *end == ',';
    if (good) {
        const char *second = end + 1;
        scale = strtol(second, &end, 10);
        good = end != second && *end == '\0';
    }
    if (!good || precision < 1 || precision > MST_AVRO_DECIMAL_DIGITS
        || scale < 0 || scale > precision) {
        mst_cli_fail(args, "for example --decimal 34,10",
                     "--decimal '%s' is not a precision of 1 to %d digits and "
                     "a scale of at most as many",
                     text, MST_AVRO_DECIMAL_DIGITS);
        return false;
    }
    options->precision = (unsigned)precision;
    options->scale = (unsigned)scale;
    return true;
}

bool
mst_schema_avro_options(const struct mst_cli_args *args,
                        struct mst_to_avro_options *ret_options)
{
    const char *decimal = mst_cli_value(args, "decimal");
    const char *objectid = mst_cli_value(args, "objectid");
    *ret_options = (struct mst_to_avro_options){
        .name = mst_cli_value(args, "name"),
        .name_space = mst_cli_value(args, "namespace"),
        .objectid_fixed = objectid != NULL && strcmp(objectid, "fixed") == 0,
        .lossy_timestamps = mst_cli_value(args, "lossy-numbers") != NULL,
    };
    return decimal == NULL || options_decimal(args, decimal, ret_options);
}

int
mst_schema_write(const struct mst_cli_args *args, struct mst_slice schema)
{
    const char *path = mst_cli_value(args, "out");
    FILE *to = path == NULL ? stdout : fopen(path, "wbe");
    bool good = to != NULL
                && fwrite(schema.data, 1, schema.len, to) == schema.len
                && fflush(to) == 0;
    int error = errno;
    if (to != NULL && to != stdout && fclose(to) != 0) {
        good = false;
    }
    if (!good) {
        mst_cli_fail(args, NULL, "%s can not be written: %s",
                     path == NULL ? "standard output" : path,
                     strerrordesc_np(error));
    }
    return good ? MST_EXIT_OK : MST_EXIT_FAILED;
}
