/* SPDX-License-Identifier: Apache-2.0
 * What became of the mails of a renewal or a request.
 */
#ifndef NPIE_FLOW_SENT_H
#define NPIE_FLOW_SENT_H

#include "flow/flow.h"
#include "store/outbox.h"

/** How often the mail with the link may be asked for beside the first one, to
 * whatever address, and how long to wait in between, seconds. */
#define NPIE_MAIL_AGAIN_MAX 5
#define NPIE_MAIL_AGAIN_SECONDS 60

/** The mails that carried a link to go on, of a request or else a renewal.
 * @param plast set to the newest or NULL; pleft to how many more there may be
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_place_sent(npie_outbox_t **plast, int *pleft,
                             npie_registry_t *registry, apr_int64_t renewal,
                             apr_int64_t addition, npie_err_t *err);

/** Fills in place->mail. */
apr_status_t npie_place_mail(npie_place_t *place, npie_flow_t *flow,
                             npie_err_t *err);

#endif
