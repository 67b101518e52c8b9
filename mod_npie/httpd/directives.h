/* SPDX-License-Identifier: Apache-2.0
 * The directives: their names, where they may stand, and what sets them.
 */
#ifndef NPIE_HTTPD_DIRECTIVES_H
#define NPIE_HTTPD_DIRECTIVES_H

#include "httpd/private.h"

/** The table for the module's record. */
extern const command_rec npie_directives[];

#endif
