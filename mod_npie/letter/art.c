/* SPDX-License-Identifier: Apache-2.0
 * Loads what letters are drawn with, and tries it out.
 */
#include "letter/art.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "letter/art_parts.h"
#include "letter/trial.h"

#define INSTITUTION_MAX 200

/* Draws what can be drawn at most, and names what it is drawn with. */
static apr_status_t try_out(npie_letter_art_t *art, npie_err_t *err,
                            apr_pool_t *p)
{
    apr_pool_t *ptemp;
    apr_status_t rv = apr_pool_create(&ptemp, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    memset(art->digest, '0', sizeof(art->digest) - 1);
    rv = npie_letter_trial(&art->sample, art->digest, art, err, ptemp);
    if (rv == APR_SUCCESS) {
        art->sample.data = apr_pmemdup(p, art->sample.data, art->sample.len);
    }
    apr_pool_destroy(ptemp);
    return rv;
}

apr_status_t npie_letter_art_load(npie_letter_art_t **part,
                                  const char *font_dirs, const char *terms_file,
                                  const char *institution, npie_err_t *err,
                                  apr_pool_t *p)
{
    npie_letter_art_t *art = apr_pcalloc(p, sizeof(*art));
    npie_zones_t *zones;
    npie_terms_t *terms;
    apr_status_t rv;

    *part = NULL;
    if (!npie_text_is_clean(institution, strlen(institution))
        || npie_text_length(institution) > INSTITUTION_MAX
        || institution[0] == '\0') {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "the institution's "
                            "name must be UTF-8 text of 1 to %d characters; "
                            "set NPIEInstitution", INSTITUTION_MAX);
    }
    art->institution = apr_pstrdup(p, institution);
    rv = npie_terms_load(&terms, terms_file, err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_fonts_load(art->fonts, font_dirs, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_zones_load(&zones, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    art->terms = terms;
    art->zones = zones;
    rv = try_out(art, err, p);
    if (rv == APR_SUCCESS) {
        *part = art;
    }
    return rv;
}

const char *npie_letter_art_digest(const npie_letter_art_t *art)
{
    return art->digest;
}

npie_bytes_t npie_letter_art_sample(const npie_letter_art_t *art)
{
    return art->sample;
}

apr_status_t npie_letter_art_say(npie_letter_art_t *art,
                                 const npie_sentences_t *sentences,
                                 npie_err_t *err, apr_pool_t *p)
{
    if (sentences == NULL && art->sentences == NULL) {
        return APR_SUCCESS;
    }
    art->sentences = sentences;
    return try_out(art, err, p);
}
