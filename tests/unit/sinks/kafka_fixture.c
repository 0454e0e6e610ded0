/* SPDX-License-Identifier: MIT */
/* The Kafka sink as the engine sees it, without an engine. */
#include "kafka_fixture.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "encodings/bson_writer.h"

static void
on_confirm(const struct mst_delivery_owner *owner,
           struct mst_delivery *delivery, enum mst_status status,
           const struct mst_error *err)
{
    struct kafka_fixture *f = (void *)(uintptr_t)owner;
    if (status != MST_OK) {
        (void)pthread_mutex_lock(&f->mutex);
        (void)snprintf(f->text, sizeof(f->text), "%s", err->text);
        (void)snprintf(f->hint, sizeof(f->hint), "%s", err->hint);
        (void)pthread_mutex_unlock(&f->mutex);
    }
    size_t i = (size_t)(delivery - f->deliveries);
    assert_int_equal(atomic_exchange(&f->statuses[i], (int)status), -1);
    atomic_fetch_add(&f->confirmed[status], 1);
    atomic_fetch_add(&f->total, 1);
}

static struct kafka_fixture *
fixture_of(const struct mst_sink_host *host)
{
    return (void *)((char *)(uintptr_t)host
                    - offsetof(struct kafka_fixture, host));
}

static void
on_health(const struct mst_sink_host *host, const struct mst_error *err)
{
    struct kafka_fixture *f = fixture_of(host);
    atomic_fetch_add(err == NULL ? &f->well : &f->unwell, 1);
}

static void
on_ready(const struct mst_sink_host *host)
{
    atomic_fetch_add(&fixture_of(host)->ready, 1);
}

bool
kafka_fixture_reaches(atomic_size_t *counter, size_t n)
{
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (atomic_load(counter) < n && mst_clock_ms() < until) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return atomic_load(counter) >= n;
}

void
kafka_fixture_property(struct kafka_fixture *f, const char *name,
                       const char *value)
{
    size_t i = f->service.properties.len++;
    f->names[i] = strdup(name);
    f->values[i] = strdup(value);
}

static void
fill_event(struct kafka_fixture *f, size_t i)
{
    struct mst_buf key;
    struct mst_bson_writer writer;
    mst_buf_init(&key, 1024);
    mst_bson_writer_init(&writer, &key);
    mst_bson_write_int32(&writer, "_id", (int32_t)(i % 10));
    assert_int_equal(mst_bson_writer_finish(&writer, NULL), MST_OK);
    assert_true(key.len <= sizeof(f->key_bytes[i]));
    memcpy(f->key_bytes[i], key.data, key.len);
    f->events[i] =
        (struct mst_event){.payload = MST_SLICE_LIT("{\"a\":1}"),
                           .encoding = MST_ENCODING_JSON,
                           .key = mst_slice_of(f->key_bytes[i], key.len),
                           .key_kind = MST_KEY_BSON,
                           .op = MST_OP_CREATE,
                           .source_ts_ms = 1700000000000 + (int64_t)i};
    f->deliveries[i] = (struct mst_delivery){.event = &f->events[i],
                                             .payload = f->events[i].payload,
                                             .encoding = MST_ENCODING_JSON,
                                             .owner = &f->owner};
    f->offered[i] = &f->deliveries[i];
    atomic_store(&f->statuses[i], -1);
    mst_buf_clear(&key);
}

int
kafka_fixture_setup(void **state)
{
    struct kafka_fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->owner.confirm = on_confirm;
    f->host = (struct mst_sink_host){.health = on_health, .ready = on_ready};
    (void)pthread_mutex_init(&f->mutex, NULL);
    f->mock = kafka_mock_start();
    kafka_mock_topic(&f->mock, "t", 4);
    f->service.properties.names = f->names;
    f->service.properties.values = f->values;
    kafka_fixture_property(f, "bootstrap.servers", f->mock.servers);
    kafka_fixture_property(f, "log_level", "0");
    f->options.key = (char *)(uintptr_t) "id";
    f->options.create_topics.replication_factor = -1;
    f->args = (struct mst_sink_args){.job = "job",
                                     .service_name = "k",
                                     .service = &f->service,
                                     .options = &f->options,
                                     .resource = "t",
                                     .encoding = MST_ENCODING_JSON,
                                     .memory = 8U << 20,
                                     .host = &f->host};
    for (size_t i = 0; i < MANY; i++) {
        fill_event(f, i);
    }
    *state = f;
    return 0;
}

int
kafka_fixture_teardown(void **state)
{
    struct kafka_fixture *f = *state;
    mst_kafka_sink.destroy(f->ctx);
    kafka_mock_stop(&f->mock);
    for (size_t i = 0; i < f->service.properties.len; i++) {
        free(f->names[i]);
        free(f->values[i]);
    }
    (void)pthread_mutex_destroy(&f->mutex);
    free(f);
    return 0;
}

enum mst_status
kafka_fixture_try_open(struct kafka_fixture *f, struct mst_error *err)
{
    struct mst_sink_start start = {.mark = MST_SLICE_NONE};
    enum mst_status status = MST_OK;
    mst_error_clear(err);
    if (f->ctx == NULL) {
        status = mst_kafka_sink.create(&f->ctx, &f->args, err);
    }
    return status == MST_OK ? mst_kafka_sink.open(f->ctx, &start, err) : status;
}

void
kafka_fixture_open(struct kafka_fixture *f)
{
    struct mst_error err;
    enum mst_status status = kafka_fixture_try_open(f, &err);
    if (status != MST_OK) {
        fail_msg("open: %s: %s", mst_status_name(status), err.text);
    }
}

void
kafka_fixture_write(struct kafka_fixture *f, size_t from, size_t to)
{
    int64_t until = mst_clock_ms() + DEADLINE_MS;
    while (from < to) {
        struct mst_error err;
        size_t taken = 0;
        enum mst_status status = mst_kafka_sink.write(f->ctx, &f->offered[from],
                                                      to - from, &taken, &err);
        assert_true(status == MST_OK || status == MST_AGAIN);
        from += taken;
        assert_true(mst_clock_ms() < until);
        if (status == MST_AGAIN) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
}
