// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package releasetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// The steps of the workflow that publish are carried out, from the key on, with a
// GitHub that is ours. What they publish is signed or attested, all of it.
func TestWorkflow_publishesWhatItSignsAndAttests(t *testing.T) {
	t.Parallel()
	if !canSign() {
		t.Skip("GnuPG is not installed")
	}
	secondSnapshot(t) // makes the key
	github := startGitHub(t)
	r := rehearsal{
		t: t, source: taggedClone(t, github.url), tag: "v" + tagged,
		outputs:  map[string]string{"steps.key.outputs.fingerprint": keyring.fingerprint, "github.token": "a token"},
		attested: make(map[string]string),
	}
	for _, step := range publishingSteps(t) {
		r.carryOut(step)
	}

	if !github.published || github.tag != r.tag || github.token != "Bearer a token" || !strings.Contains(github.notes, "flux2_image") {
		t.Errorf("published %t, tag %q, with %q, and the notes %.40q", github.published, github.tag, github.token, github.notes)
	}
	name := "terraform-provider-flux2_" + tagged + "_"
	sums, signature := github.assets[name+"SHA256SUMS"], github.assets[name+"SHA256SUMS.sig"]
	folder := t.TempDir()
	write(t, filepath.Join(folder, "sums"), sums)
	write(t, filepath.Join(folder, "sums.sig"), signature)
	must(t, command(folder, keyring.variables, "gpg", "--batch", "--verify", "sums.sig", "sums"))
	delete(github.assets, name+"SHA256SUMS")
	delete(github.assets, name+"SHA256SUMS.sig")

	published := make(map[string]string)
	for asset, content := range github.assets {
		published[asset] = digest(content)
	}
	if !maps.Equal(published, r.attested) {
		t.Errorf("published are %v, attested are %v", slices.Sorted(maps.Keys(published)), slices.Sorted(maps.Keys(r.attested)))
	}
	for _, kind := range []string{".zip", ".cdx.json", "_manifest.json"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(published)), func(asset string) bool { return strings.HasSuffix(asset, kind) }) {
			t.Errorf("nothing published ends with %s: %v", kind, published)
		}
	}
}

// tagged is the version of the rehearsal.
const tagged = "9.8.7"

// taggedClone is a clone whose changelog is dated and whose commit has a tag. Its
// release is made for this machine alone, like a snapshot, and sent to a GitHub of
// the given address.
func taggedClone(t *testing.T, github string) string {
	t.Helper()

	source := filepath.Join(workshop, "tagged", "terraform-provider-flux2")
	must(t, command(filepath.Join("..", ".."), nil, "git", "clone", "--quiet", ".", source))
	config := oneTarget(t, read(t, source, ".goreleaser.yml"))
	write(t, filepath.Join(source, ".goreleaser.yml"), fmt.Appendf(config, "\ngithub_urls:\n  api: %s/api/v3/\n  upload: %s/api/uploads/\n", github, github))
	changelog := regexp.MustCompile(`(?m)\A## .*$`).ReplaceAll(read(t, source, "CHANGELOG.md"), []byte("## "+tagged+" (November 24, 2026)"))
	write(t, filepath.Join(source, "CHANGELOG.md"), changelog)
	must(t, command(source, nil, "git", "-c", "user.name=A test", "-c", "user.email=test@example.invalid", "commit", "--quiet", "--all", "--message", "Release"))
	must(t, command(source, nil, "git", "tag", "v"+tagged))

	// The tools are built already: their modules are no younger.
	tools := filepath.Dir(goreleaser)
	if err := os.MkdirAll(filepath.Join(source, ".cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(tools, filepath.Join(source, ".cache", filepath.Base(tools))); err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Glob(filepath.Join(source, "tools", "*", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range modules {
		if err := os.Chtimes(module, time.Time{}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	return source
}

// step is one of a workflow's, as far as the release has such.
type step struct {
	ID, Uses, Run string
	With, Env     map[string]string
}

// publishingSteps are those of release.yml from the import of the key on.
func publishingSteps(t *testing.T) []step {
	t.Helper()

	var workflow struct {
		Jobs map[string]struct{ Steps []step }
	}
	if err := yaml.Unmarshal(read(t, "..", "..", ".github", "workflows", "release.yml"), &workflow); err != nil {
		t.Fatal(err)
	}
	steps := workflow.Jobs["release"].Steps
	from := slices.IndexFunc(steps, func(s step) bool { return s.ID == "key" })
	if from < 0 {
		t.Fatal("release.yml has no step with the id key")
	}
	return steps[from:]
}

// rehearsal carries out steps as GitHub's runner would.
type rehearsal struct {
	t       *testing.T
	source  string
	tag     string
	outputs map[string]string
	// attested are the names of files, and their digests.
	attested map[string]string
}

func (r rehearsal) carryOut(s step) {
	r.t.Helper()

	action, _, _ := strings.Cut(s.Uses, "@")
	switch action {
	case "":
		r.run(s)
	case "crazy-max/ghaction-import-gpg":
		// The key is made here, and its fingerprint is an output already.
	case "actions/attest":
		if path := r.filledIn(s.With["subject-checksums"]); path != "" {
			for line := range strings.Lines(string(read(r.t, r.source, path))) {
				sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
				r.attested[name] = sum
			}
		}
		if pattern := r.filledIn(s.With["subject-path"]); pattern != "" {
			files, err := filepath.Glob(filepath.Join(r.source, pattern))
			if err != nil {
				r.t.Fatal(err)
			}
			for _, file := range files {
				r.attested[filepath.Base(file)] = digest(read(r.t, file))
			}
		}
	default:
		r.t.Fatalf("release.yml publishes with %s, which this test doesn't know", s.Uses)
	}
}

func (r rehearsal) run(s step) {
	r.t.Helper()

	outputs := filepath.Join(r.t.TempDir(), "outputs")
	write(r.t, outputs, nil)
	variables := append([]string{"GITHUB_REF_NAME=" + r.tag, "GITHUB_OUTPUT=" + outputs}, keyring.variables...)
	for name, value := range s.Env {
		variables = append(variables, name+"="+r.filledIn(value))
	}
	must(r.t, command(r.source, variables, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", r.filledIn(s.Run)))
	for line := range strings.Lines(string(read(r.t, outputs))) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		r.outputs["steps."+s.ID+".outputs."+name] = value
	}
}

// filledIn puts what is known in the place of expressions.
func (r rehearsal) filledIn(text string) string {
	return regexp.MustCompile(`\$\{\{ *([^ }]+) *\}\}`).ReplaceAllStringFunc(text, func(expression string) string {
		name := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(expression, "${{"), "}}"))
		value, known := r.outputs[name]
		if !known {
			r.t.Errorf("nothing is known of %s", expression)
		}
		return value
	})
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
