/* SPDX-License-Identifier: MIT */
/* The reference of all options as Markdown, from the tables that read them. */
#include "config/reference.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/tables.h"
#include "config/units.h"
#include "config/value.h"

/* Markdown on its way. After a failure nothing more is written. */
struct reference {
    struct mst_buf *out;
    enum mst_status status;
};

static void
reference_text(struct reference *reference, const char *text)
{
    if (reference->status == MST_OK) {
        reference->status = mst_buf_append_str(reference->out, text);
    }
}

static void
reference_quoted(struct reference *reference, const char *before,
                 const char *text, const char *after)
{
    reference_text(reference, before);
    reference_text(reference, text);
    reference_text(reference, after);
}

static const char *
reference_type(const struct mst_option *option)
{
    switch (option->type) {
    case MST_OPTION_BOOL:
        return "boolean";
    case MST_OPTION_INT:
        return "integer";
    case MST_OPTION_DOUBLE:
        return "number";
    case MST_OPTION_SIZE:
        return "size";
    case MST_OPTION_DURATION:
        return (option->flags & MST_OPTION_SECONDS) != 0 ? "seconds"
                                                         : "duration";
    case MST_OPTION_STRING:
        return "string";
    case MST_OPTION_ENUM:
        return "one of";
    case MST_OPTION_STRING_LIST:
        return (option->flags & MST_OPTION_ONE_OR_LIST) != 0
                   ? "string or strings"
                   : "strings";
    case MST_OPTION_STRING_MAP:
        if ((option->flags & MST_OPTION_PAIRS) != 0) {
            return "list of tables";
        }
        return (option->flags & MST_OPTION_CATCH_ALL) != 0
                   ? "string, number or boolean"
                   : "table of strings";
    case MST_OPTION_TABLE:
        return "table";
    }
    return "";
}

/* ", 1 to 100": maxima that nobody reaches are left out. */
static void
reference_range(struct reference *reference, const struct mst_option *option)
{
    char min[MST_UNITS_TEXT_MAX];
    char max[MST_UNITS_TEXT_MAX];
    char text[3 * MST_UNITS_TEXT_MAX];
    bool open = option->max >= INT32_MAX && option->type != MST_OPTION_DURATION;
    if (option->max <= option->min || (open && option->min <= 0)) {
        return;
    }
    mst_value_bound_text(option, option->min, min);
    mst_value_bound_text(option, option->max, max);
    (void)snprintf(text, sizeof(text), open ? ", at least %s" : ", %s to %s",
                   min, max);
    reference_text(reference, text);
}

static void
reference_choices(struct reference *reference, const struct mst_option *option)
{
    const char *comma = " ";
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        if (option->choices[i][0] != '\0') {
            reference_text(reference, comma);
            reference_quoted(reference, "`", option->choices[i], "`");
            comma = ", ";
        }
    }
}

static void
reference_default(struct reference *reference, const struct mst_option *option)
{
    if ((option->flags & MST_OPTION_REQUIRED) != 0) {
        reference_text(reference, "**required**");
    } else if (option->def != NULL && option->def[0] != '\0') {
        reference_quoted(reference, "`", option->def, "`");
    }
}

/* Text in a cell: a bar would end it. */
static void
reference_cell(struct reference *reference, const char *text)
{
    for (; *text != '\0'; text++) {
        char one[3] = {*text, '\0', '\0'};
        if (*text == '|') {
            one[0] = '\\';
            one[1] = '|';
        }
        reference_text(reference, one);
    }
}

static void reference_rows(struct reference *reference, const char *prefix,
                           const struct mst_option_table *table);

static void
reference_row(struct reference *reference, const char *prefix,
              const struct mst_option *option)
{
    char name[128];
    bool catch_all = (option->flags & MST_OPTION_CATCH_ALL) != 0;
    (void)snprintf(name, sizeof(name), "%s%s", prefix, option->name);
    if (catch_all) {
        reference_text(reference, "| *any key with a dot* | ");
    } else {
        reference_quoted(reference, "| `", name, "` | ");
    }
    reference_text(reference, reference_type(option));
    if (option->type == MST_OPTION_ENUM) {
        reference_choices(reference, option);
    }
    reference_range(reference, option);
    reference_text(reference, " | ");
    reference_default(reference, option);
    reference_text(reference, " | ");
    reference_cell(reference, option->help);
    if ((option->flags & MST_OPTION_SECRET) != 0 && !catch_all) {
        reference_text(reference, " *Secret: never shown.*");
    }
    if ((option->flags & MST_OPTION_RESOURCE) != 0) {
        reference_text(reference, " *May stand instead of `resource`.*");
    }
    reference_text(reference, " |\n");
    if (option->type == MST_OPTION_TABLE) {
        (void)snprintf(name, sizeof(name), "%s%s.", prefix, option->name);
        reference_rows(reference, name, option->table);
    }
}

static void
reference_rows(struct reference *reference, const char *prefix,
               const struct mst_option_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        if ((table->options[i].flags & MST_OPTION_HIDDEN) == 0) {
            reference_row(reference, prefix, &table->options[i]);
        }
    }
}

