/* SPDX-License-Identifier: Apache-2.0
 * Parses pkcs11: URIs with p11-kit, and checks the rules of this project.
 */
#include "pkcs11/uri.h"

#include <string.h>

#include <apr_strings.h>
#include <p11-kit/uri.h>

static apr_status_t free_parsed(void *data)
{
    p11_kit_uri_free(data);
    return APR_SUCCESS;
}

int npie_pkcs11_uri_is(const char *text)
{
    return strncmp(text, "pkcs11:", 7) == 0;
}

/* Tells whether the URI sets this attribute of the token. Attributes are padded
 * with blanks, and zero when not set. */
static int names_token(P11KitUri *uri)
{
    const CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(uri);

    return info->label[0] != 0 || info->serialNumber[0] != 0
        || info->manufacturerID[0] != 0 || info->model[0] != 0;
}

static const char *check_key(P11KitUri *uri)
{
    const CK_ATTRIBUTE *type = p11_kit_uri_get_attribute(uri, CKA_CLASS);

    if (p11_kit_uri_get_attribute(uri, CKA_LABEL) == NULL
        && p11_kit_uri_get_attribute(uri, CKA_ID) == NULL) {
        return "it names no key: add object= or id=";
    }
    if (type != NULL
        && *(const CK_OBJECT_CLASS *)type->pValue != CKO_PRIVATE_KEY) {
        return "its type must be private";
    }
    return NULL;
}

static const char *check_token(P11KitUri *uri)
{
    return p11_kit_uri_get_attribute(uri, CKA_LABEL) == NULL
        && p11_kit_uri_get_attribute(uri, CKA_ID) == NULL
        && p11_kit_uri_get_attribute(uri, CKA_CLASS) == NULL
        ? NULL : "it is to name a token alone: leave object=, id= and type= "
                 "out";
}

static const char *check(P11KitUri *uri, npie_pkcs11_uri_kind_t kind)
{
    const char *path = p11_kit_uri_get_module_path(uri);

    if (p11_kit_uri_get_pin_value(uri) != NULL
        || p11_kit_uri_get_pin_source(uri) != NULL) {
        return "a PIN has no place in it, nor where one is: use a PIN file";
    }
    if (p11_kit_uri_get_module_name(uri) != NULL
        || (path != NULL && path[0] != '/')) {
        return "its module is named by an absolute module-path=";
    }
    if (p11_kit_uri_any_unrecognized(uri)) {
        return "it has an attribute that is not known";
    }
    if (!names_token(uri)) {
        return "it names no token: add token= or serial=";
    }
    return kind == NPIE_PKCS11_URI_KEY ? check_key(uri) : check_token(uri);
}

apr_status_t npie_pkcs11_uri_parse(npie_pkcs11_uri_t **puri, const char *text,
                                  npie_pkcs11_uri_kind_t kind, npie_err_t *err,
                                  apr_pool_t *p)
{
    npie_pkcs11_uri_t *uri = apr_pcalloc(p, sizeof(*uri));
    P11KitUri *parsed = p11_kit_uri_new();
    const char *wrong = "out of memory";

    if (parsed != NULL) {
        int rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, parsed);

        apr_pool_cleanup_register(p, parsed, free_parsed,
                                  apr_pool_cleanup_null);
        wrong = rc == P11_KIT_URI_OK ? check(parsed, kind)
                : p11_kit_uri_message(rc);
    }
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "the pkcs11: URI: %s", wrong);
    }
    uri->parsed = parsed;
    uri->text = apr_pstrmemdup(p, text, strcspn(text, "?"));
    uri->module = apr_pstrdup(p, p11_kit_uri_get_module_path(parsed));
    *puri = uri;
    return APR_SUCCESS;
}
