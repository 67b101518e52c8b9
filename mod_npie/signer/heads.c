/* SPDX-License-Identifier: Apache-2.0
 * The file of the audit's heads.
 */
#include "signer/heads.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_portable.h>
#include <apr_strings.h>

#include "base/text.h"

#define HEADER "npie-signer audit heads 1"
#define RESEAL "reseal "
#define HASH_LENGTH (NPIE_SHA256_HEX_SIZE - 1)
/* A word, a number, a hash, a time, blanks, a line end. */
#define LINE_MAX_SIZE 160
/* Read at a time for a list. */
#define LIST_SIZE 16384
#define TIME_SIZE 40
/* More rows than a registry writes: in a second, and at once. The first can
 * have been written when there was a registry first. */
#define ROWS_A_SECOND 5000
#define ROWS_AT_ONCE 100000
#define FIRST_ROW apr_time_from_sec(1704067200) /* 2024-01-01 */

struct npie_heads_t {
    apr_file_t *file;
    const char *path;
    apr_off_t end;   /* of the last whole line */
    apr_off_t first; /* where the heads that count begin */
    apr_int64_t lines;
    apr_int64_t resealed; /* how many lines say so */
    npie_signer_head_t head;
    apr_time_t kept;      /* when; 0: never */
    char resealed_at[TIME_SIZE];
};

/* A line taken apart. */
typedef struct line_t {
    npie_signer_head_t head;
    const char *time; /* a view */
    int is_reseal;
} line_t;

int npie_heads_is_hash(const char *text)
{
    return strlen(text) == HASH_LENGTH
        && strspn(text, "0123456789abcdef") == HASH_LENGTH;
}

static apr_status_t wrong(const npie_heads_t *heads, apr_status_t rv,
                          npie_err_t *err)
{
    char reason[120];

    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", heads->path,
                        apr_strerror(rv, reason, sizeof(reason)));
}

/* Takes a line without its end apart; NULL, or what is wrong with it. */
static const char *parse_line(line_t *line, const char *text)
{
    char *rest;

    line->is_reseal = strncmp(text, RESEAL, strlen(RESEAL)) == 0;
    text += line->is_reseal ? strlen(RESEAL) : 0;
    if (*text < '1' || *text > '9') {
        return "it does not begin with a number";
    }
    line->head.sequence = apr_strtoi64(text, &rest, 10);
    if (*rest != ' ' || strlen(rest) < HASH_LENGTH + 2
        || rest[HASH_LENGTH + 1] != ' ') {
        return "it is not a number, a hash and a time";
    }
    apr_cpystrn(line->head.hash, rest + 1, sizeof(line->head.hash));
    line->time = rest + HASH_LENGTH + 2;
    return npie_heads_is_hash(line->head.hash) ? NULL : "its hash is none";
}

/* What a whole line makes of the heads; at: where it begins. */
static void count_line(npie_heads_t *heads, const line_t *line, apr_off_t at)
{
    heads->head = line->head;
    if (npie_text_time_parse(&heads->kept, line->time) != APR_SUCCESS) {
        heads->kept = 0;
    }
    if (line->is_reseal) {
        heads->first = at;
        heads->resealed++;
        apr_cpystrn(heads->resealed_at, line->time, TIME_SIZE);
    }
}

/* A line without its end. NULL when it is good and now the last one. */
static const char *take_line(npie_heads_t *heads, const char *text)
{
    const char *fault;
    line_t line;

    if (heads->lines == 0) {
        heads->first = (apr_off_t)strlen(text) + 1;
        return strcmp(text, HEADER) == 0 ? NULL
                                         : "these are no heads of an audit";
    }
    fault = parse_line(&line, text);
    if (fault == NULL && !line.is_reseal
        && line.head.sequence <= heads->head.sequence) {
        fault = "its number is not higher than that of the line before";
    }
    if (fault == NULL) {
        count_line(heads, &line, heads->end);
    }
    return fault;
}

