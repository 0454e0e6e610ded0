/* SPDX-License-Identifier: MIT */
/* mstream run: jobs in the foreground, without a daemon. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "jobs/manager.h"
#include "kept_scripts.h"
#include "open_store.h"
#include "output.h"
#include "progress.h"
#include "signals.h"
#include "state/store_open.h"

enum { RUN_TICK_MS = 200 };

static const struct mst_cli_flag run_flags[] = {
    {"job", "NAME", "only this job", NULL},
    {"once", NULL, "drain what is there now, then end", NULL},
    {"timeout", "S", "give up after this time (seconds, or 500ms, 5m)", NULL},
    {"no-progress", NULL, "no progress line on a terminal", NULL},
};

static int
run_code(const struct mst_job_status *status)
{
    if (status->result == MST_JOB_RESULT_LEASE_HELD) {
        return MST_EXIT_REFUSED;
    }
    if (status->result == MST_JOB_RESULT_TIMED_OUT) {
        return MST_EXIT_TIMED_OUT;
    }
    if (status->result == MST_JOB_RESULT_FAILED) {
        return MST_EXIT_FAILED;
    }
    return status->run.rejected > 0 ? MST_EXIT_REJECTED : MST_EXIT_OK;
}

/* Where the rejected ones went. */
static void
run_hint(const struct mst_cli_args *args,
         const struct mst_config_connector *connector, struct mst_error *err)
{
    if (connector->on_reject == MST_ON_REJECT_SKIP) {
        mst_error_hint(err, "they were skipped, as on_reject says; the log "
                            "has the reasons");
    } else if (connector->dlq.sink != NULL) {
        mst_error_hint(err, "they went to '%.200s', as dlq says",
                       connector->dlq.sink->resource);
    } else {
        mst_error_hint(err, "mstream dlq list --config %.200s", args->words[0]);
    }
}

/* Why a job did not end well. */
static void
run_complain(const struct mst_cli_args *args, const struct mst_job *job,
             const struct mst_job_status *status, int code)
{
    struct mst_error err = status->reason;
    if (code == MST_EXIT_OK) {
        return;
    }
    if (err.status == MST_OK) {
        (void)mst_fail(&err, MST_REJECTED, "run", 0,
                       "%llu deliveries were rejected",
                       (unsigned long long)status->run.rejected);
        run_hint(args, mst_job_connector(job), &err);
    }
    char named[256 + sizeof("job ''")];
    (void)snprintf(named, sizeof(named), "job '%s'", mst_job_name(job));
    if (strstr(err.text, named) == NULL) {
        mst_error_prefix(&err, "job '%s': ", mst_job_name(job));
    }
    mst_cli_error(args, &err);
}

static void
run_summary(struct mst_output *out, const char *job,
            const struct mst_job_status *status)
{
    const struct mst_pipeline_status *run = &status->run;
    mst_output_open(out, NULL, '{');
    mst_output_str(out, "job", job);
    mst_output_str(out, "state", mst_job_state_name(status->state));
    mst_output_number(out, "events_in", (int64_t)run->events_in);
    mst_output_number(out, "events_out", (int64_t)run->events_out);
    mst_output_number(out, "bytes_in", (int64_t)run->bytes_in);
    mst_output_number(out, "rejected", (int64_t)run->rejected);
    mst_output_number(out, "retries", (int64_t)run->retries);
    mst_output_number(out, "checkpoints", (int64_t)run->checkpoints);
    if (run->source.kinds_len > 0) {
        mst_output_open(out, "kinds", '{');
        for (size_t i = 0; i < run->source.kinds_len; i++) {
            mst_output_number(out, run->source.kinds[i].name,
                              (int64_t)run->source.kinds[i].count);
        }
        mst_output_close(out, '}');
    }
    mst_output_str(out, "reason",
                   status->reason.status != MST_OK ? status->reason.text
                                                   : NULL);
    mst_output_close(out, '}');
}

/* Says how each job ended; the worst of it is the exit code. */
static int
run_verdict(const struct mst_cli_args *args, struct mst_manager *manager)
{
    int code = MST_EXIT_OK;
    struct mst_output out;
    mst_output_init(&out);
    mst_output_open(&out, NULL, '{');
    mst_output_open(&out, "jobs", '[');
    for (size_t i = 0; i < mst_manager_len(manager); i++) {
        struct mst_job *job = mst_manager_job(manager, i);
        struct mst_job_status status;
        mst_job_status(job, &status);
        int one = run_code(&status);
        run_complain(args, job, &status, one);
        run_summary(&out, mst_job_name(job), &status);
        code = code == MST_EXIT_OK || one == MST_EXIT_FAILED ? one : code;
    }
    mst_output_close(&out, ']');
    mst_output_close(&out, '}');
    mst_output_newline(&out);
    if (args->json) {
        return mst_output_end(&out, code);
    }
    mst_output_clear(&out);
    return code;
}

