#!/bin/sh
# SPDX-License-Identifier: ISC
# Each mutant's text is in the file that it names, and each sync, lock
# and doubt of the stores has a mutant.  (make check-mutants and
# check-histories-mutants run them.)
top_srcdir=${top_srcdir:-$(dirname "$0")/../..}
export top_srcdir
if ! command -v python3 >/dev/null 2>&1; then
    echo "1..0 # SKIP python3 is not installed"
    exit 0
fi
if found=$(python3 "$top_srcdir/tests/crash/mutants.py" --places 2>&1); then
    echo "ok 1 - each step has a mutant, each mutant a step"
else
    echo "not ok 1 - each step has a mutant, each mutant a step"
fi
echo "$found" | sed 's/^/# /'
if found=$(python3 \
    "$top_srcdir/tests/integration/verbs/histories_mutants.py" --places 2>&1)
then
    echo "ok 2 - each remedy that histories miss is in its file"
else
    echo "not ok 2 - each remedy that histories miss is in its file"
fi
echo "$found" | sed 's/^/# /'
echo "1..2"
