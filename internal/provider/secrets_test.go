// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// The halves of a key that can be recognised wherever they turn up.
const (
	recognisableID     = "c0ffee11-5ec7-4e7a-9a1f-keyhalfone01"
	recognisableSecret = "5ec4e7ba5eba11c0ffee5ec4e7ba5eba"
	recognisableKey    = recognisableID + ":" + recognisableSecret
)

// shell is a folder in which a real engine runs the provider as users do: as a
// process of its own, built from source.
type shell struct {
	folder string
	engine string
	env    []string
	// said is all that the engine has printed.
	said bytes.Buffer
}

// newShell builds the provider. Everything that the engine writes goes to the
// folder.
func newShell(t *testing.T, config string, variables ...string) *shell {
	t.Helper()

	engine := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if engine == "" {
		engine = "terraform"
	}
	binaries := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(binaries, "terraform-provider-flux2"), "../..") //nolint:gosec // the project itself
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, out)
	}
	s := &shell{folder: t.TempDir(), engine: engine}
	// Without a host, each engine takes its own registry's.
	s.write(t, "engine.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"flux2-provider/flux2\" = %q\n  }\n  direct {}\n}\n", binaries))
	s.write(t, "main.tf", config)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); !strings.HasPrefix(name, "TF_") && !strings.HasPrefix(name, "FAL_") && !strings.HasPrefix(name, "FLUX2_") {
			s.env = append(s.env, variable)
		}
	}
	s.env = append(s.env, variables...)
	s.env = append(s.env,
		"TF_CLI_CONFIG_FILE="+filepath.Join(s.folder, "engine.tfrc"),
		"TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(s.folder, "trace.log"),
		"TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	return s
}

func (s *shell) write(t *testing.T, name, content string) {
	t.Helper()

	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the engine and checks whether it succeeds.
func (s *shell) run(t *testing.T, succeeds bool, arguments ...string) {
	t.Helper()

	command := exec.CommandContext(t.Context(), s.engine, arguments...) //nolint:gosec // the engine under test
	command.Dir = s.folder
	command.Env = s.env
	out, err := command.CombinedOutput()
	s.said.Write(out)
	if succeeds != (err == nil) {
		t.Fatalf("%s %s: %v\n%s", s.engine, strings.Join(arguments, " "), err, out)
	}
}

// leftovers is all that the engine has printed and written, by name; archives,
// such as saved plans, by their members.
func (s *shell) leftovers(t *testing.T) map[string][]byte {
	t.Helper()

	found := map[string][]byte{"output": s.said.Bytes()}
	err := filepath.WalkDir(s.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the test's own
		found[entry.Name()] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range found {
		if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
			continue
		}
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, member := range archive.File {
			found[name+"/"+member.Name] = unzip(t, member)
		}
	}
	return found
}

func unzip(t *testing.T, member *zip.File) []byte {
	t.Helper()

	reader, err := member.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	content, err := io.ReadAll(io.LimitReader(reader, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// The key goes to fal and nowhere else: not to what the engine prints, not to
// its log at the most talkative level, not to state, backups or saved plans;
// not even if fal itself repeats it in an error.
func TestAccSecrets_keyIsNowhere(t *testing.T) {
	t.Parallel()
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests run with %s set", resource.EnvTfAcc)
	}

	env := acctest.New(t, emulator.WithKey(recognisableKey, emulator.ScopeAdmin))
	configuration := `
terraform {
  required_providers {
    flux2 = {
      source = "flux2-provider/flux2"
    }
  }
}

variable "prompt" {
  type    = string
  default = "a lighthouse at dusk"
}

` + configWith(env, "", image("prompt = var.prompt"))
	s := newShell(t, configuration, "FAL_KEY="+recognisableKey)

	s.run(t, true, "plan", "-input=false", "-no-color", "-out=saved.tfplan")
	s.run(t, true, "show", "-json", "saved.tfplan")
	s.run(t, true, "apply", "-input=false", "-no-color", "saved.tfplan")
	s.run(t, true, "plan", "-input=false", "-no-color", "-detailed-exitcode")
	s.run(t, true, "state", "pull")

	// One run fails at the model, and one at a server that repeats what it got.
	s.run(t, false, "apply", "-input=false", "-no-color", "-auto-approve", "-var=prompt="+emulator.MarkerRefuse)
	echo := fmt.Sprintf(`{"detail":"key %s of %s with secret %s is not good enough"}`, recognisableKey, recognisableID, recognisableSecret)
	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Status: 401, Body: &echo})
	s.run(t, false, "apply", "-input=false", "-no-color", "-auto-approve")
	s.run(t, true, "apply", "-input=false", "-no-color", "-auto-approve")
	s.run(t, true, "destroy", "-input=false", "-no-color", "-auto-approve")
	env.ExpectSubmissions(t, 3)

	found := s.leftovers(t)
	for name, content := range found {
		for _, secret := range []string{recognisableID, recognisableSecret} {
			if at := bytes.Index(content, []byte(secret)); at >= 0 {
				t.Errorf("a half of the key is in %s: …%s…", name, content[max(0, at-100):min(len(content), at+100)])
			}
		}
	}

	// That nothing was found means something only if there was something to
	// look at, and if the key was in use.
	for name, word := range map[string]string{
		"output":              "is not good enough",
		"trace.log":           "Called fal",
		"terraform.tfstate":   "\"serial\"",
		"saved.tfplan/tfplan": "flux2_image",
	} {
		if !bytes.Contains(found[name], []byte(word)) {
			t.Errorf("%s has no %q in its %d bytes", name, word, len(found[name]))
		}
	}
	for _, submission := range env.Emulator.Submissions() {
		if !bytes.Contains(found["trace.log"], []byte(submission.RequestID)) {
			t.Errorf("the log has no request %s", submission.RequestID)
		}
	}
	digest := sha256.Sum256([]byte(recognisableKey))
	if got, want := markOf(t, env), "Key sha256:"+hex.EncodeToString(digest[:4]); got != want {
		t.Errorf("the key was sent as %s, want %s", got, want)
	}
}
