/* SPDX-License-Identifier: Apache-2.0
 * What became of the mails of a renewal or a request.
 */
#include "flow/sent.h"

#include "store/addition.h"

/* Does this mail carry a link to go on? */
static int carries_link(npie_mail_kind_t kind)
{
    return kind == NPIE_MAIL_OBTAIN || kind == NPIE_MAIL_AGAIN ||
           kind == NPIE_MAIL_ADDITIONAL || kind == NPIE_MAIL_ADDITIONAL_READY;
}

apr_status_t npie_place_sent(npie_outbox_t **plast, int *pleft,
                             npie_registry_t *registry, apr_int64_t renewal,
                             apr_int64_t addition, npie_err_t *err)
{
    apr_array_header_t *list;
    apr_status_t rv = addition != 0
        ? npie_addition_mails(&list, registry, addition, err)
        : npie_outbox_list(&list, registry, renewal, err);
    int count = 0;

    *plast = NULL;
    *pleft = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < list->nelts; ++i) {
        npie_outbox_t *mail = APR_ARRAY_IDX(list, i, npie_outbox_t *);

        if (carries_link(mail->kind)) {
            *plast = *plast == NULL ? mail : *plast;
            ++count;
        }
    }
    if (count <= NPIE_MAIL_AGAIN_MAX) {
        *pleft = NPIE_MAIL_AGAIN_MAX + 1 - count;
    }
    return APR_SUCCESS;
}

static apr_status_t read_issued(npie_outbox_t **pmail,
                                npie_registry_t *registry, apr_int64_t renewal,
                                npie_err_t *err)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_outbox_list(&list, registry, renewal, err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        npie_outbox_t *mail = APR_ARRAY_IDX(list, i, npie_outbox_t *);

        if (mail->kind == NPIE_MAIL_ISSUED && *pmail == NULL) {
            *pmail = mail;
        }
    }
    return rv;
}

apr_status_t npie_place_mail(npie_place_t *place, npie_flow_t *flow,
                             npie_err_t *err)
{
    int left;

    if (!flow->policy->mail || place->renewal == NULL) {
        return APR_SUCCESS;
    }
    if (place->renewal->state == NPIE_RENEWAL_COMPLETED) {
        return read_issued(&place->mail.issued, flow->registry,
                           place->renewal->id, err);
    }
    if (place->renewal->state == NPIE_RENEWAL_CONFIRMED) {
        return npie_place_sent(&place->mail.last, &left, flow->registry,
                               place->renewal->id, 0, err);
    }
    if (place->renewal->state != NPIE_RENEWAL_SIGNED) {
        return APR_SUCCESS;
    }
    place->mail.waits = 1;
    place->mail.link_required = flow->policy->mail_link_required;
    return npie_place_sent(&place->mail.last, &place->mail.left,
                           flow->registry, place->renewal->id, 0, err);
}
