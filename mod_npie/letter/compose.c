/* SPDX-License-Identifier: Apache-2.0
 * Composes a letter: wording, keys, cadena, signature frames and foot.
 */
#include "letter/compose.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/check.h"
#include "letter/data.h"
#include "letter/face.h"
#include "letter/values.h"
#include "model/zone.h"

/* More would be a template gone wild; facts say nothing that long. */
#define PAGES_MAX 20
#define BYTES_A_LINE 16

/* The foot: its last line ends here; room for the page number at the right. */
#define FOOT_BOTTOM (NPIE_SHEET_HEIGHT - 40000)
#define FOOT_GAP 16000
#define FOOT_PAGE_WIDTH 70000

/* The two frames for signatures, side by side: the employer's, and that of the
 * seal with room for what it shows (letter/face.h). */
#define FRAME_GAP 16000
#define FRAME_WIDE (NPIE_FACE_WIDTH * 1000)
#define FRAME_NARROW \
    (NPIE_SHEET_RIGHT - NPIE_SHEET_LEFT - FRAME_GAP - FRAME_WIDE)
#define FRAME_PADDING 7000
#define FRAME_BEFORE 14000
#define FRAME_LINES 5

static const npie_style_t title_style = {
    NPIE_FONT_BOLD, 14500, 18500, 0, 30000, 30000, NPIE_ALIGN_CENTER, 0, 1, "H1"
};
static const npie_style_t date_style = {
    NPIE_FONT_SERIF, 10400, 13400, 14000, 60000, 0, NPIE_ALIGN_RIGHT, 1, 1, "P"
};
static const npie_style_t addressee_style = {
    NPIE_FONT_BOLD, 10400, 13400, 0, 0, 120000, NPIE_ALIGN_LEFT, 1, 1, "P"
};
static const npie_style_t body_style = {
    NPIE_FONT_SERIF, 10400, 13300, 7000, 0, 0, NPIE_ALIGN_JUSTIFY, 0, 0, "P"
};
static const npie_style_t term_style = {
    NPIE_FONT_SERIF, 10400, 13200, 4500, 22000, 0, NPIE_ALIGN_JUSTIFY, 0, 0, "LBody"
};
static const npie_style_t note_style = {
    NPIE_FONT_SERIF, 8500, 10500, 8000, 0, 0, NPIE_ALIGN_CENTER, 0, 0, "P"
};
static const npie_style_t heading_style = {
    NPIE_FONT_BOLD, 10400, 13400, 14000, 0, 0, NPIE_ALIGN_LEFT, 1, 1, "H2"
};
static const npie_style_t subheading_style = {
    NPIE_FONT_BOLD, 10000, 13000, 9000, 0, 0, NPIE_ALIGN_LEFT, 0, 1, "H3"
};
static const npie_style_t small_style = {
    NPIE_FONT_SERIF, 9000, 11400, 3000, 0, 0, NPIE_ALIGN_JUSTIFY, 0, 1, "P"
};
static const npie_style_t code_style = {
    NPIE_FONT_MONO, 8500, 10400, 0, 10000, 0, NPIE_ALIGN_LEFT, 0, 0, "P"
};
static const npie_style_t cadena_style = {
    NPIE_FONT_MONO, 8500, 10400, 3000, 10000, 10000, NPIE_ALIGN_LEFT, 0, 0, "P"
};
static const npie_style_t frame_style = {
    NPIE_FONT_SERIF, 8500, 10600, 0, 0, 0, NPIE_ALIGN_CENTER, 0, 0, "P"
};
static const npie_style_t foot_style = {
    NPIE_FONT_SERIF, 8000, 9800, 0, 0, 0, NPIE_ALIGN_LEFT, 0, 0, "P"
};
static const npie_style_t foot_page_style = {
    NPIE_FONT_SERIF, 8000, 9800, 0, 0, 0, NPIE_ALIGN_RIGHT, 0, 0, "P"
};

