/* SPDX-License-Identifier: Apache-2.0
 * Adopting an unknown certificate of a known employer.
 */
#include "flow/adopt.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/plain.h"
#include "letter/winansi.h"
#include "model/field.h"
#include "store/revocation.h"

int npie_flow_is_user(const char *typed, const npie_employer_t *employer,
                      apr_pool_t *p)
{
    const char *plain = npie_plain_joined(typed, p);

    return strcasecmp(plain, employer->user) == 0
        || (strlen(employer->user) == NPIE_RP10_SIZE - 1
            && strncasecmp(employer->user, employer->rp, NPIE_RP10_SIZE - 1)
               == 0
            && strcasecmp(plain, employer->rp) == 0);
}

/* The capitals from À on, by their base letters; a blank where there is
 * none. */
static const char bases[] = "AAAAAA CEEEEIIII" " NOOOOO OUUUUY  ";

/* Capitals without accents, other characters than letters and digits as
 * blanks; a blank at either end. */
static char *fold(const char *text, apr_pool_t *p)
{
    char *folded = apr_pstrcat(p, " ", npie_winansi_encode(NULL, text, p), " ",
                               NULL);

    npie_winansi_upper(folded);
    for (char *c = folded; *c != '\0'; ++c) {
        const unsigned char code = (unsigned char)*c;

        if (code >= 0xc0 && code < 0xe0) {
            *c = bases[code - 0xc0];
        }
        else if (code >= 0x80 || !apr_isalnum(code)) {
            *c = ' ';
        }
    }
    return folded;
}

/* Does every word of the name stand in the folded text? */
static int has_words(const char *folded, const char *name, apr_pool_t *p)
{
    char *rest;
    const char *word = apr_strtok(fold(name, p), " ", &rest);

    for (; word != NULL; word = apr_strtok(NULL, " ", &rest)) {
        if (strstr(folded, apr_pstrcat(p, " ", word, " ", NULL)) == NULL) {
            return 0;
        }
    }
    return 1;
}

/* Does the certificate name the employer and his representative? */
static int plausible(const npie_cert_t *cert, const npie_employer_t *employer,
                     apr_pool_t *p)
{
    const char *name;

    if (*cert->rfc != '\0' && strcmp(cert->rfc, employer->rfc) != 0) {
        return 0;
    }
    if (*cert->curp != '\0') {
        return strcmp(cert->curp, employer->curp) == 0;
    }
    name = fold(cert->common_name, p);
    return *employer->given_name != '\0' && *employer->surname != '\0' &&
           has_words(name, employer->given_name, p) &&
           has_words(name, employer->surname, p) &&
           has_words(name, employer->surname2, p);
}

/* Has the employer never had a certificate here, and is the key new? */
static apr_status_t is_first(const npie_flow_t *flow, const npie_cert_t *cert,
                             apr_int64_t employer, npie_err_t *err)
{
    apr_int64_t generation = 0;
    apr_status_t rv = npie_certificate_generation(&generation, flow->registry,
                                                  employer, err);

    if (rv != APR_SUCCESS || generation != 0) {
        return rv == APR_SUCCESS ? APR_NOTFOUND : rv;
    }
    rv = npie_key_seen(flow->registry, cert->spki_sha256, err);
    if (rv == APR_SUCCESS) {
        return APR_NOTFOUND;
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* A certificate being taken in. */
typedef struct adoption_t {
    const npie_flow_t *flow;
    const npie_cert_t *cert;
    const npie_employer_t *employer;
} adoption_t;

static apr_status_t insert(void *baton, npie_err_t *err)
{
    const adoption_t *adoption = baton;
    const npie_flow_t *flow = adoption->flow;
    const npie_cert_t *cert = adoption->cert;
    const npie_employer_t *employer = adoption->employer;
    const npie_certificate_t row = {
        .employer = employer->id, .generation = 1, .holder = "",
        .holder_email = "", .serial = cert->serial,
        .spki = cert->spki_sha256, .der = cert->der,
        .not_before = cert->not_before, .not_after = cert->not_after,
        .status = NPIE_CERTIFICATE_ACTIVE, .reason = "",
        .terms_signed = cert->not_before,
    };
    apr_int64_t id;
    apr_status_t rv = is_first(flow, cert, employer->id, err);

    if (rv == APR_SUCCESS) {
        rv = npie_certificate_insert(&id, flow->registry, &row, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_audit(flow->registry, flow->now, cert->serial, "adopt",
                        apr_psprintf(flow->p, "first certificate of %s, key "
                                     "%.64s", employer->rp,
                                     cert->spki_sha256), err);
    }
    return rv;
}

apr_status_t npie_flow_adopt(npie_login_t *login, const npie_flow_t *flow,
                             const char *user, npie_err_t *err)
{
    const npie_cert_t *cert = login->cert;
    adoption_t adoption = { flow, cert, NULL };
    npie_employer_t *employer;
    npie_certificate_t *row;
    apr_status_t rv;

    if (*user == '\0' || *cert->rp10 == '\0') {
        return APR_NOTFOUND;
    }
    rv = npie_employer_by_rp10(&employer, flow->registry, cert->rp10, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!npie_flow_is_user(user, employer, flow->p) ||
        !plausible(cert, employer, flow->p)) {
        return APR_NOTFOUND;
    }
    adoption.employer = employer;
    rv = npie_registry_write(flow->registry, employer->id, insert, &adoption,
                             err);
    /* Somebody was faster: perhaps with this very certificate. */
    if (rv != APR_SUCCESS && rv != NPIE_ECONFLICT && rv != APR_NOTFOUND) {
        return rv;
    }
    rv = npie_certificate_by_spki(&row, flow->registry, cert->spki_sha256,
                                  err);
    if (rv == APR_SUCCESS && (row->employer != employer->id ||
                              strcmp(row->serial, cert->serial) != 0)) {
        return APR_NOTFOUND;
    }
    if (rv == APR_SUCCESS) {
        login->certificate = row;
        login->employer = employer;
    }
    return rv;
}
