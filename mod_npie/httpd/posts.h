/* SPDX-License-Identifier: Apache-2.0
 * The actions of a renewal under way: one function a form.
 */
#ifndef NPIE_HTTPD_POSTS_H
#define NPIE_HTTPD_POSTS_H

#include "base/form.h"
#include "flow/flow.h"
#include "httpd/session.h"

/** What an action works with: session, parsed form and flow are there. */
typedef struct npie_post_t {
    request_rec *r;
    npie_holder_t *holder;
    const npie_form_t *form;
    npie_flow_t *flow;
    npie_who_t who;
} npie_post_t;

/* Each returns httpd's status: 303 to the next page, or to its own with the
 * reason, or an error answered for. */
int npie_post_data(npie_post_t *post);
int npie_post_key(npie_post_t *post);
int npie_post_letter(npie_post_t *post);
int npie_post_issue(npie_post_t *post);
int npie_post_mail(npie_post_t *post);
int npie_post_terms(npie_post_t *post);
int npie_post_cancel(npie_post_t *post);
int npie_post_rekey(npie_post_t *post);
int npie_post_logout(npie_post_t *post);

#endif
