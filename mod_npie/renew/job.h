/* SPDX-License-Identifier: Apache-2.0
 * What npie-renew is asked to do, and how each renewal ends.
 */
#ifndef NPIE_RENEW_JOB_H
#define NPIE_RENEW_JOB_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/status.h"

/** Exit codes of npie-renew; the manual page lists them. */
typedef enum npie_exit_t {
    NPIE_EXIT_DONE = 0,
    NPIE_EXIT_FAILED = 1,
    NPIE_EXIT_USAGE = 2,
    NPIE_EXIT_MAIL = 3,     /**< the link in the mail must be opened */
    NPIE_EXIT_OPEN = 4,     /**< a file or its password */
    NPIE_EXIT_REFUSED = 5,  /**< this certificate cannot be renewed */
    NPIE_EXIT_SERVER = 6,   /**< out of reach or not to be trusted */
    NPIE_EXIT_DECLINED = 7, /**< the letter was not to be signed */
    NPIE_EXIT_EXISTS = 8,   /**< a file is in the way */
    NPIE_EXIT_SOME = 9,     /**< of a list, some failed */
    NPIE_EXIT_DUE = 10      /**< --check: something expires */
} npie_exit_t;

/** One employer. Strings NUL ended, NULL when not said; paths as given. */
typedef struct npie_job_t {
    const char *pfx;          /**< or cer and key */
    const char *cer;
    const char *key;
    const char *user;         /**< NULL: the certificate's RP10 */
    const char *password;     /**< source, see npie_secret_want_t */
    const char *new_password;
    const char *out;
    const char *email;        /**< NULL: as registered; so phone, fax */
    const char *phone;
    const char *fax;
    int line;                 /**< of the list; 0: the command line */
} npie_job_t;

/** The command line. */
typedef struct npie_options_t {
    npie_job_t job;      /**< or what every employer of the list shares */
    const char *url;     /**< https, ends with '/' ; NULL with check */
    const char *list;    /**< file; NULL: one employer */
    const char *out_dir; /**< for outputs that are not named */
    const char *language; /**< tag; NULL: of the locale */
    const char *cacert;  /**< PEM file for TLS; NULL: the system's */
    const char *trust;   /**< PEM file of the institute's CAs; NULL: any */
    const char *kind;    /**< npie_key_make(); NULL: what the server asks */
    int iterations;
    int timeout;         /**< of one request, seconds */
    const char *report;  /**< file to be made, .csv or .json; NULL: none */
    int jobs;            /**< employers at a time, from 1 */
    int accept_terms;
    int new_key;
    int check;
    int days;            /**< with check */
    int quiet;
} npie_options_t;

/** How a renewal ended. */
typedef enum npie_result_t {
    NPIE_RESULT_RENEWED,
    NPIE_RESULT_ALREADY, /**< there is a newer certificate already */
    NPIE_RESULT_NOT_DUE,
    NPIE_RESULT_MAIL,
    NPIE_RESULT_FAILED,
    NPIE_RESULT_UNTRIED, /**< interrupted before it was begun */
    NPIE_RESULTS
} npie_result_t;

/** The end of one renewal. */
typedef struct npie_ending_t {
    npie_result_t result;
    npie_exit_t exit;
    npie_err_t err;      /**< unless renewed */
    const char *title;   /**< Spanish: what happened; NULL: by err.problem */
    const char *remedy;  /**< Spanish: what to do; NULL: by err.problem */
    const char *rp10;    /**< of the certificate; NULL: it was not opened */
    const char *name;    /**< whose it is; NULL likewise */
    apr_time_t until;    /**< end of the newest there is; 0: not known */
    const char *out;     /**< the new one's file, NULL: there is none */
} npie_ending_t;

/** Judges a failure: result and exit code go by the problem.
 * @param title, remedy as the server words them, NULL: the table's */
void npie_ending_set(npie_ending_t *ending, const npie_err_t *err,
                      const char *title, const char *remedy);

/** The file that an employer's certificate is in, for people. */
const char *npie_job_file(const npie_job_t *job);

/** Where the new PFX goes: as said, else "<file>-renovado.pfx" in out_dir or
 * beside the old one. @return in p */
const char *npie_job_out(const npie_job_t *job, const npie_options_t *options,
                         apr_pool_t *p);

#endif
