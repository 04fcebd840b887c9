#!/bin/sh
# SPDX-License-Identifier: ISC
# The table of verbs, what --help prints and the manual pages say the same.
src=${top_srcdir:-$(dirname "$0")/../..}
tool=${top_builddir:-.}/hookcask
number=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

if [ ! -x "$tool" ]; then
    echo "1..0 # SKIP the tool is not built here"
    exit 0
fi

point() { # NAME: good when $tmp/found is empty
    number=$((number + 1))
    if [ ! -s "$tmp/found" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$tmp/found"
    fi
    : >"$tmp/found"
}
same() { # FILE OTHER NAME
    diff "$tmp/$1" "$tmp/$2" >"$tmp/found"
    point "$3"
}

# verb<TAB>summary, as the tool lists them
"$tool" help | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1	\2/p' >"$tmp/verbs"
[ -s "$tmp/verbs" ] || echo "no verb is listed" >"$tmp/verbs.none"
cat "$tmp/verbs.none" 2>/dev/null >"$tmp/found"
point "the tool lists its verbs"

sed -n 's/.*&verb_\([a-z]*\),$/\1/p' "$src/src/cli/main.c" |
    sort >"$tmp/table"
cut -f 1 "$tmp/verbs" | sort >"$tmp/listed"
same table listed "every verb of the table is listed"

# .It Cm VERB, its summary and ":" in hookcask(1), in the same order
sed -n '/^\.It Cm /{
    s/^\.It Cm //
    N
    s/\n/	/
    s/:$//
    p
}' "$src/man/hookcask.1" >"$tmp/overview"
same verbs overview "hookcask(1) lists the verbs with their summaries"

# -x, --long VALUE as "x long value"; a flag or a missing letter is "-"
options_of_help() { # VERB
    "$tool" "$1" --help | sed -n \
        -e 's/^  -\(.\), --\([a-z-]*\) \([^ ][^ ]*\)  .*/\1 \2 \3/p' \
        -e 's/^  -\(.\), --\([a-z-]*\)   *.*/\1 \2 -/p' \
        -e 's/^      --\([a-z-]*\) \([^ ][^ ]*\)  .*/- \1 \2/p' \
        -e 's/^      --\([a-z-]*\)   *.*/- \1 -/p' |
        awk '{ print $1, $2, tolower($3) }' | grep -v ' help -$'
}
options_of_page() { # PAGE
    sed -n '/^\.Sh DESCRIPTION/,/^\.Sh EXIT STATUS/{
        s/^\.It Fl \(.\) , Fl -\([a-z-]*\) Ar \(.*\)/\1 \2 \3/p
        s/^\.It Fl \(.\) , Fl -\([a-z-]*\)$/\1 \2 -/p
        s/^\.It Fl -\([a-z-]*\) Ar \(.*\)/- \1 \2/p
        s/^\.It Fl -\([a-z-]*\)$/- \1 -/p
    }' "$1"
}

while read -r verb summary; do
    page=$src/man/hookcask-$verb.1
    if [ ! -f "$page" ]; then
        echo "$page is missing" >"$tmp/found"
        point "$verb has a page"
        continue
    fi
    sed -n 's/^\.Nd //p' "$page" >"$tmp/nd"
    echo "$summary" >"$tmp/summary"
    same summary nd "$verb: its page has the summary of the table"
    options_of_help "$verb" >"$tmp/help"
    options_of_page "$page" >"$tmp/page"
    same help page "$verb: its page has the options of the table"
    "$tool" "$verb" --help | tail -n +2 | sed -n '1s/^ *//p' >"$tmp/said"
    same summary said "$verb: --help has the summary of the table"
    "$tool" "$verb" --help | awk 'length > 79' >"$tmp/found"
    point "$verb: --help fits a terminal"
    grep -q "%D%/hookcask-$verb\\.1" "$src/man/local.mk" ||
        echo "not in man/local.mk" >"$tmp/found"
    point "$verb: its page is installed"
    if command -v mandoc >/dev/null 2>&1; then
        mandoc -T utf8 "$page" | col -b | sed -n \
            '/^SYNOPSIS/,/^DESCRIPTION/s/^ *\(hookcask .*\)/usage: \1/p' \
            >"$tmp/synopsis"
        "$tool" "$verb" --help | head -n 1 | tr '[:upper:]' '[:lower:]' \
            >"$tmp/usage"
        same usage synopsis "$verb: synopsis and usage agree"
    fi
done <"$tmp/verbs"

# the effective configuration has every key that the configuration may have
sed -n 's/^	{ "\([a-z-]*\)", \(true\|false\), CONFIG_.*/\1/p' \
    "$src/src/config/config_value.c" >"$tmp/keys"
[ -s "$tmp/keys" ] || echo "no key was found" >"$tmp/found"
while read -r key; do
    grep -qE "[\"[:blank:]]$key( = |\")" "$src/src/cli/setup/config_print.c" ||
        echo "$key"
done <"$tmp/keys" >>"$tmp/found"
point "check --print knows every key"

# exit codes that the pages name are those of the table of outcomes
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]*\)$/\1/p' \
    "$src/man/hookcask.1" >"$tmp/codes"
while read -r name; do
    case $name in
    EX_OK) echo 0 ;;
    EX_USAGE) echo 64 ;;
    EX_DATAERR) echo 65 ;;
    EX_NOINPUT) echo 66 ;;
    EX_UNAVAILABLE) echo 69 ;;
    EX_OSERR) echo 71 ;;
    EX_CANTCREAT) echo 73 ;;
    EX_IOERR) echo 74 ;;
    EX_TEMPFAIL) echo 75 ;;
    EX_NOPERM) echo 77 ;;
    EX_CONFIG) echo 78 ;;
    *) echo "$name is not in the manual" ;;
    esac
done >"$tmp/given" <<END
$(sed -n '/table\[/,/^};/p' "$src/src/base/outcome.c" |
    grep -o 'EX_[A-Z]*' | sort -u)
END
sort -n "$tmp/given" >"$tmp/given.sorted"
same given.sorted codes "hookcask(1) names every exit code"

echo "1..$number"
