/* SPDX-License-Identifier: Apache-2.0
 * Schema steps, and the search for damage.
 */
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "store/registry_sql.h"

apr_status_t npie_schema_connect(npie_registry_t **pregistry,
                                 const char *driver, const char *params,
                                 npie_err_t *err, apr_pool_t *p)
{
    npie_registry_t *registry = apr_pcalloc(p, sizeof(*registry));
    apr_status_t rv;

    registry->p = p;
    registry->prepared = apr_hash_make(p);
    rv = npie_sql_connect(registry, driver, params, err);
    *pregistry = rv == APR_SUCCESS ? registry : NULL;
    return rv;
}

apr_status_t npie_schema_version(int *pversion, npie_registry_t *registry,
                                 npie_err_t *err)
{
    const char *answer = npie_sql_ask(registry, npie_sql_is_sqlite(registry)
        ? "SELECT count(*) FROM sqlite_master WHERE name = 'schema'"
        : "SELECT count(*) FROM information_schema.tables"
          " WHERE table_name = 'schema'"
          " AND table_schema = current_schema()", 0);

    if (answer != NULL && strcmp(answer, "0") != 0) {
        answer = npie_sql_ask(registry, "SELECT max(version) FROM schema", 0);
    }
    if (answer == NULL) {
        return npie_sql_failed(registry, "reading its version", err);
    }
    *pversion = atoi(answer);
    return APR_SUCCESS;
}

apr_status_t npie_schema_writable(npie_registry_t *registry, npie_err_t *err)
{
    int is_sqlite = npie_sql_is_sqlite(registry);
    const char *said = npie_sql_ask(registry, is_sqlite
                                    ? "PRAGMA journal_mode"
                                    : "SHOW transaction_read_only", 0);
    apr_status_t rv;

    if (said == NULL) {
        return npie_sql_failed(registry, "asking how it is written", err);
    }
    if (strcmp(said, is_sqlite ? "wal" : "off") != 0) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN, is_sqlite
            ? "registry: its journal_mode is %s: PRAGMA journal_mode = WAL"
            : "registry: transaction_read_only is %s: it is a standby", said);
    }
    if (!is_sqlite) {
        return APR_SUCCESS;
    }
    rv = npie_sql_run(registry, "BEGIN IMMEDIATE", err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* Of a file that it may not write SQLite only reads, until it is to. */
    rv = npie_sql_run(registry, "UPDATE schema SET version = version"
                      " WHERE version < 0", err);
    npie_sql_run(registry, "ROLLBACK", NULL);
    return rv;
}

const char *npie_schema_no_timeout(npie_registry_t *registry)
{
    static const char *const names[] = { "statement_timeout", "lock_timeout" };

    for (int i = 0; i < 2 && !npie_sql_is_sqlite(registry); i++) {
        const char *value = npie_sql_ask(registry, apr_pstrcat(
            registry->p, "SHOW ", names[i], NULL), 0);

        if (value != NULL && strcmp(value, "0") == 0) {
            return names[i];
        }
    }
    return NULL;
}

/* Past blanks and comments. */
static const char *skip(const char *sql)
{
    for (;;) {
        if (apr_isspace(*sql)) {
            sql++;
        }
        else if (strncmp(sql, "--", 2) == 0) {
            sql += strcspn(sql, "\n");
        }
        else if (strncmp(sql, "/*", 2) == 0) {
            const char *end = strstr(sql + 2, "*/");

            sql = end == NULL ? sql + strlen(sql) : end + 2;
        }
        else {
            return sql;
        }
    }
}

/* Past one word, quoted text or character. */
static const char *token_end(const char *sql)
{
    if (*sql == '\'' || *sql == '"') {
        const char *end = strchr(sql + 1, *sql);

        return end == NULL ? sql + strlen(sql) : end + 1;
    }
    if (!apr_isalnum(*sql) && *sql != '_') {
        return sql + 1;
    }
    while (apr_isalnum(*sql) || *sql == '_') {
        sql++;
    }
    return sql;
}

/* Past the semicolon of the first statement. Semicolons within a trigger's
 * body do not end it, only that of its "; END;" does. */
