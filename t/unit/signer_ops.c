/* SPDX-License-Identifier: Apache-2.0
 * What npie-signer answers with.
 */
#include "unit/signer_ops.h"

#include <apr_strings.h>

#include "signer/book.h"
#include "signer/ops.h"
#include "unit/identity.h"

/* npie-ledger of this build; its program is not beside this one. */
static apr_status_t start_ledger(npie_book_t *book,
                                 const npie_signer_config_t *config,
                                 npie_err_t *err, apr_pool_t *p)
{
    const npie_child_place_t place = {
        NPIE_BUILD "/npie-ledger", config->ledger_uid,
        config->ledger_gid, 0
    };

    return npie_ledger_start(&book->ask, &place, err, p) != APR_SUCCESS
        ? NPIE_ECONFIG
        : npie_chain_create(&book->chain, config->trust_files, err, p);
}

/* The same of npie-draw. */
static apr_status_t start_drawer(npie_drawer_t *drawer,
                                 const npie_signer_config_t *config,
                                 npie_err_t *err, apr_pool_t *p)
{
    const npie_child_place_t place = {
        NPIE_BUILD "/npie-draw", config->draw_uid, config->draw_gid, 0
    };
    const char *digest;
    apr_status_t rv;

    drawer->lost = 0;
    rv = npie_child_start(&drawer->child, NPIE_DRAW_NAME, &place,
                                       err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_draw_open(&digest, drawer->child, &config->draw, err, p);
        apr_cpystrn(drawer->digest, digest, sizeof(drawer->digest));
    }
    return rv;
}

void signer_ops(npie_ops_t *ops, const fixture_signer_t *signer,
                apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_key_files_t *files = apr_pcalloc(p, sizeof(*files));
    npie_signer_config_t *config = NULL;
    npie_authority_t *authority = NULL;
    npie_ledger_t *ledger = NULL;
    npie_drawer_t drawer;
    npie_book_t book;

    identity_need(npie_signer_config_read(&config, signer->conf, &err, p)
                  == APR_SUCCESS
                  && npie_key_files_read(files, config, &err, p)
                     == APR_SUCCESS
                  && npie_authority_load(&authority, config, &err, p)
                     == APR_SUCCESS
                  && npie_authority_unlock(authority, files, config, &err, p)
                     == APR_SUCCESS
                  && start_drawer(&drawer, config, &err, p) == APR_SUCCESS
                  && start_ledger(&book, config, &err, p) == APR_SUCCESS
                  && npie_book_open(&ledger, &book, authority, config, 0, &err,
                                    p) == APR_SUCCESS, err.detail);
    npie_key_files_forget(files);
    npie_ops_init(ops, authority, ledger, &drawer, config, p);
}
