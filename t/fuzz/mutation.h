/* SPDX-License-Identifier: Apache-2.0
 * Changes inputs by their structure, so that a parser is met behind its first
 * check. The same seed makes the same change again.
 */
#ifndef NPIE_FUZZ_MUTATION_H
#define NPIE_FUZZ_MUTATION_H

#include <stddef.h>
#include <stdint.h>

/** What an input is made of. */
typedef enum fuzz_form_t {
    FUZZ_DER,  /**< elements of X.690: emptied, doubled, moved, re-typed, with
                    lengths that are off */
    FUZZ_TEXT, /**< words and lines between separators */
    FUZZ_WIRE, /**< fields of base/wire.h: numbers, and bytes after their
                    length */
    FUZZ_FORMS /**< how many */
} fuzz_form_t;

/** The longest input. */
#define FUZZ_INPUT_MAX (1 << 20)

/** Random numbers of a seed. */
typedef struct fuzz_random_t {
    uint64_t state;
} fuzz_random_t;

void fuzz_random_init(fuzz_random_t *random, uint64_t seed);
/** From 0 to below - 1; 0 when below is 0. */
size_t fuzz_random_below(fuzz_random_t *random, size_t below);

/** An input while it is changed. */
typedef struct fuzz_input_t {
    uint8_t *data;
    size_t size;
    size_t max; /**< room in data */
} fuzz_input_t;

/** Puts bytes in the place of [from, from + len), as far as there is room.
 * @param with may be part of the input */
void fuzz_splice(fuzz_input_t *input, size_t from, size_t len,
                 const uint8_t *with, size_t count);

/** One change of a form. The input stays as it is where none is possible.
 * @return 1 when it could be done */
int fuzz_change_der(fuzz_input_t *input, fuzz_random_t *random);
int fuzz_change_text(fuzz_input_t *input, fuzz_random_t *random);
int fuzz_change_wire(fuzz_input_t *input, fuzz_random_t *random);
/** One change of bytes, whatever they are. */
void fuzz_change_bytes(fuzz_input_t *input, fuzz_random_t *random);

/**
 * Some changes.
 * @param data size bytes, room for max
 * @param lead bytes at the beginning that are of no form
 * @return the new size
 */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t max, fuzz_form_t form,
                   size_t lead, uint64_t seed);

/** A form by its name, "der", "text" or "wire"; FUZZ_FORMS: none. */
fuzz_form_t fuzz_form_find(const char *name);

#endif
