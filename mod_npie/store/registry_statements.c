/* SPDX-License-Identifier: Apache-2.0
 * The registry's statements with the lists of columns put in.
 */
#include "store/registry_statements.h"

#include <stddef.h>

#include <apr_general.h>

#include "store/audit.h"
#include "store/registry_handle.h"
#include "store/registry_lists.h"

#define NPIE_SCHEMA_TEXT APR_STRINGIFY(NPIE_SCHEMA_VERSION)
const npie_statement_t npie_registry_statements[] = {
#define NPIE_STATEMENT(name, label, sql) [NPIE_SQL_##name] = { label, sql },
#include "store/registry_statements.def"
#undef NPIE_STATEMENT
    { NULL, NULL }
};
