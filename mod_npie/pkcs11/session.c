/* SPDX-License-Identifier: Apache-2.0
 * Finds a token, logs in to it, and finds its objects.
 */
#include "pkcs11/session.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <p11-kit/uri.h>

#define SLOTS_MAX 256
#define PIN_MAX 255

/* Finds the slot whose token matches the URI; exactly one must match. */
static apr_status_t find_slot(CK_SLOT_ID *pslot, CK_TOKEN_INFO *pinfo,
                              const npie_pkcs11_module_t *module,
                              const npie_pkcs11_uri_t *uri, npie_err_t *err)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    int found = 0;
    CK_RV rc = module->call->C_GetSlotList(CK_TRUE, slots, &count);

    memset(pinfo, 0, sizeof(*pinfo));
    if (rc != CKR_OK) {
        return npie_pkcs11_fail(err, uri, "the slots cannot be listed", rc);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        if (module->call->C_GetTokenInfo(slots[i], &info) == CKR_OK
            && (info.flags & CKF_TOKEN_INITIALIZED) != 0
            && p11_kit_uri_match_token_info(uri->parsed, &info) == 1) {
            *pslot = slots[i];
            *pinfo = info;
            found++;
        }
    }
    if (found == 1) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, found == 0
                        ? "%.100s: there is no such token: is it plugged in, "
                          "is %.80s its module, may User use it?"
                        : "%.100s: more than one token of %.80s is called so: "
                          "add its serial=", uri->text, module->path);
}

static apr_status_t give_up(npie_pkcs11_token_t *token, const char *why,
                            npie_err_t *err)
{
    token->given_up = 1;
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%.80s: %.80s: %s",
                        token->uri->text, token->pin_name == NULL
                        ? "no PIN file" : token->pin_name, why);
}

static int is_refused(CK_RV rc)
{
    return rc == CKR_PIN_INCORRECT || rc == CKR_PIN_INVALID
        || rc == CKR_PIN_LEN_RANGE || rc == CKR_PIN_LOCKED
        || rc == CKR_PIN_EXPIRED || rc == CKR_USER_PIN_NOT_INITIALIZED;
}

/* Logs in. A token locks after a few wrong PINs, so no PIN is tried twice, and
 * the last try is left to a person. */
