/* SPDX-License-Identifier: Apache-2.0
 * npie-draw: started, and asked.
 */
#include "signer/drawer.h"

#include <apr_strings.h>

#include "signer/say.h"

apr_status_t npie_drawer_start(npie_drawer_t *drawer,
                               const npie_signer_config_t *config,
                               npie_err_t *err, apr_pool_t *p)
{
    const npie_child_place_t place = {
        npie_child_program(NPIE_DRAW_NAME, NULL, p), config->draw_uid,
        config->draw_gid, config->sandbox
    };
    const char *digest;
    apr_status_t rv;

    drawer->lost = 0;
    rv = npie_child_start(&drawer->child, NPIE_DRAW_NAME, &place,
                                       err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_draw_open(&digest, drawer->child, &config->draw, err, p);
    }
    if (rv == APR_SUCCESS) {
        apr_cpystrn(drawer->digest, digest, sizeof(drawer->digest));
    }
    return rv;
}

/* Says when it has lost processes: a letter that can do that is looked at. */
static apr_status_t judge(npie_drawer_t *drawer, npie_bytes_t letter,
                          const npie_letter_keys_t *keys, npie_err_t *err,
                          apr_pool_t *p)
{
    apr_uint64_t lost = drawer->lost;
    apr_status_t rv = npie_draw_judge(&lost, drawer->child, letter, keys, err,
                                      p);

    if (lost != drawer->lost) {
        drawer->lost = lost;
        npie_signer_say("error", "npie-draw lost a process over a letter, the "
                        "%" APR_UINT64_T_FMT ". since it began: it was killed, "
                        "hung, or the letter breaks it", lost);
    }
    return rv;
}

apr_status_t npie_drawer_letter(npie_drawer_t *drawer,
                                npie_bytes_t letter, const npie_cert_t *old,
                                npie_bytes_t new_key, npie_err_t *err,
                                apr_pool_t *p)
{
    const npie_letter_keys_t keys = {
        .old_public_key = old->public_key, .new_public_key = new_key,
        .serial = ""
    };

    return judge(drawer, letter, &keys, err, p);
}

apr_status_t npie_drawer_terms(npie_drawer_t *drawer,
                               npie_bytes_t letter, const npie_cert_t *made,
                               npie_err_t *err, apr_pool_t *p)
{
    const npie_letter_keys_t keys = {
        .new_public_key = made->public_key, .serial = made->serial_text,
        .not_before = made->not_before, .not_after = made->not_after
    };

    return judge(drawer, letter, &keys, err, p);
}
