/* SPDX-License-Identifier: Apache-2.0
 * Fields that may be files.
 */
#include "httpd/upload.h"

#include <string.h>

#include "base/text.h"
#include "pki/openssl.h"

/* Longer than any request or signature taken, in bytes. */
#define DER_MAX (64 * 1024)

/* The first byte of a DER SEQUENCE (X.690 section 8.9). No base64 of one
 * begins with this character. */
#define SEQUENCE 0x30

static const char *const labels[] = {
    "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "CMS", "PKCS7", NULL
};

apr_status_t npie_upload_der(npie_bytes_t *der, const npie_form_t *form,
                             const char *name, apr_pool_t *p)
{
    const char *filename, *text;

    *der = npie_form_file(form, name, &filename);
    if (*filename != '\0' && der->len == 0) {
        return NPIE_EINPUT;
    }
    if (der->len > 0 && der->data[0] == SEQUENCE) {
        return APR_SUCCESS;
    }
    if (der->len == 0) {
        text = npie_form_text(form, name);
        *der = (npie_bytes_t){ (const unsigned char *)text, strlen(text) };
    }
    text = npie_text_of(*der, p);
    return strstr(text, "-----BEGIN ") != NULL
        ? npie_openssl_der(der, *der, labels, DER_MAX, p)
        : npie_text_base64_decode(der, text, strlen(text), p);
}

const char *npie_upload_text(const npie_form_t *form, const char *name,
                             apr_pool_t *p)
{
    npie_bytes_t file = npie_form_file(form, name, NULL);

    if (file.len == 0) {
        return npie_form_text(form, name);
    }
    return npie_text_is_clean_multiline((const char *)file.data, file.len)
        ? npie_text_of(file, p) : "";
}
