/* SPDX-License-Identifier: MIT */
/* What the daemon does between exec and exit. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "builtins.h"
#include "config/load.h"
#include "jobs/catalog.h"
#include "jobs/horizon.h"
#include "notify.h"
#include "open_store.h"
#include "sealing.h"
#include "sections.h"
#include "signals.h"
#include "state/instance_lock.h"
#include "state/record_store_open.h"
#include "state/store_open.h"
#include "tools.h"

enum {
    DAEMON_TICK_MS = 1000,
    DAEMON_RELOAD_TICK_MS = 20,
    DAEMON_GRACE_MS = 10000 /* beyond shutdown_timeout, for the last save */
};

struct daemon {
    const struct mst_daemon_options *options;
    struct mst_instance_lock *lock;
    struct mst_store *store;
    struct mst_record_store *records;
    struct mst_scripts *scripts;
    struct mst_registry registry; /* what there is, and these scripts */
    struct mst_keyring *keys;     /* that services are sealed with */
    struct mst_manager *manager;
    struct mst_catalog *catalog;
    struct mst_log_ring *ring;
    struct mst_api *api;         /* NULL: api.enabled = false */
    struct mst_horizon *horizon; /* NULL likewise */
    pthread_t thread;            /* that waits for signals */
    bool settled;
    struct mst_cmd_signals signals;
    struct mst_daemon_sections sections;
    atomic_bool reloading; /* jobs that changed or went drain still */
    bool reload_said;
    atomic_int_fast64_t shutdown_timeout_ms;
    int64_t watchdog_ms;
    int64_t watchdog_next_ms;
};

static void
daemon_say_problems(const struct mst_problems *problems)
{
    struct mst_buf text;
    mst_buf_init(&text, (size_t)16 * 1024 * 1024);
    if (mst_problems_text(problems, &text) == MST_OK && text.len > 0) {
        (void)fwrite(text.data, 1, text.len, stderr);
    }
    mst_buf_clear(&text);
}

/* text: the file's, for the caller to free; also without a configuration. */
static struct mst_config *
daemon_load(const struct mst_daemon_options *options, char **ret_text,
            size_t *ret_len)
{
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    struct mst_script_store unknown = mst_scripts_unknown();
    struct mst_registry registry = mst_builtins;
    registry.scripts = &unknown;
    *ret_len = 0;
    *ret_text = options->config == NULL
                    ? strdup("")
                    : mst_config_read_file(options->config, &problems, ret_len);
    const struct mst_config_input input = {
        .path = options->config,
        .text = *ret_text,
        .text_len = *ret_len,
        .sets = options->sets,
        .sets_len = options->sets_len,
        .registry = &registry,
        .probe = true,
    };
    if (*ret_text == NULL
        || mst_config_load(&input, &problems, &config) != MST_OK) {
        config = NULL;
    }
    daemon_say_problems(&problems);
    mst_problems_clear(&problems);
    return config;
}

static void
daemon_watchdog(struct daemon *daemon)
{
    int64_t now = mst_clock_ms();
    if (daemon->watchdog_ms > 0 && now >= daemon->watchdog_next_ms) {
        mst_notify("WATCHDOG=1");
        daemon->watchdog_next_ms = now + daemon->watchdog_ms;
    }
}

static const char *
daemon_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* A reload is over when what it stopped has drained and what replaces that
 * has started. The daemon serves meanwhile. */
static void
daemon_settle(struct daemon *daemon)
{
    daemon->settled = mst_manager_settle(daemon->manager);
    if (!atomic_load(&daemon->reloading)) {
        return;
    }
    if (!daemon->settled) {
        if (!daemon->reload_said) {
            mst_log_info("daemon", "loading again: jobs that changed or went "
                                   "are draining, the others run");
        }
        daemon->reload_said = true;
        return;
    }
    size_t jobs = mst_manager_len(daemon->manager);
    daemon->reload_said = false;
    atomic_store(&daemon->reloading, false);
    mst_log_info("daemon", "configuration loaded again: %zu job%s", jobs,
                 daemon_plural(jobs));
    mst_notify("READY=1");
}

static void
daemon_set_log(const struct mst_daemon_options *options,
               const struct mst_config_log *log)
{
    mst_log_set_level(options->has_level ? options->level : log->level);
    mst_log_set_json(log->format == MST_LOG_FORMAT_JSON);
}

/* From whatever thread has read the file again. */
static void
daemon_reloaded(void *arg, const struct mst_problems *problems, bool good)
{
    struct daemon *daemon = arg;
    daemon_say_problems(problems);
    if (!good) {
        mst_log_error("daemon", "the new configuration has errors: the jobs "
                                "go on with the one before");
        if (!atomic_load(&daemon->reloading)) {
            mst_notify("READY=1");
        }
        return;
    }
    struct mst_job_loan loan = mst_manager_borrow(daemon->manager, NULL);
    if (loan.config != NULL) {
        atomic_store(&daemon->shutdown_timeout_ms,
                     loan.config->shutdown_timeout_ms);
        daemon_set_log(daemon->options, &loan.config->log);
        mst_daemon_sections_compare(&daemon->sections, loan.config);
    }
    mst_manager_give_back(daemon->manager, &loan);
    atomic_store(&daemon->reloading, true);
    mst_cmd_signals_wake(daemon->thread);
}

