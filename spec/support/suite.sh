#!/bin/sh
# Runs spec files, one process a file and JOBS of them at a time, and prints a line a file. A file that fails is run once
# more by itself, because servers and time-outs need a processor that a busy machine may not have; its line says so. The
# last line is the sum.
# suite.sh COMMAND FILE|FOLDER ...      COMMAND runs busted, e.g. "lua5.4 /usr/bin/busted"; JOBS: 2 a processor
LIMIT=${LIMIT:-900} # seconds for a file

# run_file COMMAND FILE OUTPUT: leaves busted's output in OUTPUT and its exit code in OUTPUT.code
run_file() {
  # shellcheck disable=SC2086
  timeout -k 10 "$LIMIT" $1 --output=plainTerminal "$2" >"$3" 2>&1 </dev/null
  echo $? >"$3.code"
}

# counts OUTPUT: passed, failed, pending and seconds of a file; an ending without busted's last line is one failure
counts() {
  awk -v code="$(cat "$1.code")" '
    / success(es)? \/ / { passed = $1; failed = $4 + $7; pending = $10; seconds = $13; ended = 1 }
    END {
      if (!ended || (code != 0 && failed == 0)) failed++
      printf "%d %d %d %.1f\n", passed, failed, pending, seconds
    }' "$1"
}

# report FILE OUTPUT WORDS: the line of a file, and what busted printed where something failed
report() {
  # shellcheck disable=SC2046
  set -- "$1" "$2" "$3" $(counts "$2")
  if [ "$5" -eq 0 ]; then
    printf 'ok      %-44s %5d passed %7.1f s%s\n' "$1" "$4" "$7" "$3"
  else
    printf 'FAILED  %-44s %5d passed, %d failed, exit code %s%s\n' "$1" "$4" "$5" "$(cat "$2.code")" "$3"
    grep -v '^[+-]*$' "$2" | cut -c 1-2000 | sed 's/^/        /'
  fi
}

if [ "$1" = --one ]; then
  output=$3/$(echo "$4" | tr / .)
  run_file "$2" "$4" "$output"
  # shellcheck disable=SC2046
  set -- "$@" $(counts "$output")
  if [ "$6" -eq 0 ]; then report "$4" "$output" ""; else echo "$4" >>"$3/again"; fi
  exit 0
fi

command=$1; shift
JOBS=${JOBS:-$((2 * $(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)))}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT TERM
started=$(date +%s)

# the files that take longest begin first, so that none of them is left alone at the end
find "$@" -name '*_spec.lua' | sort >"$results/names"
grep -E 'resty|nginx|fault|examples|embed|rock|transport|make|sandbox|shared' "$results/names" >"$results/files"
grep -v -F -x -f "$results/files" "$results/names" >>"$results/files"
xargs -P "$JOBS" -I FILE sh "$0" --one "$command" "$results" FILE <"$results/files"

touch "$results/again"
while read -r file; do
  output=$results/$(echo "$file" | tr / .)
  mv "$output" "$output.first"
  run_file "$command" "$file" "$output"
  report "$file" "$output" ", run a second time"
  echo "        the first time:"
  grep -A 12 -E '^(Failure|Error) ->' "$output.first" | cut -c 1-300 | head -60 | sed 's/^/        /'
done <"$results/again"

total=0 failures=0 waiting=0
while read -r file; do
  # shellcheck disable=SC2046
  set -- $(counts "$results/$(echo "$file" | tr / .)")
  total=$((total + $1)) failures=$((failures + $2)) waiting=$((waiting + $3))
done <"$results/files"
printf 'specs: %d passed, %d failed, %d pending, %d files, %d s\n' "$total" "$failures" "$waiting" \
  "$(wc -l <"$results/files")" "$(($(date +%s) - started))"
[ "$failures" -eq 0 ]
