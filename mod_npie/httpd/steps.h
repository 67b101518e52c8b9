/* SPDX-License-Identifier: Apache-2.0
 * The actions of a renewal under way: one function a form.
 */
#ifndef NPIE_HTTPD_STEPS_H
#define NPIE_HTTPD_STEPS_H

#include "base/form.h"
#include "flow/flow.h"
#include "httpd/session.h"

/** What an action works with: session, parsed form and flow are there. */
typedef struct npie_step_t {
    request_rec *r;
    npie_holder_t *holder;
    const npie_form_t *form;
    npie_flow_t *flow;
    npie_who_t who;
} npie_step_t;

/* Each returns httpd's status: 303 to the next page, or to its own with the
 * reason, or an error answered for. */
int npie_step_data(npie_step_t *step);
int npie_step_key(npie_step_t *step);
int npie_step_letter(npie_step_t *step);
int npie_step_issue(npie_step_t *step);
int npie_step_terms(npie_step_t *step);
int npie_step_cancel(npie_step_t *step);
int npie_step_rekey(npie_step_t *step);
int npie_step_logout(npie_step_t *step);

#endif
