/* SPDX-License-Identifier: Apache-2.0
 * Changed inputs for programs in other languages: reads a file and writes COUNT
 * changes of it, each after its length of four bytes, big-endian.
 *
 *   changes FORM LEAD SEED COUNT FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutation.h"

/* Inputs for a browser: longer ones find nothing more. */
#define ROOM (64 * 1024)

static uint8_t whole[FUZZ_INPUT_MAX];
static uint8_t room[FUZZ_INPUT_MAX];

static size_t read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    size = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    return size;
}

static int write_one(size_t size)
{
    const uint8_t length[] = { (uint8_t)(size >> 24), (uint8_t)(size >> 16),
                               (uint8_t)(size >> 8), (uint8_t)size };

    return fwrite(length, 1, sizeof(length), stdout) == sizeof(length)
        && fwrite(room, 1, size, stdout) == size;
}

int main(int argc, char **argv)
{
    const fuzz_form_t form = argc == 6 ? fuzz_form_find(argv[1]) : FUZZ_FORMS;
    size_t lead, size;
    uint64_t seed;

    if (form == FUZZ_FORMS) {
        fprintf(stderr, "changes der|text|wire LEAD SEED COUNT FILE\n");
        return EXIT_FAILURE;
    }
    lead = strtoul(argv[2], NULL, 10);
    seed = strtoull(argv[3], NULL, 10);
    size = read_file(argv[5]);
    for (long left = atol(argv[4]); left > 0; --left) {
        memcpy(room, whole, size);
        if (!write_one(fuzz_mutate(room, size, size > ROOM ? size : ROOM, form,
                                   lead, seed++))) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
