/* SPDX-License-Identifier: Apache-2.0
 * Files packed into the registry's columns and out of them.
 */
#include "store/registry_file.h"

#include <apr_buckets.h>
#include <apr_strings.h>

#include <string.h>

#include <zstd.h>

#include "base/text.h"
#include "store/frame.h"

/* The first byte of what is stored. */
enum { PLAIN = 0, PACKED = 1, FRAMED = 2, FORMS = 3 };

/* Hex digits of a frame's hash. */
#define HASH_LEN (NPIE_SHA256_HEX_SIZE - 1)
/* More than a letter with every seal and timestamp ever has. */
#define FILE_MAX ((apr_size_t)64 * 1024 * 1024)
/* Higher ones gain a hundredth of a letter at ten times the cost. */
#define LEVEL 3

/* What a connection knows of the frames, as long as it lives. */
typedef struct frames_t {
    apr_hash_t *known; /* hash -> npie_frame_t * that this connection read */
    int kept;          /* 1: the registry's own frame is in the table */
    unsigned generation; /* of the connection that kept is about */
    int written;       /* 1: by the transaction that is open */
    char sha256[NPIE_SHA256_HEX_SIZE]; /* the one that kept is about */
} frames_t;

apr_status_t npie_frame_make(npie_frame_t *frame, npie_bytes_t bytes,
                             npie_err_t *err)
{
    apr_status_t rv = npie_sha256_hex(frame->sha256, bytes);

    frame->bytes = bytes;
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, rv, NPIE_P_INTERNAL, "no digest of a frame");
}

static frames_t *frames_of(const npie_registry_t *registry)
{
    static const char name[] = "npie_frames";
    apr_pool_t *p = apr_hash_pool_get(registry->prepared);
    void *found = NULL;
    frames_t *frames;

    apr_pool_userdata_get(&found, name, p);
    if (found != NULL) {
        return found;
    }
    frames = apr_pcalloc(p, sizeof(*frames));
    frames->known = apr_hash_make(p);
    apr_pool_userdata_setn(frames, name, NULL, p);
    return frames;
}

/* Behind head, compressed; how many bytes in all, 0 when zstd cannot. */
static apr_size_t compress(unsigned char *out, apr_size_t room,
                           npie_bytes_t file, const npie_bytes_t *frame)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    apr_size_t len = 0;

    if (zstd != NULL
        && !ZSTD_isError(ZSTD_CCtx_setParameter(
               zstd, ZSTD_c_compressionLevel, LEVEL))
        && !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1))
        && (frame == NULL
            || !ZSTD_isError(ZSTD_CCtx_refPrefix(zstd, frame->data,
                                                 frame->len)))) {
        len = ZSTD_compress2(zstd, out, room, file.data, file.len);
    }
    ZSTD_freeCCtx(zstd);
    return ZSTD_isError(len) ? 0 : len;
}

/* As it is stored. */
static npie_bytes_t pack(npie_bytes_t file, const npie_frame_t *frame,
                         apr_pool_t *p)
{
    const apr_size_t head = frame != NULL ? 1 + HASH_LEN : 1;
    const apr_size_t room = ZSTD_compressBound(file.len);
    unsigned char *out = apr_palloc(p, head + room);
    apr_size_t len;

    len = compress(out + head, room, file,
                   frame != NULL ? &frame->bytes : NULL);
    if (len == 0 || head + len > file.len) {
        out[0] = PLAIN;
        memcpy(out + 1, file.data, file.len);
        return (npie_bytes_t){ out, 1 + file.len };
    }
    out[0] = PACKED;
    if (frame != NULL) {
        out[0] = FRAMED;
        memcpy(out + 1, frame->sha256, HASH_LEN);
    }
    return (npie_bytes_t){ out, head + len };
}

static void put_packed(npie_args_t *args, npie_bytes_t file,
                       const npie_frame_t *frame)
{
    const npie_bytes_t packed = file.len == 0 ? file
                                              : pack(file, frame, args->p);

    npie_args_binary(args, packed);
}

void npie_args_file(npie_args_t *args, const npie_registry_t *registry,
                    npie_bytes_t file)
{
    put_packed(args, file, registry->frame);
}

/* zstd's checksum holds against a frame that is not the right one, too. */
static apr_status_t decompress(npie_bytes_t *file, npie_bytes_t packed,
                               const npie_bytes_t *frame, apr_pool_t *p)
{
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data,
                                                             packed.len);
    ZSTD_DCtx *zstd;
    unsigned char *out;
    apr_size_t len = 0;

    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR
        || size > FILE_MAX) {
        return NPIE_EINPUT;
    }
    zstd = ZSTD_createDCtx();
    if (zstd == NULL) {
        return NPIE_EINTERNAL;
    }
    out = apr_palloc(p, (apr_size_t)size);
    if (frame != NULL) {
        len = ZSTD_DCtx_refPrefix(zstd, frame->data, frame->len);
    }
    if (!ZSTD_isError(len)) {
        len = ZSTD_decompressDCtx(zstd, out, (apr_size_t)size, packed.data,
                                  packed.len);
    }
    ZSTD_freeDCtx(zstd);
    *file = (npie_bytes_t){ out, len };
    return !ZSTD_isError(len) && len == size ? APR_SUCCESS : NPIE_EINPUT;
}

