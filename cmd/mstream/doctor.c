/* SPDX-License-Identifier: MIT */
/* mstream doctor: connects to every service and says what it finds. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/inspect.h"
#include "jobs/job_spec.h"
#include "open_store.h"
#include "output.h"
#include "state/store_open.h"

enum { DOCTOR_TIMEOUT_MS = 5000 };

static const struct mst_cli_flag doctor_flags[] = {
    {"job", "NAME", "only what this job uses", NULL},
    {"timeout", "S", "for each service (5)", NULL},
};

/* Collects findings as lines or JSON objects. */
struct doctor {
    struct mst_findings findings; /* first: add casts back */
    const struct mst_cli_args *args;
    const char *job;
    const char *service;
    struct mst_output out;
    size_t failed;
};

static const char *const doctor_levels[] = {"ok", "warn", "fail"};

static void
doctor_add(struct mst_findings *findings, enum mst_finding_level level,
           const char *what, const char *text, const char *hint)
{
    struct doctor *self = (struct doctor *)findings;
    struct mst_output *out = &self->out;
    bool hinted = hint != NULL && hint[0] != '\0' && level != MST_FINDING_OK;
    self->failed += level == MST_FINDING_FAIL ? 1 : 0;
    if (!self->args->json) {
        mst_output_text(out, "%-4s  %s: %s: %s\n", doctor_levels[level],
                        self->service, what, text);
        if (hinted) {
            mst_output_text(out, "      hint: %s\n", hint);
        }
        return;
    }
    mst_output_open(out, NULL, '{');
    mst_output_str(out, "level", doctor_levels[level]);
    mst_output_str(out, "job", self->job);
    mst_output_str(out, "service", self->service);
    mst_output_str(out, "what", what);
    mst_output_str(out, "text", text);
    mst_output_str(out, "hint", hinted ? hint : NULL);
    mst_output_close(out, '}');
}

static void
doctor_step(struct doctor *self, const struct mst_config *config,
            const struct mst_config_connector *connector,
            const struct mst_config_step *step, int timeout_ms)
{
    const struct mst_config_service *service = &config->services[step->service];
    bool source = step->role == MST_ROLE_SOURCE;
    const struct mst_inspect *inspect =
        source ? service->source->inspect : service->sink->inspect;
    struct mst_source_args source_args;
    struct mst_sink_args sink_args;
    self->job = connector->name;
    self->service = service->name;
    if (inspect == NULL || inspect->doctor == NULL) {
        doctor_add(&self->findings, MST_FINDING_OK, service->provider,
                   "nothing to check", NULL);
        return;
    }
    if (source) {
        mst_job_source_args(config, connector, &source_args);
        inspect->doctor(&source_args, timeout_ms, &self->findings);
    } else {
        mst_job_sink_args(config, connector, step, &sink_args);
        inspect->doctor(&sink_args, timeout_ms, &self->findings);
    }
}

/* A service by itself, under this name. */
static void
doctor_service(struct doctor *self, const struct mst_config_service *service,
               const char *shown, int timeout_ms)
{
    const struct mst_inspect *inspect = NULL;
    if (service->source != NULL) {
        inspect = service->source->inspect;
    } else if (service->sink != NULL) {
        inspect = service->sink->inspect;
    } else if (service->schemas != NULL) {
        inspect = service->schemas->inspect;
    }

    self->service = shown;
    if (inspect == NULL || inspect->service == NULL) {
        doctor_add(&self->findings, MST_FINDING_OK, service->provider,
                   "nothing to check", NULL);
    } else {
        inspect->service(service->name, service->options, timeout_ms,
                         &self->findings);
    }
}

/* Whether the job has schemas of that service, or numbers. */
static bool
doctor_has_schemas(const struct mst_config_connector *connector, size_t service)
{
    bool uses = connector->source.writers == service;
    for (size_t i = 0; i < connector->schemas_len && !uses; i++) {
        uses = connector->schemas[i].service == service;
    }
    for (size_t i = 0; i < connector->sinks_len && !uses; i++) {
        uses = connector->sinks[i].registry == service
               || connector->sinks[i].writers == service;
    }
    return uses;
}