static bool
daemon_has_ended(struct daemon *daemon)
{
    return mst_manager_wait(daemon->manager, 0)
           && mst_catalog_has_ended(daemon->catalog);
}

/* Drains; a second signal ends the program at once. */
static void
daemon_shutdown(struct daemon *daemon)
{
    int64_t until = mst_clock_ms() + atomic_load(&daemon->shutdown_timeout_ms)
                    + DAEMON_GRACE_MS;
    mst_notify("STOPPING=1");
    mst_log_info("daemon", "stopping: draining what is in flight");
    mst_catalog_stop(daemon->catalog);
    mst_manager_stop(daemon->manager);
    while (!daemon_has_ended(daemon) && mst_clock_ms() < until) {
        int sig = mst_cmd_signals_wait(&daemon->signals, 20);
        daemon_watchdog(daemon);
        if (sig == SIGTERM || sig == SIGINT) {
            mst_log_warn("daemon", "second signal: ending at once");
            _exit(1);
        }
    }
    if (!daemon_has_ended(daemon)) {
        /* Libraries wait for answers of servers that are gone. What they hold
         * was not confirmed: this end is as good as a drained one. */
        mst_log_warn("daemon", "some connections did not close in time; what "
                               "was not confirmed on them comes again at the "
                               "next start");
        _exit(0);
    }
}

static void
daemon_serve(struct daemon *daemon)
{
    int tick = DAEMON_TICK_MS;
    daemon->watchdog_ms = mst_notify_watchdog_ms();
    if (daemon->watchdog_ms > 0 && daemon->watchdog_ms < tick) {
        tick = (int)daemon->watchdog_ms;
    }
    for (;;) {
        int sig = mst_cmd_signals_wait(
            &daemon->signals, daemon->settled ? tick : DAEMON_RELOAD_TICK_MS);
        daemon_watchdog(daemon);
        mst_manager_tend(daemon->manager);
        daemon_settle(daemon);
        if (sig == SIGHUP) {
            mst_notify("RELOADING=1");
            mst_catalog_ask_reload(daemon->catalog);
        } else if (sig != 0) {
            return;
        }
    }
}

/* From the API: what it asked for is done by the main thread. */
static void
daemon_wake(void *arg)
{
    const struct daemon *daemon = arg;
    mst_cmd_signals_wake(daemon->thread);
}

/* Before anything is logged that the API may want to show. */
static enum mst_status
daemon_keep_log(struct daemon *daemon, const struct mst_config *config,
                struct mst_error *err)
{
    int64_t lines = config->system.logs.buffer_capacity;
    if (!config->api.enabled) {
        return MST_OK;
    }
    enum mst_status status =
        mst_log_ring_create((size_t)lines, &daemon->ring, err);
    if (status == MST_OK) {
        mst_log_ring_begin(daemon->ring, mst_clock_wall_ms());
        mst_log_set_ring(daemon->ring);
    }
    return status;
}

/* config belongs to the manager, which may be rid of it later. */
static enum mst_status
daemon_serve_api(struct daemon *daemon, const struct mst_config *config,
                 struct mst_error *err)
{
    const struct mst_api_args args = {
        .config = &config->api,
        .manager = daemon->manager,
        .catalog = daemon->catalog,
        .records = daemon->records,
        .scripts = daemon->scripts,
        .ring = daemon->ring,
        .tools = &mst_daemon_tools,
        .stream_preload = (int)config->system.logs.stream_preload_count,
    };
    if (!config->api.enabled) {
        return MST_OK;
    }
    enum mst_status status = mst_api_start(&args, &daemon->api, err);
    if (status == MST_OK) {
        mst_log_info("api", "listening on %s", mst_api_url(daemon->api));
    }
    return status;
}

/* Those of a server nobody waits for: the catalog looks at them later. */
static enum mst_status
daemon_open_scripts(struct daemon *daemon, bool remote, struct mst_error *err)
{
    enum mst_status status =
        mst_scripts_create(daemon->records, &daemon->scripts, err);
    if (status == MST_OK && !remote) {
        status = mst_scripts_refresh(daemon->scripts, err);
        if (status == MST_FATAL) {
            /* The damaged ones are missing, the others are there. */
            mst_log_failure(MST_LOG_ERROR, "daemon", NULL, err);
            status = MST_OK;
        }
    }
    if (status == MST_OK) {
        daemon->registry.scripts = mst_scripts_store(daemon->scripts);
    }
    return status;
}