static apr_status_t log_in(npie_pkcs11_token_t *token,
                           const CK_TOKEN_INFO *info, npie_err_t *err)
{
    const int pad = (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    CK_RV rc;

    if ((info->flags & CKF_LOGIN_REQUIRED) == 0) {
        return APR_SUCCESS;
    }
    if (token->pin == NULL && !pad) {
        return give_up(token, "the token wants a PIN", err);
    }
    if ((info->flags & CKF_USER_PIN_LOCKED) != 0) {
        return give_up(token, "the token's PIN is locked: unlock it as its "
                       "security officer", err);
    }
    if ((info->flags & CKF_USER_PIN_FINAL_TRY) != 0) {
        return give_up(token, "one try is left before the token locks, and it "
                       "is not used up here: log in by hand once, as with "
                       "pkcs11-tool --login", err);
    }
    rc = token->module->call->C_Login(token->session, CKU_USER,
                                      (CK_UTF8CHAR *)token->pin,
                                      token->pin_len);
    if (rc == CKR_OK || rc == CKR_USER_ALREADY_LOGGED_IN) {
        return APR_SUCCESS;
    }
    if (is_refused(rc)) {
        return give_up(token, "the token refuses this PIN; it is not tried "
                       "again until the next start. Put the right one there "
                       "first: a token locks after a few wrong ones", err);
    }
    return npie_pkcs11_fail(err, token->uri, "the login failed", rc);
}

apr_status_t npie_pkcs11_open(npie_pkcs11_token_t *token, npie_err_t *err)
{
    CK_FLAGS flags = CKF_SERIAL_SESSION | (token->writes ? CKF_RW_SESSION : 0);
    CK_TOKEN_INFO info;
    apr_status_t rv;
    CK_RV rc;

    if (token->given_up) {
        return give_up(token, "the token refused this PIN, and it is not "
                       "tried again until the next start", err);
    }
    if (token->module->running
        && token->generation == token->module->generation) {
        return APR_SUCCESS;
    }
    token->generation = 0;
    rv = find_slot(&token->slot, &info, token->module, token->uri, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rc = token->module->call->C_OpenSession(token->slot, flags, NULL, NULL,
                                            &token->session);
    if (rc != CKR_OK) {
        return npie_pkcs11_fail(err, token->uri, "no session could be opened",
                               rc);
    }
    rv = log_in(token, &info, err);
    if (rv == APR_SUCCESS) {
        token->generation = token->module->generation;
    }
    else {
        token->module->call->C_CloseSession(token->session);
    }
    return rv;
}

static apr_status_t forget_pin(void *data)
{
    npie_pkcs11_token_t *token = data;

    OPENSSL_secure_clear_free(token->pin, PIN_MAX + 1);
    token->pin = NULL;
    return APR_SUCCESS;
}

/* Copies the first line of the PIN file. */
static apr_status_t keep_pin(npie_pkcs11_token_t *token,
                             const npie_pkcs11_pin_t *pin, npie_err_t *err,
                             apr_pool_t *p)
{
    CK_ULONG len = 0;

    if (pin->name == NULL) {
        return APR_SUCCESS;
    }
    token->pin_name = apr_pstrdup(p, pin->name);
    while (len < pin->bytes.len && pin->bytes.data[len] != '\n'
           && pin->bytes.data[len] != '\r') {
        len++;
    }
    if (len == 0 || len > PIN_MAX) {
        return give_up(token, "its first line is no PIN", err);
    }
    token->pin = OPENSSL_secure_zalloc(PIN_MAX + 1);
    if (token->pin == NULL) {
        return give_up(token, "out of memory", err);
    }
    apr_pool_cleanup_register(p, token, forget_pin, apr_pool_cleanup_null);
    memcpy(token->pin, pin->bytes.data, len);
    token->pin_len = len;
    return APR_SUCCESS;
}

apr_status_t npie_pkcs11_get(npie_pkcs11_token_t **ptoken,
                             npie_pkcs11_t *tokens,
                            const npie_pkcs11_uri_t *uri,
                            const npie_pkcs11_pin_t *pin, int writes,
                            npie_err_t *err)
{
    npie_pkcs11_module_t *module;
    npie_pkcs11_token_t *token;
    CK_TOKEN_INFO info;
    CK_SLOT_ID slot = 0;
    apr_status_t rv = npie_pkcs11_module_load(&module, tokens, uri, err);

    if (rv == APR_SUCCESS) {
        rv = find_slot(&slot, &info, module, uri, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* A login applies to the whole process; the module refuses a second one. */
    for (token = tokens->tokens; token != NULL; token = token->next) {
        if (token->module == module && token->slot == slot) {
            *ptoken = token;
            return npie_pkcs11_open(token, err);
        }
    }
    token = apr_pcalloc(tokens->p, sizeof(*token));
    token->module = module;
    token->uri = uri;
    token->writes = writes;
    token->slot = slot;
    rv = keep_pin(token, pin, err, tokens->p);
    if (rv == APR_SUCCESS) {
        rv = npie_pkcs11_open(token, err);
    }
    if (rv == APR_SUCCESS) {
        token->next = tokens->tokens;
        tokens->tokens = token;
        *ptoken = token;
    }
    return rv;
}

CK_RV npie_pkcs11_find(CK_OBJECT_HANDLE *found, CK_ULONG *count,
                      const npie_pkcs11_token_t *token, CK_ATTRIBUTE *wanted,
                      CK_ULONG nwanted)
{
    CK_FUNCTION_LIST *call = token->module->call;
    CK_ULONG max = *count;
    CK_RV rc = call->C_FindObjectsInit(token->session, wanted, nwanted);

    *count = 0;
    if (rc == CKR_OK) {
        rc = call->C_FindObjects(token->session, found, max, count);
        call->C_FindObjectsFinal(token->session);
    }
    return rc;
}

int npie_pkcs11_attribute(npie_bytes_t *value, const npie_pkcs11_token_t *token,
                         CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                         apr_pool_t *p)
{
    CK_FUNCTION_LIST *call = token->module->call;
    CK_ATTRIBUTE attribute = { type, NULL, 0 };

    if (call->C_GetAttributeValue(token->session, object, &attribute, 1)
        != CKR_OK || attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
        return 0;
    }
    attribute.pValue = apr_palloc(p, attribute.ulValueLen + 1);
    if (call->C_GetAttributeValue(token->session, object, &attribute, 1)
        != CKR_OK) {
        return 0;
    }
    value->data = attribute.pValue;
    value->len = attribute.ulValueLen;
    return 1;
}