/* One step's schema, from where it is kept to its plan. */
static void
doctor_schema(struct doctor *self, struct mst_job_schemas *schemas,
              const struct mst_config_step *step)
{
    struct mst_transcoder unused;
    struct mst_error err;
    char text[512];
    const char *id = step->schema == NULL ? NULL : step->schema->id;
    size_t index = step->schema != NULL ? step->schema->service : step->writers;
    index = step->registry != MST_CONFIG_NO_SERVICE ? step->registry : index;
    self->service = schemas->config->services[index].name;
    mst_error_clear(&err);
    if (mst_job_schemas_resolve(schemas, step, &unused, &err) != MST_OK) {
        doctor_add(&self->findings, MST_FINDING_FAIL, "schema", err.text,
                   err.hint);
        return;
    }
    int len = id == NULL ? snprintf(text, sizeof(text), "%s",
                                    "what is read is read as it was written")
                         : snprintf(text, sizeof(text),
                                    "schema_id '%.200s' is good for %s to %s",
                                    id, mst_encoding_name(step->from),
                                    mst_encoding_name(step->to));
    if (schemas->number != 0) {
        (void)snprintf(text + len, sizeof(text) - (size_t)len,
                       ", with number %u in the frame", schemas->number);
    } else if (step->auto_register) {
        (void)snprintf(text + len, sizeof(text) - (size_t)len,
                       ", and can be registered");
    }
    doctor_add(&self->findings, MST_FINDING_OK, "schema", text, NULL);
}

/* What a job's steps need of stores of schemas; nothing is registered. */
static void
doctor_schemas(struct doctor *self, const struct mst_config *config,
               const struct mst_config_connector *connector, int timeout_ms)
{
    struct mst_job_schemas schemas;
    struct mst_error err;
    size_t failed = self->failed;
    for (size_t i = 0; i < config->services_len; i++) {
        const struct mst_config_service *service = &config->services[i];
        if (doctor_has_schemas(connector, i) && service->source == NULL
            && service->sink == NULL) {
            doctor_service(self, service, service->name, timeout_ms);
        }
    }
    if (self->failed > failed
        || mst_job_schemas_init(&schemas, config, connector, mst_cli_registry(),
                                &err)
               != MST_OK) {
        return;
    }
    schemas.rehearse = true;
    if (connector->source.late) {
        doctor_schema(self, &schemas, &connector->source);
    }
    for (size_t i = 0; i < connector->sinks_len; i++) {
        if (connector->sinks[i].late) {
            doctor_schema(self, &schemas, &connector->sinks[i]);
        }
    }
    mst_job_schemas_clear(&schemas);
}

static void
doctor_connector(struct doctor *self, const struct mst_config *config,
                 const struct mst_config_connector *connector, int timeout_ms)
{
    if (!self->args->json) {
        mst_output_text(&self->out, "job %s%s\n", connector->name,
                        connector->enabled ? "" : " (disabled)");
    }
    doctor_step(self, config, connector, &connector->source, timeout_ms);
    for (size_t i = 0; i < connector->sinks_len; i++) {
        doctor_step(self, config, connector, &connector->sinks[i], timeout_ms);
    }
    if (connector->dlq.sink != NULL) {
        doctor_step(self, config, connector, connector->dlq.sink, timeout_ms);
    }
    doctor_schemas(self, config, connector, timeout_ms);
}

static bool
doctor_uses(const struct mst_config_connector *connector, size_t service)
{
    bool uses = connector->source.service == service
                || (connector->dlq.sink != NULL
                    && connector->dlq.sink->service == service);
    for (size_t i = 0; i < connector->sinks_len && !uses; i++) {
        uses = connector->sinks[i].service == service;
    }
    return uses || doctor_has_schemas(connector, service);
}

/* Those that no job and no store has looked at. */
static void
doctor_unused(struct doctor *self, const struct mst_config *config,
              int timeout_ms)
{
    bool first = true;
    self->job = NULL;
    for (size_t i = 0; i < config->services_len; i++) {
        bool used = config->system.checkpoints.service_name != NULL
                    && config->system.checkpoints.service == i;
        for (size_t j = 0; j < config->connectors_len && !used; j++) {
            used = doctor_uses(&config->connectors[j], i);
        }
        if (used) {
            continue;
        }
        if (first && !self->args->json) {
            mst_output_text(&self->out, "services that no job uses\n");
        }
        first = false;
        doctor_service(self, &config->services[i], config->services[i].name,
                       timeout_ms);
    }
}

