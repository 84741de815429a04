#!/bin/sh
# Derives pictures on this processor and on the other of amd64 and arm64, which
# qemu's user mode plays, and compares each with the hash that is recorded in
# internal/imagefile/testdata/golden.txt.
#
# Takes GO and TAGS from its environment.
set -eu

here=$("$GO" env GOHOSTARCH)
case $here in
amd64) other=arm64 machine=aarch64 ;;
*) other=amd64 machine=x86_64 ;;
esac
emulator=$(command -v "qemu-$machine" || command -v "qemu-$machine-static") || {
	echo "skipped: qemu-$machine (Debian's package qemu-user) is not installed"
	exit 0
}

log=.cache/testarm.log
mkdir -p .cache
for processor in "$here" "$other"; do
	program=$PWD/.cache/imagefile-$processor.test
	CGO_ENABLED=0 GOOS=linux GOARCH=$processor "$GO" test -c -tags "$TAGS" -o "$program" ./internal/imagefile
	run=$program
	[ "$processor" = "$here" ] || run="$emulator $program"
	# Word splitting is meant.
	# shellcheck disable=SC2086
	(cd internal/imagefile && $run -test.run '^TestGolden$' -test.v -test.timeout 10m) >"$log" 2>&1 || {
		cat "$log"
		exit 1
	}
	printf '%s: %s\n' "$processor" "$(sed -n 's/.*golden_test.go:[0-9]*: //p' "$log" | tail -n 1)"
done
