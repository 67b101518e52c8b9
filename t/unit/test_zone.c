/* SPDX-License-Identifier: Apache-2.0
 * Time zones of places in Mexico, against what `date` says with the same
 * tzdata; names folded to be compared.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <apr_strings.h>

#include "model/fold.h"
#include "model/zone.h"

static int group_setup(void **state)
{
    (void)state;
    return apr_initialize() == APR_SUCCESS ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    apr_terminate();
    return 0;
}

static const char *zone_of(int entity, const char *municipality,
                           const char *city, apr_pool_t *p)
{
    const npie_address_t address = { .entity = entity, .city = city,
                                     .municipality = municipality };

    return npie_zone_of(&address, p);
}

static void test_places(void **state)
{
    static const struct {
        int entity;
        const char *municipality, *city, *zone;
    } cases[] = {
        { 9, "Iztapalapa", "Ciudad de México", "America/Mexico_City" },
        { 2, "Tijuana", "Tijuana", "America/Tijuana" },
        { 2, "Ensenada", "San Quintín", "America/Tijuana" },
        { 3, "La Paz", "La Paz", "America/Mazatlan" },
        { 26, "Hermosillo", "Hermosillo", "America/Hermosillo" },
        { 23, "Benito Juárez", "Cancún", "America/Cancun" },
        { 25, "Culiacán", "Culiacán", "America/Mazatlan" },
        { 18, "Tepic", "Tepic", "America/Mazatlan" },
        { 18, "BAHIA DE BANDERAS", "Nuevo Vallarta", "America/Bahia_Banderas" },
        { 8, "Chihuahua", "Chihuahua", "America/Chihuahua" },
        { 8, "Juárez", "Ciudad Juárez", "America/Ciudad_Juarez" },
        { 8, "", "Cd. Juárez", "America/Ciudad_Juarez" },
        { 8, "Práxedis G. Guerrero", "", "America/Ciudad_Juarez" },
        { 8, "Ojinaga", "Ojinaga", "America/Ojinaga" },
        { 5, "Acuña", "Ciudad Acuña", "America/Matamoros" },
        { 5, "Saltillo", "Saltillo", "America/Monterrey" },
        { 19, "Anáhuac", "Ciudad Anáhuac", "America/Matamoros" },
        { 28, "Nuevo Laredo", "Nuevo Laredo", "America/Matamoros" },
        { 28, "Tampico", "Tampico", "America/Monterrey" },
        /* Of the same name in another state. */
        { 12, "Juárez", "", "America/Mexico_City" },
        { 16, "Hidalgo", "Ciudad Hidalgo", "America/Mexico_City" },
        { 0, "", "", "America/Mexico_City" },
        { 33, "", "", "America/Mexico_City" },
    };

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        const char *zone = zone_of(cases[i].entity, cases[i].municipality,
                                   cases[i].city, *state);

        assert_string_equal(zone, cases[i].zone);
        assert_ptr_equal(npie_zone_find(zone), npie_zone_find(cases[i].zone));
    }
    assert_null(npie_zone_find("Europe/Madrid"));
    assert_null(npie_zone_find(""));
}

/* What `date` prints for a moment. */
static int offset_by_date(const char *zone, apr_int64_t seconds, apr_pool_t *p)
{
    const char *command = apr_psprintf(
        p, "TZ=%s date -d @%" APR_INT64_T_FMT " +%%z", zone, seconds);
    FILE *pipe = popen(command, "r");
    int hhmm = 0;

    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &hhmm), 1);
    pclose(pipe);
    return (hhmm / 100 * 60 + hhmm % 100) * 60;
}

static void test_offsets(void **state)
{
    static const char *const names[] = {
        "America/Mexico_City", "America/Tijuana", "America/Mazatlan",
        "America/Merida", "America/Monterrey", "America/Chihuahua",
        "America/Cancun", "America/Hermosillo", "America/Ciudad_Juarez",
        "America/Ojinaga", "America/Matamoros", "America/Bahia_Banderas" };
    /* Before and after the law of 2022, in summer and winter, now and late;
     * the seconds around the change of November 2026 in Tijuana. */
    static const apr_int64_t moments[] = {
        1593561600, 1655251200, 1782864000, 1793523599, 1793523600,
        1796083200, 2414000000, 2398000000, 4100000000 };
    npie_zones_t *zones;

    setenv("TZ", "Asia/Tokyo", 1);
    assert_int_equal(npie_zones_load(&zones, NULL, *state), APR_SUCCESS);
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    unsetenv("TZ");
    tzset();
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        for (apr_size_t k = 0; k < sizeof(moments) / sizeof(moments[0]); ++k) {
            assert_int_equal(npie_zone_offset(zones, names[i],
                                              apr_time_from_sec(moments[k])),
                             offset_by_date(names[i], moments[k], *state));
        }
    }
    assert_int_equal(npie_zone_offset(zones, "America/Tijuana",
                                      apr_time_from_sec(1796083200)),
                     -8 * 3600);
    assert_int_equal(npie_zone_offset(zones, "America/Cancun",
                                      apr_time_from_sec(1796083200)),
                     -5 * 3600);
}

/* Without tzdata everything would be UTC, and nobody would notice. */
static void test_missing(void **state)
{
    npie_zones_t *zones;
    npie_err_t err;

    setenv("TZDIR", "/nonexistent", 1);
    assert_int_equal(npie_zones_load(&zones, &err, *state), NPIE_ECONFIG);
    unsetenv("TZDIR");
    assert_null(zones);
    assert_non_null(strstr(err.detail, "America/Mexico_City"));
    assert_non_null(strstr(err.detail, "install tzdata"));
}

static void test_fold(void **state)
{
    static const char *const same[][2] = {
        { "Cigüeñas del Norte, S.A. de C.V.", "CIGUENAS DEL NORTE SA DE CV" },
        { "S. A.  P. I. de C. V.", "sapi de cv" },
        { "José  Peña", "Jose\u0301 Pen\u0303a" },
        { "ĽUBICA", "lubica" },
        { "Taller \u201cEl 7\u201d", "taller EL-7" },
    };

    for (apr_size_t i = 0; i < sizeof(same) / sizeof(same[0]); ++i) {
        assert_string_equal(npie_fold(same[i][0], *state),
                            npie_fold(same[i][1], *state));
    }
    assert_string_not_equal(npie_fold("Ana Ruiz", *state),
                            npie_fold("Ana Ruis", *state));
    assert_string_equal(npie_fold("., -", *state), "");
    assert_string_equal(npie_fold("\xff\xfe", *state), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_places),
        pool_test(test_offsets),
        pool_test(test_missing),
        pool_test(test_fold),
    };

    return cmocka_run_group_tests_name("zone", tests, group_setup,
                                       group_teardown);
}
