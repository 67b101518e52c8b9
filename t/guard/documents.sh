#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each path, function and macro that the documents for maintainers name exists.
# shellcheck source=t/guard/tap.sh
. "$top_srcdir/t/guard/tap.sh"
cd "$top_srcdir"

documents=(README.md ARCHITECTURE.md HACKING.md SECURITY.md t/README.md)
inputs 'documents' "${documents[@]}"

# What stands between backquotes outside of blocks of code, one a line, and the
# targets of links within the tree.
named() {
    # shellcheck disable=SC2016
    sed '/^```/,/^```/d; /^    /d' "$1" | grep -oE '`[^`]+`' | tr -d '`' || true
    grep -oE '\]\([^)]+\)' "$1" | sed 's/^](//; s/[)#].*//' | grep -v '^https\?:' || true
}

# Made by the build or read at run time, and therefore not in the tree.
is_made() {
    case $1 in
        build/*|build-*|/*|errors.html|sentences/es|sentences/en) return 0 ;;
        *) return 1 ;;
    esac
}

# found NAME: as the documents write it, from the top, from mod_npie/ or t/.
found() {
    [ -e "$1" ] || [ -e "mod_npie/$1" ] || [ -e "t/$1" ] || compgen -G "$1" >/dev/null
}

sources=$(find mod_npie t -name '*.[ch]' -o -name '*.def' -o -name '*.mjs')
count=0
for document in "${documents[@]}"; do
    missing=
    while read -r name; do
        case $name in
            '') continue ;;
            npie_*|NPIE_*|look\(*)
                name=${name%%(*}
                # shellcheck disable=SC2086
                grep -qwF -- "$name" $sources || missing="$missing$name"$'\n' ;;
            *[!A-Za-z0-9_./*-]*|application/*) continue ;;
            */*|*.c|*.h|*.def|*.md|*.sh|*.am|*.ac)
                is_made "$name" || found "$name" || missing="$missing$name"$'\n' ;;
            *) continue ;;
        esac
        count=$((count + 1))
    done < <(named "$document" | sort -u)
    none "what $document names exists" "${missing%$'\n'}"
done

# `dir/file.c`: `function()` says that the file defines the function.
# shellcheck disable=SC2016
defined=$(sed -nE 's/.*`([a-z]+\/[a-z0-9_]+\.c)`: `(npie_[a-z0-9_]+)\(\)`.*/\1 \2/p' "${documents[@]}")
[ -n "$defined" ] || inputs 'functions with their files'
none 'functions are defined in the files named' "$(
    while read -r file function; do
        grep -qE "^[a-z].*\b$function\(" "mod_npie/$file" || echo "$file: $function"
    done <<<"$defined")"
[ "$count" -ge 100 ] || inputs 'names in the documents'
tap_end