static void take_frame(void *baton, npie_row_t *row)
{
    *(npie_bytes_t *)baton = npie_row_file(row);
}

/* The frame of that hash: the registry's own, one that this connection has
 * read before, or from its table. */
static const npie_bytes_t *find_frame(npie_registry_t *registry,
                                      const char *sha256)
{
    frames_t *frames = frames_of(registry);
    apr_pool_t *p = apr_hash_pool_get(registry->prepared);
    npie_bytes_t bytes = { NULL, 0 };
    npie_frame_t *frame;
    npie_args_t args;

    if (registry->frame != NULL
        && strcmp(registry->frame->sha256, sha256) == 0) {
        return &registry->frame->bytes;
    }
    frame = apr_hash_get(frames->known, sha256, HASH_LEN);
    if (frame != NULL) {
        return &frame->bytes;
    }
    npie_args_init(&args, registry);
    npie_args_text(&args, sha256);
    if (npie_sql_select(registry, NPIE_SQL_FRAME_GET, &args, take_frame,
                        &bytes, NULL) != APR_SUCCESS) {
        return NULL;
    }
    frame = apr_pcalloc(p, sizeof(*frame));
    frame->bytes.data = apr_pmemdup(p, bytes.data, bytes.len);
    frame->bytes.len = bytes.len;
    memcpy(frame->sha256, sha256, sizeof(frame->sha256));
    apr_hash_set(frames->known, frame->sha256, HASH_LEN, frame);
    return &frame->bytes;
}

static apr_status_t unpack_framed(npie_bytes_t *file, npie_bytes_t stored,
                                  npie_registry_t *registry)
{
    char sha256[NPIE_SHA256_HEX_SIZE] = "";
    const npie_bytes_t packed = { stored.data + 1 + HASH_LEN,
                                  stored.len - 1 - HASH_LEN };
    const npie_bytes_t *frame;

    memcpy(sha256, stored.data + 1, HASH_LEN);
    frame = find_frame(registry, sha256);
    return frame == NULL ? APR_NOTFOUND
                         : decompress(file, packed, frame, registry->p);
}

/* As npie_row_file(). */
static apr_status_t unpack(npie_bytes_t *file, npie_bytes_t stored,
                           npie_registry_t *registry)
{
    switch (stored.data[0]) {
    case PLAIN:
        *file = (npie_bytes_t){ stored.data + 1, stored.len - 1 };
        return APR_SUCCESS;
    case PACKED:
        return decompress(file,
                          (npie_bytes_t){ stored.data + 1, stored.len - 1 },
                          NULL, registry->p);
    case FRAMED:
        return stored.len > 1 + HASH_LEN
                   ? unpack_framed(file, stored, registry) : NPIE_EINPUT;
    default:
        return npie_text_base64_decode(file, (const char *)stored.data,
                                       stored.len, registry->p);
    }
}

npie_bytes_t npie_row_file(npie_row_t *row)
{
    const npie_bytes_t stored = npie_row_binary(row);
    npie_bytes_t file = { NULL, 0 };

    if (stored.len != 0
        && unpack(&file, stored, row->registry) != APR_SUCCESS) {
        row->bad = 1;
        return (npie_bytes_t){ NULL, 0 };
    }
    return file;
}

const char *npie_file_text(const char *text, apr_pool_t *p)
{
    npie_bytes_t file = { NULL, 0 };

    if (text == NULL || strncmp(text, "\\x", 2) == 0
        || (*text != '\0'
            && npie_text_base64_decode(&file, text, strlen(text), p)
                   != APR_SUCCESS)) {
        return text;
    }
    return apr_pstrcat(p, *text == '\0' ? "\\x" : "\\x00",
                       npie_text_hex(file, p), NULL);
}

apr_status_t npie_frame_keep(npie_registry_t *registry, npie_err_t *err)
{
    const npie_frame_t *frame = registry->frame;
    frames_t *frames = frames_of(registry);
    npie_args_t args;
    apr_status_t rv;

    if (frame == NULL
        || ((frames->kept || frames->written)
            && frames->generation == npie_sql_generation(registry)
            && strcmp(frames->sha256, frame->sha256) == 0)) {
        return APR_SUCCESS;
    }
    npie_args_init(&args, registry);
    npie_args_text(&args, frame->sha256);
    put_packed(&args, frame->bytes, NULL);
    rv = npie_sql_change(registry, NPIE_SQL_FRAME_KEEP, &args, APR_NOTFOUND,
                         NULL);
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND) {
        return npie_err_set(err, rv, NPIE_P_REGISTRY_DOWN,
                            "registry: no frame kept: %.120s",
                            registry->failure);
    }
    /* One that was there has been committed by somebody. */
    frames->kept = rv == APR_NOTFOUND || !registry->transaction;
    frames->written = !frames->kept;
    frames->generation = npie_sql_generation(registry);
    memcpy(frames->sha256, frame->sha256, sizeof(frames->sha256));
    return APR_SUCCESS;
}

void npie_frame_ended(npie_registry_t *registry, int committed)
{
    frames_t *frames = frames_of(registry);

    frames->kept = frames->kept || (frames->written && committed);
    frames->written = 0;
}
