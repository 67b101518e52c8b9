/* SPDX-License-Identifier: Apache-2.0
 * A bump allocator, one per thread.
 */
#include "letter/arena.h"

#include <stddef.h>
#include <stdlib.h>

/* A letter takes about 230 KiB; a larger block would be asked from the
 * kernel, and given back to it, each time. */
#define BLOCK_SIZE (96 * 1024)
#define ALIGNMENT 16

typedef union block_t {
    struct {
        union block_t *next;
        size_t size; /* of the room behind this head */
        size_t used;
    } head;
    long double align;
} block_t;

static __thread block_t *blocks;
static __thread int is_open;

static block_t *add_block(size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    block_t *block = malloc(sizeof(*block) + size);

    if (block == NULL) {
        abort();
    }
    block->head.size = size;
    block->head.used = 0;
    block->head.next = blocks;
    blocks = block;
    return block;
}

void npie_arena_open(void)
{
    if (is_open) {
        abort();
    }
    is_open = 1;
}

void npie_arena_close(void)
{
    while (blocks != NULL) {
        block_t *next = blocks->head.next;

        free(blocks);
        blocks = next;
    }
    is_open = 0;
}

void *npie_arena_alloc(unsigned size)
{
    size_t need = ((size_t)size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block_t *block = blocks;
    void *memory;

    if (!is_open) {
        abort();
    }
    if (block == NULL || block->head.size - block->head.used < need) {
        block = add_block(need);
    }
    memory = (unsigned char *)(block + 1) + block->head.used;
    block->head.used += need;
    return memory;
}

void npie_arena_free(void *memory)
{
    (void)memory;
}
