/* SPDX-License-Identifier: Apache-2.0
 * Changes of fields on the wire (base/wire.h): numbers, and bytes after their
 * length. What is in a field may be DER or text and is changed as such.
 */
#include <string.h>

#include "fuzz/mutation.h"

#define FIELDS_MAX 512
#define PREFIX 4

/* A place where a length stands that fits. */
typedef struct field_t {
    size_t at;
    size_t len;
} field_t;

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16
        | (uint32_t)at[2] << 8 | at[3];
}

static void put_u32(uint8_t *at, size_t value)
{
    for (int i = PREFIX - 1; i >= 0; --i, value >>= 8) {
        at[i] = (uint8_t)value;
    }
}

static size_t find_fields(field_t fields[FIELDS_MAX],
                          const fuzz_input_t *input)
{
    size_t count = 0;

    for (size_t at = 0; at + PREFIX <= input->size && count < FIELDS_MAX;
         ++at) {
        const uint32_t len = get_u32(input->data + at);

        if (len > 0 && len <= input->size - at - PREFIX) {
            fields[count].at = at;
            fields[count++].len = len;
            at += PREFIX + len - 1;
        }
    }
    return count;
}

/* What a field holds, changed, with its length right. */
static void change_inside(fuzz_input_t *input, field_t field,
                          fuzz_random_t *random)
{
    static uint8_t inside[FUZZ_INPUT_MAX];
    fuzz_input_t part = { inside, field.len, sizeof(inside) };

    memcpy(inside, input->data + field.at + PREFIX, field.len);
    if (fuzz_random_below(random, 4) == 0 || !fuzz_change_der(&part, random)) {
        fuzz_change_text(&part, random);
    }
    if (input->size - field.len + part.size <= input->max) {
        fuzz_splice(input, field.at + PREFIX, field.len, inside, part.size);
        put_u32(input->data + field.at, part.size);
    }
}

static void change_field(fuzz_input_t *input, field_t field, field_t other,
                         fuzz_random_t *random)
{
    uint8_t *length = input->data + field.at;

    switch (fuzz_random_below(random, 8)) {
    case 0: /* emptied */
        put_u32(length, 0);
        fuzz_splice(input, field.at + PREFIX, field.len, NULL, 0);
        break;
    case 1: /* doubled */
        fuzz_splice(input, field.at, 0, length, PREFIX + field.len);
        break;
    case 2: /* another in its place */
        fuzz_splice(input, field.at, PREFIX + field.len,
                    input->data + other.at, PREFIX + other.len);
        break;
    case 3:
        put_u32(length, field.len + 1);
        break;
    case 4:
        put_u32(length, field.len - 1);
        break;
    case 5:
        put_u32(length, fuzz_random_below(random, 2) ? 0xffffffffu
                                                     : 0x7fffffff);
        break;
    default:
        change_inside(input, field, random);
        break;
    }
}

int fuzz_change_wire(fuzz_input_t *input, fuzz_random_t *random)
{
    field_t fields[FIELDS_MAX];
    const size_t count = find_fields(fields, input);

    if (count == 0 || fuzz_random_below(random, 4) == 0) {
        return 0;
    }
    change_field(input, fields[fuzz_random_below(random, count)],
                 fields[fuzz_random_below(random, count)], random);
    return 1;
}
