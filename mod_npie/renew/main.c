/* SPDX-License-Identifier: Apache-2.0
 * npie-renew: renews certificates from the command line. See npie-renew(1).
 */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <apr_general.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "renew/batch.h"
#include "renew/check.h"
#include "renew/disk.h"
#include "renew/interrupt.h"
#include "renew/language.h"
#include "renew/list.h"
#include "renew/options.h"

/* Where passwords and keys are: locked in memory as far as limits allow. */
#define SECURE_HEAP (256 * 1024)
#define SECURE_LEAST 64

/* No core file, and no other process of this user looks into this one. */
static int harden(void)
{
    const struct rlimit none = { 0, 0 };

#ifdef __linux__
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return 0;
    }
#endif
    signal(SIGPIPE, SIG_IGN);
    return setrlimit(RLIMIT_CORE, &none) == 0;
}

/* The old ciphers of Windows are in a provider of their own; without it, a
 * file that wants them says so. */
static int load_ciphers(OSSL_PROVIDER *loaded[2])
{
    loaded[0] = OSSL_PROVIDER_load(NULL, "default");
    loaded[1] = OSSL_PROVIDER_load(NULL, "legacy");
    ERR_clear_error();
    return loaded[0] != NULL;
}

static void unload_ciphers(OSSL_PROVIDER *loaded[2])
{
    for (int i = 0; i < 2; ++i) {
        if (loaded[i] != NULL) {
            OSSL_PROVIDER_unload(loaded[i]);
        }
    }
}

static npie_exit_t fail(const npie_say_t *say, const npie_err_t *err)
{
    npie_ending_t ending;

    npie_ending_set(&ending, err, NULL, NULL);
    npie_say_problem(say, &ending, NULL);
    return ending.exit;
}

/* Is there anyone whose passwords only the terminal can tell? */
static int must_ask(const apr_array_header_t *jobs)
{
    for (int i = 0; i < jobs->nelts; ++i) {
        const npie_job_t *job = &APR_ARRAY_IDX(jobs, i, npie_job_t);

        if (job->password == NULL || job->new_password == NULL) {
            return 1;
        }
    }
    return 0;
}

static void say_failure(npie_sentence_t id)
{
    fprintf(stderr, "npie-renew: %s\n", npie_language_say(id));
}

static npie_exit_t work(const npie_options_t *options, int verbose,
                        apr_pool_t *p)
{
    npie_say_t say = { !options->quiet && (options->list == NULL || verbose),
                       options->list != NULL && !verbose && !options->check
                       && !options->quiet && isatty(STDERR_FILENO) };
    apr_array_header_t *jobs;
    npie_err_t err;

    if (options->list != NULL) {
        if (npie_list_read(&jobs, options->list, &options->job, &err, p)
            != APR_SUCCESS) {
            return fail(&say, &err);
        }
    }
    else {
        jobs = apr_array_make(p, 1, sizeof(npie_job_t));
        APR_ARRAY_PUSH(jobs, npie_job_t) = options->job;
    }
    if (options->report != NULL && npie_disk_is_there(options->report)) {
        npie_err_set(&err, NPIE_ECONFLICT, NPIE_P_FILE_EXISTS, "%s",
                     options->report);
        return fail(&say, &err);
    }
    npie_interrupt_watch(options->list != NULL && !options->check);
    if (options->check) {
        return npie_check_run(jobs, options, &say, p);
    }
    if (options->jobs > 1 && must_ask(jobs)) {
        say_failure(NPIE_S_RENEW_JOBS_PASSWORDS);
        return NPIE_EXIT_USAGE;
    }
    return npie_batch_renew(jobs, options, &say, p);
}

static npie_exit_t run(int argc, char **argv, apr_pool_t *p)
{
    npie_options_t options;
    const char *why;
    npie_err_t err;
    apr_status_t rv;
    int verbose;

    rv = npie_language_choose(NPIE_RENEW_SENTENCES,
                              npie_options_language(argc, argv), &err, p);
    if (rv != APR_SUCCESS) {
        fprintf(stderr, "npie-renew: %s\n", err.detail);
    }
    if (rv == NPIE_EINPUT) {
        return NPIE_EXIT_USAGE;
    }
    switch (npie_options_read(&options, &verbose, &why, argc, argv, p)) {
    case NPIE_ASK_HELP:
        fputs(npie_options_help(p), stdout);
        return NPIE_EXIT_DONE;
    case NPIE_ASK_VERSION:
        puts("npie-renew " PACKAGE_VERSION);
        return NPIE_EXIT_DONE;
    case NPIE_ASK_WRONG:
        fprintf(stderr, "npie-renew: %s\n  %s\n", why,
                npie_language_say(NPIE_S_RENEW_SEE_HELP));
        return NPIE_EXIT_USAGE;
    default:
        return work(&options, verbose, p);
    }
}

int main(int argc, char **argv)
{
    OSSL_PROVIDER *ciphers[2];
    apr_pool_t *p;
    int code;

    if (!harden() || apr_initialize() != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        say_failure(NPIE_S_RENEW_NO_START);
        return NPIE_EXIT_FAILED;
    }
    CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST);
    if (load_ciphers(ciphers)) {
        code = run(argc, argv, p);
    }
    else {
        say_failure(NPIE_S_RENEW_NO_OPENSSL);
        code = NPIE_EXIT_FAILED;
    }
    apr_pool_destroy(p);
    unload_ciphers(ciphers);
    CRYPTO_secure_malloc_done();
    apr_terminate();
    return code;
}
