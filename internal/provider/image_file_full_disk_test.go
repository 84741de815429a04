// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"os"
	"os/exec"
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// fullDiskVariable has the test below run as the process whose disk is full.
const fullDiskVariable = "FLUX2_TEST_FULL_DISK"

// Wherever the disk is full, in the folder or in the store, the file is the old one or
// the new one, nothing is half-written, and no picture is lost. Files can't be larger
// than a limit meanwhile, which is the whole process's: so it is one of its own.
func TestImageFile_fullDisk(t *testing.T) {
	t.Parallel()

	if os.Getenv(fullDiskVariable) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") //nolint:gosec // the test itself
		child.Env = append(os.Environ(), fullDiskVariable+"=1")
		if said, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		return
	}
	signal.Ignore(unix.SIGXFSZ)
	g := newGallery(t, engine.Options{})
	before, after := g.one("heron", "a.png"), g.one("hare", "a.png")
	g.MustApply(before)
	for size := 0; size < 600; size += 23 {
		g.limit(size, func() {
			// Where there is room for all of it, it succeeds.
			_ = g.Run(t.Context(), after, engine.PlanOptions{})
		})
		if content := mustRead(t, g.at("a.png")); string(content) != string(g.heron) {
			g.expectDisk(map[string][]byte{"a.png": g.hare})
			g.expectStored(g.heron)
		} else {
			g.expectDisk(map[string][]byte{"a.png": g.heron})
		}
		g.MustApply(after)
		g.expectDisk(map[string][]byte{"a.png": g.hare})
		g.expectStored(g.heron)
		g.quiet(after)
		before, after, g.heron, g.hare = after, before, g.hare, g.heron
	}
}

// limit keeps files from growing beyond a size.
func (g *gallery) limit(size int, while func()) {
	g.t.Helper()

	var unlimited unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		g.t.Fatal(err)
	}
	limited := unlimited
	setTo(&limited.Cur, size)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limited); err != nil {
		g.t.Fatal(err)
	}
	while()
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		g.t.Fatal(err)
	}
}

// setTo sets a limit, whose type differs among systems.
func setTo[T int64 | uint64](limit *T, size int) { *limit = T(size) } //nolint:gosec // sizes are small and not negative
