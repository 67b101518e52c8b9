/* SPDX-License-Identifier: Apache-2.0
 * What a letter costs: processor time of one with the fonts prepared once,
 * against the same text drawn with libharu as it is meant to be used, which
 * loads, cuts and deflates the fonts for each document. By hand:
 * make bench-letter
 *
 *   bench-letter FONT-DIR TERMS-FILE [LETTERS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "letter/art.h"
#include "letter/compose.h"
#include "letter/paint.h"

#define ROUNDS 5
#define NEW_KEY_SIZE 402 /* RSA-3072 */
#define OLD_KEY_SIZE 145 /* RSA-1024 */

static const char *font_dir;
static const char *terms_file;
static unsigned char key_bits[NEW_KEY_SIZE];

static const npie_employer_t employer = {
    .name = "Panadería y Pastelería La Ñandú del Norte, S.A. de C.V.",
    .rp = "A0648787107", .rfc = "AUA881212566", .user = "A064878710",
    .given_name = "María Begoña", .surname = "Núñez", .surname2 = "Güemes",
    .curp = "BOXW310820HNERXN09", .subdelegation = "3 Polanco",
    .address = { 9, "Ciudad de México", "Cuauhtémoc", "Roma Norte",
                 "Avenida Álvaro Obregón", "151", "4-B", "06700" },
    .contact = { "administracion@nandu.example", "5512345678", "" }
};

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const npie_err_t *err)
{
    fprintf(stderr, "%s\n", err->detail);
    exit(1);
}

static npie_letter_art_t *load(apr_pool_t *p)
{
    npie_letter_art_t *art;
    npie_err_t err;

    if (npie_letter_art_load(&art, font_dir, terms_file,
                             "Instituto Mexicano del Seguro Social", &err, p)
        != APR_SUCCESS) {
        fail(&err);
    }
    return art;
}

static npie_letter_t make_letter(int folio)
{
    static const char hash[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    npie_letter_t letter = { .kind = NPIE_LETTER_RENEWAL, .folio = folio,
                             .time = apr_time_from_sec(1795287775),
                             .employer = &employer, .old_spki = hash,
                             .new_spki = hash };

    letter.new_public_key.data = key_bits;
    letter.new_public_key.len = NEW_KEY_SIZE;
    letter.old_public_key.data = key_bits;
    letter.old_public_key.len = OLD_KEY_SIZE;
    return letter;
}

static apr_size_t draw_prepared(const npie_letter_art_t *art, int folio,
                                apr_pool_t *p)
{
    npie_letter_t letter = make_letter(folio);
    npie_bytes_t pdf;
    npie_err_t err;

    if (npie_letter_draw(&pdf, art, &letter, &err, p) != APR_SUCCESS) {
        fail(&err);
    }
    return pdf.len;
}

static void show_page(HPDF_Page page, const apr_array_header_t *marks,
                      const HPDF_Font fonts[NPIE_FONTS])
{
    HPDF_Page_BeginText(page);
    for (int i = 0; i < marks->nelts; ++i) {
        npie_mark_t mark = APR_ARRAY_IDX(marks, i, npie_mark_t);

        HPDF_Page_SetFontAndSize(page, fonts[mark.font],
                                 npie_paint_length(mark.size));
        HPDF_Page_SetWordSpace(page, npie_paint_length(mark.word_space));
        HPDF_Page_TextOut(page, npie_paint_length(mark.x),
                          npie_paint_y(mark.y), mark.text);
    }
    HPDF_Page_EndText(page);
}

/* No PDF/A, no signature field: the text alone. */
static apr_size_t draw_plain(const npie_letter_art_t *art, int folio,
                             apr_pool_t *p)
{
    static const char *const files[NPIE_FONTS] = {
        "LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf",
        "LiberationMono-Regular.ttf"
    };
    npie_letter_t letter = make_letter(folio);
    HPDF_Doc doc = HPDF_New(NULL, NULL);
    npie_composed_t composed;
    HPDF_Font fonts[NPIE_FONTS];
    npie_err_t err;
    apr_size_t size;

    if (npie_letter_compose(&composed, art, &letter, &err, p) != APR_SUCCESS) {
        fail(&err);
    }
    HPDF_SetCompressionMode(doc, HPDF_COMP_ALL);
    for (int i = 0; i < NPIE_FONTS; ++i) {
        const char *path = apr_pstrcat(p, font_dir, "/", files[i], NULL);

        fonts[i] = HPDF_GetFont(doc, HPDF_LoadTTFontFromFile(doc, path, 1),
                                "WinAnsiEncoding");
    }
    for (int i = 0; i < composed.sheet->pages->nelts; ++i) {
        show_page(HPDF_AddPage(doc),
                  APR_ARRAY_IDX(composed.sheet->pages, i,
                                npie_sheet_page_t).marks, fonts);
    }
    HPDF_SaveToStream(doc);
    size = HPDF_GetStreamSize(doc);
    HPDF_Free(doc);
    return size;
}

typedef apr_size_t draw_fn(const npie_letter_art_t *art, int folio,
                           apr_pool_t *p);

/* Milliseconds a letter. */
static double measure(apr_size_t *size, draw_fn *draw,
                      const npie_letter_art_t *art, int letters)
{
    apr_pool_t *p;
    double begin = cpu_ms();

    apr_pool_create(&p, NULL);
    for (int i = 1; i <= letters; ++i) {
        *size = draw(art, i, p);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return (cpu_ms() - begin) / letters;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    int letters = argc > 3 ? atoi(argv[3]) : 200;
    double with[ROUNDS];
    double without[ROUNDS];
    apr_size_t sizes[2] = { 0, 0 };
    apr_pool_t *p;
    npie_letter_art_t *art;

    if (argc < 3 || letters < 10) {
        fprintf(stderr, "bench-letter FONT-DIR TERMS-FILE [LETTERS]\n");
        return 2;
    }
    font_dir = argv[1];
    terms_file = argv[2];
    key_bits[0] = 0x03;
    for (int i = 1; i < NEW_KEY_SIZE; ++i) {
        key_bits[i] = (unsigned char)(i * 37);
    }
    apr_initialize();
    apr_pool_create(&p, NULL);
    art = load(p);
    for (int i = 0; i < ROUNDS; ++i) {
        with[i] = measure(&sizes[0], draw_prepared, art, letters);
        without[i] = measure(&sizes[1], draw_plain, art, letters / 10);
    }
    qsort(with, ROUNDS, sizeof(double), ascending);
    qsort(without, ROUNDS, sizeof(double), ascending);
    printf("letter of 2 pages; CPU, median of %d rounds\n", ROUNDS);
    printf("%-28s %8s %8s\n", "fonts", "ms", "bytes");
    printf("%-28s %8.2f %8lu\n", "prepared once", with[ROUNDS / 2],
           (unsigned long)sizes[0]);
    printf("%-28s %8.2f %8lu\n", "loaded for each letter",
           without[ROUNDS / 2], (unsigned long)sizes[1]);
    printf("%-28s %8.1f\n", "ratio", without[ROUNDS / 2] / with[ROUNDS / 2]);
    apr_pool_destroy(p);
    apr_terminate();
    return 0;
}
