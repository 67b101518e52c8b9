/* SPDX-License-Identifier: Apache-2.0
 * Files for download.
 */
#include "httpd/files.h"

#include <apr_strings.h>

#include "base/text.h"
#include "flow/seal.h"
#include "httpd/answer.h"
#include "httpd/sentences.h"

static int not_there(request_rec *r, const char *what)
{
    npie_err_t err;

    npie_err_set(&err, APR_NOTFOUND, NPIE_P_NOT_FOUND, "%s is not there yet",
                 what);
    return npie_answer_error(r, &err);
}

/* The letter, or on the page of its timestamp that. */
static int send_letter(npie_visit_t *visit, apr_int64_t folio)
{
    const npie_page_id_t id = visit->page->id;
    npie_acuse_t acuse;
    npie_bytes_t bytes = { NULL, 0 };
    npie_err_t err;
    apr_status_t rv = APR_NOTFOUND;

    if (folio != 0) {
        rv = npie_flow_acuse(&acuse, visit->flow, visit->place.renewal, folio,
                             &err);
    }
    if (rv == APR_SUCCESS) {
        bytes = acuse.pdf;
    }
    if (rv == APR_SUCCESS
        && (id == NPIE_PAGE_FILE_TOKEN1 || id == NPIE_PAGE_FILE_TOKEN2)) {
        rv = npie_paper_token(&bytes, &acuse, visit->r->pool);
    }
    if (rv == APR_NOTFOUND) {
        return not_there(visit->r, visit->page->name);
    }
    return rv != APR_SUCCESS ? npie_answer_error(visit->r, &err)
        : npie_answer_file(visit->r, visit->page->type, visit->page->name,
                           bytes);
}

int npie_file_letter1(npie_visit_t *visit)
{
    const npie_renewal_t *renewal = visit->place.renewal;

    return send_letter(visit, renewal != NULL ? renewal->letter1 : 0);
}

int npie_file_letter2(npie_visit_t *visit)
{
    const npie_renewal_t *renewal = visit->place.renewal;

    return send_letter(visit, renewal != NULL ? renewal->letter2 : 0);
}

/* RP10_n, the name that all files of a generation share. */
static char *file_stem(request_rec *r, const npie_place_t *place,
                       const npie_certificate_t *row)
{
    return apr_psprintf(r->pool, "%.10s_%d%s", place->employer->rp,
                        row->generation, row->additional ? "_adicional" : "");
}

/* The proved certificate while it is valid and nothing is being renewed. */
static const npie_certificate_t *held(const npie_place_t *place)
{
    return npie_page_stages(place) & (NPIE_STAGE_IDLE | NPIE_STAGE_EARLY)
        ? place->certificate : NULL;
}

int npie_file_certificate(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_certificate_t *row = visit->place.issued != NULL
        ? visit->place.issued : held(&visit->place);

    if (row == NULL) {
        return not_there(r, "the certificate");
    }
    return npie_answer_file(r, visit->page->type,
                            apr_pstrcat(r->pool,
                                        file_stem(r, &visit->place, row),
                                        ".cer", NULL),
                            row->der);
}

static json_t *base64(npie_bytes_t bytes, apr_pool_t *p)
{
    return json_string(npie_text_base64_encode(bytes, p));
}

/* The certificate issued, and the authorities' above it. */
static apr_status_t read_chain(npie_cert_t **pcert, apr_array_header_t **pchain,
                               npie_flow_t *flow,
                               const npie_certificate_t *issued,
                               npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv;

    if (issued == NULL) {
        return npie_err_set(err, APR_NOTFOUND, NPIE_P_NOT_FOUND,
                            "the certificate is not issued yet");
    }
    rv = npie_cert_parse(pcert, issued->der, err, p);
    return rv == APR_SUCCESS
        ? npie_trust_chain(pchain, flow->trust, *pcert, err, p) : rv;
}

/* All of it as PEM, the employer's first. */
static apr_status_t chain_pem(const char **ppem, const npie_cert_t *cert,
                              const apr_array_header_t *chain, npie_err_t *err,
                              apr_pool_t *p)
{
    const char *pem = npie_cert_pem(cert, p);

    for (int i = 0; pem != NULL && i < chain->nelts; ++i) {
        npie_cert_t *above;
        const char *more;
        apr_status_t rv = npie_cert_parse(&above,
                                          APR_ARRAY_IDX(chain, i,
                                                        npie_bytes_t), err, p);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        more = npie_cert_pem(above, p);
        pem = more != NULL ? apr_pstrcat(p, pem, more, NULL) : NULL;
    }
    *ppem = pem;
    return pem != NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "no memory");
}

