/* SPDX-License-Identifier: MIT */
/*
 * toml++ behind a C interface. Compiled with NDEBUG: hostile text reaches
 * assertions of toml++ 3.3.0 otherwise. No exception leaves this file.
 */
#include "config/toml.h"

#define TOML_HEADER_ONLY       1
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

#include <cstdio>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <string_view>

static_assert(TOML_MAX_NESTED_VALUES == MST_TOML_MAX_NESTING,
              "one limit for both sides");

namespace
{

struct text_problem {
    toml::source_position at;
    const char *what;
};

class tree_builder
{
  public:
    tree_builder(struct mst_arena *memory, const char *name)
        : arena(memory), file(name)
    {
    }

    mst_toml_node *
    build(const toml::node &from, const toml::key *key)
    {
        auto *node = static_cast<mst_toml_node *>(take(sizeof(mst_toml_node)));
        node->file = file;
        node->line = from.source().begin.line;
        node->column = from.source().begin.column;
        node->key = "";
        if (key != nullptr) {
            node->key_line = key->source().begin.line;
            node->key_column = key->source().begin.column;
            node->key = copy(key->str(), key->source().begin);
        }
        fill(node, from);
        return node;
    }

  private:
    struct mst_arena *arena;
    const char *file;

    void *
    take(std::size_t size)
    {
        void *memory = mst_toml_alloc(arena, size);
        if (memory == nullptr) {
            throw std::bad_alloc();
        }
        return memory;
    }

    const char *
    copy(std::string_view text, const toml::source_position &at)
    {
        if (text.find('\0') != std::string_view::npos) {
            throw text_problem{at, "a NUL character is not allowed"};
        }
        auto *bytes = static_cast<char *>(take(text.size() + 1));
        std::memcpy(bytes, text.data(), text.size());
        return bytes;
    }

    void
    add(mst_toml_node *parent, mst_toml_node **&tail, mst_toml_node *child)
    {
        *tail = child;
        tail = &child->next;
        parent->len++;
    }

    void
    fill(mst_toml_node *node, const toml::node &from)
    {
        mst_toml_node **tail = &node->first;
        if (const auto *table = from.as_table()) {
            node->type = MST_TOML_TABLE;
            for (auto &&[key, value] : *table) {
                add(node, tail, build(value, &key));
            }
        } else if (const auto *array = from.as_array()) {
            node->type = MST_TOML_ARRAY;
            for (auto &&value : *array) {
                add(node, tail, build(value, nullptr));
            }
        } else {
            fill_scalar(node, from);
        }
    }

    void
    fill_scalar(mst_toml_node *node, const toml::node &from)
    {
        if (const auto *text = from.as_string()) {
            node->type = MST_TOML_STRING;
            node->text = copy(text->get(), from.source().begin);
        } else if (const auto *integer = from.as_integer()) {
            node->type = MST_TOML_INTEGER;
            node->integer = integer->get();
        } else if (const auto *number = from.as_floating_point()) {
            node->type = MST_TOML_FLOAT;
            node->number = number->get();
        } else if (const auto *boolean = from.as_boolean()) {
            node->type = MST_TOML_BOOLEAN;
            node->boolean = boolean->get();
        } else {
            std::ostringstream out;
            if (const auto *date = from.as_date()) {
                out << date->get();
            } else if (const auto *time = from.as_time()) {
                out << time->get();
            } else if (const auto *moment = from.as_date_time()) {
                out << moment->get();
            }
            node->type = MST_TOML_DATETIME;
            node->text = copy(out.str(), from.source().begin);
        }
    }
};

void
error_fill(mst_toml_error *error, const toml::source_position &at,
           std::string_view what)
{
    error->line = at.line;
    error->column = at.column;
    std::snprintf(error->text, sizeof(error->text), "%.*s",
                  static_cast<int>(what.size()), what.data());
}

}  // namespace

extern "C" enum mst_status
mst_toml_parse(struct mst_arena *arena, const char *file, const char *text,
               size_t len, struct mst_toml_node **ret_root,
               struct mst_toml_error *ret_error)
{
    if (!mst_toml_scan_keys(text, len, ret_error)) {
        return MST_REJECTED;
    }
    try {
        toml::table table = toml::parse(std::string_view(text, len));
        *ret_root = tree_builder(arena, file).build(table, nullptr);
        return MST_OK;
    } catch (const toml::parse_error &problem) {
        error_fill(ret_error, problem.source().begin, problem.description());
    } catch (const text_problem &problem) {
        error_fill(ret_error, problem.at, problem.what);
    } catch (const std::bad_alloc &) {
        return MST_FATAL;
    } catch (const std::exception &problem) {
        error_fill(ret_error, toml::source_position{}, problem.what());
    } catch (...) {
        error_fill(ret_error, toml::source_position{}, "can not be read");
    }
    return MST_REJECTED;
}
