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

    if (cadena == NULL || !npie_letter_proved(view)) {
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

static json_t *stamps_json(const npie_stamps_view_t *view, apr_pool_t *p)
{
    const npie_timestamp_t *first = view->first, *last = view->last;

    return json_pack("{s:s, s:i, s:s, s:o, s:s?, s:s?, s:o}",
                     "signature", npie_seen_name(view->seen),
                     "count", view->count, "detail", view->detail,
                     "time", time_json(first != NULL ? first->time : 0, p),
                     "authority", first != NULL ? first->authority : NULL,
                     "serial", first != NULL ? first->serial : NULL,
                     "until", time_json(last != NULL ? last->until : 0, p));
}

static json_t *known_cert_json(const npie_known_cert_t *known, apr_pool_t *p)
{
    if (!known->known) {
        return json_null();
    }
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}",
                     "serial", known->serial, "status", known->status,
                     "additional", known->additional,
                     "notBefore", time_json(known->not_before, p),
                     "notAfter", time_json(known->not_after, p),
                     "ended", time_json(known->ended, p));
}

json_t *npie_record_json(const npie_known_letter_t *known,
                         const npie_known_cert_t *signer, apr_pool_t *p)
{
    json_t *json = json_pack("{s:s, s:o}", "record",
                             npie_record_name(known->record), "signer",
                             known_cert_json(signer, p));

    if (known->folio != 0) {
        json_object_update_new(
            json, json_pack("{s:I, s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}",
                            "folio", (json_int_t)known->folio,
                            "kind", (int)known->kind, "rp", known->rp,
                            "organization", known->company,
                            "oldKeySha256", known->old_spki,
                            "newKeySha256", known->new_spki,
                            "drawn", time_json(known->drawn, p),
                            "signed", time_json(known->signed_at, p),
                            "sealed", time_json(known->sealed_at, p),
                            "certificate", known_cert_json(&known->made, p)));
    }
    return json;
}

json_t *npie_verify_json(const npie_letter_view_t *view, apr_pool_t *p)
{
    return json_pack("{s:s, s:s?, s:{s:s?, s:o}, s:o, s:I, s:I, s:I, s:b, s:o,"
                     " s:o, s:o, s:o}",
                     "outcome", npie_outcome_name(view->outcome),
                     "where", npie_where_name(view->where),
                     "proved", "by", npie_proof_name(view->proof),
                     "time", time_json(view->proved, p),
                     "institute", npie_record_json(&view->known,
                                                   &view->signer, p),
                     "size", (json_int_t)view->size,
                     "before", (json_int_t)view->before,
                     "after", (json_int_t)view->after,
                     "update", view->update,
                     "employer", signature_json(&view->employer, p),
                     "seal", signature_json(&view->seal, p),
                     "timestamps", stamps_json(&view->stamps, p),
                     "letter", letter_json(view, p));
}
