/* SPDX-License-Identifier: MIT */
/* See https://prometheus.io/docs/instrumenting/exposition_formats/ and
 * https://openmetrics.io. */
#include "api/metrics_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define TEXT_OPEN "application/openmetrics-text"

static const char *const text_types[] = {
    [MST_METRIC_COUNTER] = "counter",
    [MST_METRIC_GAUGE] = "gauge",
    [MST_METRIC_HISTOGRAM] = "histogram",
    [MST_METRIC_INFO] = "info",
};

/* The q of one media range, 1 where it has none. */
static double
text_quality(const char *range, size_t len)
{
    double quality = 1;
    for (const char *at = range; at < range + len; at++) {
        if (*at != ';') {
            continue;
        }
        const char *name = at + 1 + strspn(at + 1, " \t");
        if (strncasecmp(name, "q=", 2) == 0) {
            quality = strtod(name + 2, NULL);
        }
    }
    return quality;
}

static bool
text_is(const char *range, size_t len, const char *type)
{
    size_t n = strlen(type);
    return len >= n && strncasecmp(range, type, n) == 0
           && (len == n || strchr("; \t", range[n]) != NULL);
}

/* A version that is asked for by name has to be ours. */
static bool
text_version_fits(const char *range, size_t len)
{
    static const char key[] = "version=";
    for (const char *at = range; at + sizeof(key) - 1 < range + len; at++) {
        if (strncasecmp(at, key, sizeof(key) - 1) == 0) {
            return at[sizeof(key) - 1] == '1';
        }
    }
    return true;
}

bool
mst_metrics_wants_open(const char *accept)
{
    double open = 0;
    double plain = 0;
    while (accept != NULL && *accept != '\0') {
        accept += strspn(accept, ", \t");
        size_t len = strcspn(accept, ",");
        double quality = text_quality(accept, len);
        if (text_is(accept, len, TEXT_OPEN)) {
            bool better = text_version_fits(accept, len) && quality > open;
            open = better ? quality : open;
        } else if (text_is(accept, len, "text/plain") && quality > plain) {
            plain = quality;
        }
        accept += len;
    }
    return open > 0 && open >= plain;
}

const char *
mst_metrics_content_type(bool open)
{
    return open ? TEXT_OPEN "; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
}

/* What samples of the family have behind its name. */
static const char *
text_suffix(const struct mst_metric_family *family)
{
    return family->type == MST_METRIC_COUNTER ? "_total"
           : family->type == MST_METRIC_INFO  ? "_info"
                                              : "";
}

void
mst_metrics_family(struct mst_metrics_text *text,
                   const struct mst_metric_family *family)
{
    struct mst_buf *buf = &text->out->buf;
    const char *suffix = text->open ? "" : text_suffix(family);
    const char *type = !text->open && family->type == MST_METRIC_INFO
                           ? "gauge"
                           : text_types[family->type];
    text->family = family;
    mst_json_did(text->out, mst_buf_printf(buf,
                                           "# HELP %s%s %s\n"
                                           "# TYPE %s%s %s\n",
                                           family->name, suffix, family->help,
                                           family->name, suffix, type));
    if (text->open && family->unit != NULL) {
        mst_json_did(text->out, mst_buf_printf(buf, "# UNIT %s %s\n",
                                               family->name, family->unit));
    }
}

/* Everything of a sample but its value. more: a last label, or "". */
static void
text_name(struct mst_metrics_text *text, const char *suffix, const char *labels,
          const char *more)
{
    bool some = (labels != NULL && labels[0] != '\0') || more[0] != '\0';
    bool both = labels != NULL && labels[0] != '\0' && more[0] != '\0';
    mst_json_did(text->out,
                 mst_buf_printf(&text->out->buf, "%s%s%s%s%s%s%s ",
                                text->family->name, suffix, some ? "{" : "",
                                labels != NULL ? labels : "", both ? "," : "",
                                more, some ? "}" : ""));
}

void
mst_metrics_number(struct mst_metrics_text *text, const char *labels,
                   uint64_t value)
{
    text_name(text, text_suffix(text->family), labels, "");
    mst_json_did(text->out, mst_buf_printf(&text->out->buf, "%llu\n",
                                           (unsigned long long)value));
}

void
mst_metrics_milli(struct mst_metrics_text *text, const char *labels,
                  int64_t value)
{
    long long all = value < 0 ? -value : value;
    text_name(text, text_suffix(text->family), labels, "");
    mst_json_did(text->out,
                 mst_buf_printf(&text->out->buf, "%s%lld.%03lld\n",
                                value < 0 ? "-" : "", all / 1000, all % 1000));
}

void
mst_metrics_histogram(struct mst_metrics_text *text, const char *labels,
                      const struct mst_histogram_look *look,
                      const uint64_t bounds[MST_HISTOGRAM_BOUNDS], double scale)
{
    struct mst_buf *buf = &text->out->buf;
    uint64_t below = 0;
    for (size_t i = 0; i < MST_HISTOGRAM_CLASSES; i++) {
        char le[48] = "le=\"+Inf\"";
        below += look->counts[i];
        if (i < MST_HISTOGRAM_BOUNDS) {
            double bound = (double)bounds[i] / scale;
            bool whole = bound >= 1 && (double)(uint64_t)bound == bound;
            /* OpenMetrics has them as floating-point numbers. */
            (void)snprintf(le, sizeof(le), whole ? "le=\"%.1f\"" : "le=\"%g\"",
                           bound);
        }
        text_name(text, "_bucket", labels, le);
        mst_json_did(text->out,
                     mst_buf_printf(buf, "%llu\n", (unsigned long long)below));
    }
    text_name(text, "_sum", labels, "");
    mst_json_did(text->out,
                 mst_buf_printf(buf, "%.6f\n", (double)look->sum / scale));
    text_name(text, "_count", labels, "");
    mst_json_did(text->out,
                 mst_buf_printf(buf, "%llu\n", (unsigned long long)below));
}

void
mst_metrics_end(struct mst_metrics_text *text)
{
    if (text->open) {
        mst_json_did(text->out, mst_buf_append_str(&text->out->buf, "# EOF\n"));
    }
}

enum mst_status
mst_metrics_label(struct mst_buf *labels, const char *name, const char *value)
{
    enum mst_status status =
        mst_buf_printf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
    for (; *value != '\0' && status == MST_OK; value++) {
        if (*value == '\n') {
            status = mst_buf_append_str(labels, "\\n");
        } else if (*value == '"' || *value == '\\') {
            status = mst_buf_printf(labels, "\\%c", *value);
        } else {
            status = mst_buf_append_char(labels, *value);
        }
    }
    return status == MST_OK ? mst_buf_append_char(labels, '"') : status;
}
