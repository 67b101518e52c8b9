/* SPDX-License-Identifier: Apache-2.0
 * Parses a sealed letter, and refuses any other content.
 */
#include "letter/revision.h"

#include <string.h>

#include "letter/file_scan.h"

static apr_status_t refuse(npie_err_t *err, const char *why)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER, "sealed letter: %s",
                        why);
}

/** Is the section what a seal of that time is, whatever its signature? */
static const char *check_section(npie_revision_t *revision,
                                 npie_bytes_t file, apr_pool_t *p)
{
    const apr_size_t size = revision->letter.len;
    npie_bytes_t hex = { NULL, NPIE_FORM_HEX_SIZE };
    npie_scan_slot_t slot;
    npie_face_t face;
    npie_seal_t *seal;

    if (!npie_scan_slot(&slot, file, size)
        || !npie_scan_time(&revision->time, file, slot.after, p)) {
        return "what follows the letter is no seal";
    }
    npie_face_read(&face, npie_object_between(file, size, slot.open), p);
    if (npie_seal_prepare(&seal, revision->letter, revision->time, &face, NULL,
                          p) != APR_SUCCESS) {
        return "the letter under the seal takes none";
    }
    if (seal->section.len != file.len - size) {
        return "what follows the letter is not the seal alone";
    }
    hex.data = file.data + slot.open + 1;
    if (npie_scan_cms(&revision->cms, hex, p) != NULL
        || npie_seal_fill(seal, revision->cms, NULL) != APR_SUCCESS
        || memcmp(seal->section.data, file.data + size, seal->section.len)
           != 0) {
        return "the seal is not of our form";
    }
    memcpy(revision->signed_part, seal->signed_part,
           sizeof(revision->signed_part));
    revision->section.data = file.data + size;
    revision->section.len = file.len - size;
    return NULL;
}

apr_status_t npie_revision_parse(npie_revision_t **prevision,
                                 npie_bytes_t file, npie_err_t *err,
                                 apr_pool_t *p)
{
    npie_revision_t *revision = apr_pcalloc(p, sizeof(*revision));
    npie_scan_slot_t slot;
    const char *why = NULL;
    apr_status_t rv;

    *prevision = NULL;
    if (file.len > NPIE_SEALED_MAX) {
        return refuse(err, "too long");
    }
    revision->letter = file;
    /* Where its signature says the letter ends; parsing makes sure. */
    if (npie_scan_slot(&slot, file, 0)) {
        npie_scan_range(&revision->letter.len, file, &slot);
    }
    if (revision->letter.len > file.len) {
        revision->letter.len = file.len;
    }
    rv = npie_letter_file_parse(&revision->parts, revision->letter, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (revision->letter.len < file.len) {
        why = check_section(revision, file, p);
    }
    if (why != NULL) {
        return refuse(err, why);
    }
    *prevision = revision;
    return APR_SUCCESS;
}
