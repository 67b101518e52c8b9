/* SPDX-License-Identifier: Apache-2.0
 * The kinds of mail that employers are sent.
 */
#ifndef NPIE_MODEL_MAIL_H
#define NPIE_MODEL_MAIL_H

/** A kind of mail. Its name is what the registry stores and what its template
 * files are called. */
typedef enum npie_mail_kind_t {
    NPIE_MAIL_OBTAIN,  /**< "obtener": obtain your certificate; with a link */
    NPIE_MAIL_CHANGED, /**< "cambio": to the address of before, that another
                            one was given; with a link that stops */
    NPIE_MAIL_ISSUED,  /**< "emitido": the certificate was issued */
    NPIE_MAIL_EXPIRY,  /**< "vencimiento": the certificate expires in n days */
    NPIE_MAIL_AGAIN,   /**< "liga": the link, asked for again */
    NPIE_MAIL_ADDITIONAL, /**< "adicional": to a colleague: make your key; with
                               a link */
    NPIE_MAIL_ADDITIONAL_READY, /**< "adicional-listo": to a colleague: obtain
                                     your certificate; with a link */
    NPIE_MAIL_ADDITIONAL_KEY, /**< "adicional-llave": to the employer: a
                                   colleague has made his key, sign */
    NPIE_MAIL_ADDITIONAL_ISSUED, /**< "adicional-emitido": to the employer */
    NPIE_MAIL_ACUSE,   /**< "acuse": the renewal's letters, sealed, attached */
    NPIE_MAIL_KINDS    /**< how many */
} npie_mail_kind_t;

/** The name of a kind, static; "?" out of range. Thread-safe. */
const char *npie_mail_kind_name(npie_mail_kind_t kind);

#endif
