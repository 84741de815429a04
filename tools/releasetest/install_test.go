// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package releasetest

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The demo's pictures: each is one request, and that is what fal bills.
const artworks = 7

func TestRelease_runsTheDemoInFolderThatNeverSawTheSource(t *testing.T) {
	t.Parallel()
	made := firstSnapshot(t)
	emulator := startEmulator(t, made.unpack(t, t.TempDir()))
	person := newPerson(t, made, emulator.url)

	person.must("init", "-input=false")
	lock := string(read(t, person.folder, ".terraform.lock.hcl"))
	if !strings.Contains(lock, `"`+made.version+`"`) || !strings.Contains(lock, `"`+hash(t, made.archive())+`"`) {
		t.Errorf("the lock file has not version %s with hash %s:\n%s", made.version, hash(t, made.archive()), lock)
	}
	// As a colleague does who gets the lock file from the repository.
	if err := os.RemoveAll(filepath.Join(person.folder, ".terraform")); err != nil {
		t.Fatal(err)
	}
	person.must("init", "-input=false", "-lockfile=readonly")

	var version struct {
		Selections map[string]string `json:"provider_selections"`
	}
	if err := json.Unmarshal([]byte(person.must("version", "-json")), &version); err != nil {
		t.Fatal(err)
	}
	if len(version.Selections) != 1 {
		t.Errorf("the engine has selected %v", version.Selections)
	}
	for address, selected := range version.Selections {
		if !strings.HasSuffix(address, "/flux2-provider/flux2") || selected != made.version {
			t.Errorf("the engine has selected %s %s", address, selected)
		}
	}

	person.must("apply", "-input=false", "-auto-approve")
	emulator.expectSubmissions(artworks, "terraform-provider-flux2/"+made.version+" ")
	pictures := filepath.Join(person.folder, "public", "images")
	if entries, err := os.ReadDir(pictures); err != nil || len(entries) <= artworks {
		t.Errorf("%s holds %v: %v", pictures, entries, err)
	}
	person.must("plan", "-input=false", "-detailed-exitcode")
	person.must("destroy", "-input=false", "-auto-approve")
	if left := person.must("state", "list"); left != "" {
		t.Errorf("destroy has left %s", left)
	}
	if entries, err := os.ReadDir(pictures); err != nil || len(entries) > 0 {
		t.Errorf("%s still holds %v: %v", pictures, entries, err)
	}
	emulator.expectSubmissions(artworks, "")
}

func TestRelease_isRefusedOnceItsArchiveWasChanged(t *testing.T) {
	t.Parallel()
	made := firstSnapshot(t)

	person := newPerson(t, made, "")
	person.must("init", "-input=false")
	lock := read(t, person.folder, ".terraform.lock.hcl")

	victim := newPerson(t, made, "")
	write(t, filepath.Join(victim.folder, ".terraform.lock.hcl"), lock)
	for _, archive := range victim.archives {
		tamper(t, archive)
	}
	output, err := victim.run("init", "-input=false")
	if err == nil || !regexp.MustCompile(`doesn't\s+match\s+any\s+of\s+the\s+checksums`).MatchString(strings.ReplaceAll(output, "│", "")) {
		t.Errorf("init ended with %v and said:\n%s", err, output)
	}
}

// person uses a release: somebody with an engine, a mirror, and a copy of the
// demo's configuration.
type person struct {
	t         *testing.T
	folder    string
	archives  []string
	variables []string
}

// newPerson puts the archive into a mirror, packed as it was published, for the
// default registries of both engines, and asks for that very version.
func newPerson(t *testing.T, made snapshot, emulatorURL string) *person {
	t.Helper()

	home := t.TempDir()
	p := &person{t: t, folder: filepath.Join(home, "site")}
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		archive := filepath.Join(home, "mirror", host, "flux2-provider", "flux2",
			"terraform-provider-flux2_"+made.version+"_"+runtime.GOOS+"_"+runtime.GOARCH+".zip")
		write(t, archive, read(t, made.archive()))
		p.archives = append(p.archives, archive)
	}
	config := filepath.Join(home, "engine.rc")
	write(t, config, fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(home, "mirror")))
	p.variables = []string{"HOME=" + home, "TF_CLI_CONFIG_FILE=" + config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "FAL_KEY=", "FLUX2_EMULATOR_URL=" + emulatorURL}

	if err := os.CopyFS(p.folder, os.DirFS(filepath.Join(made.source, "examples", "site-artwork"))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(p.folder, "release_override.tf"), fmt.Appendf(nil,
		"terraform {\n  required_providers {\n    flux2 = {\n      source  = \"flux2-provider/flux2\"\n      version = %q\n    }\n  }\n}\n", made.version))
	return p
}

func (p *person) run(arguments ...string) (string, error) {
	output, err := command(p.folder, p.variables, engine, append(arguments, noColour(arguments)...)...).CombinedOutput()
	return string(output), err
}

// noColour is what keeps an engine's colours out of its words, where it knows
// that option.
func noColour(arguments []string) []string {
	if slices.Contains([]string{"init", "plan", "apply", "destroy"}, arguments[0]) {
		return []string{"-no-color"}
	}
	return nil
}

func (p *person) must(arguments ...string) string {
	p.t.Helper()

	output, err := p.run(arguments...)
	if err != nil {
		p.t.Fatalf("%q: %v\n%s", arguments, err, output)
	}
	return output
}

// tamper adds a file to an archive.
func tamper(t *testing.T, path string) {
	t.Helper()

	before := read(t, path)
	archive, err := zip.NewReader(bytes.NewReader(before), int64(len(before)))
	if err != nil {
		t.Fatal(err)
	}
	var after bytes.Buffer
	changed := zip.NewWriter(&after)
	for _, file := range archive.File {
		if err := changed.Copy(file); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := changed.Create("EXTRA"); err != nil {
		t.Fatal(err)
	}
	if err := changed.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, after.Bytes())
}

// hash is what an engine calls h1: a hash over the sorted sums and names of what
// is in an archive.
func hash(t *testing.T, path string) string {
	t.Helper()

	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	slices.SortFunc(archive.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	all := sha256.New()
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		one := sha256.New()
		if _, err := bufio.NewReader(content).WriteTo(one); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(all, "%x  %s\n", one.Sum(nil), file.Name)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(all.Sum(nil))
}
