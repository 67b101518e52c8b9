# SPDX-License-Identifier: Apache-2.0
# TAP for the guards; sourced by bash. A guard that does not find what it is
# to look at dies: that is never a pass or a skip.
set -euo pipefail

tap_n=0
tap_failed=0

# inputs WHAT FILE...: dies unless every file is there, and at least one.
inputs() {
    local what=$1 file
    shift
    if [ $# -eq 0 ]; then
        echo "Bail out! no $what found"
        exit 99
    fi
    for file in "$@"; do
        if [ ! -e "$file" ]; then
            echo "Bail out! $what: $file is not there"
            exit 99
        fi
    done
}

# none NAME OFFENDERS: passes when the second argument is empty.
none() {
    tap_n=$((tap_n + 1))
    if [ -z "$2" ]; then
        echo "ok $tap_n - $1"
    else
        echo "not ok $tap_n - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
        tap_failed=1
    fi
}

tap_end() {
    echo "1..$tap_n"
    exit $tap_failed
}
