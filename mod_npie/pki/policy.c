/* SPDX-License-Identifier: Apache-2.0
 * Certificate policies, read and written.
 */
#include "pki/policy.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

int npie_cert_has_policy(const npie_cert_t *cert, const char *oid)
{
    ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);
    int where = -1, found = 0;
    CERTIFICATEPOLICIES *policies =
        X509_get_ext_d2i(cert->x509, NID_certificate_policies, &where, NULL);

    if (wanted == NULL || (policies == NULL && where != -1)) {
        found = -1;
    }
    for (int i = 0; found == 0 && i < sk_POLICYINFO_num(policies); ++i) {
        found = OBJ_cmp(sk_POLICYINFO_value(policies, i)->policyid, wanted)
            == 0;
    }
    CERTIFICATEPOLICIES_free(policies);
    ASN1_OBJECT_free(wanted);
    ERR_clear_error();
    return found;
}

/* oid NULL: nothing to add. */
static int push_policy(CERTIFICATEPOLICIES *policies, const char *oid)
{
    POLICYINFO *policy = oid != NULL ? POLICYINFO_new() : NULL;

    if (oid == NULL) {
        return 1;
    }
    if (policy != NULL) {
        policy->policyid = OBJ_txt2obj(oid, 1);
    }
    if (policy == NULL || policy->policyid == NULL
        || sk_POLICYINFO_push(policies, policy) <= 0) {
        POLICYINFO_free(policy);
        return 0;
    }
    return 1;
}

int npie_policy_extension(X509_EXTENSION **pextension, const char *oid,
                          const char *oid2)
{
    CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();

    *pextension = NULL;
    if (policies != NULL && push_policy(policies, oid)
        && push_policy(policies, oid2)) {
        *pextension = X509V3_EXT_i2d(NID_certificate_policies, 0, policies);
    }
    CERTIFICATEPOLICIES_free(policies);
    return *pextension != NULL;
}
