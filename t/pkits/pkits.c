/* SPDX-License-Identifier: Apache-2.0
 * NIST's Public Key Interoperability Test Suite through pki/trust.h, held
 * against the table of this folder. By hand, since its files are not here:
 * unpack PKITS_data.zip of NIST (certs/ and crls/) and name the folder:
 *
 *   make check-pkits PKITS=/folder
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/file.h"
#include "pki/trust.h"

#define TABLE NPIE_TOP "/t/pkits/cases"
#define LINE_SIZE 1024
#define FILE_MAX (1 << 20)
#define MIN_BITS 1024

/* A row of the table: the path from below the anchor down to the leaf. */
typedef struct path_t {
    const char *folder;
    const char *trust; /* a file that is written */
    apr_array_header_t *names;
    apr_pool_t *p;
} path_t;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "pkits: %s: %s\n", what, why);
    exit(1);
}

static npie_bytes_t read_cert(const path_t *path, const char *name)
{
    const char *file = apr_pstrcat(path->p, path->folder, "/certs/", name,
                                   ".crt", NULL);
    npie_bytes_t bytes;
    apr_status_t rv = npie_file_read(&bytes, file, FILE_MAX, path->p);

    if (rv != APR_SUCCESS) {
        die(file, npie_file_why(rv, FILE_MAX, path->p));
    }
    return bytes;
}

/* Appends a certificate to the file of trust; 0 when it is none to us. */
static int write_trust(const path_t *path, const char *name, const char *mode)
{
    npie_cert_t *cert;
    FILE *out;

    if (npie_cert_parse(&cert, read_cert(path, name), NULL, path->p)
        != APR_SUCCESS) {
        return 0;
    }
    out = fopen(path->trust, mode);
    if (out == NULL || fputs(npie_cert_pem(cert, path->p), out) == EOF
        || fclose(out) != 0) {
        die(path->trust, "cannot be written");
    }
    return 1;
}

/* Each CRL that is one of ours: those that are not stand for an admin who has
 * none. */
static void take_crls(npie_trust_t *trust, const path_t *path)
{
    apr_array_header_t *good = apr_array_make(path->p, 4,
                                              sizeof(const char *));

    for (int i = 0; i < path->names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(path->names, i, const char *);
        const apr_size_t len = strlen(name);
        apr_array_header_t *one = apr_array_make(path->p, 1,
                                                 sizeof(const char *));

        if (len < 4 || strcmp(name + len - 4, "Cert") != 0) {
            continue;
        }
        APR_ARRAY_PUSH(one, const char *) = apr_pstrcat(
            path->p, path->folder, "/crls/",
            apr_pstrmemdup(path->p, name, len - 4), "CRL.crl", NULL);
        if (npie_trust_crls(trust, one, NULL, path->p) == APR_SUCCESS) {
            apr_array_cat(good, one);
        }
    }
    if (npie_trust_crls(trust, good, NULL, path->p) != APR_SUCCESS) {
        die(path->folder, "CRLs that were taken one by one are refused");
    }
}

/* NULL when the leaf is one that could log in, else why not. */
static const char *judge(const path_t *path)
{
    apr_array_header_t *files = apr_array_make(path->p, 1,
                                               sizeof(const char *));
    const int last = path->names->nelts - 1;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_trust_t *trust;
    npie_cert_t *leaf;
    apr_status_t rv;

    APR_ARRAY_PUSH(files, const char *) = path->trust;
    write_trust(path, "TrustAnchorRootCertificate", "w");
    for (int i = 0; i < last; ++i) {
        if (!write_trust(path, APR_ARRAY_IDX(path->names, i, const char *),
                         "a")) {
            return "a CA's certificate cannot be read";
        }
    }
    rv = npie_trust_load(&trust, files, &err, path->p);
    if (rv == APR_SUCCESS) {
        take_crls(trust, path);
        rv = npie_cert_parse(&leaf, read_cert(path, APR_ARRAY_IDX(
            path->names, last, const char *)), &err, path->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_trust_verify(trust, leaf, NULL, MIN_BITS, &err, path->p);
    }
    return rv == APR_SUCCESS ? NULL : apr_pstrdup(path->p, err.detail);
}

/* A line: number, NIST's verdict, ours, the path. @return 1 = as it should */
static int check(path_t *path, char *line)
{
    char *rest;
    const char *number = apr_strtok(line, " \n", &rest);
    const char *nist = apr_strtok(NULL, " \n", &rest);
    const char *ours = apr_strtok(NULL, " \n", &rest);
    const char *name, *why;
    int right;

    path->names = apr_array_make(path->p, 8, sizeof(const char *));
    while ((name = apr_strtok(NULL, " \n", &rest)) != NULL) {
        APR_ARRAY_PUSH(path->names, const char *) = name;
    }
    if (nist == NULL || ours == NULL || path->names->nelts == 0) {
        die(TABLE, "a line is no case");
    }
    why = judge(path);
    right = strncmp(ours, "good", 4) == 0 ? why == NULL
        : strncmp(ours, "bad", 3) == 0 && why != NULL;
    printf("%sok - %s: %s\n", right ? "" : "not ", number,
           why != NULL ? why : "good");
    return right;
}

int main(int argc, char **argv)
{
    path_t path = { .folder = argc == 2 ? argv[1] : "" };
    char line[LINE_SIZE];
    int cases = 0, failed = 0;
    apr_pool_t *p;
    FILE *in;

    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&p, NULL);
    in = fopen(TABLE, "r");
    if (*path.folder == '\0' || in == NULL) {
        die(argc == 2 ? TABLE : "usage", "pkits FOLDER");
    }
    path.trust = apr_psprintf(p, "pkits-%ld.pem", (long)getpid());
    while (fgets(line, sizeof(line), in) != NULL) {
        if (*line == '#' || *line == '\n') {
            continue;
        }
        apr_pool_create(&path.p, p);
        failed += !check(&path, line);
        ++cases;
        apr_pool_destroy(path.p);
    }
    fclose(in);
    remove(path.trust);
    printf("1..%d\n", cases);
    return failed != 0 || cases == 0;
}
