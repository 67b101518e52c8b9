/* SPDX-License-Identifier: Apache-2.0
 * npie-ledger: keeps the database of the authority's ledger for npie-signer
 * and npiectl, which start it. It has no key and is believed by nobody.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>

#include "ledger/cage.h"
#include "ledger/child.h"
#include "ledger/serve.h"

#define EXIT_START 254

/* With its libraries loaded and its database open it needs less. */
static int confine(void *baton, const char *place)
{
    const int *filter = baton;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    int confined;

    if (!*filter) {
        return 0;
    }
    if (npie_cage_enter(&confined, *place == '/' ? NPIE_CAGE_FILE
                                                 : NPIE_CAGE_NETWORK, &err)
        != APR_SUCCESS) {
        fprintf(stderr, "npie-ledger: %s\n", err.detail);
        return EXIT_START;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int filter = argc == 2 && strcmp(argv[1], "-f") == 0;
    apr_pool_t *p;
    int code;

    if (argc - filter != 1 || !npie_child_become("npie-ledger", "LedgerUser")
        || apr_initialize() != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return EXIT_START;
    }
    code = npie_ledger_serve(STDIN_FILENO, confine, &filter, p);
    apr_terminate();
    return code;
}
