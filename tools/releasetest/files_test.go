// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package releasetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestConfiguration_isValid(t *testing.T) {
	t.Parallel()
	must(t, command(filepath.Join("..", ".."), nil, goreleaser, "check"))
}

func TestSnapshot_hasVersionThatSortsBeforeNextRelease(t *testing.T) {
	t.Parallel()
	if version := firstSnapshot(t).version; !regexp.MustCompile(`^\d+\.[1-9]\d*\.0-snapshot-[0-9a-f]{7,}$`).MatchString(version) {
		t.Errorf("the version is %q", version)
	}
}

func TestSnapshot_hasSameBytesWhereverItIsMade(t *testing.T) {
	t.Parallel()
	one, other := firstSnapshot(t), secondSnapshot(t)

	files := one.files(t)
	if others := other.files(t); !slices.Equal(files, others) {
		t.Fatalf("one has %q, the other %q", files, others)
	}
	for _, name := range files {
		if !bytes.Equal(read(t, one.dist, name), read(t, other.dist, name)) {
			t.Errorf("%s differs between %s and %s", name, one.dist, other.dist)
		}
	}
	for _, made := range []snapshot{one, other} {
		if bytes.Contains(read(t, made.unpack(t, t.TempDir())), []byte(workshop)) {
			t.Errorf("the program names the folder %s that it was built in", workshop)
		}
	}
}

// Registries refuse a release whose sums name other files than archives and the
// manifest. The lists of modules are published all the same.
func TestSnapshot_sumsAreOfArchivesAndManifest(t *testing.T) {
	t.Parallel()
	made := firstSnapshot(t)

	sums := make(map[string]string)
	for line := range strings.Lines(string(read(t, made.dist, made.name+"SHA256SUMS"))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums[name] = sum
	}
	installed := map[string][]byte{
		made.name + "manifest.json": read(t, made.source, "terraform-registry-manifest.json"),
	}
	lists := 0
	for _, name := range made.files(t) {
		switch {
		case strings.HasSuffix(name, ".zip"):
			installed[name] = read(t, made.dist, name)
		case strings.HasSuffix(name, ".cdx.json"):
			lists++
		case !strings.HasSuffix(name, "_SHA256SUMS"):
			t.Errorf("%s is published, and nobody knows what it is", name)
		}
	}
	// One list for each archive.
	if lists == 0 || lists != len(installed)-1 || len(installed) != len(sums) {
		t.Errorf("%d files are installed and %d lists published; sums are %v", len(installed), lists, sums)
	}
	for name, content := range installed {
		if sum := sha256.Sum256(content); sums[name] != hex.EncodeToString(sum[:]) {
			t.Errorf("the sum of %s is %q", name, sums[name])
		}
	}
}

