/* SPDX-License-Identifier: Apache-2.0
 * The actions of a renewal under way: one function a form.
 */
#ifndef NPIE_HTTPD_POSTS_H
#define NPIE_HTTPD_POSTS_H

#include "httpd/page.h"

/* Each returns httpd's status: 303 to the next page, or to its own with the
 * reason, or an error answered for. */
int npie_post_data(npie_visit_t *post);
int npie_post_key(npie_visit_t *post);
int npie_post_letter(npie_visit_t *post);
int npie_post_issue(npie_visit_t *post);
int npie_post_mail(npie_visit_t *post);
int npie_post_terms(npie_visit_t *post);
int npie_post_cancel(npie_visit_t *post);
int npie_post_rekey(npie_visit_t *post);
int npie_post_logout(npie_visit_t *post);

#endif
