/* SPDX-License-Identifier: MIT */
/* The option table of the MongoDB sink. */
#include "sinks/mongodb/mongodb_options.h"

#include "base/macros.h"

#define AT(member) offsetof(struct mst_mongosink_options, member)

static const char *const mongodb_modes[] = {"default", "apply",  "insert",
                                            "replace", "update", NULL};
static const char *const mongodb_key_types[] = {"auto", "string", "objectid",
                                                "int",  "json",   NULL};
static const char *const mongodb_duplicates[] = {"ok_if_equal", "reject", NULL};
static const char *const mongodb_guards[] = {"off", "position", NULL};
static const char *const mongodb_inputs[] = {"auto", "document", "change",
                                             NULL};

static const struct mst_option mongodb_bulk_options[] = {
    {.name = "bytes",
     .type = MST_OPTION_SIZE,
     .offset = offsetof(struct mst_mongosink_bulk, bytes),
     .def = "16MB",
     .min = 1024,
     .max = INT64_C(16) << 20,
     .help = "Most bytes in one command; less when the job's memory budget "
             "is small."},
    {.name = "ops",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct mst_mongosink_bulk, ops),
     .def = "1000",
     .min = 1,
     .max = 100000,
     .help = "Most operations in one command."},
};

static const struct mst_option_table mongodb_bulk_table = {
    mongodb_bulk_options, MST_ARRAY_SIZE(mongodb_bulk_options),
    sizeof(struct mst_mongosink_bulk)};

const struct mst_option mst_mongosink_step_options[MST_MONGOSINK_OPTIONS_LEN] =
    {
        {.name = "bulk",
         .type = MST_OPTION_TABLE,
         .offset = AT(bulk),
         .table = &mongodb_bulk_table,
         .help = "Bounds of one command to the server."},
        {.name = "connections",
         .type = MST_OPTION_INT,
         .offset = AT(connections),
         .def = "2",
         .min = 1,
         .max = 64,
         .help = "Commands in flight at once; all writes to one document go "
                 "through the same connection, in order."},
        {.name = "database",
         .type = MST_OPTION_STRING,
         .offset = AT(database),
         .help = "Database to write to, with the same {placeholders} as "
                 "`resource`; without it the service's db_name."},
        {.name = "duplicate",
         .type = MST_OPTION_ENUM,
         .offset = AT(duplicate),
         .def = "ok_if_equal",
         .choices = mongodb_duplicates,
         .help =
             "Insert mode, when the _id exists: ok_if_equal confirms the event "
             "if the stored document is the same (a replay) and rejects it "
             "otherwise; reject always rejects it."},
        {.name = "guard",
         .type = MST_OPTION_ENUM,
         .offset = AT(guard),
         .def = "off",
         .choices = mongodb_guards,
         .help =
             "position stores the event's source position in the field _mst "
             "of the document and never lets an older event win."},
        {.name = "id",
         .type = MST_OPTION_STRING,
         .offset = AT(id),
         .def = "document",
         .help =
             "Where _id comes from: document (its own), key (the event's "
             "key), field:NAME, hash (of the payload) or auto (a new ObjectId; "
             "a replay writes a second document)."},
        {.name = "input",
         .type = MST_OPTION_ENUM,
         .offset = AT(input),
         .def = "auto",
         .choices = mongodb_inputs,
         .help =
             "What payloads are: documents, or change events of a MongoDB "
             "source with payload = \"change\", which are replayed as deltas; "
             "auto: the event's attribute `payload` says it."},
        {.name = "key_type",
         .type = MST_OPTION_ENUM,
         .offset = AT(key_type),
         .def = "auto",
         .choices = mongodb_key_types,
         .help = "What a key that is text becomes as _id; auto: Extended JSON, "
                 "then 24 hex digits as ObjectId, then a whole number, else a "
                 "string."},
        {.name = "write_concern",
         .type = MST_OPTION_STRING,
         .offset = AT(write_concern),
         .def = "majority",
         .help =
             "How many members must have a write before it counts: majority, "
             "a number of at least 1, or the name of a tag set."},
        {.name = "write_mode",
         .type = MST_OPTION_ENUM,
         .offset = AT(write_mode),
         .def = "default",
         .choices = mongodb_modes,
         .help =
             "apply: create, read, update and replace write the whole "
             "document, delete deletes it; insert; replace (upsert by _id); "
             "update ($set of the fields given); default: the service's "
             "write_mode where it is set, else apply."},
        {.name = "write_timeout",
         .type = MST_OPTION_DURATION,
         .offset = AT(write_timeout_ms),
         .def = "30s",
         .min = 100,
         .max = 3600000,
         .help = "How long the server may wait for the write concern."},
};
