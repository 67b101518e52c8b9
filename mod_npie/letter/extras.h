/* SPDX-License-Identifier: Apache-2.0
 * Characters that WinAnsi lacks and letters show all the same: those of names
 * in Mexico's languages and of people from elsewhere, in Latin writing. A
 * letter gives each one that it uses a code below the blank, where WinAnsi has
 * none.
 */
#ifndef NPIE_LETTER_EXTRAS_H
#define NPIE_LETTER_EXTRAS_H

/** The codes: NPIE_TERMS_BOLD and NPIE_TERMS_PLAIN stand before them. */
#define NPIE_EXTRAS_FIRST 3
#define NPIE_EXTRAS_MAX 29

/** How many characters there are in all. */
#define NPIE_EXTRAS_ALL 657

/** Those of one letter. */
typedef struct npie_extras_t {
    unsigned cps[NPIE_EXTRAS_MAX]; /**< of the codes from NPIE_EXTRAS_FIRST */
    int count;
    int full; /**< 1: there was one more, which has no code */
} npie_extras_t;

/** The place of a character among all, 0 to NPIE_EXTRAS_ALL - 1; -1 when it is
 * none of them. */
int npie_extras_place(unsigned cp);

/** The character at a place. */
unsigned npie_extras_at(int place);

/** The code of a character in a letter, given to it now if it has none yet; 0:
 * it is none of them, or all codes are taken (extras->full). */
unsigned char npie_extras_code(npie_extras_t *extras, unsigned cp);

/** Is a byte of the text such a code? 1 = yes. */
int npie_extras_is(char c);

#endif
