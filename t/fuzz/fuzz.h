/* SPDX-License-Identifier: Apache-2.0
 * A fuzzing target: one parser, what it is given, and what must hold of it.
 * driver.c runs it over files and over changed inputs, libFuzzer searches.
 */
#ifndef NPIE_FUZZ_FUZZ_H
#define NPIE_FUZZ_FUZZ_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "base/bytes.h"
#include "fuzz/mutation.h"
#include "pki/trust.h"

/** A target; each program has one, called fuzz_target. */
typedef struct fuzz_target_t {
    const char *name;   /**< of the program, without fuzz_ */
    const char *corpus; /**< t/fuzz/CORPUS-corpus has files; NULL: there are
                             only seeds */
    fuzz_form_t form;   /**< how inputs are changed */
    apr_size_t lead;    /**< first bytes of an input that say which reader is
                             meant, and are not of that form */
    int slow;           /**< seconds that an input may take; 0: two */
    /** Prepares what runs share. p lives as long as the process; NULL:
     * nothing. */
    void (*begin)(apr_pool_t *p);
    /** Adds inputs made by the product itself with fuzz_seed(). NULL: none. */
    void (*seeds)(apr_array_header_t *seeds, apr_pool_t *p);
    /** Reads an input and ends the program unless everything holds.
     * @param input in a block of just its size
     * @param p gone after the run
     * @return 1: it was taken for good; 0: it was refused */
    int (*run)(npie_bytes_t input, apr_pool_t *p);
} fuzz_target_t;

extern const fuzz_target_t fuzz_target;

/** Ends the program and says what, unless held. */
void fuzz_need(int held, const char *what);

/** The same for a text that must be clean UTF-8 of one line. */
void fuzz_need_clean(const char *text);

/** Adds an input. lead: bytes in front of it, NUL ended, "" for none. */
void fuzz_seed(apr_array_header_t *seeds, const char *lead,
               npie_bytes_t bytes);

/** The same of a text. */
void fuzz_seed_text(apr_array_header_t *seeds, const char *text);

/** A text as bytes. */
npie_bytes_t fuzz_bytes(const char *text);

/** Those bytes as a NUL-ended text, cut at their first NUL, in p. */
char *fuzz_text(npie_bytes_t bytes, apr_pool_t *p);

/** Bytes that libcrypto wrote, copied to p and freed; none when len is not
 * positive. */
npie_bytes_t fuzz_der(unsigned char *der, int len, apr_pool_t *p);

/** Puts bytes into a file of this process, which is removed at its end.
 * @return its path, the same each time, static */
const char *fuzz_file(npie_bytes_t bytes);

/** Sends standard error nowhere: the log of what every changed input is
 * refused for. Sanitizers go on reporting. */
void fuzz_hush(void);

/** The authority that signed the files of t/fuzz/pki-corpus. */
npie_trust_t *fuzz_trust(apr_pool_t *p);

#endif
