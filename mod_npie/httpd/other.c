/* SPDX-License-Identifier: Apache-2.0
 * Two keys, or two sets of data, for one renewal.
 */
#include "httpd/other.h"

#include <apr_strings.h>

#include "httpd/sentences.h"
#include "httpd/upload.h"
#include "pki/csr.h"

/* As much of a fingerprint as file names and letters show. */
#define MARK 6

int npie_other_is(npie_problem_t problem)
{
    return problem == NPIE_P_DATA_OTHER || problem == NPIE_P_KEY_OTHER;
}

/* When the letter was drawn, which names the data and the key that count. */
static apr_time_t fixed_at(const npie_visit_t *post)
{
    const npie_renewal_t *renewal = post->place.renewal;
    npie_letter_row_t *letter;

    return renewal->letter1 != 0
            && npie_letter_get(&letter, post->flow->registry, renewal->letter1,
                               NULL) == APR_SUCCESS
        ? letter->created : renewal->changed;
}

static const char *sent_spki(const npie_visit_t *post)
{
    npie_bytes_t bytes;
    npie_csr_t *csr;

    return npie_upload_der(&bytes, post->form, "solicitud", post->r->pool)
            == APR_SUCCESS
        && npie_csr_parse(&csr, bytes, &post->flow->policy->new_keys, NULL,
                          post->r->pool) == APR_SUCCESS ? csr->spki_sha256 : "";
}

/* Fingerprints of the files, which are in their names; of the public keys,
 * which are in the letter, where a program sent none of its file. */
static const char *said_of_keys(const npie_visit_t *post, const char *when,
                                const char *now)
{
    const npie_renewal_t *renewal = post->place.renewal;
    const char *kept = renewal->key_sha256;
    const char *sent = npie_form_text(post->form, "huella");

    if (*kept == '\0' || *sent == '\0') {
        kept = renewal->new_spki;
        sent = sent_spki(post);
    }
    return npie_sentence_fill(npie_sentences_for(post->r),
                              NPIE_S_OTHER_KEY, post->r->pool,
                              "archivo", renewal->key_name, "huella",
                              apr_pstrmemdup(post->r->pool, kept,
                                             strnlen(kept, MARK)),
                              "fecha", when, "archivo2",
                              npie_form_text(post->form, "nombre"), "huella2",
                              apr_pstrmemdup(post->r->pool, sent,
                                             strnlen(sent, MARK)),
                              "fecha2", now, NULL);
}

static const char *numbers(const npie_visit_t *post, const char *phone,
                           const char *fax)
{
    return *fax == '\0' ? phone
        : npie_sentence_fill(npie_sentences_for(post->r), NPIE_S_OTHER_FAX,
                             post->r->pool, "telefono", phone, "fax", fax,
                             NULL);
}

static const char *said_of_data(const npie_visit_t *post, const char *when,
                                const char *now)
{
    const npie_contact_t *kept = &post->place.renewal->contact;
    const char *fax = npie_form_text(post->form, "fax");
    apr_pool_t *p = post->r->pool;

    return npie_sentence_fill(npie_sentences_for(post->r),
                              NPIE_S_OTHER_DATA, p, "fecha", when, "correo",
                              kept->email, "telefonos",
                              numbers(post, kept->phone, kept->fax), "fecha2",
                              now, "correo2",
                              npie_form_text(post->form, "correo"),
                              "telefonos2",
                              numbers(post, npie_form_text(post->form,
                                                           "telefono"), fax),
                              NULL);
}

const char *npie_other_said(const npie_visit_t *post, npie_problem_t problem)
{
    const char *when, *now;

    if (post->place.renewal == NULL || !npie_other_is(problem)) {
        return NULL;
    }
    when = npie_sentences_moment(post->r, fixed_at(post));
    now = npie_sentences_moment(post->r, post->r->request_time);
    return problem == NPIE_P_KEY_OTHER ? said_of_keys(post, when, now)
                                       : said_of_data(post, when, now);
}
