/* SPDX-License-Identifier: Apache-2.0
 * The memory of libharu for one document, freed as a whole. libharu's
 * allocation callbacks get no context, so each thread has its own arena.
 */
#ifndef NPIE_LETTER_ARENA_H
#define NPIE_LETTER_ARENA_H

/** Opens the arena of the calling thread, which must not be open. */
void npie_arena_open(void);

/** Frees everything allocated since npie_arena_open(). */
void npie_arena_close(void);

/**
 * Allocates from the open arena of the calling thread, aligned for any type,
 * not cleared. Never returns NULL: libharu 2.3.0 uses freed memory after a
 * failed allocation, so the process aborts instead.
 */
void *npie_arena_alloc(unsigned size);

/** Does nothing: npie_arena_close() frees. */
void npie_arena_free(void *memory);

#endif
