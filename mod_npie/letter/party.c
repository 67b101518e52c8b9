/* SPDX-License-Identifier: Apache-2.0
 * Compares a letter with the certificate that signed it.
 */
#include "letter/party.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "base/text.h"
#include "model/field.h"
#include "model/fold.h"

/* As many characters as a certificate's names have (X.520, ub-common-name). */
#define NAME_MAX_X520 64

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

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The folded words of a name in alphabetical order, one behind the other. */
static const char *sorted(const char *name, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));
    char *rest = NULL;

    for (char *word = apr_strtok(apr_pstrdup(p, name), " ", &rest);
         word != NULL; word = apr_strtok(NULL, " ", &rest)) {
        APR_ARRAY_PUSH(words, const char *) = npie_fold(word, p);
    }
    qsort(words->elts, (size_t)words->nelts, sizeof(const char *),
          compare_words);
    return apr_array_pstrcat(p, words, 0);
}

/* @param certified in a certificate, which may have had to cut it */
static int same_name(const char *name, const char *certified, int person,
                     apr_pool_t *p)
{
    const char *a = npie_fold(name, p), *b = npie_fold(certified, p);

    if (npie_text_length(certified) >= NAME_MAX_X520
        && *b != '\0' && strncmp(a, b, strlen(b)) == 0) {
        return 1;
    }
    return strcmp(a, b) == 0
        || (person && strcmp(sorted(name, p), sorted(certified, p)) == 0);
}

const char *npie_letter_person(const npie_employer_t *employer, apr_pool_t *p)
{
    return apr_pstrcat(p, employer->given_name,
                       *employer->surname != '\0' ? " " : "",
                       employer->surname,
                       *employer->surname2 != '\0' ? " " : "",
                       employer->surname2, NULL);
}

apr_status_t npie_letter_names(const npie_employer_t *employer,
                               const npie_cert_t *cert, npie_err_t *err,
                               apr_pool_t *p)
{
    const char *person = npie_letter_person(employer, p);

    return same_name(employer->name, cert->organization, 0, p)
           && same_name(person, cert->common_name, 1, p) ? APR_SUCCESS
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_NAMES_DIFFER,
                       "the letter is of %.50s, %.50s, and the certificate of "
                       "%.50s, %.50s", person, employer->name,
                       cert->common_name, cert->organization);
}
