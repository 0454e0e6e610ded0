/* SPDX-License-Identifier: MIT */
/* Writes the seed corpora: random documents as BSON and as JSON. */
#include <stdio.h>
#include <sys/stat.h>

#include "encodings/bson_json.h"
#include "random_bson.h"

enum { SEEDS = 60, SEED_MAX = 1 << 20 };

static bool
seeds_write(const char *root, const char *folder, unsigned n,
            const struct mst_buf *bytes)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", root, folder);
    (void)mkdir(path, 0777); /* may be there */
    (void)snprintf(path, sizeof(path), "%s/%s/seed%02u", root, folder, n);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    size_t written = fwrite(bytes->data, 1, bytes->len, file);
    return fclose(file) == 0 && written == bytes->len;
}

static bool
seeds_one(const char *root, unsigned n)
{
    struct random_bson random = {.state = n, .for_libbson = true};
    struct mst_buf bson;
    struct mst_buf json;
    enum mst_json_mode mode =
        n % 2 == 0 ? MST_JSON_CANONICAL : MST_JSON_RELAXED;
    mst_buf_init(&bson, SEED_MAX);
    mst_buf_init(&json, SEED_MAX);
    random_bson_write(&random, &bson);
    bool good =
        mst_bson_to_json(mst_buf_slice(&bson), mode, &json, NULL) == MST_OK
        && seeds_write(root, "bson_check", n, &bson)
        && seeds_write(root, "bson_to_json", n, &bson)
        && seeds_write(root, "json_to_bson", n, &json);
    mst_buf_clear(&bson);
    mst_buf_clear(&json);
    return good;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
        return 2;
    }
    (void)mkdir(argv[1], 0777); /* may be there */
    for (unsigned n = 0; n < SEEDS; n++) {
        if (!seeds_one(argv[1], n)) {
            return 1;
        }
    }
    return 0;
}
