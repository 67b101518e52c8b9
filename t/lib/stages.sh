# SPDX-License-Identifier: Apache-2.0
# The stages of check; sourced by check.sh. Each leaves TAP files in its
# folder below $results and fails when a program that makes them does.

# stage_run NAME: runs a stage and counts its TAP.
stage_run() {
    local tap=$results/$1 log=$results/$1.log line status=0 counts
    mkdir -p "$tap"
    "stage_$1" "$tap" "$log" || status=$?
    stage_passed=0 stage_failed=0 stage_skipped=0
    mapfile -t files < <(find "$tap" -type f | sort)
    if [ ${#files[@]} -gt 0 ]; then
        while read -r line; do
            counts=$line
            case $line in
                [0-9]*) ;;
                *) echo "$line" ;;
            esac
        done < <(t/lib/tapcount "${files[@]}")
        read -r stage_passed stage_failed stage_skipped <<<"$counts"
    fi
    if [ $((stage_passed + stage_failed)) -eq 0 ]; then
        echo "not ok: $1 ran nothing"
        stage_failed=1
    elif [ $status -ne 0 ] && [ "$stage_failed" -eq 0 ]; then
        echo "not ok: $1 ended with $status, see $log"
        stage_failed=1
    fi
}

# tap_collect BUILD TAP: the logs of make check.
tap_collect() {
    local log
    for log in "$1"/t/*/*.log; do
        if [ -f "$log" ]; then
            cp "$log" "$2/$(basename "$log" .log).tap"
        fi
    done
}

# make_check BUILD TAP LOG ARGUMENTS...: make check and its TAP.
make_check() {
    local build=$1 tap=$2 log=$3 status=0
    shift 3
    make -C "$build" -j"$(nproc)" check "$@" >>"$log" 2>&1 || status=$?
    tap_collect "$build" "$tap"
    return $status
}

plain_build() {
    build_in build-check/plain "$1" --enable-werror
}

stage_unit() {
    plain_build "$2" || return
    make_check build-check/plain "$1" "$2"
}

stage_httpd() {
    plain_build "$2" || return
    PERL_TEST_HARNESS_DUMP_TAP=$1 make -C build-check/plain check-httpd >>"$2" 2>&1
}

stage_browser() {
    plain_build "$2" || return
    NPIE_BUILD=$NPIE_TOP/build-check/plain make -C build-check/plain check-browser \
        NPIE_TAP="$1/browser.tap" >>"$2" 2>&1
}

stage_sanitize() {
    local status=0
    build_in build-check/sanitize "$2" --enable-sanitizers CFLAGS='-O1 -g' || return
    mkdir -p "$1/asan" "$1/httpd" "$1/valgrind"
    make_check build-check/sanitize "$1/asan" "$2" || status=$?
    NPIE_PRELOAD=$(gcc -print-file-name=libasan.so) PERL_TEST_HARNESS_DUMP_TAP=$1/httpd \
        make -C build-check/sanitize check-httpd >>"$2" 2>&1 || status=$?
    valgrind_check "$1/valgrind" "$2" || status=$?
    return $status
}

valgrind_check() {
    plain_build "$2" || return
    NPIE_VALGRIND=1 make_check build-check/plain "$1" "$2" TESTS='$(check_PROGRAMS)' \
        LOG_COMPILER='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --child-silent-after-fork=yes'
}

# verdict TAP WHAT COMMAND...: one test of the file TAP.
verdict() {
    local tap=$1 what=$2 status=0
    shift 2
    "$@" || status=$?
    if [ $status -eq 0 ]; then
        echo "ok - $what" >>"$tap"
    else
        echo "not ok - $what" >>"$tap"
    fi
    return $status
}

stage_lint() {
    local tap=$1/lint.tap log=$2 status=0 n=0 source flags
    verdict "$tap" "clang builds without a warning" \
        build_in build-check/clang "$log" --enable-werror CC=clang || status=1
    verdict "$tap" "clang builds the tests without a warning" \
        quietly "$log" make -C build-check/clang check TESTS= || status=1
    flags="-std=gnu99 -DOPENSSL_NO_DEPRECATED -Imod_npie -It -isystem $(apxs -q INCLUDEDIR)
        $(pkg-config --cflags apr-1 apr-util-1 hiredis jansson libcurl libidn2 libseccomp cmocka)"
    for source in $(find mod_npie -name '*.c' | sort); do
        # shellcheck disable=SC2086
        verdict "$tap" "clang-tidy $source" quietly "$log" \
            clang-tidy --quiet --warnings-as-errors='*' "$source" -- $flags || status=1
    done
    n=$(grep -c '' "$tap")
    echo "1..$n" >>"$tap"
    return $status
}
