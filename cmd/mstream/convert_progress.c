/* SPDX-License-Identifier: MIT */
/* One line on standard error, written over itself. */
#include "convert_progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum { PROGRESS_EVERY_MS = 400, PROGRESS_BAR = 20 };

void
convert_progress_begin(struct convert_progress *progress, int in,
                       bool out_is_stdout)
{
    struct stat info;
    *progress = (struct convert_progress){.start_ms = mst_clock_ms()};
    progress->on = isatty(STDERR_FILENO) == 1
                   && !(out_is_stdout && isatty(STDOUT_FILENO) == 1)
                   && isatty(in) != 1;
    progress->last_ms = progress->start_ms;
    if (fstat(in, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        progress->total = (uint64_t)info.st_size;
    }
}

/* "[#####...............] " and how many per cent, where it is known. */
static void
progress_bar(const struct convert_progress *progress, char *out, size_t size)
{
    char bar[PROGRESS_BAR + 1];
    double part = (double)progress->read / (double)progress->total;
    part = part > 1.0 ? 1.0 : part;
    for (int i = 0; i < PROGRESS_BAR; i++) {
        bar[i] = i < (int)(part * PROGRESS_BAR) ? '#' : '.';
    }
    bar[PROGRESS_BAR] = '\0';
    (void)snprintf(out, size, "[%s] %3.0f %%, ", bar, part * 100);
}

void
convert_progress_show(struct convert_progress *progress, uint64_t n,
                      uint64_t documents)
{
    char bar[PROGRESS_BAR + 32] = "";
    progress->read += n;
    if (!progress->on) {
        return;
    }
    int64_t now = mst_clock_ms();
    if (now - progress->last_ms < PROGRESS_EVERY_MS) {
        return;
    }
    progress->last_ms = now;
    progress->shown = true;
    if (progress->total > 0) {
        progress_bar(progress, bar, sizeof(bar));
    }
    double seconds = (double)(now - progress->start_ms) / 1000.0;
    (void)fprintf(stderr, "\r\033[K%s%.0f MB, %.0f MB/s, %llu documents", bar,
                  (double)progress->read / 1e6,
                  (double)progress->read / 1e6 / seconds,
                  (unsigned long long)documents);
    (void)fflush(stderr);
}

void
convert_progress_end(struct convert_progress *progress)
{
    if (progress->shown) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->shown = false;
    }
}
