/* SPDX-License-Identifier: Apache-2.0
 * The memory libharu works in: everything of one document is given back at
 * once. libharu's allocation callbacks get no context, so the arena belongs to
 * the thread.
 */
#ifndef NPIE_LETTER_ARENA_H
#define NPIE_LETTER_ARENA_H

/** Opens the calling thread's arena; it must not be open. */
void npie_arena_open(void);

/** Gives back everything allocated since npie_arena_open(). */
void npie_arena_close(void);

/**
 * Memory from the calling thread's open arena, aligned for any type, not
 * cleared. Never NULL: libharu 2.3.0 uses what it has freed when an
 * allocation fails, so a process without memory ends here instead.
 */
void *npie_arena_alloc(unsigned size);

/** Does nothing: npie_arena_close() frees. */
void npie_arena_free(void *memory);

#endif