/* Reads up to the last line end. Sets torn to 1 when something follows. */
static apr_status_t read_lines(npie_heads_t *heads, int *torn,
                               npie_err_t *err)
{
    char line[LINE_MAX_SIZE];
    apr_status_t rv;

    *torn = 0;
    while ((rv = apr_file_gets(line, sizeof(line), heads->file))
           == APR_SUCCESS) {
        const apr_size_t len = strlen(line);
        const char *fault;

        if (len == 0 || line[len - 1] != '\n') {
            *torn = 1;
            fault = len + 1 < sizeof(line) ? NULL : "the line is too long";
        }
        else {
            line[len - 1] = '\0';
            fault = take_line(heads, line);
        }
        if (fault != NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s:%" APR_INT64_T_FMT ": %s", heads->path,
                                heads->lines + 1, fault);
        }
        if (!*torn) {
            heads->end += (apr_off_t)len;
            heads->lines++;
        }
    }
    return rv == APR_EOF ? APR_SUCCESS : wrong(heads, rv, err);
}

static apr_status_t write_line(npie_heads_t *heads, const char *line)
{
    const apr_size_t len = strlen(line);
    apr_status_t rv = apr_file_write_full(heads->file, line, len, NULL);

    if (rv == APR_SUCCESS) {
        rv = apr_file_sync(heads->file);
    }
    if (rv != APR_SUCCESS) {
        /* Half a line would spoil the next one. */
        apr_file_trunc(heads->file, heads->end);
        return rv;
    }
    heads->end += (apr_off_t)len;
    heads->lines++;
    return APR_SUCCESS;
}

static npie_heads_t *make(const char *path, apr_pool_t *p)
{
    npie_heads_t *heads = apr_pcalloc(p, sizeof(*heads));

    heads->path = apr_pstrdup(p, path);
    return heads;
}

/* Reads what there is, by a handle of its own with a buffer. */
static apr_status_t read_file(npie_heads_t *heads, int *torn, npie_err_t *err,
                              apr_pool_t *p)
{
    apr_status_t rv = apr_file_open(&heads->file, heads->path,
                                    APR_FOPEN_READ | APR_FOPEN_BUFFERED, 0, p);

    *torn = 0;
    if (rv != APR_SUCCESS) {
        return APR_STATUS_IS_ENOENT(rv) ? APR_SUCCESS : wrong(heads, rv, err);
    }
    rv = read_lines(heads, torn, err);
    apr_file_close(heads->file);
    return rv;
}

apr_status_t npie_heads_open(npie_heads_t **pheads, const char *path,
                             npie_err_t *err, apr_pool_t *p)
{
    npie_heads_t *heads = make(path, p);
    apr_status_t rv;
    int torn;

    rv = read_file(heads, &torn, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_open(&heads->file, path,
                       APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_APPEND
                       | APR_FOPEN_CREATE,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE, p);
    if (rv == APR_SUCCESS && torn) {
        rv = apr_file_trunc(heads->file, heads->end);
    }
    if (rv == APR_SUCCESS && heads->lines == 0) {
        rv = write_line(heads, HEADER "\n");
        heads->first = heads->end;
    }
    if (rv != APR_SUCCESS) {
        return wrong(heads, rv, err);
    }
    *pheads = heads;
    return APR_SUCCESS;
}

apr_status_t npie_heads_check(const char *path, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    int torn;

    return read_file(make(path, ptemp), &torn, err, ptemp);
}

apr_int64_t npie_heads_sequence(const npie_heads_t *heads)
{
    return heads->head.sequence;
}

const char *npie_heads_hash(const npie_heads_t *heads)
{
    return heads->head.hash;
}

apr_int64_t npie_heads_resealed(const npie_heads_t *heads)
{
    return heads->resealed;
}

const char *npie_heads_resealed_at(const npie_heads_t *heads)
{
    return heads->resealed_at;
}

/* Appends a head's line; word: "", or what stands before it. */
static apr_status_t append(npie_heads_t *heads, const char *word,
                           apr_int64_t sequence, const char *hash,
                           apr_time_t now, npie_err_t *err, apr_pool_t *ptemp)
{
    line_t line = { .head.sequence = sequence,
                    .time = npie_text_time(now, ptemp),
                    .is_reseal = *word != '\0' };
    const apr_off_t at = heads->end;
    char reason[120];
    apr_status_t rv = write_line(heads, apr_psprintf(
        ptemp, "%s%" APR_INT64_T_FMT " %s %s\n", word, sequence, hash,
        line.time));

    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "%s: %s",
                            heads->path,
                            apr_strerror(rv, reason, sizeof(reason)));
    }
    apr_cpystrn(line.head.hash, hash, sizeof(line.head.hash));
    count_line(heads, &line, at);
    return APR_SUCCESS;
}

