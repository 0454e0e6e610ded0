/* SPDX-License-Identifier: MIT */
/* The numbers of the daemon itself and of its API. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/count.h"
#include "api/metrics.h"

/* What /proc tells; 0: not known. */
struct process_look {
    unsigned long long virtual_bytes;
    unsigned long long resident_bytes;
    unsigned long long threads;
    unsigned long long fds;
};

static void
process_memory(struct process_look *look)
{
    unsigned long long page = (unsigned long long)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return;
    }
    if (fscanf(file, "%llu %llu", &look->virtual_bytes, &look->resident_bytes)
        != 2) {
        look->virtual_bytes = 0;
        look->resident_bytes = 0;
    }
    (void)fclose(file);
    look->virtual_bytes *= page;
    look->resident_bytes *= page;
}

static unsigned long long
process_entries(const char *path)
{
    unsigned long long n = 0;
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        n += entry->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(dir);
    return n;
}

static int64_t
process_ms(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000;
}

static void
process_number(struct mst_metrics_text *text, const char *name,
               const char *unit, const char *help, uint64_t value)
{
    const struct mst_metric_family family = {name, MST_METRIC_GAUGE, unit,
                                             help};
    if (value > 0) {
        mst_metrics_family(text, &family);
        mst_metrics_number(text, NULL, value);
    }
}

static void
process_times(struct mst_metrics_text *text, const struct mst_api *api)
{
    static const struct mst_metric_family start = {"process_start_time_seconds",
                                                   MST_METRIC_GAUGE, "seconds",
                                                   "When the daemon started."};
    static const struct mst_metric_family cpu = {
        "process_cpu_seconds", MST_METRIC_COUNTER, "seconds",
        "Time of processors that the daemon has used."};
    struct rusage used;
    mst_metrics_family(text, &start);
    mst_metrics_milli(text, NULL, api->started_ms);
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        mst_metrics_family(text, &cpu);
        mst_metrics_milli(
            text, NULL, process_ms(used.ru_utime) + process_ms(used.ru_stime));
    }
}

void
mst_metrics_write_process(struct mst_metrics_text *text,
                          const struct mst_api *api)
{
    static const struct mst_metric_family build = {
        "mstream_build", MST_METRIC_INFO, NULL, "The build."};
    struct process_look look = {.threads = process_entries("/proc/self/task"),
                                .fds = process_entries("/proc/self/fd")};
    struct rlimit files;
    bool limited = getrlimit(RLIMIT_NOFILE, &files) == 0
                   && files.rlim_cur != RLIM_INFINITY;
    process_memory(&look);
    mst_metrics_family(text, &build);
    mst_metrics_number(text, "version=\"" MST_VERSION "\"", 1);
    process_times(text, api);
    process_number(text, "process_resident_memory_bytes", "bytes",
                   "Memory of the daemon.", look.resident_bytes);
    process_number(text, "process_virtual_memory_bytes", "bytes",
                   "Addresses of the daemon.", look.virtual_bytes);
    process_number(text, "process_threads", NULL, "Threads of the daemon.",
                   look.threads);
    process_number(text, "process_open_fds", NULL, "Open files and sockets.",
                   look.fds);
    process_number(text, "process_max_fds", NULL, "At most so many.",
                   limited ? files.rlim_cur : 0);
}

static void
process_requests(void *arg, const char *operation, int class, uint64_t n)
{
    char labels[160];
    (void)snprintf(labels, sizeof(labels), "operation=\"%s\",status=\"%dxx\"",
                   operation, class);
    mst_metrics_number(arg, labels, n);
}

static void
process_refusals(struct mst_metrics_text *text, const struct mst_api *api)
{
    static const struct mst_metric_family family = {
        "mstream_api_refusals", MST_METRIC_COUNTER, NULL,
        "Requests of those who may not: without a token that is known, "
        "without the role, too often."};
    static const struct {
        const char *labels;
        enum mst_api_refusal refusal;
    } rows[] = {
        {"reason=\"unauthorized\"", MST_API_UNAUTHORIZED},
        {"reason=\"forbidden\"", MST_API_FORBIDDEN},
        {"reason=\"too_many\"", MST_API_TOO_MANY},
    };
    mst_metrics_family(text, &family);
    for (size_t i = 0; i < MST_ARRAY_SIZE(rows); i++) {
        mst_metrics_number(text, rows[i].labels,
                           atomic_load(&api->counts.refusals[rows[i].refusal]));
    }
}

void
mst_metrics_write_api(struct mst_metrics_text *text, const struct mst_api *api)
{
    static const struct mst_metric_family requests = {
        "mstream_api_requests", MST_METRIC_COUNTER, NULL,
        "Answers of the API by operation and class of status."};
    static const struct mst_metric_family duration = {
        "mstream_api_request_duration_seconds", MST_METRIC_HISTOGRAM, "seconds",
        "How long operations took, streams aside."};
    static const struct mst_metric_family wrong = {
        "mstream_api_wrong_tokens", MST_METRIC_COUNTER, NULL,
        "Requests with a token that is not known."};
    static const struct mst_metric_family streams = {
        "mstream_api_streams", MST_METRIC_GAUGE, NULL, "Open log streams."};
    struct mst_histogram_look look = {0};
    mst_metrics_family(text, &requests);
    mst_api_count_each(&api->counts, process_requests, text);
    mst_histogram_read(&api->counts.duration, &look);
    mst_metrics_family(text, &duration);
    mst_metrics_histogram(text, NULL, &look, mst_histogram_times, 1e6);
    process_refusals(text, api);
    mst_metrics_family(text, &wrong);
    mst_metrics_number(text, NULL, atomic_load(&api->refused));
    mst_metrics_family(text, &streams);
    mst_metrics_number(text, NULL, (uint64_t)atomic_load(&api->streams));
}
