/* SPDX-License-Identifier: Apache-2.0
 * Names of files, and what a problem means for the exit code.
 */
#include "renew/job.h"

#include <string.h>

#include <apr_strings.h>

#define SUFFIX "-renovado.pfx"

/* Problems with a code or a result of their own; all others are failures. */
static const struct meaning_t {
    npie_problem_t problem;
    npie_result_t result;
    npie_exit_t exit;
} meanings[] = {
    { NPIE_P_CERT_SUPERSEDED, NPIE_RESULT_ALREADY, NPIE_EXIT_REFUSED },
    { NPIE_P_NOT_DUE, NPIE_RESULT_NOT_DUE, NPIE_EXIT_DONE },
    { NPIE_P_MAIL_WAITS, NPIE_RESULT_MAIL, NPIE_EXIT_MAIL },
    { NPIE_P_MAIL_REFUSED, NPIE_RESULT_MAIL, NPIE_EXIT_MAIL },
    { NPIE_P_FILE_UNKNOWN, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_FILE_DAMAGED, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_PASSWORD, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_FILE_UNSUPPORTED, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_FILE_NO_KEY, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_FILE_PARTS, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_KEY_MISMATCH, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_CERT_MALFORMED, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_CERT_SAT, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_FILE_READ, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_SECRET, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_NEW_PASSWORD, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_NEW_PASSWORD_DIFFERS, NPIE_RESULT_FAILED, NPIE_EXIT_OPEN },
    { NPIE_P_UNTRUSTED, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_CERT_UNKNOWN, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_CERT_OTHER, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_USER, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_CERT_REVOKED, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_CERT_NOT_YET, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_CERT_TOO_OLD, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_KEY_WEAK, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_CERT_ADDITIONAL, NPIE_RESULT_FAILED, NPIE_EXIT_REFUSED },
    { NPIE_P_SESSION, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_NOT_FOUND, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_TOO_MANY, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_SESSIONS_DOWN, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_REGISTRY_DOWN, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_SIGNER_DOWN, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_TLS, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_UNREACHABLE, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_ANSWER, NPIE_RESULT_FAILED, NPIE_EXIT_SERVER },
    { NPIE_P_DECLINED, NPIE_RESULT_FAILED, NPIE_EXIT_DECLINED },
    { NPIE_P_FILE_EXISTS, NPIE_RESULT_FAILED, NPIE_EXIT_EXISTS },
    { NPIE_P_LIST, NPIE_RESULT_FAILED, NPIE_EXIT_USAGE },
};

void npie_ending_set(npie_ending_t *ending, const npie_err_t *err,
                      const char *title, const char *remedy)
{
    memset(ending, 0, sizeof(*ending));
    ending->err = *err;
    ending->title = title;
    ending->remedy = remedy;
    ending->result = NPIE_RESULT_FAILED;
    ending->exit = NPIE_EXIT_FAILED;
    for (apr_size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); ++i) {
        if (meanings[i].problem == err->problem) {
            ending->result = meanings[i].result;
            ending->exit = meanings[i].exit;
        }
    }
}

const char *npie_job_file(const npie_job_t *job)
{
    return job->pfx != NULL ? job->pfx : job->cer;
}

const char *npie_job_out(const npie_job_t *job, const npie_options_t *options,
                         apr_pool_t *p)
{
    const char *file = npie_job_file(job);
    const char *slash = strrchr(file, '/');
    const char *base = slash != NULL ? slash + 1 : file;
    const char *dot = strrchr(base, '.');
    apr_size_t len = dot != NULL && dot != base ? (apr_size_t)(dot - base)
                                                : strlen(base);

    if (job->out != NULL) {
        return job->out;
    }
    if (options->out_dir != NULL) {
        return apr_pstrcat(p, options->out_dir, "/",
                           apr_pstrmemdup(p, base, len), SUFFIX, NULL);
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, file,
                                         (apr_size_t)(base - file) + len),
                       SUFFIX, NULL);
}