static void
reference_table(struct reference *reference,
                const struct mst_option_table *table)
{
    if (table->len == 0) {
        reference_text(reference, "No keys of its own.\n\n");
        return;
    }
    reference_text(reference, "| key | type | default | meaning |\n"
                              "|---|---|---|---|\n");
    reference_rows(reference, "", table);
    reference_text(reference, "\n");
}

/* level: "##" or "###". */
static void
reference_section(struct reference *reference, const char *title,
                  const char *help, const struct mst_option_table *table)
{
    reference_quoted(reference, "", title, "\n\n");
    if (help != NULL) {
        reference_quoted(reference, "", help, "\n\n");
    }
    if (table != NULL) {
        reference_table(reference, table);
    }
}

static void
reference_provider(struct reference *reference, const char *kind,
                   const char *name, const char *help,
                   const struct mst_option_table *table)
{
    char title[128];
    (void)snprintf(title, sizeof(title), "### %s `%s`", kind, name);
    reference_section(reference, title, help, table);
}

/* Providers are listed once, whatever they can be. */
static void
reference_services(struct reference *reference,
                   const struct mst_registry *registry)
{
    for (size_t i = 0; registry->sources[i] != NULL; i++) {
        const struct mst_source_type *type = registry->sources[i];
        reference_provider(reference, "Service of provider", type->name, NULL,
                           &type->service_options);
    }
    for (size_t i = 0; registry->sinks[i] != NULL; i++) {
        const struct mst_sink_type *type = registry->sinks[i];
        if (mst_registry_source(registry, type->name) == NULL) {
            reference_provider(reference, "Service of provider", type->name,
                               NULL, &type->service_options);
        }
    }
    for (size_t i = 0;
         registry->middlewares != NULL && registry->middlewares[i] != NULL;
         i++) {
        const struct mst_middleware_type *type = registry->middlewares[i];
        if (mst_registry_source(registry, type->name) == NULL
            && mst_registry_sink(registry, type->name) == NULL
            && !type->builtin) {
            reference_provider(reference, "Service of provider", type->name,
                               NULL, &type->service_options);
        }
    }
    const struct mst_schema_store_type *const *stores = registry->schema_stores;
    for (size_t i = 0; stores != NULL && stores[i] != NULL; i++) {
        if (mst_registry_source(registry, stores[i]->name) == NULL
            && mst_registry_sink(registry, stores[i]->name) == NULL) {
            reference_provider(reference, "Service of provider",
                               stores[i]->name, NULL,
                               &stores[i]->service_options);
        }
    }
}

static void
reference_step(struct reference *reference, const char *kind, const char *name,
               const char *help, bool resource_optional,
               const struct mst_option_table *table)
{
    reference_provider(reference, kind, name, help, NULL);
    if (resource_optional) {
        reference_text(reference, "`resource` may be left out.\n\n");
    }
    reference_table(reference, table);
}

static void
reference_steps(struct reference *reference,
                const struct mst_registry *registry)
{
    for (size_t i = 0; registry->sources[i] != NULL; i++) {
        const struct mst_source_type *type = registry->sources[i];
        reference_step(reference, "Source", type->name, type->help,
                       type->resource_optional, &type->options);
    }
    for (size_t i = 0;
         registry->middlewares != NULL && registry->middlewares[i] != NULL;
         i++) {
        const struct mst_middleware_type *type = registry->middlewares[i];
        reference_step(reference, "Middleware", type->name, type->help,
                       type->resource_optional, &type->options);
    }
    for (size_t i = 0; registry->sinks[i] != NULL; i++) {
        const struct mst_sink_type *type = registry->sinks[i];
        reference_step(reference, "Sink", type->name, type->help,
                       type->resource_optional, &type->options);
    }
}

enum mst_status
mst_config_reference(const struct mst_registry *registry, struct mst_buf *out)
{
    struct reference reference = {out, MST_OK};
    reference_section(
        &reference,
        "<!-- Written by scripts/gen-reference from the option tables. -->\n"
        "# Reference of the configuration",
        "Every key there is. [configuration.md](configuration.md) explains "
        "how files are\nwritten: units, references to the environment, "
        "messages.",
        NULL);
    reference_section(&reference, "## Sections of the daemon",
                      "A row such as `api.port` is the key `port` of the "
                      "table `[api]`.",
                      &mst_table_root);
    reference_section(&reference, "## `[[services]]`",
                      "Named connections. Beside these, each provider has "
                      "its own keys.",
                      &mst_table_service);
    reference_services(&reference, registry);
    reference_section(&reference, "## `[[connectors]]`",
                      "A connector is one `source`, any `middlewares`, and "
                      "one or more `sinks`.",
                      &mst_table_connector);
    reference_section(&reference, "### `dlq`",
                      "Where dead letters are kept. With a `service_name` "
                      "(and `resource`) it is a sink\nas below; without, "
                      "they are in the state store:",
                      &mst_table_dlq);
    reference_section(&reference, "### `schemas = [ ... ]`", NULL,
                      &mst_table_schema);
    reference_section(&reference,
                      "## `source`, `middlewares = [ ... ]`, `sinks = [ ... ]`",
                      "These keys are the same for all; beside them, each "
                      "provider has its own.",
                      &mst_table_step);
    reference_steps(&reference, registry);
    return reference.status;
}
