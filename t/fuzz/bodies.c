/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: bodies of requests, and other texts from outside. The
 * first byte says which. By hand: make fuzz-bodies; make check replays
 * t/fuzz/bodies-corpus.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/err.h>

#include "base/form.h"
#include "base/text.h"
#include "httpd/json_body.h"
#include "model/cadena.h"
#include "pki/ocsp.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    apr_initialize();
    atexit(apr_terminate);
    return 0;
}

static void need(int held, const char *what)
{
    if (!held) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* What is asked of every form, whatever body it came in. */
static void check_form(apr_status_t rv, const npie_form_t *form)
{
    static const char *const names[] = { "a", "correo", "correo2", "carta",
                                         "firma", "" };

    need((rv == APR_SUCCESS) == (form != NULL), "half a form");
    for (size_t i = 0; form != NULL && i < sizeof(names) / sizeof(*names);
         ++i) {
        const char *text = npie_form_text(form, names[i]);
        const char *filename = NULL;
        npie_bytes_t file = npie_form_file(form, names[i], &filename);

        need(npie_text_is_clean_multiline(text, strlen(text)),
             "a text is not clean");
        need(npie_text_is_clean(filename, strlen(filename)), "a file's name");
        need(file.len == 0 || file.data != NULL, "a file without bytes");
        need(file.len == 0 || *text == '\0', "a file that is a text");
    }
}

static void check_typed(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const uint8_t *end = memchr(data, '\n', size);
    npie_form_t *form = NULL;
    npie_bytes_t body = { data, 0 };
    const char *type;
    apr_status_t rv;

    if (end == NULL) {
        return;
    }
    type = apr_pstrmemdup(p, (const char *)data, (size_t)(end - data));
    body.data = end + 1;
    body.len = size - (size_t)(end + 1 - data);
    rv = npie_form_parse(&form, type, body, NULL, p);
    check_form(rv, form);
}

static void check_cadena(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_cadena_t *cadena;
    const char *again;

    if (npie_cadena_parse(&cadena, bytes, p) == APR_SUCCESS) {
        again = npie_cadena_format(cadena, p);
        need(strlen(again) == bytes.len
             && memcmp(again, bytes.data, bytes.len) == 0, "another cadena");
    }
}

static void check_base64(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_bytes_t out, again;
    char *text;

    if (npie_text_base64_decode(&out, (const char *)bytes.data, bytes.len, p)
        == APR_SUCCESS) {
        text = npie_text_base64_encode(out, p);
        need(npie_text_base64_decode(&again, text, strlen(text), p)
             == APR_SUCCESS && again.len == out.len
             && memcmp(again.data, out.data, out.len) == 0, "base64");
    }
}

static void check_ocsp(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_ocsp_request_t request;

    npie_ocsp_parse(&request, bytes, NULL, p);
    need(ERR_peek_error() == 0, "an error stays in the queue");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    };
    npie_form_t *form = NULL;
    npie_bytes_t bytes;
    apr_pool_t *p;
    apr_status_t rv;

    if (size == 0) {
        return 0;
    }
    bytes.data = data + 1;
    bytes.len = size - 1;
    apr_pool_create(&p, NULL);
    switch (*data) {
    case 'u':
    case 'm':
        rv = npie_form_parse(&form, types[*data == 'm'], bytes, NULL, p);
        check_form(rv, form);
        break;
    case 't':
        check_typed(bytes.data, bytes.len, p);
        break;
    case 'j':
        rv = npie_json_body_parse(&form, bytes, NULL, p);
        check_form(rv, form);
        break;
    case 'c':
        check_cadena(bytes, p);
        break;
    case 'b':
        check_base64(bytes, p);
        break;
    case 'o':
        check_ocsp(bytes, p);
        break;
    default:
        break;
    }
    apr_pool_destroy(p);
    return 0;
}
