/* SPDX-License-Identifier: Apache-2.0
 * The renewal: what each move does. Every move is one transaction in the
 * registry, committed before the call returns, and safe to repeat.
 */
#ifndef NPIE_FLOW_FLOW_H
#define NPIE_FLOW_FLOW_H

#include "flow/machine.h"
#include "flow/policy.h"
#include "flow/port.h"
#include "letter/letter.h"
#include "letter/file.h"
#include "pki/cert.h"
#include "pki/seals.h"
#include "signer/client.h"
#include "store/outbox.h"

/** What a request's flow works with; one thread, one request. */
typedef struct npie_flow_t {
    npie_registry_t *registry;
    const npie_signer_t *signer;
    const npie_trust_t *trust;
    const npie_seals_t *seals; /**< NULL: none, and no letter is sealed */
    const npie_letter_art_t *art;
    const npie_policy_t *policy;
    const npie_port_t *port; /**< NULL: sessions and answers are kept by
                                  others, see flow/port.h */
    const npie_sentences_t *sentences; /**< in Spanish; NULL: as built in */
    const npie_sentences_t *language; /**< of who asks, whose mails are in it;
                                           NULL: Spanish */
    const char *browser; /**< a login's, for the audit: a family's name,
                              [a-z-]+; NULL: unknown */
    apr_time_t now; /**< UTC microseconds */
    apr_pool_t *p;  /**< everything returned lives here */
} npie_flow_t;

/** Who a login turned out to be. */
typedef struct npie_login_t {
    npie_verdict_t verdict;
    npie_problem_t problem;          /**< REFUSED: why, else 0 */
    const npie_cert_t *cert;         /**< the proved certificate; NULL when the
                                          signature itself did not hold */
    const npie_certificate_t *certificate; /**< its row, or NULL */
    const npie_employer_t *employer; /**< or NULL */
} npie_login_t;

/**
 * Judges a signed login challenge. Whether the challenge is fresh, ours and
 * unspent is the caller's matter, before this. Writes nothing, but that a
 * policy with adopt may take the certificate in: see flow/adopt.h.
 * @param challenge the signed text; cms: DER, detached
 * @param user user name as typed, NUL ended, compared without regard to ASCII
 *        case; "" skips that comparison
 * @return APR_SUCCESS with the login filled, also when it is refused for a
 *         reason that the person proved to be concerned by (verdict REFUSED):
 *         UNTRUSTED and KEY_WEAK (cert alone is set), CERT_UNKNOWN (the
 *         registry has not this key and serial), CERT_MALFORMED (no RP in OU),
 *         CERT_OTHER (RP of another employer), USER, and those of
 *         npie_policy_judge(); NPIE_EINPUT, NPIE_ESIGNATURE (SIGNATURE) when
 *         nothing was proved; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_flow_login(npie_login_t *login, npie_flow_t *flow,
                             npie_bytes_t challenge, npie_bytes_t cms,
                             const char *user, npie_err_t *err);

/**
 * Judges a certificate whose key was proved otherwise, in a TLS handshake, as
 * npie_flow_login() does the signer's, but nothing is adopted: no user name
 * is typed. Writes nothing.
 * @param certificate DER or PEM
 * @param chain of npie_bytes_t (DER) that came along; may be NULL
 * @return as npie_flow_login(); NPIE_EINPUT (CERT_MALFORMED) when it cannot be
 *         parsed
 */
apr_status_t npie_flow_login_cert(npie_login_t *login, npie_flow_t *flow,
                                  npie_bytes_t certificate,
                                  const apr_array_header_t *chain,
                                  npie_err_t *err);

/**
 * The certificate of a key whose possession is proved, for whoever has the key
 * alone: not for others, as it names a person. Expired and replaced ones too.
 * Writes nothing.
 * @param challenge the signed text, as npie_flow_login() has it
 * @param spki SubjectPublicKeyInfo, DER; signature: pki/proof.h
 * @return APR_SUCCESS; NPIE_EINPUT, NPIE_ESIGNATURE (SIGNATURE); NPIE_EPOLICY
 *         (KEY_UNKNOWN); NPIE_EBACKEND
 */
apr_status_t npie_flow_by_key(npie_certificate_t **prow, npie_flow_t *flow,
                              npie_bytes_t challenge, npie_bytes_t spki,
                              npie_bytes_t signature, npie_err_t *err);

/** Whose request this is: rows of the session. */
typedef struct npie_who_t {
    apr_int64_t employer;
    apr_int64_t certificate; /**< the proved one */
    const char *actor;       /**< for the audit: the certificate's serial */
    const char *session;     /**< its key, spared where sessions end; or NULL */
} npie_who_t;

