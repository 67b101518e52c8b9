/* SPDX-License-Identifier: Apache-2.0
 * cRLDistributionPoints and authorityInfoAccess.
 */
#include "pki/points.h"

#include <openssl/x509v3.h>

/* A general name; the configuration syntax would split a URL at its commas. */
static GENERAL_NAME *uri_name(const char *url)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    if (name == NULL || text == NULL || ASN1_STRING_set(text, url, -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(text);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    return name;
}

static int add_crl_point(STACK_OF(X509_EXTENSION) **list, const char *url)
{
    CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
    DIST_POINT *point = DIST_POINT_new();
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = uri_name(url);
    int done = 0;

    if (points == NULL || point == NULL || names == NULL || name == NULL) {
        GENERAL_NAME_free(name);
        goto cleanup;
    }
    if (sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        goto cleanup;
    }
    point->distpoint = DIST_POINT_NAME_new();
    if (point->distpoint == NULL) {
        goto cleanup;
    }
    point->distpoint->type = 0; /* fullName */
    point->distpoint->name.fullname = names;
    names = NULL;
    if (sk_DIST_POINT_push(points, point) <= 0) {
        goto cleanup;
    }
    point = NULL;
    done = X509V3_add1_i2d(list, NID_crl_distribution_points, points, 0,
                           X509V3_ADD_APPEND) == 1;
cleanup:
    GENERAL_NAMES_free(names);
    DIST_POINT_free(point);
    CRL_DIST_POINTS_free(points);
    return done;
}

/* One line of authorityInfoAccess; url may be NULL. */
static int add_access(AUTHORITY_INFO_ACCESS *list, int method,
                      const char *url)
{
    ACCESS_DESCRIPTION *access;

    if (url == NULL) {
        return 1;
    }
    access = ACCESS_DESCRIPTION_new();
    if (access == NULL || list == NULL) {
        ACCESS_DESCRIPTION_free(access);
        return 0;
    }
    access->method = OBJ_nid2obj(method);
    GENERAL_NAME_free(access->location);
    access->location = uri_name(url);
    if (access->location == NULL
        || sk_ACCESS_DESCRIPTION_push(list, access) <= 0) {
        ACCESS_DESCRIPTION_free(access);
        return 0;
    }
    return 1;
}

static int add_authority_info(STACK_OF(X509_EXTENSION) **extensions,
                              const npie_points_t *points)
{
    AUTHORITY_INFO_ACCESS *list = AUTHORITY_INFO_ACCESS_new();
    int done = add_access(list, NID_ad_OCSP, points->ocsp_url)
        && add_access(list, NID_ad_ca_issuers, points->issuer_url)
        && X509V3_add1_i2d(extensions, NID_info_access, list, 0,
                           X509V3_ADD_APPEND) == 1;

    AUTHORITY_INFO_ACCESS_free(list);
    return done;
}

int npie_points_make(STACK_OF(X509_EXTENSION) **list,
                     const npie_points_t *points)
{
    return (points->crl_url == NULL || add_crl_point(list, points->crl_url))
        && ((points->ocsp_url == NULL && points->issuer_url == NULL)
            || add_authority_info(list, points));
}

int npie_points_copy(X509 *x509, const STACK_OF(X509_EXTENSION) *list)
{
    static const int nids[] = { NID_crl_distribution_points, NID_info_access };

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); ++i) {
        const int at = X509v3_get_ext_by_NID(list, nids[i], -1);

        if (at >= 0
            && X509_add_ext(x509, X509v3_get_ext(list, at), -1) != 1) {
            return 0;
        }
    }
    return 1;
}
