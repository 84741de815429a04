#!/bin/sh
# Runs each fuzz target of the module for FUZZTIME, one after the other.
set -eu

list=$("$GO" test -list '^Fuzz' ./...)
targets=$(printf '%s\n' "$list" | awk '
	/^Fuzz/ { names[++n] = $1 }
	/^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
if [ -z "$targets" ]; then
	echo 'There are no fuzz targets.' >&2
	exit 1
fi
printf '%s\n' "$targets" | while read -r package target; do
	printf '== %s %s\n' "$package" "$target"
	"$GO" test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" "$package" </dev/null
done
