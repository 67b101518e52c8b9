/* SPDX-License-Identifier: Apache-2.0
 * Connecting to PostgreSQL and waiting for it.
 */
#include "ledger/link_pgsql.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_strings.h>
#include <libpq-fe.h>

#include "base/ticks.h"

/* Who asks waits 6 seconds: it has its answer in 5. A connection that is not
 * there in 2 is made on at the next request, for 10; one statement may take
 * 2.5, of which the server knows. */
#define ANSWER_TIME apr_time_from_sec(5)
#define CONNECT_WAIT apr_time_from_sec(2)
#define CONNECT_TIME apr_time_from_sec(10)
#define SESSION \
    "SET statement_timeout = 2500; SET lock_timeout = 2000; " \
    "SET idle_in_transaction_session_timeout = 5000; " \
    "SET default_transaction_isolation = 'read committed'; " \
    "SET client_min_messages = error; SET search_path = pg_catalog; " \
    "SELECT set_config('synchronous_commit', 'on', false) " \
    "WHERE current_setting('synchronous_commit') = 'off'"
#define READ_ONLY "; SET default_transaction_read_only = on"

struct npie_pgsql_link_t {
    const char *params;
    int read_only;
    PGconn *conn;               /* NULL: none is being made */
    int ready;                  /* 1: statements can be sent */
    PostgresPollingStatusType polling;
    apr_interval_time_t given_up; /* when it is no more waited for */
    apr_interval_time_t until;  /* who asks is to have an answer */
};

struct npie_pgsql_rows_t {
    PGresult *result;
};

static apr_status_t close_link(void *data)
{
    npie_pgsql_leave(data);
    return APR_SUCCESS;
}

npie_pgsql_link_t *npie_pgsql_link(const char *params, int read_only,
                                   apr_pool_t *p)
{
    npie_pgsql_link_t *link = apr_pcalloc(p, sizeof(*link));
    struct addrinfo *found = NULL;

    link->params = apr_pstrdup(p, params);
    link->read_only = read_only;
    /* A name server that is away must not take all our time. */
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    if (getaddrinfo("npie-ledger.invalid", NULL, NULL, &found) == 0) {
        freeaddrinfo(found);
    }
    getpwuid(geteuid());
    apr_pool_cleanup_register(p, link, close_link, apr_pool_cleanup_null);
    return link;
}

void npie_pgsql_leave(npie_pgsql_link_t *link)
{
    PQfinish(link->conn);
    link->conn = NULL;
    link->ready = 0;
}

/* What libpq says, on one line. */
static const char *said(const char *text, apr_pool_t *p)
{
    char *line = apr_pstrdup(p, text);
    apr_size_t len = strlen(line);

    while (len > 0 && isspace((unsigned char)line[len - 1])) {
        line[--len] = '\0';
    }
    for (char *c = line; *c != '\0'; c++) {
        *c = (char)(iscntrl((unsigned char)*c) ? ' ' : *c);
    }
    return apr_pstrcat(p, "PostgreSQL: ", *line != '\0' ? line : "no answer",
                       NULL);
}

static npie_ledger_status_t lost(npie_pgsql_link_t *link, const char **detail,
                                 apr_pool_t *p)
{
    *detail = said(PQerrorMessage(link->conn), p);
    npie_pgsql_leave(link);
    return NPIE_LEDGER_AWAY;
}

static npie_ledger_status_t too_late(npie_pgsql_link_t *link,
                                     const char *what, const char **detail)
{
    *detail = what;
    npie_pgsql_leave(link);
    return NPIE_LEDGER_AWAY;
}

/* Waits for the socket. 1; 0: it is too late. */
static int wait_for(PGconn *conn, short events, apr_interval_time_t until)
{
    struct pollfd pfd = { PQsocket(conn), events, 0 };
    apr_interval_time_t left;
    int n;

    do {
        left = until - npie_ticks();
        n = left <= 0 ? 0 : poll(&pfd, 1, (int)(left / 1000) + 1);
    } while (n < 0 && errno == EINTR);
    return n != 0;
}

/* A parameter that stands before the place's own is a default. */
static void begin(npie_pgsql_link_t *link)
{
    const char *const names[] = {
        "fallback_application_name", "target_session_attrs", "gssencmode",
        "tcp_user_timeout", "dbname", "client_encoding", NULL
    };
    const char *const values[] = {
        "npie-ledger", link->read_only ? "any" : "read-write", "disable",
        "3000", link->params, "UTF8", NULL
    };

    link->conn = PQconnectStartParams(names, values, 1);
    link->polling = PGRES_POLLING_WRITING;
    link->given_up = npie_ticks() + CONNECT_TIME;
}

