#!/bin/sh
# Runs each fuzz target of the module for FUZZTIME, one after the other, and ends
# with a table. A target that finds something writes the input below testdata/fuzz
# of its package, where every later test run finds it; the others run all the same.
#
# Takes GO and FUZZTIME from its environment.
set -eu

list=$("$GO" test -list '^Fuzz' ./...)
targets=$(printf '%s\n' "$list" | awk '
	/^Fuzz/ { names[++n] = $1 }
	/^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
if [ -z "$targets" ]; then
	echo 'There are no fuzz targets.' >&2
	exit 1
fi

results=.cache/fuzz
rm -rf "$results"
mkdir -p "$results"
row='%-38s %12s %16s %10s\n'
# shellcheck disable=SC2059 # the format is ours
printf "$row" 'target' 'executions' 'new interesting' 'crashers' >"$results/table"

printf '%s\n' "$targets" | while read -r package target; do
	printf '== %s %s\n' "$package" "$target"
	log=$results/${package##*/}-$target.log
	{
		# To make an input smaller that is merely interesting takes a minute, in which
		# nothing else is tried.
		"$GO" test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 100x "$package" </dev/null 2>&1
		echo $? >"$results/code"
	} | tee "$log"
	# The last progress line of a run has its totals.
	executions=$(sed -n 's/^fuzz: .*execs: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	interesting=$(sed -n 's/^fuzz: .*new interesting: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	crashers=$(grep -c 'Failing input written to' "$log" || true)
	if [ "$(cat "$results/code")" != 0 ]; then
		: >"$results/failed"
		[ "$crashers" != 0 ] || crashers=failed
	fi
	# shellcheck disable=SC2059
	printf "$row" "${package##*/} $target" "${executions:-0}" "${interesting:-0}" "$crashers" >>"$results/table"
done

printf '\n'
cat "$results/table"
[ ! -e "$results/failed" ]
