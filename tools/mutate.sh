#!/bin/sh
# Changes each of PACKAGES in one place at a time, such as < to <=, and runs its
# tests on each of these mutants: a test should fail, which kills it, or never
# end. Those that live are listed, and a table counts them all.
#
# Takes GO, GREMLINS and PACKAGES from its environment.
set -eu

GO=$(command -v "$GO")
export GO
results=$PWD/.cache/mutate
rm -rf "$results"
mkdir -p "$results"

# gremlins copies the whole folder for each of its workers.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM
cp -R go.mod go.sum internal tools/mutate/go "$copy"
cd "$copy"
PATH=$copy:$PATH

for package in $PACKAGES; do
	printf '== %s\n' "$package"
	log=$results/$(basename "$package").log
	"$GREMLINS" unleash --timeout-coefficient 5 "$package" >"$log" 2>&1 || { cat "$log"; exit 1; }
	awk -v package="$package" '
		/ LIVED / { print "lived: " package "/" $4 " " $2 | "sort -t: -k2,2 -k3,3n -k4,4n" }
		/ (KILLED|LIVED) / { count[$1]++ }
		/ TIMED OUT / { count["TIMED"]++ }
		/ NOT / { count["NOT"]++ }
		END { print package, count["KILLED"] + 0, count["TIMED"] + 0, count["LIVED"] + 0, count["NOT"] + 0 >>results }
	' results="$results/table" "$log"
done

awk '
	function row(name, killed, late, lived, none, all) {
		all = killed + late + lived
		printf "%-20s %8d %8d %10d %6d %9.1f %%\n", name, all, killed, late, lived, all ? 100 * (killed + late) / all : 0
	}
	BEGIN { printf "%-20s %8s %8s %10s %6s %11s\n", "package", "mutants", "killed", "timed out", "lived", "noticed" }
	{ row($1, $2, $3, $4); killed += $2; late += $3; lived += $4 }
	END { row("total", killed, late, lived) }
' "$results/table"
