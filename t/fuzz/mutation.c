/* SPDX-License-Identifier: Apache-2.0
 * Random numbers, changes of bytes, and the choice among all changes.
 */
#include "fuzz/mutation.h"

#include <string.h>

#define CHANGES_MAX 4
#define RUN_MAX 600

void fuzz_random_init(fuzz_random_t *random, uint64_t seed)
{
    random->state = seed;
}

/* SplitMix64. */
static uint64_t next(fuzz_random_t *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t fuzz_random_below(fuzz_random_t *random, size_t below)
{
    return below > 0 ? (size_t)(next(random) % below) : 0;
}

void fuzz_splice(fuzz_input_t *input, size_t from, size_t len,
                 const uint8_t *with, size_t count)
{
    static uint8_t copy[FUZZ_INPUT_MAX];

    if (from > input->size) {
        return;
    }
    len = len < input->size - from ? len : input->size - from;
    if (count > sizeof(copy) || input->size - len + count > input->max) {
        return;
    }
    if (count > 0) {
        memcpy(copy, with, count);
    }
    memmove(input->data + from + count, input->data + from + len,
            input->size - from - len);
    memcpy(input->data + from, copy, count);
    input->size += count - len;
}

/* A run of one byte. */
static void insert_run(fuzz_input_t *input, fuzz_random_t *random, size_t at)
{
    static const uint8_t bytes[] = { 0x00, 0xff, 'A', '0', ' ', 0x80 };
    uint8_t run[RUN_MAX];

    memset(run, bytes[fuzz_random_below(random, sizeof(bytes))], sizeof(run));
    fuzz_splice(input, at, 0, run, 1 + fuzz_random_below(random, sizeof(run)));
}

void fuzz_change_bytes(fuzz_input_t *input, fuzz_random_t *random)
{
    size_t at = fuzz_random_below(random, input->size);
    size_t len = 1 + fuzz_random_below(random, 32);

    if (input->size == 0) {
        insert_run(input, random, 0);
        return;
    }
    switch (fuzz_random_below(random, 7)) {
    case 0:
        input->data[at] ^= (uint8_t)(1u << fuzz_random_below(random, 8));
        break;
    case 1:
        input->data[at] = (uint8_t)fuzz_random_below(random, 256);
        break;
    case 2:
        input->data[at] = (uint8_t)(fuzz_random_below(random, 2) ? 0xff : 0);
        break;
    case 3: /* taken out */
        fuzz_splice(input, at, len, NULL, 0);
        break;
    case 4: /* doubled elsewhere */
        len = len < input->size - at ? len : input->size - at;
        fuzz_splice(input, fuzz_random_below(random, input->size), 0,
                    input->data + at, len);
        break;
    case 5: /* cut off */
        input->size = at;
        break;
    default:
        insert_run(input, random, at);
        break;
    }
}

static int change(fuzz_input_t *input, fuzz_form_t form,
                  fuzz_random_t *random)
{
    switch (form) {
    case FUZZ_DER:
        /* PEM is text. */
        return fuzz_change_der(input, random)
            || fuzz_change_text(input, random);
    case FUZZ_TEXT:
        return fuzz_change_text(input, random);
    default:
        return fuzz_change_wire(input, random);
    }
}

size_t fuzz_mutate(uint8_t *data, size_t size, size_t max, fuzz_form_t form,
                   size_t lead, uint64_t seed)
{
    fuzz_input_t input = { data, size, max };
    fuzz_random_t random;
    size_t count;

    fuzz_random_init(&random, seed);
    count = 1 + fuzz_random_below(&random, CHANGES_MAX);
    lead = lead < size ? lead : size;
    input.data += lead;
    input.size -= lead;
    input.max -= lead;
    while (count-- > 0) {
        if (fuzz_random_below(&random, 8) == 0
            || !change(&input, form, &random)) {
            fuzz_change_bytes(&input, &random);
        }
    }
    if (lead > 0 && fuzz_random_below(&random, 200) == 0) {
        data[fuzz_random_below(&random, lead)] =
            (uint8_t)fuzz_random_below(&random, 256);
    }
    return lead + input.size;
}

fuzz_form_t fuzz_form_find(const char *name)
{
    static const char *const names[FUZZ_FORMS] = { "der", "text", "wire" };
    int form = 0;

    while (form < FUZZ_FORMS && strcmp(names[form], name) != 0) {
        ++form;
    }
    return (fuzz_form_t)form;
}
