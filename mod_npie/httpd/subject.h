/* SPDX-License-Identifier: Apache-2.0
 * Whom a request is about and by what name it can be found again: what the
 * log's line of a refusal ends with, and the reference that a page shows to
 * who calls support.
 */
#ifndef NPIE_HTTPD_SUBJECT_H
#define NPIE_HTTPD_SUBJECT_H

#include "httpd/session.h"

/**
 * Notes what somebody typed as their name, for the log.
 * @param typed any UTF-8, "" = nothing; no more than a user name's length of
 *        it is kept
 */
void npie_subject_typed(request_rec *r, const char *typed);

/**
 * Notes whose certificate came with the request, before there is a session.
 * @param rp registro patronal; "" = unknown
 * @param serial as people read it, npie_cert_serial_text()
 */
void npie_subject_certificate(request_rec *r, const char *rp,
                              const char *serial);

/**
 * What is known: "RP ..., serial ..., user "...", session ..., request ...".
 * The session's is eight digits of a hash of its name: the same in each line
 * of one session, and of no use for finding it. What was noted for this
 * request goes before what its session has.
 * @return in r->pool, never empty
 */
const char *npie_subject_text(const request_rec *r);

/** The same eight digits, or "" without a session. */
const char *npie_subject_session(const request_rec *r);

/** The request's reference: mod_unique_id's, or a random one where it is not
 * loaded. The same for its sub-requests and internal redirects. Only letters,
 * digits, @, - and _. */
const char *npie_subject_reference(const request_rec *r);

#endif
