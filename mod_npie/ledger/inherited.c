/* SPDX-License-Identifier: Apache-2.0
 * Descriptors of who has started a process.
 */
#include "ledger/inherited.h"

#include <unistd.h>

#define FIRST_TO_CLOSE 3

void npie_close_inherited(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    closefrom(FIRST_TO_CLOSE);
#else
    long max = sysconf(_SC_OPEN_MAX);

    for (int fd = FIRST_TO_CLOSE; fd < max; fd++) {
        close(fd);
    }
#endif
}
