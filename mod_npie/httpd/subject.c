/* SPDX-License-Identifier: Apache-2.0
 * Naming whom a request is about.
 */
#include "httpd/subject.h"

#include <apr_strings.h>

#include "base/random.h"
#include "pki/cert.h"
#include "pki/digest.h"

#define TYPED_MAX 20
#define REFERENCE_BYTES 15
#define SESSION_DIGITS 8

#define TYPED_NOTE "npie-typed"
#define CERTIFICATE_NOTE "npie-certificate"
#define REFERENCE_NOTE "npie-reference"

static request_rec *first(const request_rec *r)
{
    return npie_holder_request((request_rec *)r);
}

/* What was typed may be anything: no character in part, and no quotes. httpd
 * escapes what else does not belong into a line. */
void npie_subject_typed(request_rec *r, const char *typed)
{
    apr_size_t len = TYPED_MAX;
    char *text;

    if (strlen(typed) <= TYPED_MAX) {
        text = apr_pstrdup(r->pool, typed);
    }
    else {
        while (len > 0 && ((unsigned char)typed[len] & 0xC0) == 0x80) {
            --len;
        }
        text = apr_pstrcat(r->pool, apr_pstrmemdup(r->pool, typed, len), "...",
                           NULL);
    }
    for (char *c = strchr(text, '"'); c != NULL; c = strchr(c, '"')) {
        *c = '\'';
    }
    if (*text != '\0') {
        apr_table_setn(first(r)->notes, TYPED_NOTE, text);
    }
}

void npie_subject_certificate(request_rec *r, const char *rp,
                              const char *serial)
{
    apr_table_setn(first(r)->notes, CERTIFICATE_NOTE,
                   apr_psprintf(r->pool, "RP %s, serial %s",
                                *rp != '\0' ? rp : "unknown", serial));
}

const char *npie_subject_session(const request_rec *r)
{
    const npie_holder_t *holder = npie_holder_known(r);
    char hex[NPIE_SHA256_HEX_SIZE];
    npie_bytes_t key;

    if (holder == NULL) {
        return "";
    }
    key.data = (const unsigned char *)holder->key;
    key.len = strlen(holder->key);
    return npie_sha256_hex(hex, key) != APR_SUCCESS ? ""
        : apr_pstrmemdup(r->pool, hex, SESSION_DIGITS);
}

const char *npie_subject_reference(const request_rec *r)
{
    request_rec *origin = first(r);
    const char *found = apr_table_get(origin->subprocess_env, "UNIQUE_ID");
    char *made;

    if (found == NULL) {
        found = apr_table_get(origin->notes, REFERENCE_NOTE);
    }
    if (found == NULL
        && npie_random_token(&made, REFERENCE_BYTES, origin->pool)
           == APR_SUCCESS) {
        apr_table_setn(origin->notes, REFERENCE_NOTE, made);
        found = made;
    }
    return found != NULL ? found : "-";
}

/* Whose certificate it is: of this request's, else of its session's. */
static const char *certificate(const request_rec *r,
                               const npie_session_t *session)
{
    const char *noted = apr_table_get(first(r)->notes, CERTIFICATE_NOTE);

    if (noted != NULL || session == NULL) {
        return noted;
    }
    return apr_psprintf(r->pool, "RP %s, serial %s",
                        *session->rp != '\0' ? session->rp : "unknown",
                        npie_cert_serial_text(session->serial, r->pool));
}

const char *npie_subject_text(const request_rec *r)
{
    const npie_holder_t *holder = npie_holder_known(r);
    const npie_session_t *session = holder != NULL ? holder->session : NULL;
    const char *whose = certificate(r, session);
    const char *typed = apr_table_get(first(r)->notes, TYPED_NOTE);
    const char *hash = npie_subject_session(r);

    if (typed == NULL && session != NULL && *session->user != '\0') {
        typed = session->user;
    }
    return apr_pstrcat(r->pool, whose != NULL ? whose : "RP unknown",
                       ", user \"", typed != NULL ? typed : "", "\"",
                       *hash != '\0' ? ", session " : "", hash, ", request ",
                       npie_subject_reference(r), NULL);
}
