# SPDX-License-Identifier: Apache-2.0
# How bootstrap and its parts speak; sourced by bash.

say() {
    printf '== %s\n' "$*"
}

# die WHAT REMEDY
die() {
    printf 'failed: %s\nremedy: %s\n' "$1" "$2" >&2
    exit 1
}

# quietly LOG COMMAND...: runs the command with all it says in LOG, whose end
# is shown when it fails.
quietly() {
    local log=$1 status=0
    shift
    "$@" >>"$log" 2>&1 || status=$?
    if [ $status -ne 0 ]; then
        printf 'failed (%s): %s\nthe end of %s:\n' "$status" "$*" "$log" >&2
        tail -n 40 "$log" >&2
    fi
    return $status
}
