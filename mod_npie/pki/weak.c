/* SPDX-License-Identifier: Apache-2.0
 * Looking for weak RSA keys.
 */
#include "pki/weak.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define FERMAT_ROUNDS 100
/* Every key of that kind of at least 512 bits shows it for all primes up to
 * here; about one other key in 2^27 does. */
#define ROCA_PRIME_MAX 167
#define ROCA_BASE 65537
#define PRINT_SIZE 10 /* bytes: the end of a SHA-1 */
#define FILES "blacklist.RSA-*"
#define LINE_MAX_SIZE 80

/* The end of a key's SHA-1, as the lists have it. */
typedef struct print_t {
    unsigned char bytes[PRINT_SIZE];
} print_t;

struct npie_weak_list_t {
    apr_array_header_t *prints; /* of print_t, ascending */
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, PRINT_SIZE);
}

/* The two digits at text; -1 when they are none. */
static int octet(const char *text)
{
    const int high = OPENSSL_hexchar2int((unsigned char)text[0]);
    const int low = high < 0 ? -1
        : OPENSSL_hexchar2int((unsigned char)text[1]);

    return low < 0 ? -1 : high * 16 + low;
}

/* Returns 0 for a line that is neither a print nor a comment. */
static int take_line(apr_array_header_t *prints, char *line)
{
    print_t print;

    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '#' || *line == '\0') {
        return 1;
    }
    if (strlen(line) != 2 * PRINT_SIZE) {
        return 0;
    }
    for (int i = 0; i < PRINT_SIZE; ++i) {
        const int value = octet(line + 2 * i);

        if (value < 0) {
            return 0;
        }
        print.bytes[i] = (unsigned char)value;
    }
    APR_ARRAY_PUSH(prints, print_t) = print;
    return 1;
}

static apr_status_t read_list(apr_array_header_t *prints, const char *path,
                              npie_err_t *err, apr_pool_t *ptemp)
{
    char line[LINE_MAX_SIZE];
    char text[120];
    apr_file_t *file;
    int number = 0, good = 1;
    apr_status_t rv = apr_file_open(&file, path,
                                    APR_FOPEN_READ | APR_FOPEN_BUFFERED, 0,
                                    ptemp);

    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                            apr_strerror(rv, text, sizeof(text)));
    }
    while (good && apr_file_gets(line, sizeof(line), file) == APR_SUCCESS) {
        ++number;
        good = take_line(prints, line);
    }
    apr_file_close(file);
    return good ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s:%d: this is not "
                       "the hash of a weak key", path, number);
}

apr_status_t npie_weak_list_load(npie_weak_list_t **plist, const char *dir,
                                 npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *prints;
    apr_status_t rv = APR_SUCCESS;
    apr_finfo_t info;
    apr_dir_t *folder;

    *plist = NULL;
    if (apr_dir_open(&folder, dir, p) != APR_SUCCESS) {
        return APR_SUCCESS;
    }
    prints = apr_array_make(p, 1024, sizeof(print_t));
    while (rv == APR_SUCCESS
           && apr_dir_read(&info, APR_FINFO_NAME, folder) == APR_SUCCESS) {
        if (apr_fnmatch(FILES, info.name, 0) == APR_SUCCESS) {
            rv = read_list(prints, apr_pstrcat(p, dir, "/", info.name, NULL),
                           err, p);
        }
    }
    apr_dir_close(folder);
    if (rv == APR_SUCCESS && prints->nelts > 0) {
        qsort(prints->elts, (size_t)prints->nelts, sizeof(print_t), compare);
        *plist = apr_palloc(p, sizeof(**plist));
        (*plist)->prints = prints;
    }
    return rv;
}

