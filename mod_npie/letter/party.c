/* SPDX-License-Identifier: Apache-2.0
 * Compares a letter with the certificate that signed it.
 */
#include "letter/party.h"

#include <string.h>

#include "model/field.h"

static apr_status_t refuse(npie_err_t *err, npie_problem_t problem,
                           const char *what)
{
    return npie_err_set(err, NPIE_EPOLICY, problem, "%s", what);
}

/* Is it the same employer? */
static apr_status_t match_employer(const npie_cadena_t *cadena,
                                   const npie_cert_t *cert, npie_err_t *err)
{
    char rp[NPIE_RP_SIZE];

    if (cert->rp10[0] == '\0' || cert->organization[0] == '\0'
        || cert->common_name[0] == '\0') {
        return refuse(err, NPIE_P_CERT_MALFORMED,
                      "the signing certificate lacks employer number, name or "
                      "representative");
    }
    if (npie_field_rp(rp, cadena->rp) != APR_SUCCESS
        || strcmp(rp, cadena->rp) != 0
        || strncmp(rp, cert->rp10, NPIE_RP10_SIZE - 1) != 0) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the letter names another employer number than the "
                      "signing certificate");
    }
    if (cert->rfc[0] != '\0' && strcmp(cert->rfc, cadena->rfc) != 0) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the letter names another RFC than the signing "
                      "certificate");
    }
    if (cert->curp[0] != '\0' && strcmp(cert->curp, cadena->curp) != 0) {
        return refuse(err, NPIE_P_ISSUE_REFUSED,
                      "the letter names another CURP than the signing "
                      "certificate");
    }
    return APR_SUCCESS;
}

apr_status_t npie_letter_party(const npie_cadena_t *cadena,
                               const npie_cert_t *cert, npie_err_t *err)
{
    const int new = cadena->kind == NPIE_LETTER_TERMS;

    if (strcmp(new ? cadena->new_spki : cadena->old_spki, cert->spki_sha256)
        != 0) {
        return refuse(err, NPIE_P_LETTER_SIGNER, new
                      ? "the letter names another new key than the one it is "
                        "signed with"
                      : "the letter names another old key than the one it is "
                        "signed with");
    }
    return match_employer(cadena, cert, err);
}
