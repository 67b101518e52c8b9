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
    touch "$results/$name.began"
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

# plain_build LOG, sanitize_build LOG: the programs; tests_build BUILD LOG: and
# every test program.
plain_build() {
    build_in build-check/plain "$1" --enable-werror
}

sanitize_build() {
    build_in build-check/sanitize "$1" --enable-sanitizers CFLAGS='-O1 -g'
}

tests_build() {
    build_locked "build-check/$1" quietly "$2" make -C "build-check/$1" -j"$(nproc)" check TESTS=
}

# make_check BUILD TAP LOG TESTS...: make check of these and their TAP.
make_check() {
    local build=build-check/$1 tap=$2 log=$3 status=0 one
    shift 3
    make -C "$build" -j"$(nproc)" check TESTS="$*" >>"$log" 2>&1 || status=$?
    for one in "$@"; do
        one=${one%.sh}
        cp "$build/$one.log" "$tap/$(basename "$one").tap" || status=1
    done
    return $status
}

# tests_listed BUILD: all that make check runs there.
tests_listed() {
    make -s -C "build-check/$1" tests-list
}

stage_unit() {
    local tests
    plain_build "$2" && tests_build plain "$2" || return
    tests=$(tests_listed plain)
    units unit build-check/plain/t "$(wc -w <<<"$tests")"
    # shellcheck disable=SC2086
    make_check plain "$1" "$2" $tests
}

# Every file once, with sanitizers, but for two that wait for minutes and reach
# no code that others do not, and one whose clock (faketime) wants to be loaded
# first, as ASan does; these, gate and renewal as built for users. What the log
# says comes last. Both halves wait, for different things.
stage_httpd() {
    local waiting='t/login/limits.t t/mail/two.t t/seal/judges.t' last='t/server/*.t'
    local plain files other status=0
    plain_build "$2" && sanitize_build "$2" || return
    plain=$(ls $waiting t/gate/*.t t/renewal/*.t; ls $last)
    files=$(ls t/*/*.t | grep -vxFf <(ls $waiting $last); ls $last)
    mkdir -p "$1/plain" "$1/sanitize"
    units httpd "$1" "$(wc -w <<<"$plain $files")"
    check_httpd plain "$1/plain" "$2" "$plain" &
    other=$!
    NPIE_PRELOAD=$(gcc -print-file-name=libasan.so) \
        check_httpd sanitize "$1/sanitize" "$2" "$files" || status=$?
    wait $other || status=$?
    return $status
}

# check_httpd BUILD TAP LOG FILES
check_httpd() {
    PERL_TEST_HARNESS_DUMP_TAP=$2 make -C "build-check/$1" check-httpd \
        TEST_FILES="$(echo $4)" >>"$3" 2>&1
}

stage_browser() {
    plain_build "$2" || return
    units browser "$1/browser.tap" "$(browser_units)"
    NPIE_BUILD=$NPIE_TOP/build-check/plain make -C build-check/plain check-browser \
        NPIE_TAP="$1/browser.tap" >>"$2" 2>&1
}

# What node's TAP has at its left margin: files until 18, from 20 on their tests.
browser_units() {
    if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
        ls t/browser/*.test.mjs | wc -l
    else
        cat t/browser/*.test.mjs | grep -cE '^(test|describe)\('
    fi
}

# The guards read the source, which is the same.
stage_sanitize() {
    local tests
    sanitize_build "$2" && tests_build sanitize "$2" || return
    tests=$(tests_listed sanitize | grep -v '^t/guard/')
    units sanitize build-check/sanitize/t "$(wc -l <<<"$tests")"
    # shellcheck disable=SC2086
    make_check sanitize "$1" "$2" $tests
}

# Not by make check, whose files in the build tree are those of stage unit.
stage_valgrind() {
    local programs
    plain_build "$2" && tests_build plain "$2" || return
    programs=$(tests_listed plain | grep -v '\.sh$')
    units valgrind "$1" "$(wc -l <<<"$programs")"
    (
        cd build-check/plain
        export CMOCKA_MESSAGE_OUTPUT=TAP NPIE_VALGRIND=1
        each_of valgrind_one "$1" <<<"$programs"
    )
}

valgrind_one() {
    local said status=0
    said=$1/$(basename "$2").tap
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --child-silent-after-fork=yes "$2" >"$said.now" 2>&1 || status=$?
    [ $status -eq 0 ] || echo "not ok - $2 ended with $status" >>"$said.now"
    mv "$said.now" "$said"
    return $status
}

# each_of FUNCTION ARGUMENT: calls it with each line of standard input as
# second argument, as many at once as there are processors.
each_of() {
    export -f "$1" verdict quietly
    xargs -P "$(nproc)" -I '{}' bash -c '"$@"' - "$1" "$2" '{}'
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

# What clang warns of does not depend on the optimiser.
stage_lint() {
    local tap=$1/lint.tap status=0 sources
    sources=$(find mod_npie -name '*.c' | sort)
    units lint "$tap" $(($(wc -l <<<"$sources") + 2))
    verdict "$tap" "clang builds without a warning" \
        build_in build-check/clang "$2" --enable-werror CC=clang CFLAGS=-O0 || status=1
    verdict "$tap" "clang builds the tests without a warning" tests_build clang "$2" || status=1
    # What the makefile tells the programs.
    export LINT_FLAGS="-std=gnu99 -DOPENSSL_NO_DEPRECATED -Imod_npie -It -isystem $(apxs -q INCLUDEDIR)
        $(pkg-config --cflags apr-1 apr-util-1 hiredis jansson libcurl libidn2 libseccomp libpq p11-kit-1 cmocka)
        -DPACKAGE_VERSION=\"0\" -DNPIE_VERSION=\"0\" -DNPIE_CTL_CONF=\"/c\" -DNPIE_LEDGER_PROGRAM=\"/l\" -DNPIE_SIGNER_PROGRAM=\"/s\" -DNPIE_SQL_DIR=\"/s\"
        -DNPIE_ORIGINAL_DIR=\"/o\" -DNPIE_RENEW_SENTENCES=\"/s\" -DNPIE_TERMS_FILE=\"/t\""
    mkdir "$results/tidy"
    each_of tidy_one "$tap" <<<"$sources" || status=1
    echo "1..$(grep -c '' "$tap")" >>"$tap"
    return $status
}

tidy_one() {
    # shellcheck disable=SC2086
    verdict "$1" "clang-tidy $2" quietly "$results/tidy/${2//\//-}.log" \
        clang-tidy --quiet --warnings-as-errors='*' "$2" -- $LINT_FLAGS
}
