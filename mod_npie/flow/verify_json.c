/* SPDX-License-Identifier: Apache-2.0
 * Verified letters as JSON.
 */
#include "flow/verify_json.h"

#include "base/text.h"

static json_t *time_json(apr_time_t time, apr_pool_t *p)
{
    return time != 0 ? json_string(npie_text_time(time, p)) : json_null();
}

static json_t *certificate_json(const npie_cert_t *cert, apr_pool_t *p)
{
    if (cert == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s}",
                     "name", cert->common_name,
                     "organization", cert->organization, "rp", cert->rp10,
                     "serial", cert->serial_text, "issuer", cert->issuer,
                     "notBefore", time_json(cert->not_before, p),
                     "notAfter", time_json(cert->not_after, p),
                     "keySha256", cert->spki_sha256);
}

static json_t *signature_json(const npie_signature_view_t *view,
                              apr_pool_t *p)
{
    return json_pack("{s:s, s:s, s:o, s:b, s:o}",
                     "signature", npie_seen_name(view->seen),
                     "detail", view->detail,
                     "time", time_json(view->time, p),
                     "expiredThen", view->expired_then,
                     "certificate", certificate_json(view->cert, p));
}

static json_t *letter_json(const npie_letter_view_t *view, apr_pool_t *p)
{
    const npie_cadena_t *cadena = view->cadena;

    if (cadena == NULL || view->employer.seen != NPIE_SEEN_GOOD) {
        return json_null();
    }
    return json_pack("{s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s,"
                     " s:s, s:s}", "kind", (int)cadena->kind,
                     "folio", (json_int_t)cadena->folio, "rp", cadena->rp,
                     "rfc", cadena->rfc, "curp", cadena->curp,
                     "user", cadena->user, "email", cadena->email,
                     "time", time_json(cadena->time, p),
                     "oldKeySha256", cadena->old_spki,
                     "newKeySha256", cadena->new_spki,
                     "cadena", npie_cadena_format(cadena, p),
                     "holder", cadena->holder, "purpose", cadena->purpose);
}

json_t *npie_verify_json(const npie_letter_view_t *view, apr_pool_t *p)
{
    return json_pack("{s:s, s:I, s:I, s:b, s:o, s:o, s:o}",
                     "outcome", npie_outcome_name(view->outcome),
                     "size", (json_int_t)view->size,
                     "after", (json_int_t)view->after,
                     "update", view->update,
                     "employer", signature_json(&view->employer, p),
                     "seal", signature_json(&view->seal, p),
                     "letter", letter_json(view, p));
}
