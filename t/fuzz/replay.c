/* SPDX-License-Identifier: Apache-2.0
 * Runs a fuzzing target over every file of a corpus: NPIE_TOP/NPIE_CORPUS, or a
 * folder that FUZZ_CORPUS names.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in a block of their own, so that a read past the end is
 * seen. */
static int replay(const char *folder, const char *name)
{
    char path[1024];
    uint8_t *data = malloc(INPUT_MAX), *exact;
    size_t size;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL || data == NULL) {
        printf("not ok - %s\n", path);
        return 0;
    }
    size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    exact = realloc(data, size > 0 ? size : 1);
    LLVMFuzzerTestOneInput(exact != NULL ? exact : data, size);
    free(exact != NULL ? exact : data);
    return 1;
}

int main(int argc, char **argv)
{
    struct dirent *entry;
    const char *given = getenv("FUZZ_CORPUS");
    const char *folder = given != NULL ? given : NPIE_TOP "/" NPIE_CORPUS;
    int done = 0;
    DIR *dir;

    LLVMFuzzerInitialize(&argc, &argv);
    dir = opendir(folder);
    for (entry = dir != NULL ? readdir(dir) : NULL; entry != NULL;
         entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            if (!replay(folder, entry->d_name)) {
                return EXIT_FAILURE;
            }
            ++done;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    printf("%sok 1 - %d files of %s\n1..1\n", done > 0 ? "" : "not ", done,
           folder);
    return done > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