/* Can the registry have got so far? */
static int is_reachable(const npie_heads_t *heads, apr_int64_t sequence,
                        apr_time_t now)
{
    const apr_time_t since = heads->kept == 0 ? FIRST_ROW : heads->kept;
    const apr_int64_t seconds = now > since ? apr_time_sec(now - since) : 0;

    return sequence - heads->head.sequence
           <= ROWS_AT_ONCE + seconds * ROWS_A_SECOND;
}

apr_status_t npie_heads_keep(npie_heads_t *heads, apr_int64_t sequence,
                             const char *hash, apr_time_t now,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    const npie_signer_head_t *head = &heads->head;

    if (sequence == head->sequence && strcmp(hash, head->hash) != 0) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_INTERNAL,
                            "row %" APR_INT64_T_FMT " of the audit was given "
                            "before with another hash", sequence);
    }
    if (!is_reachable(heads, sequence, now)) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_INTERNAL,
                            "so many rows of the audit as %" APR_INT64_T_FMT
                            " cannot have been written since row %"
                            APR_INT64_T_FMT, sequence, head->sequence);
    }
    return sequence <= head->sequence ? APR_SUCCESS
        : append(heads, "", sequence, hash, now, err, ptemp);
}

apr_status_t npie_heads_reseal(npie_heads_t *heads, apr_int64_t sequence,
                               const char *hash, apr_time_t now,
                               npie_err_t *err, apr_pool_t *ptemp)
{
    return append(heads, RESEAL, sequence, hash, now, err, ptemp);
}

/* The file's bytes from a place on, as many as there are up to size. */
static apr_status_t read_at(char *buf, apr_size_t *size, apr_off_t place,
                            const npie_heads_t *heads)
{
    apr_os_file_t fd;
    ssize_t n;

    apr_os_file_get(&fd, heads->file);
    do {
        n = pread(fd, buf, *size, place);
    } while (n < 0 && errno == EINTR);
    *size = n > 0 ? (apr_size_t)n : 0;
    return n >= 0 ? APR_SUCCESS : APR_FROM_OS_ERROR(errno);
}

/* The whole lines of a piece. Returns where the last of them ends. */
static apr_size_t list_lines(apr_array_header_t *list, char *text,
                             apr_size_t size)
{
    apr_size_t done = 0;
    line_t line;
    char *end;

    while ((end = memchr(text + done, '\n', size - done)) != NULL) {
        *end = '\0';
        if (parse_line(&line, text + done) == NULL) {
            APR_ARRAY_PUSH(list, npie_signer_head_t) = line.head;
        }
        done = (apr_size_t)(end - text) + 1;
    }
    return done;
}

apr_status_t npie_heads_list(apr_array_header_t **plist,
                             apr_uint64_t *pplace, const npie_heads_t *heads,
                             npie_err_t *err, apr_pool_t *p)
{
    const apr_off_t place = *pplace == 0 ? heads->first : (apr_off_t)*pplace;
    char *text = apr_palloc(p, LIST_SIZE + 1);
    /* One byte before, which must end a line. */
    apr_size_t size = LIST_SIZE;
    apr_size_t done;

    *plist = apr_array_make(p, 64, sizeof(npie_signer_head_t));
    if (*pplace > (apr_uint64_t)heads->end || place < heads->first) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "no place in the heads");
    }
    if (read_at(text, &size, place - 1, heads) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s cannot be read", heads->path);
    }
    if (size == 0 || *text != '\n') {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "no line begins there");
    }
    done = list_lines(*plist, text + 1, size - 1);
    *pplace = place + (apr_off_t)done < heads->end && done > 0
        ? (apr_uint64_t)place + done : 0;
    return APR_SUCCESS;
}
