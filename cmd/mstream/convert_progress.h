/* SPDX-License-Identifier: MIT */
/* The line on a terminal that shows how far mstream convert is. */
#ifndef MST_MSTREAM_CONVERT_PROGRESS_H
#define MST_MSTREAM_CONVERT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct convert_progress {
    bool on; /* standard error is a terminal that nothing else uses */
    bool shown;
    uint64_t total; /* bytes to read; 0: not known */
    uint64_t read;
    int64_t start_ms;
    int64_t last_ms;
};

/* in: what is read. out_is_stdout: documents go to standard output. */
void convert_progress_begin(struct convert_progress *progress, int in,
                            bool out_is_stdout);
/* After n bytes more were read; documents: so far. */
void convert_progress_show(struct convert_progress *progress, uint64_t n,
                           uint64_t documents);
/* Takes the line away. */
void convert_progress_end(struct convert_progress *progress);

#endif
