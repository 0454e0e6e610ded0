/* SPDX-License-Identifier: MIT */
/* TOML text as a tree: the public corpus where it is installed, hostile text,
 * positions. */
#include "unit/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>

#include "base/arena.h"
#include "config/node.h"

/* Debian's golang-github-burntsushi-toml-dev. */
#define CORPUS                                                                 \
    "/usr/share/gocode/src/github.com/BurntSushi/toml/internal/toml-test/"     \
    "tests/"

static enum mst_status
parse(struct mst_arena *arena, const char *text, size_t len,
      struct mst_toml_node **ret_root)
{
    struct mst_toml_error error = {0};
    enum mst_status status =
        mst_toml_parse(arena, "t.toml", text, len, ret_root, &error);
    if (status == MST_REJECTED) {
        assert_true(error.text[0] != '\0');
    }
    return status;
}

static char *
corpus_read(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    *ret_len = fread(text, 1, 1 << 20, file);
    (void)fclose(file);
    return text;
}

/* What the corpus calls right and is refused here: a NUL in a text, and the
 * escape \e of a later TOML. */
static bool
corpus_excused(const char *text, size_t len)
{
    return memmem(text, len, "\\u0000", 6) != NULL
           || memmem(text, len, "\\e", 2) != NULL;
}

static int
corpus_file(const char *path, const struct stat *info, int type)
{
    (void)info;
    size_t path_len = strlen(path);
    if (type != FTW_F || strcmp(path + path_len - 5, ".toml") != 0) {
        return 0;
    }
    size_t len = 0;
    char *text = corpus_read(path, &len);
    struct mst_arena arena = {0};
    struct mst_toml_node *root = NULL;
    enum mst_status status = parse(&arena, text, len, &root);
    bool valid = strstr(path, "/valid/") != NULL;
    if ((status == MST_OK) != valid && !corpus_excused(text, len)) {
        fail_msg("%s: %s", path, mst_status_name(status));
    }
    mst_arena_clear(&arena);
    free(text);
    return 0;
}

static void
the_corpus_is_accepted_and_refused_as_it_should(void **state)
{
    (void)state;
    if (ftw(CORPUS "valid", corpus_file, 16) != 0) {
        print_message("golang-github-burntsushi-toml-dev is not installed\n");
        skip();
    }
    assert_int_equal(ftw(CORPUS "invalid", corpus_file, 16), 0);
}

static void
values_have_types_and_places(void **state)
{
    (void)state;
    static const char text[] = "a = 1\n"
                               "[t]\n"
                               "s = 'x'\n"
                               "\tf = 1.5\n"
                               "d = 1979-05-27T07:32:00Z\n"
                               "b = [true, { k = \"v\" }]\n";
    struct mst_arena arena = {0};
    struct mst_toml_node *root = NULL;
    assert_int_equal(parse(&arena, text, strlen(text), &root), MST_OK);
    assert_int_equal(root->type, MST_TOML_TABLE);
    assert_int_equal(root->len, 2);
    const struct mst_toml_node *table = mst_node_get(root, "t");
    assert_int_equal(mst_node_get(root, "a")->integer, 1);
    assert_string_equal(mst_node_get(table, "s")->text, "x");
    const struct mst_toml_node *number = mst_node_get(table, "f");
    assert_int_equal(number->type, MST_TOML_FLOAT);
    assert_int_equal(number->key_line, 4);
    assert_int_equal(number->key_column, 2);
    assert_int_equal(number->line, 4);
    assert_int_equal(number->column, 6);
    assert_string_equal(number->file, "t.toml");
    assert_string_equal(mst_node_get(table, "d")->text, "1979-05-27T07:32:00Z");
    const struct mst_toml_node *list = mst_node_get(table, "b");
    assert_int_equal(list->len, 2);
    assert_true(list->first->boolean);
    assert_string_equal(mst_node_get(list->first->next, "k")->text, "v");
    assert_null(mst_node_get(list, "k"));
    mst_arena_clear(&arena);
}

/* n times part, between head and tail. */
static char *
repeated(const char *head, const char *part, size_t n, const char *tail)
{
    size_t part_len = strlen(part);
    char *text = malloc(strlen(head) + n * part_len + strlen(tail) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < n; i++) {
        at = stpcpy(at, part);
    }
    (void)stpcpy(at, tail);
    return text;
}