/* What the configuration is made of beside the file. */
static enum mst_status
daemon_open_catalog(struct daemon *daemon, const struct mst_config *config,
                    struct mst_error *err)
{
    enum mst_status status =
        mst_record_store_open(config, false, &daemon->records, err);
    if (status == MST_OK) {
        status = mst_keyring_open(config->system.encryption_key_path,
                                  &daemon->keys, err);
    }
    bool remote = config->system.job_lifecycle.store.service_name != NULL
                  || config->system.service_lifecycle.service_name != NULL;
    if (status == MST_OK) {
        status = daemon_open_scripts(daemon, remote, err);
    }
    const struct mst_catalog_args args = {.manager = daemon->manager,
                                          .records = daemon->records,
                                          .seal =
                                              mst_daemon_sealing(daemon->keys),
                                          .scripts = daemon->scripts,
                                          .registry = &daemon->registry,
                                          .path = daemon->options->config,
                                          .sets = daemon->options->sets,
                                          .sets_len = daemon->options->sets_len,
                                          .remote = remote,
                                          .reloaded = daemon_reloaded,
                                          .arg = daemon};
    return status == MST_OK ? mst_catalog_create(&args, &daemon->catalog, err)
                            : status;
}

static enum mst_status
daemon_open(struct daemon *daemon, const struct mst_config *config,
            struct mst_error *err)
{
    atomic_store(&daemon->shutdown_timeout_ms, config->shutdown_timeout_ms);
    enum mst_status status =
        mst_instance_lock_take(config->state.path, &daemon->lock, err);
    if (status == MST_OK) {
        status = mst_cmd_open_store(config, false, &daemon->store, err);
    }
    const struct mst_manager_args args = {.registry = &daemon->registry,
                                          .store = daemon->store,
                                          .wake = daemon_wake,
                                          .wake_arg = daemon,
                                          .wanted = mst_catalog_wanted,
                                          .wanted_arg = &daemon->catalog};
    if (status == MST_OK) {
        status = daemon_keep_log(daemon, config, err);
    }
    if (status == MST_OK) {
        status = mst_manager_create(&args, &daemon->manager, err);
    }
    if (status == MST_OK) {
        status = daemon_open_catalog(daemon, config, err);
    }
    /* Listening comes first: a port that is taken ends it before any job has
     * begun. The list is empty until then. */
    if (status == MST_OK) {
        status = daemon_serve_api(daemon, config, err);
    }
    if (status == MST_OK && daemon->api != NULL) {
        status = mst_horizon_create(daemon->manager, &daemon->horizon, err);
    }
    return status;
}

/* Takes text and config over. */
static enum mst_status
daemon_start(struct daemon *daemon, char *text, size_t text_len,
             struct mst_config *config, struct mst_error *err)
{
    enum mst_status status = daemon_open(daemon, config, err);
    if (status != MST_OK) {
        free(text);
        mst_config_destroy(config);
        return status;
    }
    return mst_catalog_begin(daemon->catalog, text, text_len, config, err);
}

static void
daemon_end(struct daemon *daemon)
{
    mst_api_stop(daemon->api);
    mst_horizon_destroy(daemon->horizon);
    mst_catalog_destroy(daemon->catalog);
    mst_manager_destroy(daemon->manager);
    mst_scripts_destroy(daemon->scripts);
    mst_log_set_ring(NULL);
    mst_log_ring_destroy(daemon->ring);
    mst_keyring_close(daemon->keys);
    mst_record_store_close(daemon->records);
    mst_store_close(daemon->store);
    mst_instance_lock_release(daemon->lock);
}

int
mst_daemon_run(const struct mst_daemon_options *options)
{
    int64_t began = mst_clock_ms();
    struct daemon daemon = {
        .options = options, .thread = pthread_self(), .registry = mst_builtins};
    struct mst_error err;
    char *text = NULL;
    size_t text_len = 0;
    struct mst_config *config = daemon_load(options, &text, &text_len);
    if (config == NULL) {
        free(text);
        return 2;
    }
    if (options->check) {
        (void)printf("ok: %zu services, %zu connectors\n", config->services_len,
                     config->connectors_len);
        mst_config_destroy(config);
        free(text);
        return 0;
    }
    daemon_set_log(options, &config->log);
    mst_daemon_sections_read(config, &daemon.sections);
    mst_error_clear(&err);
    enum mst_status status =
        daemon_start(&daemon, text, text_len, config, &err);
    if (status == MST_OK) {
        size_t jobs = mst_manager_len(daemon.manager);
        mst_log_info("daemon", "mstreamd %s is ready after %lld ms: %zu job%s",
                     MST_VERSION, (long long)(mst_clock_ms() - began), jobs,
                     daemon_plural(jobs));
        mst_notify("READY=1");
        daemon_serve(&daemon);
        daemon_shutdown(&daemon);
        mst_log_info("daemon", "stopped");
    } else {
        (void)fprintf(stderr, "error: %s\n", err.text);
        if (err.hint[0] != '\0') {
            (void)fprintf(stderr, "hint: %s\n", err.hint);
        }
    }
    daemon_end(&daemon);
    return status == MST_OK ? 0 : 1;
}