static enum mst_status
doctor_ignore(void *arg, const struct mst_checkpoint *one)
{
    (void)arg;
    (void)one;
    return MST_OK;
}

/* The server of [system] checkpoints, and whether they can be read. */
static void
doctor_checkpoints(struct doctor *self, const struct mst_config *config,
                   struct mst_store *store, int timeout_ms)
{
    const struct mst_config_store *wanted = &config->system.checkpoints;
    struct mst_error err;
    size_t failed = self->failed;
    if (wanted->service_name == NULL) {
        return;
    }
    mst_error_clear(&err);
    doctor_service(self, &config->services[wanted->service],
                   "system.checkpoints", timeout_ms);
    if (self->failed > failed) {
        return;
    }
    bool good =
        store->type->checkpoint_list(store, NULL, doctor_ignore, NULL, &err)
        == MST_OK;
    doctor_add(&self->findings, good ? MST_FINDING_OK : MST_FINDING_FAIL,
               wanted->resource, good ? "can be read" : err.text, err.hint);
}

static void
doctor_state(struct doctor *self, const struct mst_config *config,
             int timeout_ms)
{
    struct mst_store *store = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    self->job = NULL;
    self->service = "state";
    enum mst_status status = mst_cmd_open_store(config, true, &store, &err);
    if (status == MST_OK) {
        doctor_add(&self->findings, MST_FINDING_OK, config->state.path,
                   "can be read", NULL);
    } else if (status == MST_END) {
        doctor_add(&self->findings, MST_FINDING_OK, config->state.path,
                   "does not exist yet, the first start makes it", NULL);
    } else {
        doctor_add(&self->findings, MST_FINDING_FAIL, config->state.path,
                   err.text, err.hint);
    }
    if (store != NULL) {
        doctor_checkpoints(self, config, store, timeout_ms);
    }
    mst_store_close(store);
}

static int
doctor_config(const struct mst_cli_args *args, const struct mst_config *config,
              int timeout_ms)
{
    struct doctor self = {.findings = {.add = doctor_add}, .args = args};
    const char *job = mst_cli_value(args, "job");
    if (job != NULL && mst_cli_connector(args, config, job) == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_output_init(&self.out);
    if (args->json) {
        mst_output_open(&self.out, NULL, '[');
    }
    doctor_state(&self, config, timeout_ms);
    for (size_t i = 0; i < config->connectors_len; i++) {
        if (job == NULL || strcmp(job, config->connectors[i].name) == 0) {
            doctor_connector(&self, config, &config->connectors[i], timeout_ms);
        }
    }
    if (job == NULL) {
        doctor_unused(&self, config, timeout_ms);
    }
    if (args->json) {
        mst_output_close(&self.out, ']');
        mst_output_newline(&self.out);
    }
    return mst_output_end(&self.out,
                          self.failed > 0 ? MST_EXIT_FAILED : MST_EXIT_OK);
}

static int
doctor_run(const struct mst_cli_args *args)
{
    int64_t timeout_ms = DOCTOR_TIMEOUT_MS;
    if (!mst_cli_duration(args, "timeout", timeout_ms, &timeout_ms)) {
        return MST_EXIT_USAGE;
    }
    struct mst_config *config = mst_cli_load(args, args->words[0]);
    if (config == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_log_set_level(MST_LOG_OFF);
    int code = doctor_config(args, config,
                             timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
    mst_config_destroy(config);
    return code;
}

const struct mst_cli_command mst_command_doctor = {
    .name = "doctor",
    .synopsis = "FILE [--job NAME] [--timeout S]",
    .summary = "Connect to every service and say what is right and wrong.",
    .details =
        "Checks versions, privileges, replica set, oplog window, topics\n"
        "and certificates. One line each: ok, warn or fail. Changes\n"
        "nothing.",
    .example = "mstream doctor mstream-config.toml",
    .flags = doctor_flags,
    .flags_len = MST_ARRAY_SIZE(doctor_flags),
    .words_min = 1,
    .words_max = 1,
    .run = doctor_run,
};