static void
deep_and_long_text_is_refused_not_followed(void **state)
{
    (void)state;
    enum { MANY = 300000 };
    static const struct {
        const char *head;
        const char *part;
        const char *tail;
    } cases[] = {
        {"a = ", "[", ""},
        {"a = ", "{a=", ""},
        {"a", ".a", " = 1"},
        {"[a", ".a", "]"},
        {"[[a", ".a", "]]"},
        {"a", ".\"x.y\"", " = 1"},
        {"x = 'y' # ...\na", " . a", " = 1"},
        {"x = \"\"\"\n\\\n\"\"\"\"\na", ".a", " = 1"},
        {"x = { y = '''z''''', a", ".a", " = 1 }"},
        {"x = \"\\\"\"\na", ".a", " = 1"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_arena arena = {0};
        struct mst_toml_node *root = NULL;
        char *text =
            repeated(cases[i].head, cases[i].part, MANY, cases[i].tail);
        print_message("%s\n", cases[i].head);
        assert_int_equal(parse(&arena, text, strlen(text), &root),
                         MST_REJECTED);
        free(text);
        mst_arena_clear(&arena);
    }
}

static void
dots_in_values_and_comments_are_no_key_parts(void **state)
{
    (void)state;
    static const char text[] =
        "# ........................................\n"
        "a = \"................................\"\n"
        "b = '''\n..................................'''\n"
        "c = [1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,1.5,"
        "1.5,1.5,1.5]\n"
        "d.e.f = 1.5\n";
    struct mst_arena arena = {0};
    struct mst_toml_node *root = NULL;
    assert_int_equal(parse(&arena, text, strlen(text), &root), MST_OK);
    mst_arena_clear(&arena);
}

static void
letters_of_all_languages_are_fine_in_texts(void **state)
{
    (void)state;
    static const char text[] =
        "a = \"\"\"x\\\n  \u00fcber \u0416\"\"\" # \u00e4\n"
        "b = '\u3000\u2c60'\n"
        "\"\u00e4\" = 1\n";
    struct mst_arena arena = {0};
    struct mst_toml_node *root = NULL;
    assert_int_equal(parse(&arena, text, strlen(text), &root), MST_OK);
    assert_string_equal(mst_node_get(root, "a")->text, "x\u00fcber \u0416");
    assert_int_equal(mst_node_get(root, "\u00e4")->integer, 1);
    static const char bare[] = "\u00e4 = 1\n";
    assert_int_equal(parse(&arena, bare, strlen(bare), &root), MST_REJECTED);
    mst_arena_clear(&arena);
}

static void
errors_have_a_place_and_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
        const char *reason;
    } cases[] = {
        {"a = 1\nb = 2\na = 3\n", 3, 5,
         "parsing key-value pair: cannot redefine existing integer 'a'"},
        {"a = 1\npassword = hunter2\n", 2, 12,
         "parsing value: could not determine value type"},
        {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1\n", 1, 32,
         "a key has more than 16 parts"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_arena arena = {0};
        struct mst_toml_node *root = NULL;
        struct mst_toml_error error = {0};
        assert_int_equal(mst_toml_parse(&arena, "t.toml", cases[i].text,
                                        strlen(cases[i].text), &root, &error),
                         MST_REJECTED);
        assert_string_equal(error.text, cases[i].reason);
        assert_int_equal(error.line, cases[i].line);
        assert_int_equal(error.column, cases[i].column);
        mst_arena_clear(&arena);
    }
}

static void
texts_with_nul_are_refused(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    struct mst_toml_node *root = NULL;
    assert_int_equal(parse(&arena, "a = \"\\u0000\"", 12, &root), MST_REJECTED);
    assert_int_equal(parse(&arena, "\"\\u0000\" = 1", 12, &root), MST_REJECTED);
    assert_int_equal(parse(&arena, "a = 1\n\0b = 2", 12, &root), MST_REJECTED);
    mst_arena_clear(&arena);
}

static void
members_are_replaced_and_added_in_order(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    struct mst_toml_node *table = mst_node_table(&arena, "x");
    assert_non_null(table);
    static const char *const keys[] = {"m", "z", "a", "m", "n"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        struct mst_toml_node *node = mst_node_string(&arena, "x", keys[i]);
        assert_non_null(node);
        assert_int_equal(mst_node_put(&arena, table, keys[i], node), MST_OK);
    }
    assert_int_equal(table->len, 4);
    const char *last = "";
    for (const struct mst_toml_node *at = table->first; at != NULL;
         at = at->next) {
        assert_true(strcmp(last, at->key) < 0);
        last = at->key;
    }
    mst_arena_clear(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_accepted_and_refused_as_it_should),
        cmocka_unit_test(values_have_types_and_places),
        cmocka_unit_test(deep_and_long_text_is_refused_not_followed),
        cmocka_unit_test(dots_in_values_and_comments_are_no_key_parts),
        cmocka_unit_test(letters_of_all_languages_are_fine_in_texts),
        cmocka_unit_test(errors_have_a_place_and_a_reason),
        cmocka_unit_test(texts_with_nul_are_refused),
        cmocka_unit_test(members_are_replaced_and_added_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
