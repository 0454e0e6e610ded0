/* SPDX-License-Identifier: MIT */
/*
 * For each value all schemas that describe it are gathered first: what it
 * refers to, and the branches that take it.
 */
#include "encodings/json_schema/project.h"

#include "encodings/bson_scan.h"
#include "encodings/little_endian.h"

/* Schemas as words on the stack of the work. */
struct project_list {
    size_t at;
    size_t len;
};

struct project {
    struct js_work *work;
    const struct js_project_options *options;
    struct mst_buf *out;
    enum mst_status status; /* of the output */
};

static const struct js_node *
project_node(const struct project *project, const struct project_list *list,
             size_t i)
{
    return (const struct js_node *)(uintptr_t)
        project->work->words[list->at + i];
}

/* The list is the top of the stack. */
static bool
project_add(struct project *project, struct project_list *list,
            const struct js_node *node)
{
    size_t at = 0;
    if (!js_work_push(project->work, 1, &at)) {
        return false;
    }
    project->work->words[at] = (uint64_t)(uintptr_t)node;
    list->at = list->len == 0 ? at : list->at;
    list->len++;
    return true;
}

static bool project_gather(struct project *project, struct project_list *list,
                           const struct js_node *node,
                           const struct mst_bson_value *value);

/* Those of the branches that take the value. */
static bool
project_gather_branches(struct project *project, struct project_list *list,
                        const struct js_nodes *nodes,
                        const struct mst_bson_value *value)
{
    bool good = true;
    for (size_t i = 0; i < nodes->len && good; i++) {
        good = !js_validate_silent(project->work, nodes->at[i], value, NULL)
               || project_gather(project, list, nodes->at[i], value);
    }
    return good && project->work->stop == JS_GOES_ON;
}

static bool
project_gather_if(struct project *project, struct project_list *list,
                  const struct js_combine *combine,
                  const struct mst_bson_value *value)
{
    if (combine->if_node == NULL) {
        return true;
    }
    bool holds =
        js_validate_silent(project->work, combine->if_node, value, NULL);
    const struct js_node *next =
        holds ? combine->then_node : combine->else_node;
    return project->work->stop == JS_GOES_ON
           && (!holds || project_gather(project, list, combine->if_node, value))
           && (next == NULL || project_gather(project, list, next, value));
}

static bool
project_gather_combine(struct project *project, struct project_list *list,
                       const struct js_combine *combine,
                       const struct mst_bson_value *value)
{
    bool good = combine->ref == NULL
                || project_gather(project, list, combine->ref, value);
    if (good && combine->dynamic_ref != NULL) {
        good = project_gather(project, list,
                              js_dynamic_target(project->work, combine), value);
    }
    for (size_t i = 0; i < combine->all.len && good; i++) {
        good = project_gather(project, list, combine->all.at[i], value);
    }
    return good && project_gather_branches(project, list, &combine->any, value)
           && project_gather_branches(project, list, &combine->one, value)
           && project_gather_if(project, list, combine, value);
}

/* Adds all schemas that describe the value, which fits the node. */
static bool
project_gather(struct project *project, struct project_list *list,
               const struct js_node *node, const struct mst_bson_value *value)
{
    struct js_work *work = project->work;
    struct mst_bson_value found;
    if (work->depth >= JS_DEPTH_MAX) {
        work->stop = JS_TOO_DEEP;
        return false;
    }
    work->depth++;
    bool good = project_add(project, list, node);
    if (good && node->combine != NULL) {
        good = project_gather_combine(project, list, node->combine, value);
    }
    for (size_t i = 0;
         good && node->object != NULL && value->type == MST_BSON_DOCUMENT
         && i < node->object->dependents_len;
         i++) {
        const struct js_dependent *dependent = &node->object->dependents[i];
        good = dependent->node == NULL
               || !mst_bson_find_slice(value->raw, dependent->trigger, &found)
               || project_gather(project, list, dependent->node, value);
    }
    work->depth--;
    return good;
}

static bool
project_append(struct project *project, const void *data, size_t len)
{
    enum mst_status status = mst_buf_append(project->out, data, len);
    project->status = status == MST_OK ? project->status : status;
    return status == MST_OK;
}

/* What is in front of a value; key has a NUL behind it. */
static bool
project_head(struct project *project, uint8_t type, struct mst_slice key)
{
    return project_append(project, &type, 1)
           && project_append(project, key.data, key.len + 1);
}

static bool project_inner(struct project *project,
                          const struct project_list *starts,
                          const struct mst_bson_value *value);