int npie_file_certificate_pem(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    apr_array_header_t *chain;
    npie_bytes_t bytes;
    npie_cert_t *cert;
    npie_err_t err;
    const char *pem;
    apr_status_t rv = read_chain(&cert, &chain, visit->flow,
                                 visit->place.issued, &err, r->pool);

    if (rv == APR_SUCCESS) {
        rv = chain_pem(&pem, cert, chain, &err, r->pool);
    }
    if (rv != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    bytes.data = (const unsigned char *)pem;
    bytes.len = strlen(pem);
    return npie_answer_file(r, visit->page->type, visit->page->name, bytes);
}

int npie_file_issued_json(request_rec *r, npie_flow_t *flow,
                          const npie_certificate_t *issued, const char *name,
                          const char *key_sha256)
{
    apr_array_header_t *chain;
    npie_cert_t *cert;
    npie_err_t err;
    const char *pem;
    json_t *list;
    apr_status_t rv = read_chain(&cert, &chain, flow, issued, &err, r->pool);

    if (rv == APR_SUCCESS) {
        rv = chain_pem(&pem, cert, chain, &err, r->pool);
    }
    if (rv != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    list = json_array();
    for (int i = 0; i < chain->nelts; ++i) {
        json_array_append_new(list, base64(APR_ARRAY_IDX(chain, i,
                                                         npie_bytes_t),
                                           r->pool));
    }
    return npie_answer_json(r, HTTP_OK,
                            json_pack("{s:o, s:o, s:s, s:s, s:s}",
                                      "certificate",
                                      base64(issued->der, r->pool),
                                      "chain", list,
                                      "pem", pem,
                                      "name", name, "keySha256",
                                      key_sha256));
}

int npie_file_certificate_json(npie_visit_t *visit)
{
    const npie_place_t *place = &visit->place;

    return npie_file_issued_json(visit->r, visit->flow, place->issued,
                                 place->issued != NULL
                                 ? file_stem(visit->r, place, place->issued)
                                 : "",
                                 place->renewal != NULL
                                 ? place->renewal->key_sha256 : "");
}

/* A date as RFC 5545 writes it: UTC, no separators. */
static char *ics_time(apr_time_t t, apr_pool_t *p)
{
    apr_time_exp_t exp;

    apr_time_exp_gmt(&exp, t);
    return apr_psprintf(p, "%04d%02d%02dT%02d%02d%02dZ", exp.tm_year + 1900,
                        exp.tm_mon + 1, exp.tm_mday, exp.tm_hour, exp.tm_min,
                        exp.tm_sec);
}

/* A text of the calendar, RFC 5545 section 3.3.11. */
static const char *ics_text(const request_rec *r, const char *text)
{
    const char *out = "";

    for (;;) {
        apr_size_t plain = strcspn(text, ",;\\");

        out = apr_pstrcat(r->pool, out, apr_pstrmemdup(r->pool, text, plain),
                          text[plain] != '\0' ? "\\" : "", NULL);
        if (text[plain] == '\0') {
            return out;
        }
        out = apr_pstrcat(r->pool, out,
                          apr_pstrmemdup(r->pool, text + plain, 1), NULL);
        text += plain + 1;
    }
}

int npie_file_calendar(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_place_t *place = &visit->place;
    const npie_certificate_t *certificate = place->issued != NULL
        ? place->issued : place->certificate;
    char *text = apr_pstrcat(r->pool,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//mod_npie//ES\r\n"
        "BEGIN:VEVENT\r\nUID:", certificate->spki, "@mod_npie\r\n"
        "DTSTAMP:", ics_time(certificate->not_before, r->pool), "\r\n"
        "DTSTART:", ics_time(certificate->not_after, r->pool), "\r\n"
        "SUMMARY:", ics_text(r, npie_sentences_say(r, NPIE_S_CALENDAR_ENDS)),
        "\r\nDESCRIPTION:",
        ics_text(r, npie_sentence_fill(npie_sentences_for(r),
                                       NPIE_S_CALENDAR_CERTIFICATE, r->pool,
                                       "rp", place->employer->rp, "serie",
                                       certificate->serial, NULL)),
        "\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P15D\r\n"
        "DESCRIPTION:",
        ics_text(r, npie_sentences_say(r, NPIE_S_CALENDAR_RENEW)),
        "\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n", NULL);
    npie_bytes_t bytes = { (unsigned char *)text, strlen(text) };

    return npie_answer_file(r, apr_pstrcat(r->pool, visit->page->type,
                                           "; charset=utf-8", NULL),
                            "VencimientoNPIE.ics", bytes);
}
