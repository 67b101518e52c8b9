/* SPDX-License-Identifier: Apache-2.0
 * Reaching the ledger.
 */
#include "ctl/ledger_book.h"

static apr_status_t read_config(npie_ctl_book_t *book, npie_ctl_t *ctl,
                                npie_err_t *err)
{
    const char *file = ctl->settings->signer_config;
    npie_signer_config_t *config;
    apr_status_t rv;

    if (file == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "no npie-signer."
                            "conf is named: see SignerConfig in npiectl.conf");
    }
    rv = npie_signer_config_read(&config, file, err, ctl->p);
    if (rv == APR_SUCCESS) {
        book->config = config;
        book->authorities = config->trust_files;
    }
    return rv;
}

apr_status_t npie_ctl_book_read(npie_ctl_book_t *book, npie_ctl_t *ctl,
                                int needs_database, npie_err_t *err)
{
    const char *ca = npie_ctl_option(ctl, "ca");
    apr_status_t rv = APR_SUCCESS;

    if (needs_database || ca == NULL) {
        rv = read_config(book, ctl, err);
    }
    if (ca != NULL) {
        apr_array_header_t *files = apr_array_make(ctl->p, 1,
                                                   sizeof(const char *));

        APR_ARRAY_PUSH(files, const char *) = ca;
        book->authorities = files;
    }
    return rv == APR_SUCCESS
        ? npie_chain_create(&book->chain, book->authorities, err, ctl->p)
        : rv;
}

apr_status_t npie_ctl_book_open(npie_ctl_book_t *book, npie_ctl_t *ctl,
                                int read_only, npie_err_t *err)
{
    const npie_signer_config_t *config = book->config;
    const npie_child_place_t place = {
        npie_child_program(NPIE_LEDGER_NAME, NPIE_LEDGER_PROGRAM, ctl->p),
        config->ledger_uid, config->ledger_gid, config->sandbox
    };
    apr_status_t rv = npie_ledger_start(&book->ask, &place, err, ctl->p);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_become(ctl, err);
    }
    return rv == APR_SUCCESS
        ? npie_ledger_open(book->ask, config->ledger, read_only, err, ctl->p)
        : rv;
}

apr_status_t npie_ctl_book_damaged(npie_err_t *err)
{
    return npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE, "the ledger is not "
                        "what was written: copy it, stop npie-signer, and "
                        "compare it with the backups and with the ledgers of "
                        "other machines");
}
