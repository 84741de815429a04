// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// halfway serves half of a picture, tells when that is sent, and waits.
func halfway(t *testing.T, content []byte) (url string, sent <-chan struct{}) {
	t.Helper()

	half, over := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		_ = http.NewResponseController(w).Flush()
		half <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	return server.URL, half
}

// Engine and provider are killed while a picture is being written: the file of before
// is whole, and the next apply puts the new one there. What was half-written has a
// name of its own, and goes once it is old.
func TestAccImageFile_killedInMidWrite(t *testing.T) {
	t.Parallel()

	o := newOnEngine(t, 10)
	o.mustApply(o.file("art", "heron", "a.png"))
	url, sent := halfway(t, o.hare)
	change := strings.Replace(o.file("art", "hare", "a.png"), o.host.from("hare"), fmt.Sprintf("url = %q", url), 1)
	o.workspace.Write(o.env.Config(change))
	apply := o.workspace.Start("apply", "-auto-approve", "-no-color")
	select {
	case <-sent:
	case <-apply.Context().Done():
		_, said := apply.Wait()
		t.Fatalf("the apply ended:\n%s", said)
	}
	apply.Kill()
	apply.Wait()
	for name, content := range filesBelow(t, o.folder) {
		if name == "a.png" && string(content) != string(o.heron) || name != "a.png" && !strings.HasPrefix(name, ".flux2-") {
			t.Errorf("%s has %s", name, o.name(content))
		}
	}
	o.expectKept(o.heron)

	// The lock of the state died with its engine.
	o.mustApply(o.file("art", "hare", "a.png"), "-lock=false")
	if content := mustRead(t, o.at("a.png")); string(content) != string(o.hare) {
		t.Errorf("a.png has %s", o.name(content))
	}
	o.expectStored(o.heron)
	o.unchanged()
}

// The exit code of a plan on an empty disk, with URLs that are gone, is 0 for files
// that may be missing. A changed file is written, and no other.
func TestAccImageFile_freshRunner(t *testing.T) {
	t.Parallel()

	o := newOnEngine(t, 10)
	config := o.file("one", "heron", "0.png", ignoreMissing) + o.file("two", "hare", "1.png", ignoreMissing)
	o.mustApply(config)
	refresh := func() int {
		t.Helper()
		code, said := o.workspace.Run("plan", "-refresh-only", "-detailed-exitcode", "-no-color")
		if !saidInOrder("No changes. Your infrastructure still matches the configuration.").MatchString(said) {
			t.Errorf("with -refresh-only the plan said:\n%s", said)
		}
		return code
	}
	// Some releases of Terraform always give 2 (hashicorp/terraform#36403).
	whole := refresh()
	for _, folder := range []string{o.folder, o.workspace.Path(".terraform")} {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	o.host.set(map[string][]byte{"otter": o.otter})
	o.unchanged()
	if code := refresh(); code != whole {
		t.Errorf("with -refresh-only the plan ended with %d, and with %d while the files were there", code, whole)
	}
	o.mustApply(o.file("one", "heron", "0.png", ignoreMissing) + o.file("two", "otter", "1.png", ignoreMissing))
	o.expectDisk(map[string][]byte{"1.png": o.otter})
	o.unchanged()
	o.host.expect(t, 1)
}

// `terraform test` on an emulator does not touch the pictures of the real state, and
// takes its own away at its end.
func TestAccImageFile_testOnAnEmulator(t *testing.T) {
	t.Parallel()

	o := newOnEngine(t, 10)
	// The addresses of the real APIs, at which the emulator stands in for fal.
	config := "variable \"folder\" {\n  default = \"site\"\n}\n" + strings.Replace(o.file("art", "heron", "a.png"), `"site/a.png"`, `"${var.folder}/a.png"`, 1)
	o.workspace.Write(o.env.ConfigWithKey(acctest.Key, config))
	o.workspace.MustRun("apply", "-auto-approve", "-no-color")
	o.expectDisk(map[string][]byte{"a.png": o.heron})

	o.host.set(map[string][]byte{"heron": o.otter})
	test := fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n}\n", o.env.URL)
	mustWrite(t, o.workspace.Path("site.tftest.hcl"), []byte(test+"run \"site\" {\n}\n"))
	if code, said := o.workspace.Run("test", "-no-color"); code != 1 || !saidInOrder("Another File at the Path", "in a folder of their own").MatchString(said) {
		t.Errorf("the test ended with %d:\n%s", code, said)
	}
	o.expectDisk(map[string][]byte{"a.png": o.heron})

	mustWrite(t, o.workspace.Path("site.tftest.hcl"), []byte(test+"run \"site\" {\n  variables {\n    folder = \"painted\"\n  }\n  assert {\n    condition = flux2_image_file.art.present\n    error_message = \"not there\"\n  }\n}\n"))
	o.workspace.MustRun("test", "-no-color")
	if found := filesBelow(t, o.workspace.Path("painted")); len(found) > 0 {
		t.Errorf("the test has left %d files", len(found))
	}
	o.expectDisk(map[string][]byte{"a.png": o.heron})
	o.expectStored(o.otter)
	o.unchanged()
}
