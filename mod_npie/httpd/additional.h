/* SPDX-License-Identifier: Apache-2.0
 * The pages of additional certificates: the employer's list, the signature of
 * a request, and what a colleague's link opens.
 */
#ifndef NPIE_HTTPD_ADDITIONAL_H
#define NPIE_HTTPD_ADDITIONAL_H

#include "flow/addition.h"
#include "httpd/page.h"

/** Shows the employer's list. */
int npie_additional_show_list(npie_visit_t *visit);

/** Shows one of the pages about one request, whose number is n of the query: a
 * letter to be signed, or a key made and a certificate received here instead
 * of by the colleague. */
int npie_additional_show_one(npie_visit_t *visit);

/** The list as JSON, sorted as the page has it.
 * @return the status answered with */
int npie_additional_list_json(npie_visit_t *visit);

/** One request as JSON, as a list of one.
 * Whoever comes by a link is given no token and no letter.
 * @return the status answered with */
int npie_additional_one_json(npie_visit_t *visit,
                             const npie_addition_view_t *view);

/** Sets npie_additionals_past when some have lapsed, for listo.html. */
void npie_additional_past(npie_visit_t *visit);

/** Sets the variables of one row, in the sub-request for it. */
int npie_additional_row(npie_visit_t *visit);

/** GET adicional.html?t=token. Changes nothing. */
int npie_additional_link(npie_visit_t *visit);

/** POST adicional.html, fields t, accion: the token is the proof. */
int npie_additional_use_link(npie_visit_t *visit);

/** The letter of a request, signed or not. */
int npie_additional_file(npie_visit_t *visit);

/* The employer's forms. */
int npie_post_additional(npie_visit_t *post);
int npie_post_additional_sign(npie_visit_t *post);
int npie_post_additional_here(npie_visit_t *post);

/** What a colleague's page does, by accion: llave (solicitud, huella) or
 * obtener.
 * @param actor as npie_flow_addition_key() takes it
 * @param pdone set to 1 when the key was taken and the caller is to answer
 * @return status answered for, or OK with *pdone 1 */
int npie_additional_act(int *pdone, request_rec *r, npie_flow_t *flow,
                        const npie_addition_view_t *view, const char *actor,
                        const npie_form_t *form, npie_err_t *err);

/** Variables of a colleague's page. */
void npie_additional_vars(request_rec *r, npie_flow_t *flow,
                          const npie_addition_view_t *view);

#endif
