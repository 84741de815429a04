// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package releasetest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// snapshot is a release of a commit that has no tag yet, as far as it is made
// before it is published.
type snapshot struct {
	version string
	// source is the clone that it was made from.
	source string
	dist   string
	// name begins the names of its files.
	name string
}

// Each is made once, by the first test that needs it.
var (
	first  once
	second once
)

type once struct {
	sync.Mutex
	begun bool
	made  *snapshot
}

func (o *once) do(t *testing.T, create func() snapshot) snapshot {
	t.Helper()

	o.Lock()
	defer o.Unlock()
	if !o.begun {
		o.begun = true
		made := create()
		o.made = &made
	}
	if o.made == nil {
		t.Fatal("the snapshot could not be made, as another test says")
	}
	return *o.made
}

func firstSnapshot(t *testing.T) snapshot {
	t.Helper()
	return first.do(t, func() snapshot { return makeSnapshot(t, filepath.Join(workshop, "first")) })
}

// secondSnapshot is made from the same commit with nothing else in common: in
// another folder, time zone and umask, and compiled anew. And it is signed, if
// there is GnuPG.
func secondSnapshot(t *testing.T) snapshot {
	t.Helper()
	return second.do(t, func() snapshot {
		folder := filepath.Join(workshop, "a", "second", "one")
		return makeSnapshot(t, folder, append(signing(t),
			"TZ=Pacific/Kiritimati", "UMASK=077", "GOCACHE="+filepath.Join(folder, "cache"))...)
	})
}

func makeSnapshot(t *testing.T, folder string, variables ...string) snapshot {
	t.Helper()

	root := filepath.Join("..", "..")
	made := snapshot{source: filepath.Join(folder, "terraform-provider-flux2")}
	made.dist = filepath.Join(made.source, "dist")
	shell := func(script string, arguments ...string) {
		t.Helper()
		arguments = append([]string{"-c", `umask "${UMASK:-022}" && ` + script, "sh"}, arguments...)
		must(t, command(root, variables, "sh", arguments...))
	}
	shell(`git clone --quiet . "$1"`, made.source)
	config := filepath.Join(folder, "one-target.yml")
	write(t, config, oneTarget(t, read(t, made.source, ".goreleaser.yml")))
	unsigned := "--skip=sign"
	if slices.ContainsFunc(variables, func(v string) bool { return strings.HasPrefix(v, "GPG_FINGERPRINT=") }) {
		unsigned = ""
	}
	shell(`cd "$1" && "$2" release --snapshot --config "$3" $4`, made.source, goreleaser, config, unsigned)

	var metadata struct{ Version string }
	if err := json.Unmarshal(read(t, made.dist, "metadata.json"), &metadata); err != nil {
		t.Fatal(err)
	}
	made.version = metadata.Version
	made.name = "terraform-provider-flux2_" + made.version + "_"
	return made
}

var targets = regexp.MustCompile(`(?m)^    goos: .*\n    goarch: .*\n`)

// oneTarget leaves of all targets that of this machine, to save time.
func oneTarget(t *testing.T, config []byte) []byte {
	t.Helper()

	if os.Getenv("ALL_TARGETS") == "1" {
		return config
	}
	if !targets.Match(config) {
		t.Fatalf(".goreleaser.yml names no targets by %s", targets)
	}
	return targets.ReplaceAll(config, []byte("    goos: ["+runtime.GOOS+"]\n    goarch: [\""+runtime.GOARCH+"\"]\n"))
}

// archive is the one for this machine.
func (s snapshot) archive() string {
	return filepath.Join(s.dist, s.name+runtime.GOOS+"_"+runtime.GOARCH+".zip")
}

// unpack returns the program in the archive, the only one, unpacked into a
// folder.
func (s snapshot) unpack(t *testing.T, folder string) string {
	t.Helper()

	archive, err := zip.NewReader(bytes.NewReader(read(t, s.archive())), int64(len(read(t, s.archive()))))
	if err != nil {
		t.Fatal(err)
	}
	var program string
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.Base(file.Name))
		write(t, path, unpacked)
		if err := os.Chmod(path, file.Mode()); err != nil {
			t.Fatal(err)
		}
		if file.Mode()&0o100 != 0 {
			program = path
		}
	}
	if want := "terraform-provider-flux2_v" + s.version; filepath.Base(program) != want && filepath.Base(program) != want+".exe" {
		t.Fatalf("the archive has the program %q", program)
	}
	return program
}
