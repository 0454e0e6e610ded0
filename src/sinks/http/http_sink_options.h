/* SPDX-License-Identifier: MIT */
/* The keys of a step `sinks = [{...}]` that sends requests. */
#ifndef MST_SINKS_HTTP_SINK_OPTIONS_H
#define MST_SINKS_HTTP_SINK_OPTIONS_H

#include "core/option.h"
#include "core/sink.h"

enum http_sink_ordering { HTTP_SINK_PER_KEY = 0, HTTP_SINK_ANY_ORDER };
enum http_sink_compression { HTTP_SINK_PLAIN = 0, HTTP_SINK_GZIP };

struct http_sink_options {
    int method;
    int delete_method; /* 0: as the others */
    struct mst_strings attributes;
    int64_t concurrency;
    int ordering;         /* enum http_sink_ordering */
    int64_t batch_events; /* 0: not given */
    uint64_t batch_bytes;
    int batch_format; /* enum mst_batch_format */
    int compression;  /* enum http_sink_compression */
    char *content_type;
    char *idempotency_header;
    struct mst_string_map outcomes;
};

enum { HTTP_SINK_OPTIONS_LEN = 12 };
extern const struct mst_option http_sink_options[HTTP_SINK_OPTIONS_LEN];

/* "POST", ... */
const char *http_sink_method(const struct http_sink_options *options,
                             enum mst_op op);

/* Events that a request may have; 1: each goes alone, as it is. */
size_t http_sink_batch_events(const struct mst_sink_args *args);

/* What the tables can not say. MST_FATAL: two of them contradict. */
MST_MUST_CHECK enum mst_status
http_sink_options_check(const struct mst_sink_args *args,
                        struct mst_error *err);

#endif
