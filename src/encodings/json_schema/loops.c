/* SPDX-License-Identifier: MIT */
/* Schemas that would be applied to the same value without end. */
#include "encodings/json_schema/compile.h"

enum {
    /* Schemas for one and the same value, one leading to the other. */
    LOOP_CHAIN_MAX = 500
};

enum loop_state { LOOP_NEW, LOOP_OPEN, LOOP_DONE };

struct loop_walk {
    const struct js_compile *compile;
    size_t place; /* of the schema that the walk began at */
    unsigned depth;
};

static enum mst_status loop_visit(struct loop_walk *walk, struct js_node *node);

static enum mst_status
loop_list(struct loop_walk *walk, const struct js_nodes *nodes)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < nodes->len && status == MST_OK; i++) {
        status = loop_visit(walk, nodes->at[i]);
    }
    return status;
}

static enum mst_status
loop_combine(struct loop_walk *walk, const struct js_combine *combine)
{
    struct js_node *const single[] = {
        combine->not_node, combine->if_node, combine->then_node,
        combine->else_node, combine->ref,
        /* Where it leads with a scope is seen when it is used. */
        combine->dynamic_name.data == NULL ? combine->dynamic_ref : NULL};
    enum mst_status status = loop_list(walk, &combine->all);
    if (status == MST_OK) {
        status = loop_list(walk, &combine->any);
    }
    if (status == MST_OK) {
        status = loop_list(walk, &combine->one);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(single) && status == MST_OK; i++) {
        status = loop_visit(walk, single[i]);
    }
    return status;
}

static enum mst_status
loop_visit(struct loop_walk *walk, struct js_node *node)
{
    if (node == NULL || node->walk == LOOP_DONE) {
        return MST_OK;
    }
    if (node->walk == LOOP_OPEN || walk->depth >= LOOP_CHAIN_MAX) {
        return mst_text_fail(
            &walk->compile->subject,
            walk->compile->subject.text.data + walk->place,
            node->walk == LOOP_OPEN
                ? "it leads back to itself for the same value, without end"
                : "it leads through more than %d schemas for the same value",
            LOOP_CHAIN_MAX);
    }
    node->walk = LOOP_OPEN;
    walk->depth++;
    enum mst_status status =
        node->combine == NULL ? MST_OK : loop_combine(walk, node->combine);
    for (size_t i = 0; node->object != NULL && status == MST_OK
                       && i < node->object->dependents_len;
         i++) {
        status = loop_visit(walk, node->object->dependents[i].node);
    }
    walk->depth--;
    node->walk = LOOP_DONE;
    return status;
}

enum mst_status
js_compile_loops(struct js_compile *compile)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < compile->subject.text.len && status == MST_OK; i++) {
        struct loop_walk walk = {.compile = compile, .place = i};
        status = loop_visit(&walk, compile->nodes[i]);
    }
    return status;
}
