#!/bin/sh
# Prints what CHANGELOG.md says about the version that a tag names, for the page
# of its release. Fails if the newest part is about another one, or isn't dated.
set -eu
cd "$(dirname "$0")/.."

tag=${1:?usage: release-notes.sh TAG}
heading=$(grep -m 1 '^## ' CHANGELOG.md)
case $heading in
"## ${tag#v} ("*"Unreleased"*) ;;
"## ${tag#v} ("*)
	awk '/^## / { part++; next } part == 1' CHANGELOG.md
	exit
	;;
esac
echo "release-notes: CHANGELOG.md begins with \"$heading\", not with \"## ${tag#v} (DATE)\"" >&2
exit 1