/* What composing works with. */
typedef struct composer_t {
    npie_sheet_t *sheet;
    const npie_letter_art_t *art;
    const npie_letter_t *letter;
    const char *values[NPIE_VALUES];
    apr_pool_t *p;
} composer_t;

static const char *paragraph(composer_t *c, npie_part_t part, int i)
{
    const apr_array_header_t *texts =
        c->art->terms->parts[c->letter->kind - 1][part];

    return npie_terms_expand(APR_ARRAY_IDX(texts, i, const char *), c->values,
                             c->p);
}

static const char *say(const composer_t *c, npie_sentence_t id)
{
    return npie_sentence(c->art->sentences, id);
}

/* The same in bold, or only a value within one. */
static const char *bold(const composer_t *c, const char *text)
{
    return apr_pstrcat(c->p, "\1", text, "\2", NULL);
}

static int paragraphs(const composer_t *c, npie_part_t part)
{
    return c->art->terms->parts[c->letter->kind - 1][part]->nelts;
}

static void add_part(composer_t *c, npie_part_t part, const npie_style_t *style)
{
    for (int i = 0; i < paragraphs(c, part); ++i) {
        npie_sheet_text(c->sheet, style, paragraph(c, part, i));
    }
}

/* A text as metadata have it. */
static const char *without_marks(const char *text, apr_pool_t *p)
{
    char *plain = apr_pstrdup(p, text);
    char *out = plain;

    for (; *text != '\0'; ++text) {
        if (*text != NPIE_TERMS_BOLD && *text != NPIE_TERMS_PLAIN) {
            *out++ = *text;
        }
    }
    *out = '\0';
    return plain;
}

/* Title, place and date, addressee. */
static void add_head(composer_t *c)
{
    npie_sheet_text(c->sheet, &title_style, paragraph(c, NPIE_PART_TITLE, 0));
    c->sheet->y += 6000;
    npie_sheet_text(c->sheet, &date_style,
                    npie_sentence_fill(
                        c->art->sentences, NPIE_S_LETTER_PLACE_DATE, c->p,
                        "lugar", c->values[NPIE_VALUE_PLACE],
                        "fecha", c->values[NPIE_VALUE_DATE], NULL));
    c->sheet->y += 10000;
    add_part(c, NPIE_PART_ADDRESSEE, &addressee_style);
    c->sheet->y += 5000;
}

static void add_terms(composer_t *c)
{
    c->sheet->parent = npie_sheet_element(c->sheet, "L");
    for (int i = 0; i < paragraphs(c, NPIE_PART_TERMS); ++i) {
        npie_sheet_item(c->sheet, &term_style, apr_psprintf(c->p, "%d.", i + 1),
                        paragraph(c, NPIE_PART_TERMS, i));
    }
    c->sheet->parent = NPIE_ELEMENT_NONE;
    if (c->art->terms->note != NULL) {
        npie_sheet_text(c->sheet, &note_style,
                        npie_terms_expand(c->art->terms->note, c->values,
                                          c->p));
    }
}

/* What a frame says, line by line, broken and stacked. */
typedef struct frame_t {
    npie_block_t *blocks[FRAME_LINES];
    int height;
} frame_t;

static frame_t set_frame(composer_t *c, const char *const texts[FRAME_LINES],
                         int x, int width)
{
    frame_t frame = { .height = 2 * FRAME_PADDING };

    for (int i = 0; i < FRAME_LINES && texts[i] != NULL; ++i) {
        frame.blocks[i] = npie_block_break(c->sheet, &frame_style, texts[i],
                                           x + FRAME_PADDING,
                                           width - 2 * FRAME_PADDING);
        frame.height += frame.blocks[i]->height;
    }
    return frame;
}

/* A section: the lines, and the field that lies over them.
 * @param field from 1 */
