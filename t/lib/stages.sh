# SPDX-License-Identifier: Apache-2.0
# The stages of check; sourced by check.sh. Each leaves TAP files in its
# folder below $results and fails when a program that makes them does.

# stage_run NAME: runs a stage, tells what failed, and leaves its counts
# (passed, failed, skipped) in $results/NAME.counts.
stage_run() {
    local name=$1 tap=$results/$1 log=$results/$1.log status=0 began=$SECONDS
    local line counts='0 0 0' passed failed skipped
    say "$name"
    mkdir -p "$tap"
    "stage_$name" "$tap" "$log" || status=$?
    mapfile -t files < <(find "$tap" -type f | sort)
    if [ ${#files[@]} -gt 0 ]; then
        while read -r line; do
            case $line in
                [0-9]*) counts=$line ;;
                *) echo "$line" ;;
            esac
        done < <(t/lib/tapcount "${files[@]}")
    fi
    read -r passed failed skipped <<<"$counts"
    if [ $((passed + failed)) -eq 0 ]; then
        echo "not ok: $name ran nothing"
        failed=1
    elif [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
        echo "not ok: $name ended with $status, see $log"
        failed=1
    fi
    echo "$passed $failed $skipped" >"$results/$name.counts"
    say "$name: $passed passed, $failed failed, $skipped skipped, $((SECONDS - began)) s"
}

# counts_sum STAGES...: the line that ends the run. A stage without counts has
# not come to its end.
counts_sum() {
    local stage p f s passed=0 failed=0 skipped=0
    for stage in "$@"; do
        p=0 f=1 s=0
        if [ -f "$results/$stage.counts" ]; then
            read -r p f s <"$results/$stage.counts"
        else
            echo "not ok: $stage did not end"
        fi
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
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
    mkdir -p "$1/asan" "$1/httpd"
    make_check build-check/sanitize "$1/asan" "$2" || status=$?
    NPIE_PRELOAD=$(gcc -print-file-name=libasan.so) PERL_TEST_HARNESS_DUMP_TAP=$1/httpd \
        make -C build-check/sanitize check-httpd TEST_FILES="$(sanitize_files)" >>"$2" 2>&1 ||
        status=$?
    return $status
}

# All but two that wait for minutes and reach no code that others do not; what
# the log says comes last.
sanitize_files() {
    printf '%s ' t/*/*.t | tr ' ' '\n' | grep -vE '^t/(mail/two|login/limits|server/)' | tr '\n' ' '
    echo t/server/*.t
}

stage_valgrind() {
    plain_build "$2" || return
    NPIE_VALGRIND=1 make_check build-check/plain "$1" "$2" TESTS='$(unit_tests)' \
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
        $(pkg-config --cflags apr-1 apr-util-1 hiredis jansson libcurl libidn2 libseccomp p11-kit-1 cmocka)"
    # What the makefile tells the programs.
    flags="$flags -DPACKAGE_VERSION=\"0\" -DNPIE_VERSION=\"0\" -DNPIE_CTL_CONF=\"/c\" -DNPIE_SQL_DIR=\"/s\""
    for source in $(find mod_npie -name '*.c' | sort); do
        # shellcheck disable=SC2086
        verdict "$tap" "clang-tidy $source" quietly "$log" \
            clang-tidy --quiet --warnings-as-errors='*' "$source" -- $flags || status=1
    done
    n=$(grep -c '' "$tap")
    echo "1..$n" >>"$tap"
    return $status
}
