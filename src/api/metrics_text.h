/* SPDX-License-Identifier: MIT */
/*
 * Numbers as Prometheus takes them: its own text format, or OpenMetrics 1.0.
 * They differ in the names of families, in units, and in the end.
 */
#ifndef MST_API_METRICS_TEXT_H
#define MST_API_METRICS_TEXT_H

#include "base/histogram.h"
#include "base/json_write.h"

enum mst_metric_type {
    MST_METRIC_COUNTER,
    MST_METRIC_GAUGE,
    MST_METRIC_HISTOGRAM,
    MST_METRIC_INFO
};

/* All samples of a family follow it, before the next one. */
struct mst_metric_family {
    const char *name; /* without "_total" and "_info" */
    enum mst_metric_type type;
    const char *unit; /* which the name ends with; NULL: none */
    const char *help; /* one line, no backslash */
};

struct mst_metrics_text {
    struct mst_json *out;
    bool open; /* as OpenMetrics */
    const struct mst_metric_family *family;
};

/* Whether a client with this header (NULL: none) would rather have OpenMetrics
 * than the text format. */
bool mst_metrics_wants_open(const char *accept);
const char *mst_metrics_content_type(bool open);

void mst_metrics_family(struct mst_metrics_text *text,
                        const struct mst_metric_family *family);
/* labels: NULL, or what is between the braces, as mst_metrics_label makes it.
 */
void mst_metrics_number(struct mst_metrics_text *text, const char *labels,
                        uint64_t value);
/* Thousandths. */
void mst_metrics_milli(struct mst_metrics_text *text, const char *labels,
                       int64_t value);
/* scale: by what bounds and sum are divided; bounds as in the histogram. */
void mst_metrics_histogram(struct mst_metrics_text *text, const char *labels,
                           const struct mst_histogram_look *look,
                           const uint64_t bounds[MST_HISTOGRAM_BOUNDS],
                           double scale);
/* Behind the last one. */
void mst_metrics_end(struct mst_metrics_text *text);

/* Appends name="value", with a comma when something stands before it. */
MST_MUST_CHECK enum mst_status
mst_metrics_label(struct mst_buf *labels, const char *name, const char *value);

#endif
