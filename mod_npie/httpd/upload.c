/* SPDX-License-Identifier: Apache-2.0
 * Fields that may be files.
 */
#include "httpd/upload.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

/* The first byte of a DER SEQUENCE (X.690 section 8.9). No base64 of one
 * begins with this character. */
#define SEQUENCE 0x30

/* The base64 between a PEM block's lines (RFC 7468); *text is left alone when
 * there is none. */
static apr_status_t unwrap(const char **text, apr_size_t *len, apr_pool_t *p)
{
    const char *copy = apr_pstrmemdup(p, *text, *len);
    const char *begin = strstr(copy, BEGIN);
    const char *end;

    if (begin == NULL) {
        return APR_SUCCESS;
    }
    begin = strstr(begin + sizeof(BEGIN) - 1, DASHES);
    end = begin != NULL ? strstr(begin + sizeof(DASHES) - 1, END) : NULL;
    if (end == NULL) {
        return NPIE_EINPUT;
    }
    *text = begin + sizeof(DASHES) - 1;
    *len = (apr_size_t)(end - *text);
    return APR_SUCCESS;
}

apr_status_t npie_upload_der(npie_bytes_t *der, const npie_form_t *form,
                             const char *name, apr_pool_t *p)
{
    const char *filename, *text;
    apr_size_t len;

    *der = npie_form_file(form, name, &filename);
    if (*filename != '\0' && der->len == 0) {
        return NPIE_EINPUT;
    }
    if (der->len > 0 && der->data[0] == SEQUENCE) {
        return APR_SUCCESS;
    }
    text = der->len > 0 ? (const char *)der->data : npie_form_text(form, name);
    len = der->len > 0 ? der->len : strlen(text);
    return unwrap(&text, &len, p) == APR_SUCCESS
        ? npie_text_base64_decode(der, text, len, p) : NPIE_EINPUT;
}

const char *npie_upload_text(const npie_form_t *form, const char *name,
                             apr_pool_t *p)
{
    npie_bytes_t file = npie_form_file(form, name, NULL);

    if (file.len == 0) {
        return npie_form_text(form, name);
    }
    return npie_text_is_clean_multiline((const char *)file.data, file.len)
        ? apr_pstrmemdup(p, (const char *)file.data, file.len) : "";
}
