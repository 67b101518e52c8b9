/* SPDX-License-Identifier: Apache-2.0
 * Setting the audit's head.
 */
#include "signer/reseal.h"

#include <apr_strings.h>

#include "signer/heads.h"
#include "signer/log.h"
#include "signer/privilege.h"
#include "signer/say.h"

static apr_status_t set(const npie_signer_config_t *config,
                        apr_int64_t sequence, const char *hash,
                        npie_err_t *err, apr_pool_t *p)
{
    npie_issuance_t *log;
    npie_heads_t *heads;
    apr_int64_t was;
    /* Its lock stands for all files: no other signer is running. */
    apr_status_t rv = npie_issuance_open(&log, config->log_file, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_heads_open(&heads, config->heads_file, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    was = npie_heads_sequence(heads);
    rv = npie_heads_reseal(heads, sequence, hash, apr_time_now(), err, p);
    if (rv == APR_SUCCESS) {
        npie_signer_say("warn", "%s: the audit's head is set by hand from row "
                        "%" APR_INT64_T_FMT " to row %" APR_INT64_T_FMT,
                        config->heads_file, was, sequence);
    }
    return rv;
}

apr_status_t npie_reseal(const npie_signer_config_t *config, const char *head,
                         npie_err_t *err, apr_pool_t *p)
{
    char *hash = NULL;
    const apr_int64_t sequence = apr_strtoi64(head, &hash, 10);
    apr_status_t rv;

    if (*head < '1' || *head > '9' || *hash != ':' || sequence <= 0
        || !npie_heads_is_hash(hash + 1)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "-r %s: give a row's number, a colon and its hash, "
                            "as npiectl audit reseal does", head);
    }
    rv = npie_privilege_drop(config, err);
    return rv == APR_SUCCESS ? set(config, sequence, hash + 1, err, p) : rv;
}
