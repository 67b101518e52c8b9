/* SPDX-License-Identifier: Apache-2.0
 * The kinds of mail that mod_npie sends.
 */
#ifndef NPIE_MODEL_MAIL_H
#define NPIE_MODEL_MAIL_H

/** A kind of mail. The registry stores its name, and its template files have
 * this name. */
typedef enum npie_mail_kind_t {
    NPIE_MAIL_OBTAIN,  /**< "obtener": obtain your certificate; with a link */
    NPIE_MAIL_CHANGED, /**< "cambio": tells the registered address that another
                            one was given; with a link that stops */
    NPIE_MAIL_ISSUED,  /**< "emitido": the certificate was issued */
    NPIE_MAIL_EXPIRY,  /**< "vencimiento": the certificate expires in n days */
    NPIE_MAIL_AGAIN,   /**< "liga": the link, requested again */
    NPIE_MAIL_ADDITIONAL, /**< "adicional": to a colleague: make your key; with
                               a link */
    NPIE_MAIL_ADDITIONAL_READY, /**< "adicional-listo": to a colleague: obtain
                                     your certificate; with a link */
    NPIE_MAIL_ADDITIONAL_KEY, /**< "adicional-llave": to the employer: a
                                   colleague has made the key, sign */
    NPIE_MAIL_ADDITIONAL_ISSUED, /**< "adicional-emitido": to the employer */
    NPIE_MAIL_ACUSE,   /**< "acuse": the renewal's letters, sealed, attached */
    NPIE_MAIL_KINDS    /**< how many */
} npie_mail_kind_t;

/** Returns the name of a kind, static; "?" out of range. Thread-safe. */
const char *npie_mail_kind_name(npie_mail_kind_t kind);

#endif
