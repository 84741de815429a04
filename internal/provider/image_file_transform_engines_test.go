// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// On a real engine, too: one paid picture is nine files and four icons, a second plan is
// empty, what is missing comes back without the host, and another quality makes its own
// files anew.
func TestAccImageFile_oneSubmissionForAWholeSite(t *testing.T) {
	t.Parallel()
	needsEncoders(t)

	env := acctest.New(t)
	workspace := env.HastyWorkspace(t)
	o := &onEngine{gallery: &gallery{t: t, env: env}, workspace: workspace, parallelism: 10}
	folder := workspace.Path("site")
	o.mustApply(published("site", "null"))
	expectPublished(t, folder)
	o.unchanged()
	if got := downloads(t, env); got != 1 {
		t.Errorf("the picture was fetched %d times, want once", got)
	}

	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteMedia, Method: http.MethodGet, Status: http.StatusNotFound})
	written := writtenAt(t, folder)
	missing := filepath.Join(folder, "icons", "32.png")
	content := mustRead(t, missing)
	if err := os.Remove(missing); err != nil {
		t.Fatal(err)
	}
	o.mustApply(published("site", "20"))
	expectPublished(t, folder)
	if string(mustRead(t, missing)) != string(content) {
		t.Error("what was put back is not what was there")
	}
	for name, is := range writtenAt(t, folder) {
		if changed := is != written[name]; changed != (strings.HasSuffix(name, ".webp") || name == "icons/32.png") {
			t.Errorf("%s was written again: %t", name, changed)
		}
	}
	o.unchanged()
	if got := downloads(t, env); got != 1 {
		t.Errorf("the picture was fetched %d times, want once", got)
	}
	env.ExpectSubmissions(t, 1)
}
