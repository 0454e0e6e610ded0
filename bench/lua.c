/* SPDX-License-Identifier: MIT */
/*
 * What a script costs per event: documents of about 700 bytes through one
 * worker's Lua state, in CPU time of one core; the median of some rounds.
 *
 *     lua [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "encodings/bson_writer.h"
#include "udf/lua_script.h"

enum {
    LUA_ROUNDS = 15,
    LUA_ROUNDS_MAX = 99,
    LUA_BATCH = 500,
    LUA_MANY = 10000000,
    LUA_ROUND_NS = 50000000, /* at least */
    LUA_KEEP = 4 * 1024 * 1024
};

static const struct {
    const char *name;
    const char *text;
} bench_scripts[] = {
    {"pass-through", "function transform(data) return data end"},
    {"one field read, one changed",
     "function transform(data) data.status = data.name return data end"},
    {"a text masked, a date set, a number added",
     "function transform(data) data.mail = mask_email(data.mail) "
     "data.at = now() data.total = data.total * 1.19 return data end"},
    {"all fields walked",
     "function transform(data) local n = 0 for k in pairs(data) do "
     "n = n + #k end data.n = n return data end"},
};

struct lua_bench {
    struct mst_emit emit; /* first: its function casts back */
    struct mst_arena arena;
    uint64_t results;
};

static void
bench_must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "error: %s failed\n", what);
        exit(1);
    }
}

static enum mst_status
bench_take(struct mst_emit *emit, const struct mst_event *event,
           struct mst_error *err)
{
    struct lua_bench *self = (struct lua_bench *)emit;
    (void)err;
    self->results += event->payload.len > 0 ? 1 : 0;
    return MST_OK;
}

static void
bench_document(struct mst_buf *out)
{
    static const uint8_t oid[12] = {1, 2, 3, 4, 5};
    struct mst_bson_writer w;
    char key[8];
    mst_bson_writer_init(&w, out);
    mst_bson_write_oid(&w, "_id", oid);
    mst_bson_write_text(&w, "name", "Ada Lovelace");
    mst_bson_write_text(&w, "mail", "ada@example.org");
    mst_bson_write_text(&w, "status", "new");
    mst_bson_write_double(&w, "total", 12.5);
    mst_bson_write_date(&w, "at", 1700000000000);
    for (unsigned i = 0; i < 15; i++) {
        (void)snprintf(key, sizeof(key), "f%u", i);
        mst_bson_write_text(&w, key, "some text of a usual length");
    }
    mst_bson_write_begin_array(&w, "tags");
    mst_bson_write_text(&w, "0", "first");
    mst_bson_write_text(&w, "1", "second");
    mst_bson_write_end(&w);
    bench_must(mst_bson_writer_finish(&w, NULL) == MST_OK, "the document");
}

static int64_t
bench_cpu_ns(void)
{
    struct timespec now = {0};
    bench_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "the clock");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Events per second. */
static double
bench_round(struct mst_lua_script *script, const struct mst_event *event,
            struct lua_bench *self)
{
    int64_t start = bench_cpu_ns();
    int64_t spent = 0;
    uint64_t n = 0;
    do {
        for (unsigned i = 0; i < LUA_BATCH; i++) {
            struct mst_error err;
            bench_must(mst_lua_script_apply(script, event, &self->emit, &err)
                           == MST_OK,
                       "the script");
        }
        mst_arena_reset(&self->arena, LUA_KEEP);
        n += LUA_BATCH;
        spent = bench_cpu_ns() - start;
    } while (spent < LUA_ROUND_NS);
    return (double)n * 1e9 / (double)spent;
}

static long
bench_rss_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    bench_must(file != NULL && fscanf(file, "%*d %ld", &pages) == 1,
               "reading the memory");
    (void)fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Memory after a million events, and after ten. */
static void
bench_growth(struct mst_lua_script *script, const struct mst_event *event,
             struct lua_bench *self)
{
    long early = 0;
    for (unsigned n = 0; n < LUA_MANY; n += LUA_BATCH) {
        for (unsigned i = 0; i < LUA_BATCH; i++) {
            struct mst_error err;
            bench_must(mst_lua_script_apply(script, event, &self->emit, &err)
                           == MST_OK,
                       "the script");
        }
        mst_arena_reset(&self->arena, LUA_KEEP);
        early = n + LUA_BATCH == LUA_MANY / 10 ? bench_rss_kib() : early;
    }
    (void)printf("%-44s %ld KiB, %ld KiB\n",
                 "memory after 1 M, 10 M events of the second", early,
                 bench_rss_kib());
}

static int
bench_compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
    const struct mst_lua_limits limits = {
        .instructions = 1000000, .time_ms = 1000, .memory = 16 << 20};
    struct lua_bench self = {
        .emit = {.event = bench_take, .arena = &self.arena}};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : LUA_ROUNDS;
    struct mst_buf bson;
    rounds = rounds < 1 || rounds > LUA_ROUNDS_MAX ? LUA_ROUNDS : rounds;
    mst_buf_init(&bson, 1 << 20);
    bench_document(&bson);
    const struct mst_event event = {.payload = mst_buf_slice(&bson),
                                    .encoding = MST_ENCODING_BSON};
    (void)printf("%zu bytes of BSON per event, one core\n", bson.len);
    for (size_t s = 0; s < MST_ARRAY_SIZE(bench_scripts); s++) {
        double all[LUA_ROUNDS_MAX];
        struct mst_lua_script *script = NULL;
        struct mst_error err;
        bench_must(mst_lua_script_create("bench", "bench.lua",
                                         mst_slice_str(bench_scripts[s].text),
                                         &limits, &script, &err)
                       == MST_OK,
                   "compiling");
        for (long i = 0; i < rounds; i++) {
            all[i] = bench_round(script, &event, &self);
        }
        qsort(all, (size_t)rounds, sizeof(all[0]), bench_compare);
        (void)printf("%-44s %8.0f k events/s\n", bench_scripts[s].name,
                     all[rounds / 2] / 1000);
        if (s == 1) {
            bench_growth(script, &event, &self);
        }
        mst_lua_script_destroy(script);
    }
    mst_arena_clear(&self.arena);
    mst_buf_clear(&bson);
    return self.results > 0 ? 0 : 1;
}
