#!/bin/sh
# header.sh HEADER FLAGS SENTENCE: ends with the sentence if the compiler in CC does not find a header. If the header is there
# and another one is missing, as Debian's are made for this machine only, the compiler's words come first. Builds nothing.
set -u
# shellcheck disable=SC2086
said=$(echo "#include <$1>" | $CC $2 -E - 2>&1 >/dev/null) && exit 0
echo "$said" | grep error | grep -v "${1##*/}" >&2
echo "$3" | tr -s '\t ' ' ' >&2
exit 1