/* Until all jobs ended; a signal drains (also the one of a terminal that is
 * gone), a second one ends at once. */
static void
run_wait(const struct mst_cli_args *args, struct mst_manager *manager)
{
    bool show = isatty(STDERR_FILENO) && !args->json
                && mst_cli_value(args, "no-progress") == NULL;
    bool asked = false;
    struct mst_cmd_signals signals = {0};
    struct mst_progress progress = {0};
    while (!mst_manager_wait(manager, 0)) {
        int sig = mst_cmd_signals_wait(&signals, RUN_TICK_MS);
        if (sig != 0 && !asked) {
            asked = true;
            mst_manager_stop(manager);
        } else if (sig == SIGTERM || sig == SIGINT) {
            _exit(MST_EXIT_FAILED);
        }
        mst_manager_tend(manager);
        if (show) {
            mst_progress_show(&progress, manager);
        }
    }
    if (show) {
        mst_progress_end(&progress);
    }
}

static int
run_jobs(const struct mst_cli_args *args, struct mst_config *config,
         struct mst_manager *manager)
{
    struct mst_error err;
    size_t failed = 0;
    mst_error_clear(&err);
    if (mst_manager_apply(manager, config, &failed, &err) != MST_OK
        || failed > 0) {
        mst_cli_error(args, &err);
        return MST_EXIT_FAILED;
    }
    run_wait(args, manager);
    return run_verdict(args, manager);
}

/* Whether the file has what is to be run. */
static bool
run_has_jobs(const struct mst_cli_args *args, const struct mst_config *config)
{
    const char *job = mst_cli_value(args, "job");
    bool enabled = false;
    if (job != NULL && mst_cli_connector(args, config, job) == NULL) {
        return false;
    }
    for (size_t i = 0; i < config->connectors_len; i++) {
        enabled = enabled
                  || (config->connectors[i].enabled
                      && (job == NULL
                          || strcmp(job, config->connectors[i].name) == 0));
    }
    if (!enabled) {
        mst_cli_fail(args, "set enabled = true",
                     job != NULL ? "job '%s' is not enabled"
                                 : "there is no enabled job in the file%s",
                     job != NULL ? job : "");
    }
    return enabled;
}

/* config is the manager's as soon as there is one. */
static int
run_with(const struct mst_cli_args *args, struct mst_config *config,
         const struct mst_manager_args *manager_args)
{
    struct mst_error err;
    struct mst_manager *manager = NULL;
    int code = MST_EXIT_FAILED;
    mst_error_clear(&err);
    if (mst_manager_create(manager_args, &manager, &err) == MST_OK) {
        code = run_jobs(args, config, manager);
    } else {
        mst_config_destroy(config);
        mst_cli_error(args, &err);
    }
    mst_manager_destroy(manager);
    return code;
}

static int
run_run(const struct mst_cli_args *args)
{
    struct mst_error err;
    struct mst_store *store = NULL;
    struct mst_kept_scripts kept = {0};
    struct mst_manager_args manager_args = {
        .only_job = mst_cli_value(args, "job"),
        .single_run = true,
        .once = mst_cli_value(args, "once") != NULL,
    };
    int code = MST_EXIT_FAILED;
    if (!mst_cli_duration(args, "timeout", 0, &manager_args.timeout_ms)) {
        return MST_EXIT_USAGE;
    }
    struct mst_config *config = mst_cli_load(args, args->words[0]);
    if (config == NULL || !run_has_jobs(args, config)) {
        mst_config_destroy(config);
        return MST_EXIT_USAGE;
    }
    mst_cmd_signals_block(true);
    mst_log_set_level(isatty(STDERR_FILENO) ? MST_LOG_WARN : config->log.level);
    mst_error_clear(&err);
    enum mst_status status = mst_cmd_open_store(config, false, &store, &err);
    if (status == MST_OK) {
        status = mst_kept_scripts_open(config, mst_cli_registry(), &kept, &err);
    }
    if (status == MST_OK) {
        manager_args.registry = &kept.registry;
        manager_args.store = store;
        code = run_with(args, config, &manager_args);
    } else {
        mst_config_destroy(config);
        mst_cli_error(args, &err);
    }
    mst_kept_scripts_close(&kept);
    mst_store_close(store);
    return code;
}

const struct mst_cli_command mst_command_run = {
    .name = "run",
    .synopsis = "FILE [--job NAME] [--once] [--timeout S]",
    .summary = "Run jobs in the foreground, without a daemon.",
    .details = "Uses the same state as the daemon: checkpoints, leases and\n"
               "dead letters. Ctrl-C drains what is in flight and saves.",
    .example = "mstream run examples/quickstart.toml --once --timeout 60",
    .flags = run_flags,
    .flags_len = MST_ARRAY_SIZE(run_flags),
    .words_min = 1,
    .words_max = 1,
    .run = run_run,
};
