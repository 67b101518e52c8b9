/* SPDX-License-Identifier: Apache-2.0
 * A letter's cadena original.
 */
#include "letter/content.h"

npie_cadena_t *npie_letter_cadena(const npie_letter_t *letter, apr_pool_t *p)
{
    npie_cadena_t *cadena = apr_pcalloc(p, sizeof(*cadena));

    cadena->kind = letter->kind;
    cadena->folio = letter->folio;
    cadena->rp = letter->employer->rp;
    cadena->rfc = letter->employer->rfc;
    cadena->curp = letter->employer->curp;
    cadena->user = letter->employer->user;
    cadena->old_spki = letter->old_spki;
    cadena->new_spki = letter->new_spki;
    cadena->email = letter->employer->contact.email;
    cadena->time = letter->time;
    cadena->holder = cadena->purpose = "";
    if (letter->kind == NPIE_LETTER_ADDITIONAL) {
        cadena->email = letter->holder_email;
        cadena->holder = letter->holder;
        cadena->purpose = letter->purpose;
    }
    return cadena;
}
