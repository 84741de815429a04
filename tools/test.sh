#!/bin/sh
# Runs everything that `make test` promises, goes on after a failure, and ends
# with what ran, what was skipped and why. A step that can't run here says so
# in a line "skipped: REASON" of its output.
#
# Takes ENGINE (path of the engine), TOFU (where OpenTofu is, or would be),
# MAKE, RACE (empty without the race detector) and CHROMIUM (path of the browser,
# empty without one) from its environment.
set -u
cd "$(dirname "$0")/.." || exit 1

results=.cache/test
rm -rf "$results"
mkdir -p "$results"
failed=0

report() { # name, outcome, remark
	printf '  %-34s %-8s %s\n' "$1" "$2" "$3" >>"$results/summary"
}

totals=$PWD/$results/totals
step() { # name, make target [variable ...]
	name=$1
	log=$results/$(printf '%s' "$name" | tr -c '[:alnum:]' -).log
	shift
	printf '\n== %s\n' "$name"
	start=$(date +%s)
	{
		"$MAKE" --no-print-directory "$@" </dev/null 2>&1
		echo $? >"$results/code"
	} | tee "$log"
	seconds=$(($(date +%s) - start))
	reason=$(sed -n 's/^skipped: //p' "$log" | head -n 1)
	if [ "$(cat "$results/code")" != 0 ]; then
		failed=1
		report "$name" FAILED "after $seconds s"
		# A step without tests of its own that count fails as one.
		case " $* " in *" TOTALS="*) ;; *) echo '0 1 0' >>"$totals" ;; esac
	elif [ -n "$reason" ]; then
		report "$name" skipped "$reason"
	else
		report "$name" passed "$seconds s"
	fi
}

step 'lint' lint
step 'documentation is current' docs-check
step 'modules and licences' licences
step 'known vulnerabilities' vuln
engine=$("$ENGINE" version | head -n 1)
step "Go tests on $engine" testacc TOTALS="$totals"
[ -n "$RACE" ] || report 'race detector' skipped 'no C compiler was found'
case $engine in
OpenTofu*) ;;
*)
	if [ -x "$TOFU" ]; then
		step "acceptance tests on $("$TOFU" version | head -n 1)" testacc TF="$TOFU" RACE= TESTS=^TestAcc TOTALS="$totals"
	else
		report 'acceptance tests on OpenTofu' skipped 'neither on the PATH nor built: make opentofu builds it'
	fi
	;;
esac
# Never live, and beside the demo that a person may be looking at.
step 'demo, destroyed again' demo DEMO_LIVE=0 DEMO_DESTROY=1 DEMO_DIR="$PWD/.cache/demo" DEMO_LISTEN=127.0.0.1:0
if command -v node >/dev/null && command -v npm >/dev/null; then
	step "fal's JavaScript client" testclients
else
	report "fal's JavaScript client" skipped 'node and npm are not installed'
fi
if [ -n "$CHROMIUM" ]; then
	step "the emulator's page in Chromium" testbrowser
else
	report "the emulator's page in Chromium" skipped 'Chromium is not installed'
fi

if git rev-parse --verify --quiet HEAD >/dev/null; then
	step 'a release, made and used' testrelease
	command -v gpg >/dev/null || report 'signature of a release' skipped 'GnuPG is not installed'
else
	report 'a release, made and used' skipped 'this is not a Git repository'
fi

printf '\n== summary\n'
cat "$results/summary"
if [ "$failed" = 0 ]; then
	printf '\nPassed.\n'
else
	printf '\nFAILED.\n'
fi
# The counts are those of tools/testreport, over all engines, and the other steps that failed.
awk '{ passed += $1; failed += $2; skipped += $3 } END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$totals" 2>/dev/null ||
	echo '0 passed, 1 failed, 0 skipped'
exit "$failed"
