#!/bin/bash
# SPDX-License-Identifier: ISC
# What the shells complete is what the tool knows: every verb, every option.
if [ -z "$BASH_VERSION" ]; then
    command -v bash >/dev/null 2>&1 && exec bash "$0" "$@"
    echo "1..0 # SKIP bash is not installed"
    exit 0
fi
tool=$(cd "${top_builddir:-.}" && pwd)/hookcask
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
}
skip() { # NAME WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

for shell in bash zsh fish; do
    "$tool" help --completion "$shell" >"$tmp/$shell" 2>"$tmp/found"
    point "$shell: it is printed"
    if command -v "$shell" >/dev/null 2>&1; then
        "$shell" -n "$tmp/$shell" >"$tmp/found" 2>&1
        point "$shell: the shell can read it"
    else
        skip "$shell: the shell can read it" "$shell is not installed"
    fi
done

# shellcheck source=/dev/null
. "$tmp/bash"
compopt() { :; } # it is for the shell that completes
complete_at_end() { # WORD ...: what is offered for the last one, sorted
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _hookcask
    [ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort
}

"$tool" help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' >"$tmp/verbs"
{ cat "$tmp/verbs"; printf '%s\n' help --version; } | sort >"$tmp/want"
complete_at_end hookcask '' >"$tmp/have"
diff "$tmp/want" "$tmp/have" >"$tmp/found"
point "bash: every verb is offered"
complete_at_end hookcask ref >"$tmp/have"
echo refused | diff - "$tmp/have" >"$tmp/found"
point "bash: the rest of a verb"
complete_at_end hookcask help ref | diff <(echo refused) - >"$tmp/found"
point "bash: a verb after help"

while read -r verb; do
    # "  -x, --long VALUE  text"
    "$tool" "$verb" --help | sed -n \
        -e 's/^  -\(.\), --\([a-z-]*\) .*/-\1\n--\2/p' \
        -e 's/^      --\([a-z-]*\) .*/--\1/p' | sort >"$tmp/want"
    complete_at_end hookcask "$verb" - >"$tmp/have"
    diff "$tmp/want" "$tmp/have" >"$tmp/found"
    point "bash: $verb: every option is offered"
    : >"$tmp/found"
    while read -r option; do
        case $option in
        --*) zsh=$option fish="-l ${option#--}" ;;
        *) zsh=$option fish="-s ${option#-}" ;;
        esac
        sed -n "/^    $verb)\$/,/;;/p" "$tmp/zsh" | grep -qF -e "$zsh" ||
            echo "zsh: $option" >>"$tmp/found"
        grep -F "__fish_seen_subcommand_from $verb'" "$tmp/fish" |
            grep -qF -e "$fish" || echo "fish: $option" >>"$tmp/found"
    done <"$tmp/want"
    point "zsh, fish: $verb: every option is there"
done <"$tmp/verbs"

cd "$tmp" || exit 99
: >some.conf
complete_at_end hookcask check --config so | diff <(echo some.conf) - \
    >"$tmp/found"
point "bash: a file after an option that takes one"
complete_at_end hookcask cat so | diff <(echo some.conf) - >"$tmp/found"
point "bash: a file where a file is wanted"
complete_at_end hookcask cat --since so >"$tmp/found"
point "bash: nothing after an option that takes something else"
complete_at_end hookcask failed re | diff <(echo retry) - >"$tmp/found"
point "bash: the words of a verb"
complete_at_end hookcask config ngin | diff - <(printf '%s\n' nginx \
    nginx-fcgiwrap nginx-site) >"$tmp/found"
point "bash: the names of config"
printf 'endpoint "%s" { path = "/%s" secret-file = "/s" log = "/%s" }\n' \
    levers levers 1 polar polar 2 >some.conf
for options in --endpoint -e; do
    complete_at_end "$tool" list -c some.conf "$options" '' |
        diff - <(printf '%s\n' levers polar) >"$tmp/found"
    point "bash: the endpoints of a configuration after $options"
done
complete_at_end "$tool" list -c none.conf -e '' >"$tmp/found" 2>&1
point "bash: no endpoints and no message without a configuration"
complete_at_end hookcask frobnicate - >"$tmp/found"
point "bash: nothing after an unknown verb"

echo "1..$number"
