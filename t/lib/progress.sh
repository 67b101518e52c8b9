# SPDX-License-Identifier: Apache-2.0
# How far the stages of check are; sourced by check.sh.

# units NAME WHERE TOTAL: said by a stage once it has built: TOTAL results will
# come, each as a file below the folder WHERE or as a line of the file WHERE.
units() {
    printf '%s %s\n' "$3" "$2" >>"$results/$1.units"
}

# units_done NAME: "DONE TOTAL", of all that the stage has announced.
units_done() {
    local where total done=0 all=0
    while read -r total where; do
        all=$((all + total))
        if [ -d "$where" ]; then
            done=$((done + $(find "$where" -type f -newer "$results/$1.began" \
                \( -name '*.trs' -o -name '*.t' -o -name '*.tap' \) | wc -l)))
        elif [ -f "$where" ]; then
            done=$((done + $(grep -cE '^(not )?ok' "$where" || true)))
        fi
    done <"$results/$1.units"
    echo "$done $all"
}

# progress_line: what each stage that is running has done.
progress_line() {
    local file name done all line=
    for file in "$results"/*.began; do
        name=$(basename "$file" .began)
        if [ ! -f "$results/$name.counts" ]; then
            if [ -f "$results/$name.units" ]; then
                read -r done all < <(units_done "$name")
                line="$line, $name $done of $all"
            else
                line="$line, $name builds"
            fi
        fi
    done
    echo "${line#, }"
}

# progress_tell: a line a minute, until it is killed.
progress_tell() {
    local minutes=0
    trap 'kill $!; exit' TERM
    while :; do
        sleep 60 &
        wait $!
        minutes=$((minutes + 1))
        say "$minutes min: $(progress_line)"
    done
}
