/* SPDX-License-Identifier: Apache-2.0
 * What sealing adds to a look-up and to a write of a session: microseconds of
 * processor time each, in as many threads as the first argument says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_thread_proc.h>

#include "pki/secretbox.h"

#define ROUNDS 200000
#define KEY "a000000000000000000000000000000000000000000000000000000000000001"

typedef struct work_t {
    const npie_secretbox_t *box;
    double get, put; /* microseconds */
} work_t;

/* Processor time of this thread, microseconds. */
static double used(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *baton)
{
    work_t *work = baton;
    static const unsigned char bytes[420];
    const npie_bytes_t plain = { bytes, sizeof(bytes) };
    npie_secretbox_slot_t slot;
    npie_bytes_t sealed, out;
    apr_pool_t *p;
    double start;

    (void)thread;
    apr_pool_create(&p, NULL);
    start = used();
    for (int i = 0; i < ROUNDS; i++) {
        npie_secretbox_name(&slot, work->box, 0, "session", KEY);
        npie_secretbox_seal(&sealed, work->box, &slot, plain, p);
        apr_pool_clear(p);
    }
    work->put = (used() - start) / ROUNDS;
    npie_secretbox_seal(&sealed, work->box, &slot, plain, p);
    sealed.data = memcpy(malloc(sealed.len), sealed.data, sealed.len);
    start = used();
    for (int i = 0; i < ROUNDS; i++) {
        npie_secretbox_name(&slot, work->box, 0, "session", KEY);
        if (npie_secretbox_open(&out, work->box, &slot, sealed, p)
            != APR_SUCCESS) {
            exit(1);
        }
        apr_pool_clear(p);
    }
    work->get = (used() - start) / ROUNDS;
    free((void *)sealed.data);
    apr_pool_destroy(p);
    return NULL;
}

int main(int argc, char **argv)
{
    const int count = argc > 1 ? atoi(argv[1]) : 1;
    npie_secrets_t secrets = { .count = 1 };
    npie_secretbox_t *box;
    apr_thread_t *threads[64];
    work_t works[64];
    apr_status_t rv;
    apr_pool_t *p;

    apr_initialize();
    apr_pool_create(&p, NULL);
    if (count < 1 || count > 64
        || npie_secretbox_create(&box, &secrets, p) != APR_SUCCESS) {
        return 1;
    }
    for (int i = 0; i < count; i++) {
        works[i].box = box;
        apr_thread_create(&threads[i], NULL, run, &works[i], p);
    }
    for (int i = 0; i < count; i++) {
        apr_thread_join(&rv, threads[i]);
        printf("thread %d: name and open %.2f us, name and seal %.2f us\n", i,
               works[i].get, works[i].put);
    }
    apr_terminate();
    return 0;
}
