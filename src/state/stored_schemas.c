/* SPDX-License-Identifier: MIT */
/* Opens a store of subjects for a job, and asks it as the contract has it. */
#include "state/stored_schemas.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "clients/mongo_cancel.h"
#include "config/config.h"
#include "state/mongo_subjects.h"
#include "state/sqlite_subjects.h"
#include "state/subject_reader.h"

#define ORIGIN "schema"

/* Either subjects, in MongoDB, or path, of the state directory: that is
 * opened for each question, as seldom as they are. */
struct stored_schemas {
    pthread_mutex_t mutex; /* over subjects */
    struct mst_mongo_cancel *cancel;
    struct mst_subject_store *subjects;
    char *path;
};

static void
stored_close(void *store)
{
    struct stored_schemas *self = store;
    if (self->subjects != NULL) {
        self->subjects->type->destroy(self->subjects);
    }
    mst_mongo_cancel_destroy(self->cancel);
    (void)pthread_mutex_destroy(&self->mutex);
    free(self->path);
    free(self);
}

static enum mst_status
stored_open_mongodb(struct stored_schemas *self,
                    const struct mst_mongo_options *service,
                    const char *collection, struct mst_error *err)
{
    enum mst_status status = mst_mongo_cancel_create(&self->cancel, err);
    return status != MST_OK
               ? status
               : mst_mongo_subjects_create_for(
                   service, "mstream",
                   collection != NULL ? collection
                                      : MST_MONGO_SUBJECTS_COLLECTION,
                   self->cancel, &self->subjects, err);
}

/* service NULL: what [system] schemas says, else the state. */
static enum mst_status
stored_open_any(void **ret_store, const struct mst_config *config,
                const struct mst_mongo_options *service, struct mst_error *err)
{
    const struct mst_config_store *wanted = &config->system.schemas;
    struct stored_schemas *self = calloc(1, sizeof(*self));
    enum mst_status status = MST_OK;
    if (self == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    (void)pthread_mutex_init(&self->mutex, NULL);
    if (service == NULL && wanted->service_name != NULL
        && wanted->service < config->services_len) {
        service = config->services[wanted->service].options;
    }
    if (service != NULL) {
        status = stored_open_mongodb(self, service, wanted->resource, err);
    } else {
        self->path = strdup(config->state.path);
        status = self->path == NULL ? mst_fail_memory(err, ORIGIN) : MST_OK;
    }
    if (status != MST_OK) {
        stored_close(self);
        return status;
    }
    *ret_store = self;
    return MST_OK;
}

static enum mst_status
stored_open(void **ret_store, const struct mst_schema_store_args *args,
            struct mst_error *err)
{
    return stored_open_any(ret_store, args->config, NULL, err);
}

static enum mst_status
mongodb_open(void **ret_store, const struct mst_schema_store_args *args,
             struct mst_error *err)
{
    return stored_open_any(ret_store, args->config, args->service, err);
}

static void
stored_interrupt(void *store, bool on)
{
    struct stored_schemas *self = store;
    if (self->cancel == NULL) {
        return;
    }
    if (on) {
        mst_mongo_cancel_now(self->cancel);
    } else {
        mst_mongo_cancel_reset(self->cancel);
    }
}

/* The store of subjects, to be given back; takes the mutex. MST_END: there is
 * none yet, and none was taken. */
static enum mst_status
stored_begin(struct stored_schemas *self, bool writes,
             struct mst_subject_store **ret_store, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    mst_mutex_lock(&self->mutex);
    if (self->subjects != NULL) {
        *ret_store = self->subjects;
    } else {
        status = mst_sqlite_subjects_open(self->path, !writes, ret_store, err);
    }
    if (status != MST_OK) {
        mst_mutex_unlock(&self->mutex);
    }
    return status;
}

/* As above, to ask for what ref says: where there is no store, there is no
 * such subject. */
static enum mst_status
stored_begin_asking(struct stored_schemas *self,
                    const struct mst_schema_ref *ref,
                    struct mst_subject_store **ret_store, struct mst_error *err)
{
    enum mst_status status = stored_begin(self, false, ret_store, err);
    return status == MST_END ? mst_subject_read_nothing(ref, err) : status;
}

static void
stored_end(struct stored_schemas *self, struct mst_subject_store *subjects)
{
    if (subjects != self->subjects) {
        subjects->type->destroy(subjects);
    }
    mst_mutex_unlock(&self->mutex);
}

static enum mst_status
stored_read(void *store, const struct mst_schema_ref *ref,
            struct mst_schema_text *ret, struct mst_error *err)
{
    struct mst_subject_store *subjects = NULL;
    enum mst_status status = stored_begin_asking(store, ref, &subjects, err);
    if (status == MST_OK) {
        status = mst_subject_read(subjects, ref, ret, err);
        stored_end(store, subjects);
    }
    return status;
}

static enum mst_status
stored_find(void *store, const char *subject,
            const struct mst_schema_text *schema, uint32_t *ret_id,
            struct mst_error *err)
{
    struct mst_subject_store *subjects = NULL;
    const struct mst_schema_ref ref = {.subject = mst_slice_str(subject)};
    enum mst_status status = stored_begin_asking(store, &ref, &subjects, err);
    if (status == MST_OK) {
        status = mst_subject_find(subjects, subject, schema, ret_id, err);
        stored_end(store, subjects);
    }
    return status;
}

static enum mst_status
stored_add(void *store, const char *subject,
           const struct mst_schema_text *schema, uint32_t *ret_id,
           struct mst_error *err)
{
    struct mst_subject_store *subjects = NULL;
    enum mst_status status = stored_begin(store, true, &subjects, err);
    if (status == MST_OK) {
        status = mst_subject_put(subjects, subject, schema, false, ret_id, err);
        stored_end(store, subjects);
    }
    return status;
}

static enum mst_status
stored_check(void *store, const char *subject,
             const struct mst_schema_text *schema, struct mst_error *err)
{
    struct mst_subject_store *subjects = NULL;
    uint32_t id = 0;
    enum mst_status status = stored_begin(store, false, &subjects, err);
    if (status == MST_END) {
        return MST_OK; /* the first one */
    }
    if (status == MST_OK) {
        status = mst_subject_put(subjects, subject, schema, true, &id, err);
        stored_end(store, subjects);
    }
    return status;
}

static enum mst_status
stored_list(void *store, const char *subject, struct mst_schema_list *list,
            struct mst_error *err)
{
    struct mst_subject_store *subjects = NULL;
    enum mst_status status = stored_begin(store, false, &subjects, err);
    if (status == MST_END) {
        return MST_OK;
    }
    if (status == MST_OK) {
        status = mst_subject_list(subjects, subject, list, err);
        stored_end(store, subjects);
    }
    return status;
}

const struct mst_schema_store_type mst_stored_schemas = {
    .name = "schema_store",
    .open = stored_open,
    .close = stored_close,
    .interrupt = stored_interrupt,
    .read = stored_read,
    .find = stored_find,
    .add = stored_add,
    .check = stored_check,
    .list = stored_list,
};

const struct mst_schema_store_type mst_mongodb_schemas = {
    .name = "mongodb",
    .service_options = MST_MONGO_SERVICE_TABLE,
    .open = mongodb_open,
    .close = stored_close,
    .interrupt = stored_interrupt,
    .read = stored_read,
    .find = stored_find,
    .add = stored_add,
    .check = stored_check,
    .list = stored_list,
};
