/* SPDX-License-Identifier: MIT */
/*
 * Random work on checkpoints and leases through two connections, compared
 * step by step with a model that is a few arrays. The seed is printed; set
 * MST_TEST_SEED to repeat a run.
 */
#include "unit/state/store_fixture.h"

#include "base/clock.h"

enum { JOBS = 2, HOLDERS = 3, STEPS = 4000, SAVES = 8192, HOUR_MS = 3600000 };

struct model_job {
    char name[8];
    char holder[8]; /* empty: nobody */
    bool is_live;   /* the lease has not expired */
    uint64_t fence;
    uint64_t events[SAVES]; /* of all saves since the last delete, from 1 */
    uint64_t saves;
    struct mst_lease leases[HOLDERS]; /* what each holder believes to have */
};

struct model {
    struct model_job jobs[JOBS];
    struct mst_store *stores[2];
    uint64_t random;
    uint64_t next_events;
    unsigned rejected;
    unsigned accepted;
};

static uint64_t
model_below(struct model *model, uint64_t bound)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return (model->random >> 11) % bound;
}

static struct mst_store *
model_store(struct model *model)
{
    return model->stores[model_below(model, 2)];
}

static void
model_acquire(struct model *model, struct model_job *job)
{
    struct mst_error err;
    struct mst_lease lease;
    size_t who = model_below(model, HOLDERS);
    bool is_live = model_below(model, 2) == 0;
    char holder[8];
    (void)snprintf(holder, sizeof(holder), "h%zu", who);
    struct mst_store *store = model_store(model);
    enum mst_status status = store->type->lease_acquire(
        store, job->name, holder, is_live ? HOUR_MS : 0, &lease, &err);
    if (job->holder[0] != '\0' && job->is_live
        && strcmp(job->holder, holder) != 0) {
        assert_int_equal(status, MST_AGAIN);
        assert_string_equal(lease.holder, job->holder);
        assert_int_equal(lease.fence, job->fence);
        return;
    }
    assert_int_equal(status, MST_OK);
    job->fence++;
    job->is_live = is_live;
    memcpy(job->holder, holder, sizeof(holder));
    assert_int_equal(lease.fence, job->fence);
    job->leases[who] = lease;
}

static bool
model_owns(const struct model_job *job, size_t who)
{
    return job->leases[who].fence == job->fence
           && strcmp(job->leases[who].holder, job->holder) == 0;
}

static void
model_renew(struct model *model, struct model_job *job)
{
    struct mst_error err;
    size_t who = model_below(model, HOLDERS);
    if (job->leases[who].fence == 0) {
        return;
    }
    bool is_live = model_below(model, 2) == 0;
    struct mst_store *store = model_store(model);
    enum mst_status status = store->type->lease_renew(
        store, job->name, &job->leases[who], is_live ? HOUR_MS : 0, &err);
    if (!model_owns(job, who)) {
        assert_int_equal(status, MST_REJECTED);
        return;
    }
    assert_int_equal(status, MST_OK);
    job->is_live = is_live;
}

static void
model_release(struct model *model, struct model_job *job)
{
    struct mst_error err;
    size_t who = model_below(model, HOLDERS);
    struct mst_store *store = model_store(model);
    assert_int_equal(
        store->type->lease_release(store, job->name, &job->leases[who], &err),
        MST_OK);
    if (job->leases[who].fence != 0 && model_owns(job, who)) {
        job->holder[0] = '\0';
    }
}

/* What fence 0 does: refused while held, else it shuts older holders out. */
static bool
model_person_may(struct model_job *job)
{
    if (job->holder[0] != '\0' && job->is_live) {
        return false;
    }
    job->holder[0] = '\0';
    job->fence += job->fence > 0;
    return true;
}

