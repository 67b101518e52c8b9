/* SPDX-License-Identifier: Apache-2.0
 * npie-draw: draws letters again for npie-signer, which starts it. It has no
 * key, no ledger and no network.
 */
#include <string.h>
#include <unistd.h>

#include <apr_general.h>

#include "draw/serve.h"
#include "ledger/child.h"

#define EXIT_START 254

int main(int argc, char **argv)
{
    const int filter = argc == 2 && strcmp(argv[1], "-f") == 0;
    apr_pool_t *p;
    int code;

    if (argc - filter != 1 || !npie_child_become("npie-draw", "DrawUser")
        || apr_initialize() != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return EXIT_START;
    }
    code = npie_draw_serve(STDIN_FILENO, filter, p);
    apr_terminate();
    return code;
}
