/* SPDX-License-Identifier: Apache-2.0
 * What npie-renew reads from a server: JSON and letters. First byte: w a
 * place, i a certificate, p a problem, l a letter.
 * Parser: renew/answer.c renew/verify.c
 */
#include <string.h>

#include <apr_strings.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/text.h"
#include "fuzz/certificate.h"
#include "letter/file.h"
#include "renew/answer.h"
#include "renew/credential.h"
#include "renew/verify.h"
#include "unit/letter_form.h"

static npie_cert_t *old;

static void begin(apr_pool_t *p)
{
    npie_bytes_t der;

    fuzz_need(npie_file_read(&der, NPIE_TOP "/t/fuzz/pki-corpus/cert-ec.der",
                             NPIE_CERT_MAX, p) == APR_SUCCESS
              && npie_cert_parse(&old, der, NULL, p) == APR_SUCCESS,
              "no certificate");
}

static int run_place(const json_t *json, apr_pool_t *p)
{
    npie_whereabouts_t place;

    if (npie_answer_whereabouts(&place, json, NULL, p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(*place.page != '\0' && place.next_href != NULL
              && place.remedy != NULL, "half a place");
    return 1;
}

static int run_issued(const json_t *json, apr_pool_t *p)
{
    npie_credential_t fresh = { NULL, NULL };
    npie_issued_t issued;

    if (npie_answer_issued(&issued, json, NULL, p) != APR_SUCCESS) {
        return 0;
    }
    fresh.key = X509_get0_pubkey(old->x509);
    fuzz_need(npie_verify_certificate(&fresh, &issued, old, NULL, NULL, p)
              != APR_SUCCESS, "the old certificate for a new one");
    return 1;
}

static int run_problem(npie_bytes_t bytes, apr_pool_t *p)
{
    const char *title = NULL, *remedy = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fuzz_need(npie_answer_problem_read(&title, &remedy, bytes, 403, &err, p)
              != APR_SUCCESS, "a problem that is none");
    if (title == NULL) {
        return 0;
    }
    fuzz_need(npie_text_is_clean_multiline(title, strlen(title))
              && npie_text_is_clean_multiline(remedy, strlen(remedy)),
              "words that are not clean");
    return 1;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const npie_bytes_t bytes = { input.data + 1, input.len - 1 };
    npie_letter_file_t *file;
    json_t *json;

    if (input.len == 0) {
        return 0;
    }
    switch (*input.data) {
    case 'p':
        return run_problem(bytes, p);
    case 'l':
        npie_verify_signed(bytes, form_make(FORM_OBJECTS, 0, p), NULL, p);
        return npie_verify_letter(&file, bytes, NPIE_LETTER_RENEWAL, old,
                                  FORM_HEX64, NULL, p) == APR_SUCCESS;
    default:
        if (npie_answer_json_read(&json, bytes, NULL, p) != APR_SUCCESS) {
            return 0;
        }
        return *input.data == 'w' ? run_place(json, p) : run_issued(json, p);
    }
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    const char *der = npie_text_base64_encode(old->der, p);

    fuzz_seed_text(list, "w{\"page\":\"llave\",\"csrf\":\"t\",\"next\":{"
                   "\"name\":\"make-key\",\"href\":\"/npie/llave.html\"},"
                   "\"employer\":{\"rp\":\"A0648787107\",\"user\":"
                   "\"A064878710\",\"email\":\"a@b.example\"},\"renewal\":{"
                   "\"keyName\":\"A064878710_2.key\",\"keyAlgorithm\":"
                   "\"RSA-3072\"},\"certificates\":{\"new\":{\"spkiSha256\":"
                   "\"" FORM_HEX64 "\"}},\"error\":{\"number\":34,\"title\":"
                   "\"a\",\"detail\":\"b\"}}");
    fuzz_seed_text(list, apr_pstrcat(p, "i{\"certificate\":\"", der,
                                     "\",\"chain\":[\"", der, "\"],\"name\":"
                                     "\"A064878710_2\"}", NULL));
    fuzz_seed_text(list, "p{\"type\":\"urn:x\",\"number\":71,\"title\":\"Ño\","
                   "\"detail\":\"Haga otra cosa\",\"fields\":{\"correo\":{"
                   "\"number\":12,\"title\":\"otro\"}}}");
    fuzz_seed(list, "l", form_make(FORM_OBJECTS, 0, p));
}

const fuzz_target_t fuzz_target = {
    .name = "answer", .form = FUZZ_TEXT, .lead = 1, .begin = begin,
    .seeds = seeds, .run = run
};