func TestSnapshot_carriesLicences(t *testing.T) {
	t.Parallel()
	made := firstSnapshot(t)
	folder := t.TempDir()
	program := made.unpack(t, folder)

	if !bytes.Equal(read(t, folder, "LICENSE"), read(t, made.source, "LICENSE")) {
		t.Error("LICENSE is not the provider's own")
	}
	for _, part := range []string{"github.com/hashicorp/terraform-plugin-framework ", "The Go standard library and runtime "} {
		if !bytes.Contains(read(t, folder, "NOTICES"), []byte(part)) {
			t.Errorf("NOTICES doesn't name %s", part)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 3 {
		t.Errorf("beside %s, LICENSE and NOTICES the archive has something: %v, %v", program, entries, err)
	}
}

func TestSnapshot_listsModulesOfEachProgram(t *testing.T) {
	t.Parallel()
	made := firstSnapshot(t)

	var list struct {
		BOMFormat, SerialNumber string
		Metadata                struct {
			Timestamp string
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	path := strings.TrimSuffix(made.archive(), ".zip") + ".cdx.json"
	if err := json.Unmarshal(read(t, path), &list); err != nil {
		t.Fatal(err)
	}
	if list.BOMFormat != "CycloneDX" || list.SerialNumber != "" || list.Metadata.Timestamp != "" {
		t.Errorf("format %q, serial number %q, time %q", list.BOMFormat, list.SerialNumber, list.Metadata.Timestamp)
	}
	if program := list.Metadata.Component; program.Name != "github.com/flux2-provider/terraform-provider-flux2" || program.Version != "v"+made.version {
		t.Errorf("it is about %+v", program)
	}
	for _, module := range list.Components {
		if module.Name == "github.com/hashicorp/terraform-plugin-framework" && module.Version != "" {
			return
		}
	}
	t.Errorf("terraform-plugin-framework is missing in %+v", list.Components)
}

func TestSnapshot_isSignedAsRegistryWantsIt(t *testing.T) {
	t.Parallel()
	if !canSign() {
		t.Skip("GnuPG is not installed")
	}
	made := secondSnapshot(t)

	sums := filepath.Join(made.dist, made.name+"SHA256SUMS")
	if signature := read(t, sums+".sig"); signature[0]&0x80 == 0 {
		t.Errorf("the signature is not a binary one: %.40q", signature)
	}
	must(t, command(made.dist, keyring.variables, "gpg", "--batch", "--verify", sums+".sig", sums))

	// The first had no key.
	if _, err := os.Stat(filepath.Join(firstSnapshot(t).dist, made.name+"SHA256SUMS.sig")); !os.IsNotExist(err) {
		t.Errorf("a signature without a key: %v", err)
	}
}

func TestProgram_saysItsVersion(t *testing.T) {
	t.Parallel()
	made := firstSnapshot(t)
	said := must(t, command(t.TempDir(), nil, made.unpack(t, t.TempDir()), "-version"))
	if said != made.version+"\n" {
		t.Errorf("-version said %q, not %q", said, made.version)
	}
}

// files lists what is published, but the manifest, which stays where it is, and
// the signature, which is another each time.
func (s snapshot) files(t *testing.T) []string {
	t.Helper()

	entries, err := filepath.Glob(filepath.Join(s.dist, s.name+"*"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if filepath.Ext(entry) != ".sig" {
			names = append(names, filepath.Base(entry))
		}
	}
	return names
}

// keyring holds a key made for these tests.
var keyring struct {
	folder      string
	fingerprint string
	variables   []string
}

func canSign() bool {
	_, err := exec.LookPath("gpg")
	return err == nil
}

// signing returns the variables that have a release signed, none without GnuPG.
// The folder's path is short: GnuPG opens sockets in it.
func signing(t *testing.T) []string {
	t.Helper()

	if !canSign() {
		return nil
	}
	keyring.folder = filepath.Join(workshop, "gpg")
	if err := os.Mkdir(keyring.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	keyring.variables = []string{"GNUPGHOME=" + keyring.folder}
	gpg := func(arguments ...string) string {
		t.Helper()
		return must(t, command(workshop, keyring.variables, "gpg", append([]string{"--batch", "--quiet"}, arguments...)...))
	}
	gpg("--passphrase", "", "--quick-generate-key", "A release that is a test <test@example.invalid>", "rsa3072", "sign", "never")
	fingerprint := regexp.MustCompile(`(?m)^fpr:+([0-9A-F]+):`).FindStringSubmatch(gpg("--with-colons", "--list-secret-keys"))
	if fingerprint == nil {
		t.Fatal("GnuPG lists no key")
	}
	keyring.fingerprint = fingerprint[1]
	return append(keyring.variables, "GPG_FINGERPRINT="+keyring.fingerprint)
}

// stopAgent ends the process that gpg leaves in the background.
func stopAgent() error {
	if keyring.folder == "" {
		return nil
	}
	return command(workshop, keyring.variables, "gpgconf", "--kill", "all").Run()
}
