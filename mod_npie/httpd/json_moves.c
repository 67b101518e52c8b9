/* SPDX-License-Identifier: Apache-2.0
 * Requests that programs can make, by stage.
 */
#include "httpd/json_moves.h"

#include <apr_strings.h>

#define OPEN (NPIE_STAGE_STARTED | NPIE_STAGE_KEYED | SIGNED)
#define SIGNED (NPIE_STAGE_LINK | NPIE_STAGE_MAIL | NPIE_STAGE_CONFIRMED)
#define WAITING (NPIE_STAGE_LINK | NPIE_STAGE_MAIL)
#define LIVE (NPIE_STAGE_IDLE | NPIE_STAGE_READY | OPEN | NPIE_STAGE_ISSUED)
#define FIELDS_MAX 4

/* A field of a move's form; a name of NULL ends them. */
typedef struct field_t {
    const char *name;
    const char *what;
    const char *value; /* it must be this; NULL: the program's choice */
    int optional;
} field_t;

#define LETTER_FIELDS { \
    { "firma", "detached CMS over the letter's ByteRange; base64 of DER, or " \
      "PEM", NULL, 0 }, \
    { "carta", "the letter's file that was signed, base64", NULL, 1 } }
#define ADDRESS_FIELDS \
    { "correo", "e-mail address", NULL, 0 }, \
    { "correo2", "the same again; may be left out of JSON", NULL, \
      1 }

static const struct {
    const char *name;
    const char *page;
    const char *method;
    unsigned next;   /* the stages that it goes on from */
    unsigned action; /* the stages at which it can be done besides */
    int is_mail;     /* asks for a mail */
    field_t fields[FIELDS_MAX];
} moves[] = {
    { "login", "acceso.html", "POST", NPIE_STAGE_OUT, 0, 0, {
        { "reto", "the challenge, exactly as it came", NULL, 0 },
        { "firma", "detached CMS over the challenge; base64 of DER, or PEM",
          NULL, 0 },
        { "usuario", "user name", NULL, 1 },
        { "volver", "path in the application to go to", NULL, 1 } } },
    { "start", "datos.html", "POST", NPIE_STAGE_READY, NPIE_STAGE_STARTED, 0, {
        ADDRESS_FIELDS,
        { "telefono", "telephone, ten digits", NULL, 0 },
        { "fax", "fax, ten digits", NULL, 1 } } },
    { "make-key", "llave.html", "POST", NPIE_STAGE_STARTED, 0, 0, {
        { "solicitud", "PKCS#10 request; PEM, or base64 of DER", NULL, 0 },
        { "nombre", "name of the key file, without .key", NULL, 0 },
        { "huella", "SHA-256 of the key file, hex", NULL, 1 } } },
    { "sign-letter-1", "carta.html", "POST", NPIE_STAGE_KEYED, 0, 0,
      LETTER_FIELDS },
    { "await-link", "correo.html", "GET", NPIE_STAGE_LINK, 0, 0, { { 0 } } },
    { "go-on", "correo.html", "POST", NPIE_STAGE_MAIL, 0, 0, {
        { "accion", "what to do", "seguir", 0 } } },
    { "issue", "certificado.html", "POST", NPIE_STAGE_CONFIRMED,
      NPIE_STAGE_MAIL, 0, { { 0 } } },
    { "sign-letter-2", "terminos.html", "POST", NPIE_STAGE_ISSUED, 0, 0,
      LETTER_FIELDS },
    { "resend-mail", "correo.html", "POST", 0, WAITING, 1, {
        { "accion", "what to do", "reenviar", 0 } } },
    { "change-address", "correo.html", "POST", 0, WAITING, 1, {
        { "accion", "what to do", "cambiar", 0 },
        ADDRESS_FIELDS } },
    { "rekey", "rehacer", "POST", 0, NPIE_STAGE_KEYED | SIGNED, 0, { { 0 } } },
    { "cancel", "cancelar", "POST", 0, OPEN, 0, { { 0 } } },
    { "revoke", "revocar.html", "POST", 0, LIVE, 0, {
        { "cual", "\"este\", the certificate proved, or \"nuevo\", the one "
          "whose terms are not signed", NULL, 0 },
        { "motivo", "\"robada\": somebody else may have the key; "
          "\"perdida\": nobody has", NULL, 0 },
        { "confirmo", "that it cannot be undone", "si", 0 } } },
    { "logout", "salir", "POST", 0, ~(unsigned)NPIE_STAGE_OUT, 0, { { 0 } } },
};

#define MOVES (sizeof(moves) / sizeof(moves[0]))

static json_t *field_json(const field_t *field)
{
    json_t *json = json_pack("{s:s, s:b, s:s}", "name", field->name,
                             "required", !field->optional,
                             "what", field->what);

    if (field->value != NULL) {
        json_object_set_new(json, "value", json_string(field->value));
    }
    return json;
}

static json_t *move_json(const char *name, const char *page,
                         const char *method, const field_t *fields,
                         const char *base, apr_pool_t *p)
{
    json_t *list = json_array();

    for (int i = 0; i < FIELDS_MAX && fields[i].name != NULL; ++i) {
        json_array_append_new(list, field_json(&fields[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "name", name,
                     "href", apr_pstrcat(p, base, page, NULL),
                     "method", method, "fields", list);
}

static json_t *row_json(apr_size_t i, const char *base, apr_pool_t *p)
{
    return move_json(moves[i].name, moves[i].page, moves[i].method,
                     moves[i].fields, base, p);
}

json_t *npie_json_next(npie_stage_t stage, const char *base, apr_pool_t *p)
{
    for (apr_size_t i = 0; i < MOVES; ++i) {
        if (moves[i].next & stage) {
            return row_json(i, base, p);
        }
    }
    return NULL;
}

json_t *npie_json_actions(npie_stage_t stage, int mails, const char *base,
                          apr_pool_t *p)
{
    json_t *list = json_array();

    for (apr_size_t i = 0; i < MOVES; ++i) {
        if ((moves[i].action & stage) && (mails || !moves[i].is_mail)) {
            json_array_append_new(list, row_json(i, base, p));
        }
    }
    return list;
}

json_t *npie_json_link_move(const char *name, const char *token,
                            const char *base, apr_pool_t *p)
{
    const field_t fields[FIELDS_MAX] = {
        { "t", "the link's token", token, 0 },
    };

    return move_json(name, "enlace.html", "POST", fields, base, p);
}
