#!/bin/sh
# Looks for known vulnerabilities in what the provider calls. Without a
# connection to the database it says so; anything else that goes wrong fails, an
# answer that isn't the database's included.
set -u

output=$("$GOVULNCHECK" ./... 2>&1)
code=$?
case $code in
0) printf '%s\n' "$output" ;;
3)
	printf '%s\n' "$output"
	exit 1
	;;
*)
	cause=$(printf '%s\n' "$output" | sed -n 's/.*fetching vulnerabilities: \(Get "[^"]*": \)/\1/p' | head -n 1)
	if [ -z "$cause" ]; then
		printf '%s\n' "$output"
		exit "$code"
	fi
	echo "skipped: vulnerability database not reachable ($cause)"
	;;
esac