static const char *statement_end(const char *sql)
{
    int words = 0;
    int trigger = 0;
    int closing = 0; /* 1: after a semicolon, 2: after its END */

    for (sql = skip(sql); *sql != '\0'; sql = skip(sql)) {
        const char *end = token_end(sql);
        apr_size_t len = (apr_size_t)(end - sql);

        if (*sql == ';' && (!trigger || closing == 2)) {
            return end;
        }
        trigger |= ++words <= 3 && len == 7
            && strncasecmp(sql, "TRIGGER", len) == 0;
        closing = *sql == ';' ? 1
            : closing == 1 && len == 3 && strncasecmp(sql, "END", 3) == 0 ? 2
            : 0;
        sql = end;
    }
    return sql;
}

/* One statement of SQLite's. apr_dbd takes a pragma that answers for a
 * failure when it is run as a query. */
static apr_status_t run_one(npie_registry_t *registry, const char *sql,
                            npie_err_t *err)
{
    if (strncasecmp(sql, "PRAGMA", 6) != 0) {
        return npie_sql_run(registry, sql, err);
    }
    return npie_sql_ask(registry, sql, 0) != NULL
        ? APR_SUCCESS : npie_sql_failed(registry, sql, err);
}

/* apr_dbd's SQLite driver goes on behind a statement that failed: each is
 * handed over alone. */
static apr_status_t run_each(npie_registry_t *registry, const char *sql,
                             npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    for (sql = skip(sql); rv == APR_SUCCESS && *sql != '\0'; sql = skip(sql)) {
        const char *end = statement_end(sql);

        rv = run_one(registry, apr_pstrmemdup(registry->p, sql,
                                              (apr_size_t)(end - sql)), err);
        sql = end;
    }
    return rv;
}

apr_status_t npie_schema_apply(npie_registry_t *registry, const char *sql,
                               int version, npie_err_t *err)
{
    int now = 0;
    apr_status_t rv;

    rv = npie_sql_is_sqlite(registry) ? run_each(registry, sql, err)
                                      : npie_sql_run(registry, sql, err);
    if (rv != APR_SUCCESS) {
        /* Where it failed outside the transaction this means nothing. */
        npie_sql_run(registry, "ROLLBACK", NULL);
        return rv;
    }
    rv = npie_schema_version(&now, registry, err);
    if (rv == APR_SUCCESS && now != version) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: version %d after the step to %d", now,
                            version);
    }
    return rv;
}

/* Packed files (store/registry_file.h) that name a frame which is not there. */
#define FRAMELESS(framed, hash)                                              \
    "SELECT count(*) FROM (SELECT pdf AS b FROM letter UNION ALL"            \
    " SELECT seal FROM letter UNION ALL SELECT pdf FROM addition"            \
    " UNION ALL SELECT stamps FROM letter UNION ALL"                         \
    " SELECT stamps FROM addition"                                           \
    " UNION ALL SELECT seal FROM addition) f WHERE substr(b, 1, 1) = "       \
    framed " AND NOT EXISTS (SELECT 1 FROM frame WHERE sha256 = " hash ")"

