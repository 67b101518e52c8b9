/* SPDX-License-Identifier: Apache-2.0
 * The pages of additional certificates: the employer's list, the signature of
 * a request, and what a colleague's link opens.
 */
#ifndef NPIE_HTTPD_ADDITIONAL_H
#define NPIE_HTTPD_ADDITIONAL_H

#include "base/form.h"
#include "flow/addition.h"
#include "httpd/posts.h"

/** The employer's pages: the list; a letter to be signed; a key made and a
 * certificate received here instead of by the colleague. The last two take
 * the request's number as n of the query. */
#define NPIE_ADDITIONAL_LIST "adicionales.html"
#define NPIE_ADDITIONAL_SIGN "autorizar.html"
#define NPIE_ADDITIONAL_HERE "adicional-aqui.html"

/** The letter's file, with the request's number between these two. */
#define NPIE_LETTER3_BEGIN "SolicituddeCertificadoAdicional-"
#define NPIE_LETTER3_END ".pdf"

/** The part of the list that is shown once a row, with its number (from 0) as
 * the query. */
#define NPIE_ADDITIONAL_ROW "partes/adicional-fila.html"

/** Is this one of the employer's pages? */
int npie_additional_is_page(const char *name);

/** The number in the name of a letter's file; 0: it is none. */
apr_int64_t npie_additional_letter(const char *name, apr_pool_t *p);

/** Shows one of the employer's pages.
 * @return OK, or a status answered for */
int npie_additional_show(request_rec *r, const npie_holder_t *holder,
                         npie_flow_t *flow, const npie_place_t *place,
                         const char *name);

/** The list as JSON, sorted as the page has it.
 * @return the status answered with */
int npie_additional_list_json(request_rec *r, const npie_holder_t *holder,
                              npie_flow_t *flow, apr_int64_t employer);

/** One request as JSON, as a list of one.
 * @param page the file name of the page
 * @param holder NULL for whoever comes by a link: no token, no letter
 * @return the status answered with */
int npie_additional_one_json(request_rec *r, const char *page,
                             const npie_holder_t *holder,
                             const npie_addition_view_t *view);

/** Sets npie_additionals_past when some have lapsed, for listo.html. */
void npie_additional_past(request_rec *r, npie_flow_t *flow,
                          apr_int64_t employer);

/** Sets the variables of one row, in the sub-request for it. */
int npie_additional_row(request_rec *r);

/** GET adicional.html?t=token. Changes nothing. */
int npie_additional_link(request_rec *r);

/** POST adicional.html, fields t, accion: the token is the proof. */
int npie_additional_use_link(request_rec *r, const npie_form_t *form);

/** The letter of a request, signed or not. */
int npie_additional_file(request_rec *r, npie_flow_t *flow,
                         const npie_place_t *place);

/* The employer's forms. */
int npie_post_additional(npie_post_t *post);
int npie_post_additional_sign(npie_post_t *post);
int npie_post_additional_here(npie_post_t *post);

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
