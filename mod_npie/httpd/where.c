/* SPDX-License-Identifier: Apache-2.0
 * Pages and places.
 */
#include "httpd/where.h"

#include <string.h>

#include "httpd/additional.h"

static const npie_page_t pages[] = {
    { "acceso.html", 1 },
    { "aviso.html", 2 },
    { "datos.html", 2 },
    { "llave.html", 3 },
    { "carta.html", 4 },
    { "correo.html", 5 },
    { "enlace.html", 0 },
    { "verificar.html", 0 },
    { "certificado.html", 5 },
    { "terminos.html", 6 },
    { "listo.html", 7 },
    { "revocar.html", 0 },
    { NPIE_ADDITION_PAGE, 0 },
    { NPIE_ADDITIONAL_LIST, 0 },
    { NPIE_ADDITIONAL_SIGN, 0 },
    { NPIE_ADDITIONAL_HERE, 0 },
    { "rechazo-revocado.html", 0 },
    { "rechazo-sustituido.html", 0 },
    { "rechazo-futuro.html", 0 },
    { "rechazo-vencido.html", 0 },
    { "rechazo-desconocido.html", 0 },
    { "rechazo-ajeno.html", 0 },
    { "rechazo-llave.html", 0 },
    { "rechazo-adicional.html", 0 },
};

/* The pages of an open renewal, home first. */
static const char *const by_state[NPIE_RENEWAL_STATES][4] = {
    [NPIE_RENEWAL_STARTED] = { "llave.html", "datos.html", "aviso.html" },
    [NPIE_RENEWAL_KEYED] = { "carta.html" },
    [NPIE_RENEWAL_SIGNED] = { "certificado.html" },
    [NPIE_RENEWAL_CONFIRMED] = { "certificado.html" },
    [NPIE_RENEWAL_ISSUED] = { "certificado.html", "terminos.html" },
};

const npie_page_t *npie_where_page(const char *name)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); ++i) {
        if (strcmp(pages[i].name, name) == 0) {
            return &pages[i];
        }
    }
    return NULL;
}

const char *npie_where_refusal(npie_problem_t problem)
{
    switch (problem) {
    case NPIE_P_CERT_REVOKED:
        return "rechazo-revocado.html";
    case NPIE_P_CERT_SUPERSEDED:
        return "rechazo-sustituido.html";
    case NPIE_P_CERT_NOT_YET:
        return "rechazo-futuro.html";
    case NPIE_P_CERT_TOO_OLD:
        return "rechazo-vencido.html";
    case NPIE_P_CERT_ADDITIONAL:
        return "rechazo-adicional.html";
    case NPIE_P_CERT_OTHER:
        return "rechazo-ajeno.html";
    case NPIE_P_KEY_WEAK:
        return "rechazo-llave.html";
    default:
        return "rechazo-desconocido.html";
    }
}

/* Is the open renewal one that this certificate's holder goes on with? */
static int has_open(const npie_place_t *place)
{
    return place->renewal != NULL
        && npie_machine_is_open(place->renewal->state);
}

static int is_valid(const npie_place_t *place)
{
    return place->verdict == NPIE_VERDICT_APPLICATION
        || place->verdict == NPIE_VERDICT_EARLY;
}

const char *npie_where_home(const npie_place_t *place)
{
    if (place->verdict == NPIE_VERDICT_REFUSED) {
        return npie_where_refusal(place->problem);
    }
    if (place->verdict == NPIE_VERDICT_TERMS) {
        return "terminos.html";
    }
    if (place->mail.waits) {
        return "correo.html";
    }
    if (has_open(place)) {
        return by_state[place->renewal->state][0];
    }
    return is_valid(place) ? NULL : "aviso.html";
}

int npie_where_allowed(const npie_place_t *place, const char *page)
{
    const char *home = npie_where_home(place);

    if (home != NULL && strcmp(page, home) == 0) {
        return 1;
    }
    if (place->verdict == NPIE_VERDICT_REFUSED) {
        return 0;
    }
    if (strcmp(page, "revocar.html") == 0) {
        return 1;
    }
    if (npie_additional_is_page(page)) {
        return npie_flow_addition_may(place);
    }
    if (place->mail.waits && place->mail.link_required) {
        return 0;
    }
    if (has_open(place)) {
        for (int i = 0; i < 4 && by_state[place->renewal->state][i] != NULL;
             ++i) {
            if (strcmp(page, by_state[place->renewal->state][i]) == 0) {
                return 1;
            }
        }
    }
    else if (place->verdict != NPIE_VERDICT_APPLICATION
             && (strcmp(page, "aviso.html") == 0
                 || strcmp(page, "datos.html") == 0)) {
        return 1;
    }
    return is_valid(place) && place->renewal != NULL
        && place->renewal->state == NPIE_RENEWAL_COMPLETED
        && (strcmp(page, "listo.html") == 0
            || strcmp(page, "certificado.html") == 0);
}
