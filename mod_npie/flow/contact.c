/* SPDX-License-Identifier: Apache-2.0
 * What was typed on datos: checked and normalised.
 */
#include "flow/flow.h"

#include <string.h>

#include <apr_strings.h>

#include "base/plain.h"
#include "base/text.h"
#include "model/field.h"

/* A field without invisible characters and blanks around it, or why it cannot be used. */
static npie_problem_t clean(const char **out, const char *text, int required,
                            apr_pool_t *p)
{
    text = text != NULL ? text : "";
    *out = "";
    if (!npie_text_is_clean(text, strlen(text))) {
        return NPIE_P_ENCODING;
    }
    *out = npie_text_trim(npie_plain_visible(text, p), p);
    if (required && **out == '\0') {
        return NPIE_P_FIELD_EMPTY;
    }
    return strlen(*out) > NPIE_EMAIL_MAX ? NPIE_P_FIELD_LONG : NPIE_P_NONE;
}

static npie_problem_t digits(const char **out, const char *text, int required,
                             npie_problem_t bad, apr_pool_t *p)
{
    char ten[11];
    npie_problem_t problem = clean(out, text, required, p);

    if (problem != NPIE_P_NONE || **out == '\0') {
        return problem;
    }
    if (npie_field_phone(ten, *out) != APR_SUCCESS) {
        return bad;
    }
    *out = apr_pstrdup(p, ten);
    return NPIE_P_NONE;
}

apr_status_t npie_flow_contact_check(npie_contact_t *contact,
                                     npie_contact_check_t *check,
                                     const char *email, const char *email2,
                                     const char *phone, const char *fax,
                                     apr_pool_t *p)
{
    npie_contact_t typed;
    const char *again;

    check->email = clean(&typed.email, email, 1, p);
    check->email2 = clean(&again, email2, 1, p);
    check->phone = digits(&typed.phone, phone, 1, NPIE_P_PHONE, p);
    check->fax = digits(&typed.fax, fax, 0, NPIE_P_FAX, p);
    if (check->email == NPIE_P_NONE && !npie_field_email(typed.email)) {
        check->email = NPIE_P_EMAIL;
    }
    if (check->email == NPIE_P_NONE && check->email2 == NPIE_P_NONE &&
        !npie_field_email_same(typed.email, again)) {
        check->email2 = NPIE_P_EMAIL_DIFFERS;
    }
    if (check->email != NPIE_P_NONE || check->email2 != NPIE_P_NONE ||
        check->phone != NPIE_P_NONE || check->fax != NPIE_P_NONE) {
        return NPIE_EINPUT;
    }
    *contact = typed;
    return APR_SUCCESS;
}
