/* SPDX-License-Identifier: MIT */
/* mstream explain: what a job would do and send, in plain words. */
#include <string.h>

#include "commands.h"
#include "config/conceal.h"
#include "config/units.h"
#include "core/inspect.h"
#include "jobs/job_spec.h"
#include "output.h"

enum { EXPLAIN_MAX = 64 * 1024 * 1024 };

static const struct mst_cli_flag explain_flags[] = {
    {"job", "NAME", "only this job", NULL},
};

static enum mst_status
explain_step(const struct mst_config *config,
             const struct mst_config_connector *connector,
             const struct mst_config_step *step, struct mst_buf *out,
             struct mst_error *err)
{
    const struct mst_config_service *service = &config->services[step->service];
    bool source = step->role == MST_ROLE_SOURCE;
    struct mst_source_args source_args;
    struct mst_sink_args sink_args;
    const struct mst_inspect *inspect =
        source ? service->source->inspect : service->sink->inspect;
    enum mst_status status = mst_buf_printf(
        out, "%s '%s' (%s) %s: %s -> %s\n", source ? "source" : "sink",
        service->name, service->provider, step->resource,
        mst_encoding_name(step->from), mst_encoding_name(step->to));
    if (status != MST_OK || inspect == NULL || inspect->explain == NULL) {
        return status;
    }
    if (source) {
        mst_job_source_args(config, connector, &source_args);
        status = inspect->explain(&source_args, out, err);
    } else {
        mst_job_sink_args(config, connector, step, &sink_args);
        status = inspect->explain(&sink_args, out, err);
    }
    if (status == MST_OK && out->len > 0 && out->data[out->len - 1] != '\n') {
        status = mst_buf_append_char(out, '\n');
    }
    return status;
}

static enum mst_status
explain_policy(const struct mst_config *config,
               const struct mst_config_connector *connector,
               struct mst_buf *out)
{
    static const char *const rejects[] = {"become dead letters", "are skipped",
                                          "stop the job"};
    char memory[MST_UNITS_TEXT_MAX];
    char batch[MST_UNITS_TEXT_MAX];
    char age[MST_UNITS_TEXT_MAX];
    char interval[MST_UNITS_TEXT_MAX];
    mst_units_size_text(mst_job_memory(config, connector), memory);
    mst_units_size_text(connector->batch.max_bytes, batch);
    mst_units_duration_text(connector->batch.max_age_ms, age);
    mst_units_duration_text(connector->checkpoint.interval_ms, interval);
    return mst_buf_printf(
        out,
        "batches of up to %lld events or %s, filled for at most %s; %lld "
        "worker%s; %s in flight at most\n"
        "checkpoint: %s%s; events that are refused %s\n",
        (long long)connector->batch.size, batch, age,
        (long long)connector->workers, connector->workers == 1 ? "" : "s",
        memory, connector->checkpoint.enabled ? "every " : "off",
        connector->checkpoint.enabled ? interval : "",
        rejects[connector->on_reject]);
}

static enum mst_status
explain_connector(const struct mst_config *config,
                  const struct mst_config_connector *connector,
                  struct mst_buf *out, struct mst_error *err)
{
    enum mst_status status =
        mst_buf_printf(out, "job %s%s\n", connector->name,
                       connector->enabled ? "" : " (disabled)");
    if (status == MST_OK) {
        status = explain_step(config, connector, &connector->source, out, err);
    }
    for (size_t i = 0; i < connector->sinks_len && status == MST_OK; i++) {
        status =
            explain_step(config, connector, &connector->sinks[i], out, err);
    }
    if (status == MST_OK && connector->dlq.sink != NULL) {
        status = mst_buf_append_str(out, "dead letters to ");
        status = status == MST_OK ? explain_step(config, connector,
                                                 connector->dlq.sink, out, err)
                                  : status;
    }
    return status == MST_OK ? explain_policy(config, connector, out) : status;
}

/* Takes out of the text what came from the environment. */
static enum mst_status
explain_conceal(const struct mst_config *config,
                const struct mst_config_connector *connector,
                struct mst_buf *text)
{
    const struct mst_env *env = &mst_env_process;
    enum mst_status status = mst_config_conceal(connector->node, env, text);
    for (size_t i = 0; i < config->services_len && status == MST_OK; i++) {
        status = mst_config_conceal(config->services[i].node, env, text);
    }
    return status;
}

/* For machines {"job", "explain", "effective"}: the text, and the settings. */
static enum mst_status
explain_all(const struct mst_cli_args *args, const struct mst_config *config,
            struct mst_output *out, struct mst_error *err)
{
    const char *job = mst_cli_value(args, "job");
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < config->connectors_len && status == MST_OK; i++) {
        const struct mst_config_connector *one = &config->connectors[i];
        struct mst_buf text;
        if (job != NULL && strcmp(job, one->name) != 0) {
            continue;
        }
        mst_buf_init(&text, EXPLAIN_MAX);
        status = explain_connector(config, one, &text, err);
        status =
            status == MST_OK ? explain_conceal(config, one, &text) : status;
        if (status == MST_OK && args->json) {
            mst_output_open(out, NULL, '{');
            mst_output_str(out, "job", one->name);
            mst_output_slice(out, "explain", mst_buf_slice(&text));
            mst_buf_reset(&text);
            status = mst_config_effective_json(config, one, &text);
            mst_output_json(out, "effective", mst_buf_slice(&text));
            mst_output_close(out, '}');
        } else if (status == MST_OK) {
            mst_output_shown(out, mst_buf_slice(&text));
        }
        mst_buf_clear(&text);
    }
    return status;
}

static int
explain_config(const struct mst_cli_args *args, const struct mst_config *config)
{
    const char *job = mst_cli_value(args, "job");
    struct mst_error err;
    struct mst_output out;
    if (job != NULL && mst_cli_connector(args, config, job) == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&err);
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '[');
    }
    if (explain_all(args, config, &out, &err) != MST_OK) {
        mst_cli_error(args, &err);
        mst_output_clear(&out);
        return MST_EXIT_FAILED;
    }
    if (args->json) {
        mst_output_close(&out, ']');
        mst_output_newline(&out);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
explain_run(const struct mst_cli_args *args)
{
    struct mst_config *config = mst_cli_load(args, args->words[0]);
    if (config == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_log_set_level(MST_LOG_OFF);
    int code = explain_config(args, config);
    mst_config_destroy(config);
    return code;
}

const struct mst_cli_command mst_command_explain = {
    .name = "explain",
    .synopsis = "FILE [--job NAME]",
    .summary = "Show what jobs would do: aggregate, client settings, "
               "conversions.",
    .details = "Nothing is connected to, and no secret is shown.",
    .example = "mstream explain mstream-config.toml --job users",
    .flags = explain_flags,
    .flags_len = MST_ARRAY_SIZE(explain_flags),
    .words_min = 1,
    .words_max = 1,
    .run = explain_run,
};
