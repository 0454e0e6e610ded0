/* SPDX-License-Identifier: MIT */
/* The file sink under crashes and failures that chance picks, against a model:
 * every event once, in order. */
#include "unit/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>

#include "log/log.h"
#include "unit/sinks/file_fixture.h"

enum { MODEL_EVENTS = 250, MODEL_BASES = 3 };

struct model {
    struct file_fixture *f;
    struct mst_buf mark; /* of the checkpoint saved last */
    uint64_t saved;      /* events that it covers */
    uint64_t next;       /* event to be written next */
    uint64_t random;
};

static uint64_t
model_draw(struct model *m, uint64_t bound)
{
    m->random = m->random * 6364136223846793005U + 1442695040888963407U;
    return (m->random >> 33) % bound;
}

static const char *
model_collection(uint64_t n)
{
    static const char *const names[MODEL_BASES] = {"a", "b", "c"};
    return names[n * 7 / 5 % MODEL_BASES];
}

static void
model_write(struct model *m)
{
    size_t len = 1 + model_draw(m, 20);
    for (size_t i = 0; i < len; i++) {
        struct mst_delivery *delivery =
            file_fixture_event(m->f, i, m->next, model_collection(m->next));
        /* What comes again need not come with the same length. */
        delivery->payload.len = (size_t)snprintf(
            m->f->texts[i], sizeof(m->f->texts[i]), "{\"n\":%llu%*s}",
            (unsigned long long)m->next, (int)model_draw(m, 30), "");
        m->next++;
    }
    assert_int_equal(file_fixture_write(m->f, len), MST_OK);
}

/* A checkpoint that covers events up to that one. */
static void
model_mark(struct model *m, uint64_t upto, bool saved)
{
    struct mst_buf mark;
    mst_buf_init(&mark, 1 << 20);
    assert_int_equal(mst_file_sink.mark(m->f->ctx, upto, &mark, &m->f->err),
                     MST_OK);
    if (!saved) {
        mst_buf_clear(&mark);
        return;
    }
    mst_buf_clear(&m->mark);
    m->mark = mark;
    m->saved = upto;
}

/* Some event between the last checkpoint and what is confirmed. */
static uint64_t
model_upto(struct model *m)
{
    return m->saved + model_draw(m, m->next - m->saved);
}

/* The job fails without a last checkpoint, and is started again. */
static void
model_fail(struct model *m)
{
    file_fixture_close(m->f);
    m->next = m->saved + 1;
    assert_int_equal(file_fixture_open(m->f, mst_buf_slice(&m->mark)), MST_OK);
}

/* The process dies, perhaps between the mark and the store; what it left is
 * found by the next one. */
static void
model_crash(struct model *m)
{
    if (model_draw(m, 2) == 0) {
        model_mark(m, model_upto(m), false);
    }
    struct file_fixture *after = calloc(1, sizeof(*after));
    assert_non_null(after);
    file_fixture_init(after, m->f->args.resource);
    file_fixture_crash_copy(m->f, after);
    after->options = m->f->options;
    file_fixture_clear(m->f);
    free(m->f);
    m->f = after;
    m->next = m->saved + 1;
    assert_int_equal(file_fixture_open(m->f, mst_buf_slice(&m->mark)), MST_OK);
}

static int
model_compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Every number once, ascending within each collection's files. */
static void
model_check(struct model *m)
{
    bool *seen = calloc(m->next, sizeof(*seen));
    struct dirent **entries = NULL;
    uint64_t last[MODEL_BASES] = {0};
    int n = scandir(m->f->dir, &entries, NULL, model_compare);
    uint64_t found = 0;
    assert_true(n > 0);
    assert_non_null(seen);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (name[0] != '.') {
            assert_null(strstr(name, ".part"));
            char *text = file_fixture_read(m->f, name);
            for (char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
                unsigned long long number = strtoull(at + 5, NULL, 10);
                assert_true(number > 0 && number < m->next);
                assert_false(seen[number]);
                assert_int_equal(name[0], model_collection(number)[0]);
                assert_true(number > last[name[0] - 'a']);
                last[name[0] - 'a'] = number;
                seen[number] = true;
                found++;
            }
            free(text);
        }
        free(entries[i]);
    }
    free(entries);
    free(seen);
    assert_int_equal(found, m->next - 1);
}

static void
model_run(uint64_t seed, bool rolls)
{
    struct model m = {.random = seed, .next = 1};
    m.f = calloc(1, sizeof(*m.f));
    assert_non_null(m.f);
    mst_buf_init(&m.mark, 1 << 20);
    file_fixture_init(m.f, "{collection}.jsonl");
    m.f->options.roll_events = rolls ? 7 : 0;
    m.f->options.max_open = 2;
    assert_int_equal(file_fixture_open(m.f, MST_SLICE_NONE), MST_OK);
    model_mark(&m, 0, true); /* else the first crash would repeat events */
    while (m.next <= MODEL_EVENTS) {
        switch (model_draw(&m, 7)) {
        case 0:
            model_crash(&m);
            break;
        case 1:
        case 2:
            model_mark(&m, model_upto(&m), true);
            break;
        case 3:
            model_fail(&m);
            break;
        default:
            model_write(&m);
            break;
        }
    }
    model_mark(&m, m.next - 1, true); /* of an orderly stop */
    file_fixture_close(m.f);
    model_check(&m);
    file_fixture_clear(m.f);
    free(m.f);
    mst_buf_clear(&m.mark);
}

static void
after_any_crashes_every_event_is_there_once_and_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        model_run(seed, true);
        model_run(seed, false);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            after_any_crashes_every_event_is_there_once_and_in_order),
    };
    mst_log_set_level(MST_LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