static void put_frame(composer_t *c, const frame_t *frame, int field)
{
    npie_sheet_t *sheet = c->sheet;
    int y = sheet->y + FRAME_PADDING;
    int form;

    sheet->parent = npie_sheet_element(sheet, "Sect");
    for (int i = 0; i < FRAME_LINES && frame->blocks[i] != NULL; ++i) {
        frame->blocks[i]->element = npie_sheet_element(sheet, frame_style.tag);
        npie_block_put(c->sheet, frame->blocks[i], y);
        y += frame->blocks[i]->height;
    }
    form = npie_sheet_element(sheet, "Form");
    APR_ARRAY_IDX(sheet->elements, form, npie_element_t).field = field;
    sheet->parent = NPIE_ELEMENT_NONE;
}

/* The two frames, ready to be put side by side. */
typedef struct signatures_t {
    frame_t frames[2];
    int x[2];
    int width[2];
    int height;
} signatures_t;

static signatures_t set_signatures(composer_t *c)
{
    const char *const texts[2][FRAME_LINES] = {
        { bold(c, say(c, NPIE_S_LETTER_SIGNATURE)),
          c->values[NPIE_VALUE_NAME],
          c->values[NPIE_VALUE_CAPACITY], c->values[NPIE_VALUE_COMPANY],
          c->values[NPIE_VALUE_RP] },
        { bold(c, say(c, NPIE_S_LETTER_SEAL)), c->art->institution,
          say(c, NPIE_S_LETTER_SEAL_SPACE) }
    };
    signatures_t s = {
        .x = { NPIE_SHEET_LEFT, NPIE_SHEET_RIGHT - FRAME_WIDE },
        .width = { FRAME_NARROW, FRAME_WIDE },
        .height = NPIE_FACE_HEIGHT * 1000
    };

    for (int i = 0; i < 2; ++i) {
        const int left = i == 0 ? 0 : NPIE_FACE_LEFT * 1000 - FRAME_PADDING;

        s.frames[i] = set_frame(c, texts[i], s.x[i] + left, s.width[i] - left);
        s.frames[i].height += i == 0 ? 0 : NPIE_FACE_LINES * 1000;
        if (s.frames[i].height > s.height) {
            s.height = s.frames[i].height;
        }
    }
    return s;
}

/* Oath and frames; the frames never stand without the oath's last paragraph.
 * The signature fields lie over the frames. */
static void add_signatures(composer_t *c, npie_composed_t *composed)
{
    signatures_t s = set_signatures(c);
    int width = NPIE_SHEET_RIGHT - NPIE_SHEET_LEFT;
    int last = paragraphs(c, NPIE_PART_OATH) - 1;

    for (int i = 0; i <= last; ++i) {
        const char *text = paragraph(c, NPIE_PART_OATH, i);

        if (i == last) {
            npie_sheet_need(c->sheet, body_style.before + FRAME_BEFORE
                            + s.height
                            + npie_block_break(c->sheet, &body_style, text, 0,
                                               width)->height);
        }
        npie_sheet_text(c->sheet, &body_style, text);
    }
    c->sheet->y += FRAME_BEFORE;
    npie_sheet_need(c->sheet, s.height);
    composed->field_page = c->sheet->pages->nelts - 1;
    for (int i = 0; i < 2; ++i) {
        npie_stroke_t stroke = { s.x[i], c->sheet->y, s.width[i], s.height };

        composed->fields[i] = stroke;
        npie_sheet_stroke(c->sheet, stroke);
        put_frame(c, &s.frames[i], i + 1);
    }
    c->sheet->y += s.height;
}

static int hex_lines(npie_bytes_t key)
{
    return (int)((key.len + BYTES_A_LINE - 1) / BYTES_A_LINE);
}

/* Digits that nobody wants to hear: how many they are is read instead. */
static int add_digits(composer_t *c, apr_size_t bytes)
{
    int code = npie_sheet_element(c->sheet, code_style.tag);

    APR_ARRAY_IDX(c->sheet->elements, code, npie_element_t).alt =
        npie_sentence_fill(c->art->sentences, NPIE_S_LETTER_KEY_READ, c->p,
                           "bytes", apr_itoa(c->p, (int)bytes), NULL);
    return code;
}