/** What became of the mail with the link, until the certificate is made. */
typedef struct npie_place_mail_t {
    int waits;           /**< 1: signed, and there is a mail server: correo is
                              the page; else link_required and left are
                              zero */
    int link_required;   /**< 1: only the link goes on */
    int left;            /**< how often it can still be asked for */
    npie_outbox_t *last; /**< the newest mail with a link to go on; NULL when
                              none was queued; set while signed
                              or confirmed */
    npie_outbox_t *issued; /**< of a completed renewal: the mail that says so,
                                or NULL */
} npie_place_mail_t;

/** Where an employer is: all rows a page may show. */
typedef struct npie_place_t {
    npie_verdict_t verdict;       /**< of the proved certificate, now */
    npie_problem_t problem;       /**< REFUSED: why */
    npie_employer_t *employer;    /**< with the renewal's contact once given */
    npie_contact_t registered;    /**< the contact data before this renewal */
    npie_certificate_t *certificate; /**< the proved one */
    npie_certificate_t *old;      /**< the renewal's; without one the
                                       proved one */
    npie_certificate_t *newest;   /**< principal; NULL when there is none */
    npie_renewal_t *renewal;      /**< the open one; or the completed one that
                                       made the proved certificate (verdict
                                       APPLICATION or EARLY) or that superseded
                                       it by the newest (REFUSED); else NULL.
                                       Additional certificates see none. */
    npie_certificate_t *issued;   /**< the renewal's new one, or NULL */
    int generation;               /**< n of the key being made, once
                                       issued that of issued */
    npie_place_mail_t mail;       /**< set by npie_flow_place() alone */
    int lapsed;                   /**< 1: this very call found an unfinished
                                       renewal over its time and ended it */
} npie_place_t;

/**
 * Finds where the employer is now; lapses what has timed out. One read a row,
 * outside a transaction unless something lapses. Before issued, the contact
 * data in place->employer are those of the open renewal; the employer's row
 * takes them over when the certificate is issued.
 * @return APR_SUCCESS; APR_NOTFOUND (rows are gone: end the session);
 *         NPIE_EBACKEND
 */
apr_status_t npie_flow_place(npie_place_t *place, npie_flow_t *flow,
                             const npie_who_t *who, npie_err_t *err);

/**
 * For downloads: puts the completed renewal that made the proved certificate
 * into a place without any, though that certificate has expired since. Of an
 * additional certificate only issued is set, to itself.
 * Writes nothing.
 * @param place as npie_flow_place() left it; renewal and issued may be set
 * @return APR_SUCCESS, also when there was none; NPIE_EBACKEND
 */
apr_status_t npie_flow_place_past(npie_place_t *place, npie_flow_t *flow,
                                  npie_err_t *err);

/* The moves. Each finds the place again inside its transaction and writes its
 * audit row there. They return APR_SUCCESS when done or done before;
 * NPIE_ECONFLICT (NOT_NOW, DATA_OTHER and KEY_OTHER when it has other ones
 * already, or LAPSED when it was over its time) when the renewal is at another
 * step: show that one; NPIE_EINPUT, NPIE_EPOLICY (the
 * proved or the old certificate's CERT_* problem among them),
 * NPIE_ESIGNATURE with the problem to show; NPIE_EBACKEND to try again;
 * NPIE_EPROTO, NPIE_EINTERNAL; APR_NOTFOUND as npie_flow_place(). After
 * anything but APR_SUCCESS nothing has changed, but that a renewal over its
 * time is lapsed. */

/** datos: contact data, checked by npie_flow_contact_check(). Begins a
 * renewal of the proved certificate, or corrects it before llave. */
apr_status_t npie_flow_data(npie_flow_t *flow, const npie_who_t *who,
                            const npie_contact_t *contact, npie_err_t *err);

/** Contact data corrected after llave and before the certificate is made, as
 * when the mail with the link is refused: key and request stay, letter 1 is
 * voided and drawn anew, and is to be signed again. The same data as before
 * change nothing. The registered address is told of another address. */
apr_status_t npie_flow_correct(npie_flow_t *flow, const npie_who_t *who,
                               const npie_contact_t *contact, npie_err_t *err);

/** llave: the request (DER or PEM), the key file's name (without .key,
 * [A-Za-z0-9_-]{1,64}) and SHA-256 (hex, may be ""). Fixes letter 1. A request
 * for the same key again, keyed or later, is done before. */
