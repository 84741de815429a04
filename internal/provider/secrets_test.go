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
	"path/filepath"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// The halves of a key that can be recognised wherever they turn up.
const (
	recognisableID     = "c0ffee11-5ec7-4e7a-9a1f-keyhalfone01"
	recognisableSecret = "5ec4e7ba5eba11c0ffee5ec4e7ba5eba"
	recognisableKey    = recognisableID + ":" + recognisableSecret
)

// leftovers is all that the engine has written into a workspace, by name;
// archives, such as saved plans, also by their members.
func leftovers(t *testing.T, workspace *acctest.Workspace) map[string][]byte {
	t.Helper()

	found := make(map[string][]byte)
	err := filepath.WalkDir(workspace.Path("."), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the test's own
		if err != nil {
			return err
		}
		found[entry.Name()] = content
		if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
			return nil
		}
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return err
		}
		for _, member := range archive.File {
			found[entry.Name()+"/"+member.Name] = unzip(t, member)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
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

	env := acctest.New(t, emulator.WithKey(recognisableKey, emulator.ScopeAdmin))
	workspace := env.Workspace(t, "FAL_KEY="+recognisableKey, "TF_LOG=TRACE", "TF_LOG_PATH=trace.log")
	workspace.Write(`variable "prompt" {
  type    = string
  default = "a lighthouse at dusk"
}

` + configWith(env, "", image("prompt = var.prompt")))
	var output strings.Builder
	run := func(want int, arguments ...string) {
		t.Helper()
		code, said := workspace.Run(arguments...)
		output.WriteString(said)
		if code != want {
			t.Fatalf("%v ended with %d, want %d:\n%s", arguments, code, want, said)
		}
	}

	run(0, "plan", "-no-color", "-out=saved.tfplan")
	run(0, "show", "-json", "saved.tfplan")
	run(0, "apply", "-no-color", "saved.tfplan")
	run(0, "plan", "-no-color", "-detailed-exitcode")
	run(0, "state", "pull")

	// One run fails at the model, and one at a server that repeats what it got.
	run(1, "apply", "-no-color", "-auto-approve", "-var=prompt="+emulator.MarkerRefuse)
	echo := fmt.Sprintf(`{"detail":"key %s of %s with secret %s is not good enough"}`, recognisableKey, recognisableID, recognisableSecret)
	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Status: 401, Body: &echo})
	run(1, "apply", "-no-color", "-auto-approve")
	run(0, "apply", "-no-color", "-auto-approve")
	run(0, "destroy", "-no-color", "-auto-approve")
	env.ExpectSubmissions(t, 3)

	found := leftovers(t, workspace)
	found["output"] = []byte(output.String())
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