/* One member or item, by the schemas that its place has; none: as it is. */
static bool
project_element(struct project *project, const struct project_list *starts,
                struct mst_slice key, const struct mst_bson_value *value)
{
    struct js_work *work = project->work;
    bool inner =
        starts->len > 0
        && (value->type == MST_BSON_DOCUMENT || value->type == MST_BSON_ARRAY);
    if (!project_head(project, value->type, key)) {
        return false;
    }
    if (!inner) {
        return project_append(project, value->raw.data, value->raw.len);
    }
    struct js_frame frame = {.up = work->frame, .key = key};
    work->frame = &frame;
    bool good = project_inner(project, starts, value);
    work->frame = frame.up;
    return good;
}

/* What a schema says about the member of that name: a property, or what its
 * patterns take, or with rest what is left. */
static bool
project_add_member(struct project *project, struct project_list *children,
                   const struct js_object *object, struct mst_slice key,
                   bool rest)
{
    int64_t at = js_names_find(&object->names, key);
    bool known = at != JS_NO_NAME && object->properties[at].node != NULL;
    if (known && !project_add(project, children, object->properties[at].node)) {
        return false;
    }
    for (size_t i = 0; i < object->patterns_len; i++) {
        const struct js_pattern_property *pattern = &object->patterns[i];
        if (!js_pattern_found(project->work, pattern->pattern, key)) {
            continue;
        }
        known = true;
        if (!project_add(project, children, pattern->node)) {
            return false;
        }
    }
    bool more = rest && !known && object->additional != NULL;
    return project->work->stop == JS_GOES_ON
           && (!more || project_add(project, children, object->additional));
}

/* One member, by what all schemas of the list say about it. */
static bool
project_member(struct project *project, const struct project_list *list,
               struct mst_slice key, const struct mst_bson_value *value,
               bool rest)
{
    size_t mark = project->work->words_len;
    struct project_list children = {.len = 0};
    bool good = true;
    for (size_t i = 0; i < list->len && good; i++) {
        const struct js_object *object = project_node(project, list, i)->object;
        good = object == NULL
               || project_add_member(project, &children, object, key, rest);
    }
    /* Without a property, only patterns make a member known. */
    good = good
           && (rest || children.len > 0
                   ? project_element(project, &children, key, value)
                   : true);
    js_work_pop(project->work, mark);
    return good;
}

/* Where the members of a document are, by the properties of all schemas. */
struct project_places {
    size_t at;     /* words: the element's first byte, or 0 */
    bool patterns; /* there are any */
    bool undeclared;
};

/* The word for the member; SIZE_MAX: no schema has such a property. */
static size_t
project_place(const struct project *project, const struct project_list *list,
              size_t at, struct mst_slice key)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct js_object *object = project_node(project, list, i)->object;
        if (object == NULL) {
            continue;
        }
        int64_t found = js_names_find(&object->names, key);
        if (found != JS_NO_NAME && object->properties[found].node != NULL) {
            return at + (size_t)found;
        }
        at += object->properties_len;
    }
    return SIZE_MAX;
}

static bool
project_matches(struct project *project, const struct project_list *list,
                struct mst_slice key)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct js_object *object = project_node(project, list, i)->object;
        for (size_t k = 0; object != NULL && k < object->patterns_len; k++) {
            if (js_pattern_found(project->work, object->patterns[k].pattern,
                                 key)) {
                return true;
            }
        }
    }
    return false;
}

/* Takes note of where each member is. */
static bool
project_survey(struct project *project, const struct project_list *list,
               const struct mst_bson_value *value,
               struct project_places *places)
{
    struct js_work *work = project->work;
    const struct js_node *first = project_node(project, list, 0);
    struct mst_bson_iter iter;
    bool good = mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK;
    while (good && mst_bson_iter_next(&iter) == MST_OK) {
        const struct mst_bson_value member = mst_bson_iter_value(&iter);
        struct js_frame frame = {.up = work->frame, .key = iter.key};
        size_t place = project_place(project, list, places->at, iter.key);
        work->frame = &frame;
        good = js_work_spend(work, list->len);
        if (place == SIZE_MAX) {
            bool matches =
                places->patterns && project_matches(project, list, iter.key);
            places->undeclared = places->undeclared || matches;
            if (!matches && project->options->reject_unknown) {
                good = js_refuse(work, first, &member, "properties",
                                 "the schema does not have the field");
            }
        } else if (work->words[place] != 0) {
            good = js_refuse(work, first, &member, "properties",
                             "the document has the field twice");
        } else {
            work->words[place] = (uint64_t)(uintptr_t)(iter.data + iter.offset);
        }
        work->frame = frame.up;
    }
    return good && work->stop == JS_GOES_ON;
}

