/* SPDX-License-Identifier: Apache-2.0
 * What every unit program begins with: cmocka, and a pool a test.
 */
#ifndef NPIE_UNIT_UNIT_H
#define NPIE_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_pools.h>

#include "base/bytes.h"

/* Setup of a test: *state becomes a pool. */
static inline int unit_pool_setup(void **state)
{
    apr_pool_t *p = NULL;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return -1;
    }
    *state = p;
    return 0;
}

static inline int unit_pool_teardown(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

/* A test that finds a pool of its own in *state. */
#define pool_test(function)                                                  \
    cmocka_unit_test_setup_teardown(function, unit_pool_setup,               \
                                    unit_pool_teardown)

/* The step of a loop over every byte or bit: 1, but under valgrind, where each
 * round takes fifty times as long, the number given (a prime, so that all bits
 * of a byte have their turn). */
static inline unsigned unit_stride(unsigned under_valgrind)
{
    return getenv("NPIE_VALGRIND") != NULL ? under_valgrind : 1;
}

/* The bytes of a string without its NUL. */
static inline npie_bytes_t unit_bytes(const char *text)
{
    npie_bytes_t bytes;

    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    return bytes;
}

#endif