/* Rows that contradict each other: how many, and what that means. */
static const struct {
    const char *sql;
    const char *what;
} contradictions[] = {
    { "SELECT count(*) FROM renewal r JOIN certificate c"
      " ON c.id = r.old_certificate WHERE c.employer <> r.employer",
      "renewals of another employer's certificate" },
    { "SELECT count(*) FROM renewal r JOIN certificate c"
      " ON c.id = r.new_certificate WHERE c.employer <> r.employer"
      " OR c.spki <> r.new_spki OR c.additional <> 0",
      "renewals whose new certificate is another employer's or has another"
      " key" },
    { "SELECT count(*) FROM renewal r JOIN certificate c"
      " ON c.id = r.old_certificate WHERE r.state = 'completed'"
      " AND c.status = 'active'",
      "completed renewals whose old certificate is still active" },
    { "SELECT count(*) FROM renewal r LEFT JOIN letter l"
      " ON l.folio = r.letter1 WHERE r.state IN ('signed', 'confirmed',"
      " 'issued', 'completed') AND (l.signed_at IS NULL OR l.voided = 1)",
      "renewals past letter 1 whose letter 1 is not signed" },
    { "SELECT count(*) FROM renewal r LEFT JOIN letter l"
      " ON l.folio = r.letter2 WHERE r.state = 'completed'"
      " AND (l.signed_at IS NULL OR l.voided = 1)"
      /* Lost with the registry that was restored: flow/reconcile.h. */
      " AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.event = 'reconcile'"
      " AND a.detail LIKE '%, completed: renewal ' || r.id || ',%')",
      "completed renewals whose letter 2 is not signed" },
    { "SELECT count(*) FROM renewal r JOIN letter l"
      " ON l.folio IN (r.letter1, r.letter2) WHERE l.renewal <> r.id",
      "renewals with another renewal's letter" },
    { "SELECT count(*) FROM letter WHERE folio >"
      " (SELECT value FROM counter WHERE name = 'folio')",
      "letters with a folio that has not been drawn" },
    { "SELECT count(*) FROM (SELECT employer FROM renewal WHERE state NOT IN"
      " ('completed', 'cancelled', 'lapsed') GROUP BY employer"
      " HAVING count(*) > 1) t",
      "employers with two open renewals" },
    { "SELECT count(*) FROM (SELECT c.employer FROM certificate c"
      " WHERE c.status = 'active' AND c.additional = 0 AND NOT EXISTS"
      " (SELECT 1 FROM renewal r WHERE r.employer = c.employer"
      " AND r.state = 'issued') GROUP BY c.employer"
      " HAVING count(*) > 1) t",
      "employers with two active certificates and no renewal between them" },
    { "SELECT count(*) FROM certificate WHERE status = 'active'"
      " AND reason <> ''",
      "active certificates with a reason of revocation" },
    { "SELECT count(*) FROM outbox o JOIN renewal r ON r.id = o.renewal"
      " WHERE o.employer <> r.employer",
      "mails about another employer's renewal" },
};

static void add(apr_array_header_t *findings, const char *text)
{
    APR_ARRAY_PUSH(findings, const char *) = text;
}

/* What SQLite finds itself. */
static apr_status_t sqlite_verify(apr_array_header_t *findings,
                                  npie_registry_t *registry, npie_err_t *err)
{
    const char *said = npie_sql_ask(registry, "PRAGMA integrity_check(1)", 0);
    const char *orphans = npie_sql_ask(registry,
        "SELECT count(*) FROM pragma_foreign_key_check", 0);

    if (said == NULL || orphans == NULL) {
        return npie_sql_failed(registry, "checking its integrity", err);
    }
    if (strcmp(said, "ok") != 0) {
        add(findings, apr_psprintf(registry->p, "the file is damaged: %.120s",
                                   said));
    }
    if (strcmp(orphans, "0") != 0) {
        add(findings, apr_psprintf(registry->p, "%s rows refer to rows that "
                                   "are not there", orphans));
    }
    return APR_SUCCESS;
}

/* A finding, unless what the statement counts is 0. */
static apr_status_t count_rows(apr_array_header_t *findings,
                               npie_registry_t *registry, const char *sql,
                               const char *what, npie_err_t *err)
{
    const char *count = npie_sql_ask(registry, sql, 0);

    if (count == NULL) {
        return npie_sql_failed(registry, what, err);
    }
    if (strcmp(count, "0") != 0) {
        add(findings, apr_psprintf(registry->p, "%s %s", count, what));
    }
    return APR_SUCCESS;
}

apr_status_t npie_schema_verify(apr_array_header_t **pfindings,
                                npie_registry_t *registry, npie_err_t *err)
{
    apr_array_header_t *findings = apr_array_make(registry->p, 4,
                                                  sizeof(const char *));
    apr_status_t rv = npie_sql_is_sqlite(registry)
        ? sqlite_verify(findings, registry, err) : APR_SUCCESS;
    apr_size_t n = sizeof(contradictions) / sizeof(contradictions[0]);

    for (apr_size_t i = 0; rv == APR_SUCCESS && i < n; i++) {
        rv = count_rows(findings, registry, contradictions[i].sql,
                        contradictions[i].what, err);
    }
    if (rv == APR_SUCCESS) {
        rv = count_rows(findings, registry, npie_sql_is_sqlite(registry)
                        ? FRAMELESS("x'02'", "CAST(substr(b, 2, 64) AS TEXT)")
                        : FRAMELESS("'\\x02'",
                                    "encode(substr(b, 2, 64), 'escape')"),
                        "letters or seals without the frame that they were"
                        " packed with", err);
    }
    *pfindings = findings;
    return rv;
}