/* A key: its SHA-256, and its BIT STRING, 16 bytes a line. */
static void add_key(composer_t *c, const char *name, npie_bytes_t key,
                    const char *spki)
{
    int code;

    npie_sheet_text(c->sheet, &subheading_style, name);
    npie_sheet_text(c->sheet, &small_style,
                    say(c, NPIE_S_LETTER_KEY_SHA256));
    npie_sheet_text(c->sheet, &code_style, spki);
    npie_sheet_text(c->sheet, &small_style, say(c, NPIE_S_LETTER_KEY_DER));
    code = add_digits(c, key.len);
    for (int line = 0; line < hex_lines(key); ++line) {
        char text[BYTES_A_LINE * 3 + 1];
        char *at = text;
        apr_size_t from = (apr_size_t)line * BYTES_A_LINE;

        for (apr_size_t i = from; i < key.len && i < from + BYTES_A_LINE; ++i) {
            at += apr_snprintf(at, 4, "%02x ", key.data[i]);
        }
        at[-1] = '\0';
        npie_sheet_part(c->sheet, &code_style, text, code);
    }
}

/* Roughly what the keys take, so that they begin a page of their own rather
 * than be torn apart. */
static int keys_height(const composer_t *c)
{
    int lines = hex_lines(c->letter->new_public_key);
    int heads = 80000;

    if (c->letter->kind != NPIE_LETTER_TERMS) {
        lines += hex_lines(c->letter->old_public_key);
        heads *= 2;
    }
    return 60000 + heads + lines * code_style.leading;
}

static void add_keys(composer_t *c)
{
    const npie_letter_t *letter = c->letter;

    npie_sheet_need(c->sheet, keys_height(c));
    if (letter->kind == NPIE_LETTER_TERMS) {
        npie_sheet_text(c->sheet, &heading_style,
                        say(c, NPIE_S_LETTER_NEW_CERTIFICATE));
        npie_sheet_text(c->sheet, &small_style,
                        npie_sentence_fill(
                            c->art->sentences, NPIE_S_LETTER_SERIAL, c->p,
                            "serie", bold(c, c->values[NPIE_VALUE_SERIAL]),
                            NULL));
        npie_sheet_text(c->sheet, &small_style,
                        npie_sentence_fill(
                            c->art->sentences, NPIE_S_LETTER_VALIDITY, c->p,
                            "desde", c->values[NPIE_VALUE_FROM],
                            "hasta", c->values[NPIE_VALUE_UNTIL], NULL));
    } else {
        npie_sheet_text(c->sheet, &heading_style, say(c, NPIE_S_LETTER_KEYS));
    }
    npie_sheet_text(c->sheet, &small_style, say(c, NPIE_S_LETTER_KEYS_FORM));
    add_key(c, say(c, letter->kind == NPIE_LETTER_ADDITIONAL
                      ? NPIE_S_LETTER_KEY_ADDITIONAL : NPIE_S_LETTER_KEY_NEW),
            letter->new_public_key, letter->new_spki);
    if (letter->kind != NPIE_LETTER_TERMS) {
        add_key(c, say(c, letter->kind == NPIE_LETTER_ADDITIONAL
                          ? NPIE_S_LETTER_KEY_PRINCIPAL
                          : NPIE_S_LETTER_KEY_OLD),
                letter->old_public_key, letter->old_spki);
    }
}

