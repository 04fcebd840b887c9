#!/bin/sh
# SPDX-License-Identifier: ISC
# Each foreign library is known to its own files only, and what the library and
# the rooms below the programs must not do.  The rooms' arrows: arrows.py.
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 99
number=0
found=$(mktemp) || exit 99
trap 'rm -f "$found"' EXIT

# A point is good when nothing was written to $found.
point() { # NAME
    number=$((number + 1))
    if [ ! -s "$found" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$found"
    fi
}

# file:line:"what" or <what> of each include in the files of a directory
includes_of() {
    find "$@" -name '*.[ch]' -exec \
        grep -nHE '^[[:space:]]*#[[:space:]]*include' {} + |
        sed -E 's/^([^:]*:[0-9]+):[^<"]*([<"][^>"]*[>"]).*/\1:\2/'
}

includes_of include | grep -vE ':<std(def|int)\.h>$' >"$found"
point "the public header includes no foreign header"

# A foreign header may be included by these files alone.
foreign() { # HEADER-PATTERN FILE-PATTERN
    includes_of src include | grep -E ":<$1>\$" | grep -vE "^($2):" >"$found"
    point "$1 is included by $2 only"
}
foreign 'nettle/.*' 'src/lib/(mac|base64|ed25519)\.c'
foreign 'f(ast)?cgi.*\.h' 'src/responder/(fcgi_record\.h|listener\.c)'
foreign 'sqlite3\.h' 'src/index/[a-z_]+\.[ch]'
foreign 'json(-c/.*|\.h)' 'src/cli/term/jsonl\.c'
foreign 'curl/.*' 'src/cli/[a-z_/]+\.c'
foreign 'zlib\.h' 'src/cli/[a-z_/]+\.c'
foreign 'zstd(_errors)?\.h' 'src/cli/reading/unzstd\.c'

# One file of the tool knows libcurl, one knows zlib.
at_most() { # COUNT HEADER-PATTERN
    includes_of src/cli | grep -E ":<$2>\$" | cut -d: -f1 | sort -u |
        awk -v most="$1" '{ all = all $0 "\n" }
            END { if (NR > most) printf "%s", all }' >"$found"
    point "$2 is known to at most $1 file(s) of the tool"
}
at_most 1 'curl/.*'
at_most 1 'zlib\.h'

# The library touches nothing: no clock, no file, no memory, no environment.
memory='malloc|calloc|realloc|strdup|free'
world='time|clock_gettime|gettimeofday|getenv|open|fopen|read|write|exit|abort'
find src/lib -name '*.[ch]' -exec \
    grep -nHE "\\<($memory|$world|f?printf) ?\\(" {} + |
    grep -vE ':[0-9]+:[[:space:]]*(/\*|\*|//)' >"$found"
point "src/lib calls neither memory, clock, files nor environment"

# Who speaks and who exits: diag and the two main programs.
find src/base src/config src/event src/index src/sandbox src/stats src/store \
    -name '*.c' ! -name 'diag*.c' -exec grep -nHE \
    '\<(printf|puts|putchar|perror|exit|_exit|abort) ?\(|std(out|err)' {} + |
    grep -vE ':[0-9]+:[[:space:]]*(/\*|\*|//)' >"$found"
point "only the programs speak and exit"

echo "1..$number"
