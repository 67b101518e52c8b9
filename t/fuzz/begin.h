/* SPDX-License-Identifier: Apache-2.0
 * What the libFuzzer targets begin with: APR, and the authority that their
 * corpora trust.
 */
#ifndef NPIE_FUZZ_BEGIN_H
#define NPIE_FUZZ_BEGIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>
#include <apr_tables.h>

#include "pki/trust.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lives as long as the process. */
static npie_trust_t *fuzz_begin(void)
{
    npie_err_t err = { 0, NPIE_P_NONE, "no pool" };
    npie_trust_t *trust = NULL;
    apr_array_header_t *files;
    apr_pool_t *p = NULL;

    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&p, NULL);
    files = apr_array_make(p, 1, sizeof(const char *));
    APR_ARRAY_PUSH(files, const char *) =
        NPIE_TOP "/t/fuzz/pki-corpus/ca.pem";
    if (npie_trust_load(&trust, files, &err, p) != APR_SUCCESS) {
        fprintf(stderr, "%s\n", err.detail);
        abort();
    }
    return trust;
}

#endif