/* The properties that are there, in the order of the schemas. */
static bool
project_properties(struct project *project, const struct project_list *list,
                   const struct mst_bson_value *value, size_t place)
{
    const uint8_t *end = value->raw.data + value->raw.len;
    for (size_t i = 0; i < list->len; i++) {
        const struct js_object *object = project_node(project, list, i)->object;
        for (size_t k = 0; object != NULL && k < object->properties_len;
             k++, place++) {
            const uint8_t *element =
                (const uint8_t *)(uintptr_t)project->work->words[place];
            if (element == NULL) {
                continue;
            }
            struct mst_slice name = object->properties[k].name;
            const uint8_t *data = element + 1 + name.len + 1;
            struct mst_bson_value member = {*element, MST_SLICE_NONE};
            size_t size = 0;
            (void)mst_bson_value_size(member.type, data, (size_t)(end - data),
                                      &size);
            member.raw = mst_slice_of(data, size);
            if (!project_member(project, list, name, &member, false)) {
                return false;
            }
        }
    }
    return true;
}

/* Members that no schema has as a property: with rest all of them, else what
 * patterns take. */
static bool
project_others(struct project *project, const struct project_list *list,
               const struct mst_bson_value *value, size_t at, bool rest)
{
    struct mst_bson_iter iter;
    bool good = mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK;
    while (good && mst_bson_iter_next(&iter) == MST_OK) {
        const struct mst_bson_value member = mst_bson_iter_value(&iter);
        good = (!rest && project_place(project, list, at, iter.key) != SIZE_MAX)
               || project_member(project, list, iter.key, &member, rest);
    }
    return good;
}

static bool
project_members(struct project *project, const struct project_list *list,
                const struct mst_bson_value *value)
{
    struct project_places places = {.at = 0};
    size_t n = 0;
    bool declared = false;
    for (size_t i = 0; i < list->len; i++) {
        const struct js_object *object = project_node(project, list, i)->object;
        n += object == NULL ? 0 : object->properties_len;
        places.patterns =
            places.patterns || (object != NULL && object->patterns_len > 0);
        for (size_t k = 0;
             object != NULL && !declared && k < object->properties_len; k++) {
            declared = object->properties[k].node != NULL;
        }
    }
    if (!declared) {
        return project_others(project, list, value, 0, true);
    }
    return js_work_push(project->work, n, &places.at)
           && project_survey(project, list, value, &places)
           && project_properties(project, list, value, places.at)
           && (!places.undeclared
               || project_others(project, list, value, places.at, false));
}

static bool
project_items(struct project *project, const struct project_list *list,
              const struct mst_bson_value *value)
{
    struct mst_bson_iter iter;
    bool good = mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK;
    for (size_t n = 0; good && mst_bson_iter_next(&iter) == MST_OK; n++) {
        const struct mst_bson_value item = mst_bson_iter_value(&iter);
        struct project_list children = {.len = 0};
        size_t mark = project->work->words_len;
        for (size_t i = 0; i < list->len && good; i++) {
            const struct js_array *array =
                project_node(project, list, i)->array;
            const struct js_node *wanted = array == NULL ? NULL
                                           : n < array->prefix.len
                                               ? array->prefix.at[n]
                                               : array->items;
            good = wanted == NULL || project_add(project, &children, wanted);
        }
        good = good && project_element(project, &children, iter.key, &item);
        js_work_pop(project->work, mark);
    }
    return good;
}

/* The bytes of a document or array, by the schemas of its place. */
static bool
project_inner(struct project *project, const struct project_list *starts,
              const struct mst_bson_value *value)
{
    static const uint8_t none[4];
    struct js_work *work = project->work;
    struct project_list list = {.len = 0};
    size_t mark = work->words_len;
    size_t before = project->out->len;
    bool good = project_append(project, none, sizeof(none));
    for (size_t i = 0; i < starts->len && good; i++) {
        good = project_gather(project, &list, project_node(project, starts, i),
                              value);
    }
    good = good
           && (value->type == MST_BSON_ARRAY
                   ? project_items(project, &list, value)
                   : project_members(project, &list, value))
           && project_append(project, none, 1);
    if (good) {
        /* It is no longer than value was. */
        mst_put_le32(project->out->data + before,
                     (uint32_t)(project->out->len - before));
    }
    js_work_pop(work, mark);
    return good;
}

enum mst_status
js_project(struct js_work *work, const struct js_project_options *options,
           const struct mst_bson_value *value, struct mst_buf *out,
           struct mst_error *err)
{
    struct project project = {
        .work = work, .options = options, .out = out, .status = MST_OK};
    struct project_list starts = {.len = 0};
    const struct js_node *root = work->schema->root;
    struct js_scope scope = {NULL, root->resource};
    work->frame = NULL;
    work->scope = &scope;
    size_t before = out->len;
    bool good = project_add(&project, &starts, root)
                && project_inner(&project, &starts, value);
    work->scope = NULL;
    if (good) {
        return MST_OK;
    }
    out->len = before;
    if (project.status == MST_REJECTED) {
        return mst_fail(err, MST_REJECTED, "json_schema", 0,
                        "the output is larger than it may be");
    }
    if (project.status == MST_FATAL) {
        work->stop = JS_NO_MEMORY;
    }
    return js_work_report(work, MST_SLICE_NONE, err);
}
