#!/bin/sh
# Runs what a merge has to pass beside `make test`, goes on after a failure, and
# ends with what ran, what was skipped and why. A step is a recipe; one that can't
# run here says so in a line "skipped: REASON" of its output.
#
# Takes MAKE, GO, ENGINE (path of the engine) and CHROMIUM (path of the browser,
# empty without one) from its environment.
set -u
cd "$(dirname "$0")/.." || exit 1

results=.cache/check
rm -rf "$results"
mkdir -p "$results"
failed=0

report() { # step, outcome, remark
	printf '  %-14s %-8s %s\n' "$1" "$2" "$3" >>"$results/summary"
}

skip() { # step, reason
	report "$1" skipped "$2"
}

step() { # recipe [variable ...]
	log=$results/$1.log
	printf '\n== make %s\n' "$*"
	start=$(date +%s)
	{
		"$MAKE" --no-print-directory "$@" </dev/null 2>&1
		echo $? >"$results/code"
	} | tee "$log"
	seconds=$(($(date +%s) - start))
	reason=$(sed -n 's/^skipped: //p' "$log" | head -n 1)
	if [ "$(cat "$results/code")" != 0 ]; then
		failed=1
		report "$1" FAILED "after $seconds s"
	elif [ -n "$reason" ]; then
		skip "$1" "$reason"
	else
		report "$1" passed "$seconds s"
	fi
}

step lint
step vet
step docs-check
step licences
step vuln
if [ "$("$GO" env CGO_ENABLED)" = 1 ]; then
	step testrace
else
	skip testrace 'no C compiler was found'
fi
step testyardstick
step testarm
# The other engine.
case $("$ENGINE" version) in
OpenTofu*)
	if command -v terraform >/dev/null; then
		step testacc TF=terraform
	else
		skip testacc 'Terraform is not installed'
	fi
	;;
*) step testacc-tofu ;;
esac
step testdemo
if command -v npm >/dev/null; then
	step testclients
else
	skip testclients 'node and npm are not installed'
fi
if [ -n "$CHROMIUM" ]; then
	step testbrowser
else
	skip testbrowser 'Chromium is not installed'
fi
if git rev-parse --verify --quiet HEAD >/dev/null; then
	step testrelease
else
	skip testrelease 'this is not a Git repository'
fi

printf '\n== beside make test\n'
cat "$results/summary"
exit "$failed"
