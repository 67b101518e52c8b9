/* SPDX-License-Identifier: Apache-2.0
 * Templates of mails, which the admin may replace. conf/mail/obtener.txt
 * describes their format.
 */
#ifndef NPIE_MAIL_TEMPLATE_H
#define NPIE_MAIL_TEMPLATE_H

#include <apr_pools.h>

#include "base/status.h"
#include "model/mail.h"

/** Maximum size of a template file in bytes. */
#define NPIE_TEMPLATE_MAX 65536

/** Values, with the placeholder that stands for each in a template. */
typedef enum npie_mail_value_t {
    /* in every mail, and in the frame */
    NPIE_MAIL_VALUE_NAME,        /**< {nombre} of the legal representative */
    NPIE_MAIL_VALUE_COMPANY,     /**< {razon_social} */
    NPIE_MAIL_VALUE_RP,          /**< {rp}, "A064878710-7" */
    NPIE_MAIL_VALUE_INSTITUTION, /**< {instituto} */
    NPIE_MAIL_VALUE_SITE,        /**< {sitio}: NPIEBaseURL */
    /* obtener, cambio, liga, adicional and adicional-listo */
    NPIE_MAIL_VALUE_LINK,        /**< {liga}: https address with its token */
    NPIE_MAIL_VALUE_LINK_UNTIL,  /**< {liga_vence}: a date */
    /* obtener and liga */
    NPIE_MAIL_VALUE_KEY,         /**< {llave}: file name, "A064878710_2.key" */
    /* cambio */
    NPIE_MAIL_VALUE_EMAIL,       /**< {correo}: the new address, partly
                                      masked */
    /* emitido, vencimiento, adicional-listo and adicional-emitido: of the
     * certificate */
    NPIE_MAIL_VALUE_SERIAL,      /**< {serie} */
    NPIE_MAIL_VALUE_UNTIL,       /**< {hasta}: a date */
    /* vencimiento */
    NPIE_MAIL_VALUE_DAYS,        /**< {dias}: "15 días", "1 día" */
    /* adicional and those that begin with it: of the colleague */
    NPIE_MAIL_VALUE_HOLDER,      /**< {titular} */
    NPIE_MAIL_VALUE_PURPOSE,     /**< {finalidad} */
    NPIE_MAIL_VALUES             /**< how many */
} npie_mail_value_t;

/** The templates of all kinds, compiled. Read-only; threads share them. */
typedef struct npie_templates_t npie_templates_t;

/** The texts of a mail. */
typedef struct npie_mail_text_t {
    const char *subject; /**< clean UTF-8, one line */
    const char *text;    /**< clean UTF-8, lines ended by \n */
    const char *html;    /**< the same as an HTML document */
} npie_mail_text_t;

/**
 * Loads and compiles <kind>.txt and <kind>.html of every kind, and marco.txt
 * and marco.html, the frame around them.
 * @param dir a directory; ptemplates set in p
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and remedy in err->detail:
 *         a file is missing, too long or not UTF-8; a placeholder is unknown or
 *         not available in that kind; {liga} is missing in a kind that has it;
 *         {contenido} is missing in the frame
 */
apr_status_t npie_templates_load(npie_templates_t **ptemplates,
                                 const char *dir, npie_err_t *err,
                                 apr_pool_t *p);

/** The same of <kind>.<language>.txt and <kind>.<language>.html, as
 * obtener.en.txt.
 * @param language tag */
apr_status_t npie_templates_load_in(const npie_templates_t **ptemplates,
                                    const char *dir, const char *language,
                                    npie_err_t *err, apr_pool_t *p);

/**
 * Renders the texts of a kind with their values, escaped in the HTML.
 * @param values NPIE_MAIL_VALUES NUL-ended strings; NULL for values that the
 *        kind does not have
 * @return APR_SUCCESS; NPIE_EINPUT (ENCODING): a value is not clean UTF-8 of
 *         one line; NPIE_EINTERNAL: a value that the kind has is NULL
 */
apr_status_t npie_templates_render(npie_mail_text_t *text,
                                   const npie_templates_t *templates,
                                   npie_mail_kind_t kind,
                                   const char *const *values, npie_err_t *err,
                                   apr_pool_t *p);

#endif
