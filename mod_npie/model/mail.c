/* SPDX-License-Identifier: Apache-2.0
 * The table of names of the kinds of mail.
 */
#include "model/mail.h"

const char *npie_mail_kind_name(npie_mail_kind_t kind)
{
    static const char *const names[NPIE_MAIL_KINDS] = {
        [NPIE_MAIL_OBTAIN] = "obtener",
        [NPIE_MAIL_CHANGED] = "cambio",
        [NPIE_MAIL_ISSUED] = "emitido",
        [NPIE_MAIL_EXPIRY] = "vencimiento",
        [NPIE_MAIL_AGAIN] = "liga",
        [NPIE_MAIL_ADDITIONAL] = "adicional",
        [NPIE_MAIL_ADDITIONAL_READY] = "adicional-listo",
        [NPIE_MAIL_ADDITIONAL_KEY] = "adicional-llave",
        [NPIE_MAIL_ADDITIONAL_ISSUED] = "adicional-emitido",
        [NPIE_MAIL_ACUSE] = "acuse",
    };

    return (int)kind >= 0 && kind < NPIE_MAIL_KINDS ? names[kind] : "?";
}