apr_status_t npie_flow_key(npie_flow_t *flow, const npie_who_t *who,
                           npie_bytes_t csr, const char *key_name,
                           const char *key_sha256, npie_err_t *err);

/** Back to llave with the letter voided: the key or its password is lost. */
apr_status_t npie_flow_rekey(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err);

/** Why a file is not the letter asked for (problem LETTER). */
typedef enum npie_letter_mismatch_t {
    NPIE_MISMATCH_NONE,
    NPIE_MISMATCH_EMPTY,
    NPIE_MISMATCH_NOT_PDF,       /**< see kind */
    NPIE_MISMATCH_OTHER_PDF,
    NPIE_MISMATCH_RESAVED,
    NPIE_MISMATCH_ALTERED,       /**< this letter's folio, other bytes */
    NPIE_MISMATCH_OLDER,         /**< voided letter, earlier renewal */
    NPIE_MISMATCH_OTHER_KIND,    /**< letter 2 for 1 or the reverse, or 3 */
    NPIE_MISMATCH_OTHER_EMPLOYER,
    NPIE_MISMATCH_FORGED         /**< a folio we never gave out */
} npie_letter_mismatch_t;

/** What is known of the file that was no match. */
typedef struct npie_letter_check_t {
    npie_letter_mismatch_t mismatch;
    npie_file_kind_t kind;
    apr_int64_t folio; /**< of the file, 0 = unknown */
} npie_letter_check_t;

/**
 * carta, terminos: the employer's signature over a letter. Letter 1 takes the
 * signature of the renewal's old certificate and goes on to confirmed when
 * there is no mail server and no mail link is required; letter 2 that of the
 * new one, which must be valid now, and ends the old certificate and its
 * additional ones as superseded.
 * Success with letter 2 always means that the new key has signed it in this
 * very call, also when it was signed before; letter 1 signed before is not
 * looked at again.
 * @param cms DER; len 0: take the signature that the file carries
 * @param file the file chosen by the user, unsigned or signed; len 0 when the
 *        page signed the letter it showed
 * @param check filled when the problem is LETTER; may be NULL
 * With success after letter 2 the sessions of what it replaced have ended,
 * but for the session that asks; NPIE_EBACKEND when they could not be: to be
 * tried again.
 * @return as all moves; LETTER (the file is not this letter), LETTER_SIGNER
 *         (another certificate signed; err->detail says which one and which
 *         was wanted), LETTER_ALTERED, SIGNATURE, UNTRUSTED, KEY_WEAK
 */
apr_status_t npie_flow_sign(npie_flow_t *flow, const npie_who_t *who,
                            npie_letter_kind_t kind, npie_bytes_t cms,
                            npie_bytes_t file, npie_letter_check_t *check,
                            npie_err_t *err);

/** The mail link was opened, or need not be. It does not ask whether it had to
 * be: that is npie_flow_mail_skip()'s. */
apr_status_t npie_flow_confirm(npie_flow_t *flow, const npie_who_t *who,
                               npie_err_t *err);

/** certificado: asks the signer, checks what it made (key, RP, dates, trust)
 * and takes the certificate in; letter 2 is fixed, and the employer's row
 * takes over the renewal's contact data. Done before: APR_SUCCESS. The
 * signer gives the same certificate for the same renewal, so two at once, or
 * one after a fault, end with one certificate. NPIE_EPOLICY (NEW_KEY_SEEN): a
 * certificate of this key went to nobody; the renewal is back at llave. */
apr_status_t npie_flow_issue(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err);

/** Ends an open renewal before issued, and the sessions of the certificate
 * proved but for the one that asks. */
apr_status_t npie_flow_cancel(npie_flow_t *flow, const npie_who_t *who,
                              npie_err_t *err);

/** Which field of a contact is wrong: FIELD_EMPTY, FIELD_LONG, ENCODING,
 * EMAIL, EMAIL_DIFFERS, PHONE, FAX. */
typedef struct npie_contact_check_t {
    npie_problem_t email, email2, phone, fax; /**< NPIE_P_NONE = good */
} npie_contact_check_t;

/**
 * Checks and normalises what was typed on datos. Texts NUL ended, any bytes;
 * NULL is as "".
 * @param contact set to trimmed, normalised values in p when all are good
 * @return APR_SUCCESS or NPIE_EINPUT with check filled; check is always set
 */
apr_status_t npie_flow_contact_check(npie_contact_t *contact,
                                     npie_contact_check_t *check,
                                     const char *email, const char *email2,
                                     const char *phone, const char *fax,
                                     apr_pool_t *p);

#endif