static void
model_save(struct model *model, struct model_job *job)
{
    uint64_t fence = 0;
    switch (model_below(model, 8)) {
    case 0:
        break;
    case 1:
        fence = 1 + model_below(model, job->fence + 1);
        break;
    default:
        fence = job->fence > 0 ? job->fence : 1;
        break;
    }
    bool may = fence == 0 ? model_person_may(job) : fence >= job->fence;
    uint64_t events = ++model->next_events;
    enum mst_status status =
        fixture_save(model_store(model), job->name, events, fence);
    assert_int_equal(status, may ? MST_OK : MST_REJECTED);
    if (may) {
        assert_in_range(job->saves, 0, SAVES - 2);
        job->events[++job->saves] = events;
    }
    model->accepted += may;
    model->rejected += !may;
}

static void
model_delete(struct model *model, struct model_job *job)
{
    struct mst_error err;
    struct mst_store *store = model_store(model);
    bool may = model_person_may(job);
    assert_int_equal(store->type->checkpoint_delete(store, job->name, &err),
                     may ? MST_OK : MST_REJECTED);
    if (may) {
        job->saves = 0;
    }
}

/* The rule of docs/state.md, said another way than the store does it. */
static bool
model_is_kept(uint64_t number, uint64_t newest)
{
    uint64_t age = newest - number;
    return age < 20 || (number % 64 == 0 && age < 128)
           || (number % 4096 == 0 && age < 8192)
           || (number % 262144 == 0 && age < 524288);
}

struct seen {
    uint64_t events[64];
    size_t n;
};

static enum mst_status
seen_add(void *arg, const struct mst_checkpoint *one)
{
    struct seen *seen = arg;
    assert_in_range(seen->n, 0, 63);
    seen->events[seen->n++] = one->events;
    return MST_OK;
}

static void
model_compare(struct model *model, const struct model_job *job)
{
    struct mst_error err;
    struct seen seen = {.n = 0};
    struct mst_store *store = model_store(model);
    assert_int_equal(fixture_events(store, job->name),
                     job->saves == 0 ? -1 : (int64_t)job->events[job->saves]);
    assert_int_equal(
        store->type->checkpoint_list(store, job->name, seen_add, &seen, &err),
        MST_OK);
    size_t n = 0;
    for (uint64_t number = job->saves; number > 0; number--) {
        if (model_is_kept(number, job->saves)) {
            assert_true(n < seen.n);
            assert_int_equal(seen.events[n], job->events[number]);
            n++;
        }
    }
    assert_int_equal(n, seen.n);
}

static void
model_step(struct model *model, const char *directory)
{
    struct model_job *job = &model->jobs[model_below(model, JOBS)];
    uint64_t dice = model_below(model, 1000);
    if (dice < 700) {
        model_save(model, job);
    } else if (dice < 800) {
        model_acquire(model, job);
    } else if (dice < 870) {
        model_renew(model, job);
    } else if (dice < 920) {
        model_release(model, job);
    } else if (dice < 923) {
        model_delete(model, job);
    } else if (dice < 930) {
        size_t which = model_below(model, 2);
        model->stores[which]->type->destroy(model->stores[which]);
        model->stores[which] = fixture_open(directory);
    } else {
        model_compare(model, job);
    }
}

static void
the_store_does_what_the_model_does(void **state)
{
    const char *seed = getenv("MST_TEST_SEED");
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    model->random =
        seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)mst_clock_ns();
    model->random |= 1;
    print_message("MST_TEST_SEED=%llu\n", (unsigned long long)model->random);
    for (size_t i = 0; i < JOBS; i++) {
        (void)snprintf(model->jobs[i].name, sizeof(model->jobs[i].name),
                       "job%zu", i);
    }
    for (size_t i = 0; i < 2; i++) {
        model->stores[i] = fixture_open(*state);
    }
    for (int i = 0; i < STEPS; i++) {
        model_step(model, *state);
    }
    for (size_t i = 0; i < JOBS; i++) {
        model_compare(model, &model->jobs[i]);
    }
    assert_true(model->accepted > STEPS / 4);
    assert_true(model->rejected > STEPS / 100);
    for (size_t i = 0; i < 2; i++) {
        model->stores[i]->type->destroy(model->stores[i]);
    }
    free(model);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(the_store_does_what_the_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
