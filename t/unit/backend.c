/* SPDX-License-Identifier: Apache-2.0
 * The databases of a test program, in a temporary directory.
 */
#include "unit/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *npie_backend_directory(void)
{
    static char path[] = "/tmp/npie-test-XXXXXX";

    if (strcmp(path + strlen(path) - 6, "XXXXXX") == 0) {
        if (mkdtemp(path) == NULL || chmod(path, 0755) != 0) {
            perror(path);
            exit(99);
        }
    }
    return path;
}

void npie_backend_remove(void)
{
    char command[200];

    snprintf(command, sizeof(command), "rm -rf '%s'", npie_backend_directory());
    if (system(command) != 0) {
        fprintf(stderr, "%s failed\n", command);
    }
}

int npie_backend_run(const char *action)
{
    char command[1000];

    snprintf(command, sizeof(command),
             "'" NPIE_TOP "/t/lib/backend.sh' %s '%s'", action,
             npie_backend_directory());
    return system(command);
}
