/* SPDX-License-Identifier: MIT */
/* Queues of lanes, and what becomes of what is in them. */
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "sinks/http/http_sink_impl.h"

void
http_lane_push(struct http_lane *lane, struct mst_delivery *delivery)
{
    delivery->sink_data = NULL;
    if (lane->first == NULL) {
        lane->first = delivery;
    } else {
        lane->last->sink_data = delivery;
    }
    lane->last = delivery;
}

struct mst_delivery *
http_lane_pop(struct http_lane *lane)
{
    struct mst_delivery *delivery = lane->first;
    if (delivery != NULL) {
        lane->first = delivery->sink_data;
        delivery->sink_data = NULL;
    }
    return delivery;
}

void
http_lane_unload(struct http_lane *lane)
{
    while (lane->flight_len > 0) {
        struct mst_delivery *delivery = lane->flight[--lane->flight_len];
        if (lane->first == NULL) {
            lane->last = delivery;
        }
        delivery->sink_data = lane->first;
        lane->first = delivery;
    }
}

bool
http_lane_is_failed(const struct http_sink *sink, const struct http_lane *lane)
{
    return lane->failed_round == atomic_load(&sink->round);
}

void
http_lane_clear(struct http_lane *lane)
{
    mst_buf_clear(&lane->url);
    mst_buf_clear(&lane->headers);
    mst_buf_clear(&lane->body);
    mst_buf_clear(&lane->packed);
    mst_buf_clear(&lane->key);
    free(lane->flight);
    memset(lane, 0, sizeof(*lane));
}

/* n deliveries were confirmed. */
static void
lane_settle(struct http_sink *sink, size_t n, uint64_t bytes)
{
    if (n == 0) {
        return;
    }
    mst_mutex_lock(&sink->mutex);
    sink->outstanding -= n;
    sink->bytes -= bytes;
    bool tell = sink->starved && sink->bytes <= sink->memory / 2;
    sink->starved = sink->starved && !tell;
    if (sink->outstanding == 0) {
        (void)pthread_cond_broadcast(&sink->idle);
    }
    mst_mutex_unlock(&sink->mutex);
    if (tell && sink->args.host != NULL) {
        sink->args.host->ready(sink->args.host);
    }
}

static uint64_t
lane_weight(const struct mst_delivery *delivery)
{
    return delivery->payload.len + sizeof(*delivery);
}

void
http_sink_confirm(struct http_sink *sink, struct mst_delivery *delivery,
                  enum mst_status status, const struct mst_error *err)
{
    uint64_t bytes = lane_weight(delivery);
    mst_delivery_confirm(delivery, status, err);
    lane_settle(sink, 1, bytes);
}

void
http_lane_confirm(struct http_sink *sink, struct http_lane *lane,
                  enum mst_status status, const struct mst_error *err)
{
    uint64_t bytes = 0;
    size_t n = lane->flight_len;
    lane->flight_len = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += lane_weight(lane->flight[i]);
        mst_delivery_confirm(lane->flight[i], status, err);
    }
    lane_settle(sink, n, bytes);
}

void
http_lane_fail(struct http_sink *sink, struct http_lane *lane,
               enum mst_status status, const struct mst_error *err)
{
    lane->failed_round = sink->why_round;
    lane->suspects = 0;
    if (!lane->busy) {
        http_lane_confirm(sink, lane, status, err);
    }
    struct mst_delivery *delivery = http_lane_pop(lane);
    while (delivery != NULL) {
        http_sink_confirm(sink, delivery, status, err);
        delivery = http_lane_pop(lane);
    }
}
