// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command simulatefaults puts faults back that the provider once had, one at a
// time and in a copy, and has the simulation find each. It prints how many lives
// that took, and fails for one that isn't found.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	lives := flag.Int("lives", 400, "how many lives are lived from each seed at most")
	seeds := flag.Int("seeds", 50, "how many seeds there are")
	only := flag.String("run", ".", "`pattern` of the faults' names")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *only, *seeds, *lives); err != nil {
		fmt.Fprintln(os.Stderr, "simulatefaults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, only string, seeds, lives int) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "simulatefaults")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // it is a temporary folder
	unfound := 0
	for _, fault := range slices.Concat(faults, providerFaults, fileFaults) {
		if !wanted.MatchString(fault.name) {
			continue
		}
		broken, took, err := fault.look(ctx, folder, seeds, lives)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", fault.name, err)
		case broken != "":
			fmt.Fprintf(out, "found after %6s lives: %s\n%26s%s\n", took, fault.name, "", broken)
		default:
			fmt.Fprintf(out, "NOT FOUND in %5s lives: %s\n", took, fault.name)
			unfound++
		}
	}
	if unfound > 0 {
		return fmt.Errorf("%d faults were not found", unfound)
	}
	return nil
}

// fault is one that the provider must not have again.
type fault struct {
	// name says what was wrong.
	name string
	// test is the simulation that finds it.
	test  string
	edits []edit
}

// edit is a part of putting a fault back. The old text has to be in the file
// once: if the code has changed, so has the fault.
type edit struct{ file, old, new string }

// look lives lives with the fault put back, until one breaks a promise.
func (f fault) look(ctx context.Context, folder string, seeds, lives int) (broken, took string, err error) {
	overlay := filepath.Join(folder, "overlay.json")
	if err := f.write(folder, overlay); err != nil {
		return "", "", err
	}
	binary := filepath.Join(folder, "simulation.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", binary, "./internal/simulation") //nolint:gosec // all of it is ours
	if said, err := build.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("%w\n%s", err, said)
	}
	live := exec.CommandContext(ctx, binary, "-test.run", "^"+f.test+"$", "-test.v") //nolint:gosec // it was just built
	live.Dir = filepath.Join("internal", "simulation")
	live.Env = append(os.Environ(), "FLUX2_SIMULATE_WHOLE=1", fmt.Sprintf("FLUX2_SIMULATE_SEEDS=%d", seeds),
		fmt.Sprintf("FLUX2_SIMULATE_REQUESTS_LIVES=%d", lives), fmt.Sprintf("FLUX2_SIMULATE_PROVIDER_LIVES=%d", lives),
		fmt.Sprintf("FLUX2_SIMULATE_FILES_LIVES=%d", lives))
	said, err := live.CombinedOutput()
	counted := regexp.MustCompile(`(\d+) lives over`).FindSubmatch(said)
	var failed *exec.ExitError
	if counted == nil || err != nil && !errors.As(err, &failed) {
		return "", "", fmt.Errorf("the simulation did not say how many lives it took: %w\n%s", err, said)
	}
	if err != nil {
		broken = "?"
		if said := regexp.MustCompile(`seed \d+, life \d+: (.*)`).FindSubmatch(said); said != nil {
			broken = string(said[1])
		}
	}
	return broken, string(counted[1]), nil
}

// write writes the changed files, and the overlay that has them compiled.
func (f fault) write(folder, overlay string) error {
	changed := map[string]string{}
	for _, edit := range f.edits {
		content, known := changed[edit.file]
		if !known {
			original, err := os.ReadFile(edit.file)
			if err != nil {
				return err
			}
			content = string(original)
		}
		if n := strings.Count(content, edit.old); n != 1 {
			return fmt.Errorf("%s has this %d times instead of once:\n%s", edit.file, n, edit.old)
		}
		changed[edit.file] = strings.Replace(content, edit.old, edit.new, 1)
	}
	replace := map[string]string{}
	for file, content := range changed {
		path, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		replace[path] = filepath.Join(folder, strings.ReplaceAll(file, "/", "-"))
		if err := os.WriteFile(replace[path], []byte(content), 0o600); err != nil {
			return err
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(overlay, content, 0o600)
}