static int is_listed(const BIGNUM *n, const npie_weak_list_t *list)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx;
    char *hex;
    int found = 0;

    if (list == NULL) {
        return 0;
    }
    ctx = EVP_MD_CTX_new();
    hex = BN_bn2hex(n);
    if (ctx != NULL && hex != NULL
        && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1
        && EVP_DigestUpdate(ctx, "Modulus=", 8) == 1
        && EVP_DigestUpdate(ctx, hex, strlen(hex)) == 1
        && EVP_DigestUpdate(ctx, "\n", 1) == 1
        && EVP_DigestFinal_ex(ctx, digest, NULL) == 1) {
        found = bsearch(digest + 20 - PRINT_SIZE, list->prints->elts,
                        (size_t)list->prints->nelts, sizeof(print_t), compare)
                != NULL;
    }
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(hex);
    return found;
}

/* Is a number among the powers of ROCA_BASE modulo this prime? */
static int is_power(BN_ULONG number, BN_ULONG prime)
{
    BN_ULONG power = 1;

    do {
        if (power == number) {
            return 1;
        }
        power = power * (ROCA_BASE % prime) % prime;
    } while (power != 1);
    return 0;
}

static int is_prime(BN_ULONG number)
{
    for (BN_ULONG divisor = 3; divisor * divisor <= number; divisor += 2) {
        if (number % divisor == 0) {
            return 0;
        }
    }
    return 1;
}

/* Both primes are powers of ROCA_BASE modulo the product of many small ones,
 * and so is what they make. */
static int is_roca(const BIGNUM *n)
{
    for (BN_ULONG prime = 3; prime <= ROCA_PRIME_MAX; prime += 2) {
        if (is_prime(prime) && !is_power(BN_mod_word(n, prime), prime)) {
            return 0;
        }
    }
    return 1;
}

/* The whole part of a square root, by Newton's method. */
static int root_of(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
    BIGNUM *next = BN_CTX_get(ctx);
    int done = next != NULL && BN_one(next)
        && BN_lshift(next, next, (BN_num_bits(n) + 1) / 2);

    if (!done) {
        return 0;
    }
    do {
        done = BN_copy(root, next) != NULL
            && BN_div(next, NULL, n, root, ctx) && BN_add(next, next, root)
            && BN_rshift1(next, next);
    } while (done && BN_cmp(next, root) < 0);
    return done;
}

/* Cheap, and right of most: squares have few remainders. */
static int may_be_square(const BIGNUM *n)
{
    const BN_ULONG rest = BN_mod_word(n, 64);
    const BN_ULONG third = BN_mod_word(n, 63);
    int power_of_two = 0, odd = 0;

    for (BN_ULONG i = 0; i < 64; ++i) {
        power_of_two |= i * i % 64 == rest;
        odd |= i * i % 63 == third;
    }
    return power_of_two && odd;
}

static int is_square(const BIGNUM *n, BN_CTX *ctx)
{
    BIGNUM *root, *again;
    int square;

    if (!may_be_square(n)) {
        return 0;
    }
    BN_CTX_start(ctx);
    root = BN_CTX_get(ctx);
    again = BN_CTX_get(ctx);
    square = again != NULL && root_of(root, n, ctx)
        && BN_sqr(again, root, ctx) && BN_cmp(again, n) == 0;
    BN_CTX_end(ctx);
    return square;
}

/* Fermat: n = a^2 - b^2 with an a little above the root, when the primes are
 * close to each other. */
static int has_close_primes(const BIGNUM *n)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *a, *rest;
    int close = 0, going;

    if (ctx == NULL) {
        return 1;
    }
    BN_CTX_start(ctx);
    a = BN_CTX_get(ctx);
    rest = BN_CTX_get(ctx);
    going = rest != NULL && root_of(a, n, ctx);
    for (int i = 0; going && !close && i < FERMAT_ROUNDS; ++i) {
        going = BN_add_word(a, 1) && BN_sqr(rest, a, ctx)
            && BN_sub(rest, rest, n);
        close = going && is_square(rest, ctx);
    }
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return close || !going;
}

const char *npie_weak_rsa(const BIGNUM *n, const npie_weak_list_t *list)
{
    if (is_listed(n, list)) {
        return "the RSA key is one of those whose private halves are public";
    }
    if (is_roca(n)) {
        return "the RSA key has the form of CVE-2017-15361 (ROCA)";
    }
    return has_close_primes(n)
        ? "the primes of the RSA key are close to each other" : NULL;
}
