/* SPDX-License-Identifier: Apache-2.0
 * Lists of employers in any encoding. First byte: r npie-renew's list, i
 * npiectl's records.
 * Parser: base/csv.c base/encoding.c base/plain.c renew/list.c ctl/records.c
 */
#include <string.h>

#include "base/encoding.h"
#include "ctl/records.h"
#include "fuzz/fuzz.h"
#include "renew/list.h"

static int run_list(npie_bytes_t bytes, apr_pool_t *p)
{
    static const npie_job_t defaults;
    apr_array_header_t *jobs = NULL;
    int literal = 0;

    if (npie_list_parse(&jobs, &literal, bytes, &defaults, "listas", NULL, p)
        != APR_SUCCESS) {
        return 0;
    }
    for (int i = 0; i < jobs->nelts; ++i) {
        const npie_job_t *job = &APR_ARRAY_IDX(jobs, i, npie_job_t);

        fuzz_need(job->line > 0, "an entry without its line");
        fuzz_need(job->pfx != NULL || job->cer != NULL || job->key != NULL,
                  "an entry without a file");
    }
    return 1;
}

static int run_records(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_ctl_records_t records;
    npie_ctl_record_t record;
    const char *used;
    char *text;
    apr_size_t len;
    int count = 0;

    if (npie_encoding_decode(&text, &len, &used, bytes, NULL, NULL, p)
        != APR_SUCCESS
        || npie_ctl_records_open(&records, text, len, NULL, p)
           != APR_SUCCESS) {
        return 0;
    }
    while (npie_ctl_records_next(&record, &records)) {
        fuzz_need(record.line > 0, "a record without its line");
        fuzz_need(++count < 1000000, "records without an end");
    }
    return count > 0;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const npie_bytes_t bytes = { input.data + 1, input.len - 1 };

    if (input.len == 0) {
        return 0;
    }
    return *input.data == 'r' ? run_list(bytes, p) : run_records(bytes, p);
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    static const char *const texts[] = {
        "rpfx;password;new-password\nA064878710.pfx;file:c.txt;pass:nueva\n",
        "rcer,key,Usuario,Contraseña\r\n\"a,b.cer\",a.key,A064878710,exec:x\r\n",
        "r# lista\nuno.pfx\n\"dos, tres.p12\"\n",
        "r[{\"pfx\":\"a.pfx\",\"password\":\"file:a\",\"jobs\":null}]",
        "irp;razon_social\nA0648787107;\"Cañería \"\"Ñ\"\"\"\n",
        "isep=,\nrp,curp,correo\nA0648787107,AAPR630321HDFLRC09,a@b.example\n",
        "i[{\"rp\":\"A0648787107\",\"razon_social\":\"Uno\"},\n{\"rp\":1}]",
        "i{\"rp\":\"A0648787107\"}\n{\"rp\":\"Y3926552104\"}\n",
    };
    static const unsigned char wide[] = "\xff\xfer\0p\0;\0\n\0\xf1\0\n";

    (void)p;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
        fuzz_seed_text(list, texts[i]);
    }
    fuzz_seed(list, "i", (npie_bytes_t){ wide, sizeof(wide) });
}

const fuzz_target_t fuzz_target = {
    .name = "csv", .form = FUZZ_TEXT, .lead = 1, .seeds = seeds, .run = run
};
