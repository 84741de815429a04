#!/bin/sh
# Declares the pictures of examples/site-artwork, has them generated, and shows
# that a second plan is empty; all of it under .demo/, or the absolute DEMO_DIR.
# Pictures come from the emulator, so that it costs nothing, unless DEMO_LIVE=1
# and FAL_KEY say otherwise. With DEMO_DESTROY=1 it destroys everything again at
# the end.
#
# Takes ENGINE (path of the engine), BINARY (path of the provider) and GO from
# its environment, and starts itself once more as the emulator's child.
set -eu
cd "$(dirname "$0")/.."

live=${DEMO_LIVE:-0}
demo=${DEMO_DIR:-$PWD/.demo}
site=$demo/site-artwork
[ "$live" != 1 ] || site=$demo/live
export TF_CLI_CONFIG_FILE="$demo/engine.rc"

# prepare lays out the provider as a registry mirror would hold it, under the
# default hosts of both engines, and a fresh copy of the example.
prepare() {
	platform=$("$GO" env GOOS)_$("$GO" env GOARCH)
	rm -rf "$demo/plugins"
	for host in registry.terraform.io registry.opentofu.org; do
		mirror=$demo/plugins/$host/flux2-provider/flux2/0.1.0/$platform
		mkdir -p "$mirror"
		cp "$BINARY" "$mirror/terraform-provider-flux2_v0.1.0"
	done
	cat >"$TF_CLI_CONFIG_FILE" <<EOF
provider_installation {
  filesystem_mirror {
    path = "$demo/plugins"
  }
}
EOF
	# The state of a live demo stays: it holds what was paid for. The lock file
	# goes, because the provider has been built anew.
	[ "$live" = 1 ] || rm -rf "$site" "$demo/emulator" "$demo/address"
	mkdir -p "$site"
	rm -f "$site/.terraform.lock.hcl"
	tar -C examples/site-artwork --exclude '.terraform*' --exclude public --exclude '*.tfstate*' -cf - . | tar -C "$site" -xf -
}

# generate runs the engine where the example's copy is.
generate() {
	cd "$site"
	approve=-auto-approve
	# On fal, a person sees the plan and answers for it.
	if [ "$live" = 1 ] && [ -t 0 ] && [ -t 1 ]; then approve=; fi
	plain=-no-color
	if [ -t 1 ]; then plain=; fi

	"$ENGINE" version | head -n 1
	# What init says about lock files concerns downloaded providers only.
	"$ENGINE" init -input=false -no-color >init.log 2>&1 || { cat init.log; exit 1; }
	"$ENGINE" apply $plain ${approve:+"$approve" -input=false}
	"$ENGINE" output -raw page >public/index.html
	"$ENGINE" output -raw manifest >public/site.webmanifest

	printf '\nThe second plan, which has to be empty:\n\n'
	code=0
	"$ENGINE" plan $plain -input=false -detailed-exitcode || code=$?
	case $code in
	0) ;;
	2) echo 'demo: the second plan is not empty.' >&2 && exit 1 ;;
	*) exit "$code" ;;
	esac

	# However many files there are: what is made of a picture is made here.
	if [ "$live" != 1 ]; then
		images=$("$ENGINE" state list | grep -c '^flux2_image\.')
		requests=$(find "$demo/emulator/requests" -type f | wc -l)
		if [ "$requests" -ne "$images" ]; then
			echo "demo: there were $requests requests for $images images." >&2
			exit 1
		fi
		printf '\n%d files for the site, of %d paid requests.\n' "$(find public/images -type f | wc -l)" "$requests"
	fi

	if [ "${DEMO_DESTROY:-0}" = 1 ]; then
		"$ENGINE" destroy $plain -auto-approve -input=false
		left=$("$ENGINE" state list)
		if [ -n "$left" ]; then
			printf 'demo: destroy has left %s\n' "$left" >&2
			exit 1
		fi
		kept=$(ls public/images)
		if [ -n "$kept" ]; then
			printf 'demo: destroy has left the files %s\n' "$kept" >&2
			exit 1
		fi
	fi
}

if [ "${1:-}" = generate ]; then
	# Where the emulator listens: demo-serve takes the same place.
	[ "$live" = 1 ] || echo "${FLUX2_EMULATOR_URL#http://}" >"$demo/address"
	generate
	exit
fi

if [ "$live" = 1 ]; then
	if [ -z "${FAL_KEY:-${FAL_KEY_ID:-}}" ]; then
		echo 'demo: DEMO_LIVE=1 generates on fal and needs FAL_KEY.' >&2
		exit 1
	fi
	echo '*** This generates pictures on fal. They are billed to your account. ***'
	prepare
	tools/demo.sh generate
else
	# Before the last demo goes, a look whether this one has its address.
	"$BINARY" emulate -listen "${DEMO_LISTEN:-127.0.0.1:8787}" -- true || {
		echo 'demo: another address: make demo DEMO_LISTEN=127.0.0.1:0' >&2
		exit 1
	}
	prepare
	code=0
	"$BINARY" emulate -listen "${DEMO_LISTEN:-127.0.0.1:8787}" -dir "$demo/emulator" -- tools/demo.sh generate || code=$?
	[ "$code" = 0 ] || exit "$code"
fi

if [ "${DEMO_DESTROY:-0}" = 1 ]; then
	printf '\nAll of it has been destroyed again, pictures included.\n'
	exit
fi
cat <<EOF

Look at the site that was made:

  file://$site/public/index.html

EOF
if [ "$live" = 1 ]; then
	cat <<EOF
Its pictures were billed. The state that knows them stays in .demo/live: another
'make demo DEMO_LIVE=1' pays for nothing that is there.
EOF
else
	cat <<EOF
It is files only. The emulator that made its pictures keeps them too, for a
plan of your own in that folder, while this runs:

  make demo-serve
EOF
fi
