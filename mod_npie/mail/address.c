/* SPDX-License-Identifier: Apache-2.0
 * Parses a mailbox: an address, with or without a display name.
 */
#include "mail/address.h"

#include <apr_strings.h>

#include <string.h>

#include "base/text.h"
#include "model/field.h"

#define NAME_MAX_BYTES 200

static apr_status_t no_address(npie_err_t *err, const char *why)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_EMAIL, "mail address: %s",
                        why);
}

/* Returns the display name before " <", unquoted; NULL when its quote is not
 * closed. Sets *pend to the text after it. */
static const char *read_name(const char **pend, const char *text, apr_pool_t *p)
{
    char *name = apr_palloc(p, strlen(text) + 1);
    char *out = name;
    const char *at = text;

    if (*at != '"') {
        *pend = at + strcspn(at, "<");
        return npie_text_trim(apr_pstrmemdup(p, at, (apr_size_t)(*pend - at)),
                              p);
    }
    for (++at; *at != '"'; ++at) {
        if (*at == '\\') {
            ++at;
        }
        if (*at == '\0') {
            return NULL;
        }
        *out++ = *at;
    }
    *out = '\0';
    ++at;
    *pend = at + strspn(at, " ");
    return npie_text_trim(name, p);
}

apr_status_t npie_mailbox_parse(npie_mailbox_t *mailbox, const char *text,
                                npie_err_t *err, apr_pool_t *p)
{
    const char *end = NULL;
    const char *address;
    apr_size_t len;

    if (!npie_text_is_clean(text, strlen(text))) {
        return no_address(err, "control characters, or no UTF-8");
    }
    text = npie_text_trim(text, p);
    if (npie_field_email(text)) {
        mailbox->name = "";
        mailbox->address = text;
        return APR_SUCCESS;
    }
    mailbox->name = read_name(&end, text, p);
    len = mailbox->name == NULL ? 0 : strlen(end);
    if (len < 2 || end[0] != '<' || end[len - 1] != '>') {
        return no_address(err, "write name@domain, or Name <name@domain>");
    }
    address = apr_pstrmemdup(p, end + 1, len - 2);
    if (!npie_field_email(address)) {
        return no_address(err, "the text in < > is not an address");
    }
    if (strlen(mailbox->name) > NAME_MAX_BYTES) {
        return no_address(err, "the name before it has more than 200 bytes");
    }
    mailbox->address = address;
    return APR_SUCCESS;
}