/* The words of the foot, no value parted from its name by the end of a line. */
static const char *foot_text(const composer_t *c)
{
    const char *text = npie_sentence_fill(
        c->art->sentences, NPIE_S_LETTER_FOOT, c->p,
        "folio", bold(c, c->values[NPIE_VALUE_FOLIO]),
        "usuario", bold(c, c->values[NPIE_VALUE_USER]),
        "npie", bold(c, c->values[NPIE_VALUE_NPIE]),
        "correo", bold(c, c->values[NPIE_VALUE_EMAIL]), NULL);
    const char *out = "";
    const char *at;

    while ((at = strstr(text, " \1")) != NULL) {
        out = apr_pstrcat(c->p, out,
                          apr_pstrmemdup(c->p, text, (apr_size_t)(at - text)),
                          "\u00a0", NULL);
        text = at + 1;
    }
    return apr_pstrcat(c->p, out, text, NULL);
}

/* The foot of every page, once the number of pages is known. The first is read
 * aloud, after all the rest. */
static void add_feet(composer_t *c, npie_block_t *foot)
{
    int width = NPIE_SHEET_RIGHT - NPIE_SHEET_LEFT;
    int y = FOOT_BOTTOM - foot->height;
    apr_array_header_t *pages = c->sheet->pages;
    int count = pages->nelts;
    npie_stroke_t rule = { NPIE_SHEET_LEFT, y - 4000, width, 0 };

    for (int i = 0; i < count; ++i) {
        /* The sheet writes on its last page: shorten it to page i. */
        pages->nelts = i + 1;
        npie_sheet_stroke(c->sheet, rule);
        foot->element = i == 0 ? npie_sheet_element(c->sheet, foot_style.tag)
                               : NPIE_ELEMENT_NONE;
        npie_block_put(c->sheet, foot, y);
        npie_block_put(c->sheet,
                       npie_block_break(c->sheet, &foot_page_style,
                                        npie_sentence_fill(
                                            c->art->sentences,
                                            NPIE_S_LETTER_PAGE, c->p,
                                            "hoja", apr_itoa(c->p, i + 1),
                                            "hojas", apr_itoa(c->p, count),
                                            NULL),
                                        NPIE_SHEET_LEFT, width), y);
    }
}

apr_status_t npie_letter_compose(npie_composed_t *composed,
                                 const npie_letter_art_t *art,
                                 const npie_letter_t *letter, npie_err_t *err,
                                 apr_pool_t *p)
{
    composer_t c = { .art = art, .letter = letter, .p = p };
    npie_letter_data_t data;
    npie_block_t *foot;
    apr_status_t rv = npie_letter_check(letter, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    data.art = art->digest;
    data.employer = *letter->employer;
    npie_letter_values(c.values, art, letter, p);
    c.sheet = npie_sheet_make(art->fonts, 0, p);
    foot = npie_block_break(c.sheet, &foot_style, foot_text(&c),
                            NPIE_SHEET_LEFT, NPIE_SHEET_RIGHT - NPIE_SHEET_LEFT
                            - FOOT_PAGE_WIDTH);
    c.sheet->bottom = FOOT_BOTTOM - foot->height - FOOT_GAP;
    composed->sheet = c.sheet;
    composed->title = without_marks(paragraph(&c, NPIE_PART_TITLE, 0), p);
    composed->cadena = npie_cadena_format(npie_letter_cadena(letter, p), p);
    composed->zone = npie_zone_of(&letter->employer->address, p);
    composed->data = npie_letter_data_format(&data, p);
    add_head(&c);
    add_part(&c, NPIE_PART_BODY, &body_style);
    add_part(&c, NPIE_PART_ACCEPTANCE, &body_style);
    add_terms(&c);
    add_signatures(&c, composed);
    add_keys(&c);
    npie_sheet_text(c.sheet, &heading_style, say(&c, NPIE_S_LETTER_CADENA));
    npie_sheet_text(c.sheet, &cadena_style, composed->cadena);
    if (c.sheet->pages->nelts > PAGES_MAX) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                            "the letter takes more than %d pages", PAGES_MAX);
    }
    add_feet(&c, foot);
    return !c.sheet->extras.full ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW, "the letter "
                       "has more than %d different letters beyond Western "
                       "European ones", NPIE_EXTRAS_MAX);
}