/* The settings of a new session. */
static npie_ledger_status_t settle(npie_pgsql_link_t *link,
                                   const char **detail, apr_pool_t *p)
{
    const char *text = link->read_only ? SESSION READ_ONLY : SESSION;
    int good = PQsetnonblocking(link->conn, 1) == 0
               && PQsendQuery(link->conn, text) == 1;
    PGresult *result;

    while (good) {
        while (PQflush(link->conn) == 1 || PQisBusy(link->conn)) {
            if (!wait_for(link->conn, POLLIN, link->until)) {
                return too_late(link, "PostgreSQL does not answer", detail);
            }
            if (!PQconsumeInput(link->conn)) {
                return lost(link, detail, p);
            }
        }
        result = PQgetResult(link->conn);
        if (result == NULL) {
            link->ready = 1;
            return NPIE_LEDGER_OK;
        }
        good = PQresultStatus(result) == PGRES_COMMAND_OK
               || PQresultStatus(result) == PGRES_TUPLES_OK;
        PQclear(result);
    }
    return lost(link, detail, p);
}

npie_ledger_status_t npie_pgsql_reach(int *pfresh, npie_pgsql_link_t *link,
                                      const char **detail, apr_pool_t *p)
{
    const apr_interval_time_t until = npie_ticks() + CONNECT_WAIT;

    *pfresh = 0;
    link->until = npie_ticks() + ANSWER_TIME;
    if (link->ready) {
        return NPIE_LEDGER_OK;
    }
    if (link->conn == NULL) {
        begin(link);
    }
    if (PQstatus(link->conn) == CONNECTION_BAD) {
        return lost(link, detail, p);
    }
    while (link->polling != PGRES_POLLING_OK) {
        if (link->polling == PGRES_POLLING_FAILED) {
            return lost(link, detail, p);
        }
        if (npie_ticks() > link->given_up) {
            return too_late(link, "PostgreSQL cannot be reached in time",
                            detail);
        }
        if (!wait_for(link->conn, link->polling == PGRES_POLLING_READING
                      ? POLLIN : POLLOUT, until)) {
            *detail = "PostgreSQL does not answer yet";
            return NPIE_LEDGER_AWAY;
        }
        link->polling = PQconnectPoll(link->conn);
    }
    *pfresh = 1;
    return settle(link, detail, p);
}

static apr_status_t clear(void *data)
{
    PQclear(data);
    return APR_SUCCESS;
}

/* What an error means: class by class (PostgreSQL, appendix A). */
static npie_ledger_status_t judge(npie_pgsql_link_t *link,
                                  const PGresult *result, const char **detail,
                                  apr_pool_t *p)
{
    static const char *const away[] = {
        "08", "53", "57", "58", "40", "25006", "55P03", "XX000"
    };
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    *detail = said(PQresultErrorMessage(result), p);
    if (state != NULL && strcmp(state, "23505") == 0) {
        return NPIE_LEDGER_TAKEN;
    }
    for (size_t i = 0; state != NULL && i < sizeof(away) / sizeof(*away);
         i++) {
        if (strncmp(state, away[i], strlen(away[i])) == 0) {
            npie_pgsql_leave(link);
            return NPIE_LEDGER_AWAY;
        }
    }
    if (state == NULL || PQstatus(link->conn) == CONNECTION_BAD) {
        npie_pgsql_leave(link);
        return NPIE_LEDGER_AWAY;
    }
    return NPIE_LEDGER_FAILED;
}

/* The statement's result, whatever it is; NULL: there is none in time. */
static PGresult *await(npie_pgsql_link_t *link)
{
    PGresult *result, *last = NULL;
    int unsent;

    do {
        while ((unsent = PQflush(link->conn)) == 1
               || PQisBusy(link->conn)) {
            if (!wait_for(link->conn, (short)(unsent == 1 ? POLLIN | POLLOUT
                                                          : POLLIN),
                          link->until)
                || !PQconsumeInput(link->conn)) {
                PQclear(last);
                return NULL;
            }
        }
        result = PQgetResult(link->conn);
        if (result != NULL) {
            PQclear(last);
            last = result;
        }
    } while (result != NULL);
    return last;
}

npie_ledger_status_t npie_pgsql_ask(npie_pgsql_rows_t **prows,
                                    npie_pgsql_link_t *link, const char *text,
                                    const char *const *values, int count,
                                    const char **detail, apr_pool_t *p)
{
    PGresult *result;

    if (PQsendQueryParams(link->conn, text, count, NULL, values, NULL, NULL, 0)
        != 1) {
        return lost(link, detail, p);
    }
    result = await(link);
    if (result == NULL) {
        return PQstatus(link->conn) == CONNECTION_BAD
            ? lost(link, detail, p)
            : too_late(link, "PostgreSQL does not answer in time", detail);
    }
    apr_pool_cleanup_register(p, result, clear, apr_pool_cleanup_null);
    if (PQresultStatus(result) != PGRES_COMMAND_OK
        && PQresultStatus(result) != PGRES_TUPLES_OK) {
        return judge(link, result, detail, p);
    }
    *prows = apr_palloc(p, sizeof(**prows));
    (*prows)->result = result;
    return NPIE_LEDGER_OK;
}

int npie_pgsql_count(const npie_pgsql_rows_t *rows)
{
    return PQntuples(rows->result);
}

const char *npie_pgsql_value(const npie_pgsql_rows_t *rows, int row,
                             int column)
{
    return PQgetvalue(rows->result, row, column);
}
