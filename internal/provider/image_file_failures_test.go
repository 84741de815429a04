// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// What can be known to be wrong is refused before the image is paid for.
func TestImageFile_mistakesFailInThePlan(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	mustWrite(t, folder+"/file", []byte("as it was"))
	if err := os.Symlink(folder+"/file", folder+"/link"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path, argument string
		want           []string
	}{
		"path traversal":         {folder + "/../../etc/cron.d/a", imageURL, []string{"Unusable Path", "leaves a folder that it has entered"}},
		"empty path":             {"", imageURL, []string{"Unusable Path", "the path is empty; give the file a name"}},
		"path of a folder":       {"images/", imageURL, []string{"Unusable Path", "ends with a separator"}},
		"folder":                 {folder, imageURL, []string{"Unusable Path", "is a folder, not a file"}},
		"symbolic link":          {folder + "/link", imageURL, []string{"Unusable Path", "is a symbolic link, which is neither followed nor replaced"}},
		"below a file":           {folder + "/file/a.png", imageURL, []string{"Unusable Path", "is a file, so nothing can be put below it"}},
		"blank URL":              {"a.png", `url = " "`, []string{"Invalid Attribute Value", "must not be blank"}},
		"other scheme":           {"a.png", `url = "file:///etc/passwd"`, []string{"Unusable Image URL", `has the scheme "file"`}},
		"password in the URL":    {"a.png", `url = "https://me:secret@example.com/a.png"`, []string{"Unusable Image URL", "credentials are never sent"}},
		"data URI cut off":       {"a.png", `url = "data:image/png;base64"`, []string{"Unusable Image URL", "the data URI has no comma"}},
		"data URI of no image":   {"a.png", `url = "data:image/png;base64,AAAA"`, []string{"Unusable Image URL", "not a PNG, JPEG, WebP or AVIF image"}},
		"permission of the file": {"a.png", imageURL + "\nfile_permission = \"0244\"", []string{"file_permission", `such as "0444", and let the owner read`}},
		"permission in letters":  {"a.png", imageURL + "\nfile_permission = \"u=rw\"", []string{"file_permission", "three or four octal digits"}},
		"permission of folders":  {"a.png", imageURL + "\ndirectory_permission = \"0655\"", []string{"directory_permission", `such as "0744"`}},
		"too many digits":        {"a.png", imageURL + "\nfile_permission = \"01777\"", []string{"file_permission", "three or four octal digits"}},
		"half a hash":            {"a.png", imageURL + "\nexpected_sha256 = \"abc\"", []string{"expected_sha256", "has 64 digits"}},
		"no hash":                {"a.png", imageURL + fmt.Sprintf("\nexpected_sha256 = %q", strings.Repeat("x", 64)), []string{"expected_sha256", "has 64 digits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(lighthouse) + imageFile(test.path, test.argument)),
				ExpectError: saidInOrder(test.want...),
			}}})
		})
	}
}

// A mistake in a mirror is on that mirror, whatever stands before it.
func TestImageFile_mistakeInAMirror(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	for before, want := range map[string]string{
		`"https://8.8.8.8/a.png"`: ".mirrors[1]",
		`null, null`:              ".mirrors[2]",
	} {
		config := imageFile("a.png", imageURL, "mirrors = ["+before+`, "ftp://media.example.com/a.png"]`)
		said := env.Engine(t).Run(t.Context(), env.Config(image(lighthouse)+config), engine.PlanOptions{})
		if len(said) != 1 || said[0].Warning || said[0].Attribute != want || !strings.Contains(said[0].Detail, `has the scheme "ftp"`) {
			t.Errorf("behind %s: %+v", before, said)
		}
	}
	env.ExpectSubmissions(t, 0)
}

// Where fal itself is in the open, nothing is fetched from anywhere else.
func TestImageFile_forbiddenURLs(t *testing.T) {
	t.Parallel()

	for url, want := range map[string]string{
		"http://example.com/a.png":               "is not encrypted; use its https address",
		"https://127.0.0.1/a.png":                "has a loopback address",
		"https://10.1.2.3/a.png":                 "has a private address",
		"https://169.254.169.254/latest/a.png":   "has a link-local address",
		"https://[::ffff:169.254.169.254]/a.png": "has a link-local address",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      imageFile("a.png", fmt.Sprintf("url = %q", url)),
				ExpectError: saidInOrder("Unusable Image URL", want),
			}}})
		})
	}
}

// Whatever comes instead of the image, what was on disk stays, and nothing is
// left beside it.
func TestImageFile_fetchFails(t *testing.T) {
	t.Parallel()

	page := "<html><body>busy</body></html>"
	for name, test := range map[string]struct {
		fault    emulator.Fault
		argument string
		want     []string
	}{
		"gone":          {fault: emulator.Fault{Status: http.StatusGone}, want: []string{"Image Not Fetched", "410 Gone", "Nothing was written"}},
		"not public":    {fault: emulator.Fault{Status: http.StatusForbidden}, want: []string{"Image Not Fetched", "the file is not public"}},
		"down":          {fault: emulator.Fault{Status: http.StatusBadGateway}, want: []string{"Image Not Fetched", "try again later"}},
		"a page":        {fault: emulator.Fault{Body: &page, Headers: map[string]string{"Content-Type": "text/html"}}, want: []string{"Image Not Fetched", "not a PNG, JPEG, WebP or AVIF image"}},
		"another image": {argument: fmt.Sprintf("expected_sha256 = %q", strings.Repeat("0", 64)), want: []string{"Unexpected Image", "expected_sha256 wants 0000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			onClock(env, acctest.NewClock(untilSilence))
			folder := t.TempDir()
			path := filepath.Join(folder, "a.png")
			mustWrite(t, path, []byte("as it was"))
			if test.fault.Status != 0 || test.fault.Body != nil {
				test.fault.Route, test.fault.Method = emulator.RouteMedia, http.MethodGet
				env.Emulator.Inject(test.fault)
			}
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(lighthouse, `image_size = "square"`) + imageFile(path, imageURL, "overwrite = true", test.argument)),
				ExpectError: saidInOrder(test.want...),
			}}})
			onlyFiles(t, folder, "a.png")
			if string(mustRead(t, path)) != "as it was" {
				t.Error("the file was replaced")
			}
		})
	}
}

// A URL that has begun to bring something else does not restore a file: the
// hashes that the plan promised would be wrong.
func TestImageFile_urlBringsAnotherImage(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	one, two := painted(t, 1), painted(t, 2)
	host := newMediaHost(t, map[string][]byte{"art": one})
	folder := t.TempDir()
	path := filepath.Join(folder, "a.png")
	config := env.Config(imageFile(path, host.from("art")) + uploaded)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{
			PreConfig: func() {
				host.set(map[string][]byte{"art": two})
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			},
			Config:      config,
			ExpectError: saidInOrder("URL Brings Another Image", "SHA-256 "+hexSHA256(two), "the file had "+hexSHA256(one), "-replace=ADDRESS"),
		},
		{
			PreConfig:         func() { onlyFiles(t, folder) },
			Config:            config,
			Taint:             []string{file},
			ConfigStateChecks: []statecheck.StateCheck{fileOnDisk{path}, of("sha256", knownvalue.StringExact(hexSHA256(two)))},
		},
	}})
}

// Two files at one path would take turns in restoring each other.
func TestImageFile_pathUsedTwice(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	host := newMediaHost(t, map[string][]byte{"art": painted(t, 1)})
	path := filepath.Join(t.TempDir(), "a.png")
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      env.Config(imageFile(path, host.from("art"), "count = 2")),
		ExpectError: saidInOrder("Path Used Twice", "for instance with each.key or count.index"),
	}}})
}

func TestImageFile_importRefused(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	mustWrite(t, folder+"/words.png", []byte("no picture"))
	for name, test := range map[string]struct {
		path string
		want string
	}{
		"missing":    {folder + "/none.png", "there is no file at"},
		"no picture": {folder + "/words.png", "words.png is not a PNG, JPEG, WebP or AVIF image, or is damaged"},
		"folder":     {folder, "is a folder, not a file"},
		"traversal":  {folder + "/../a.png", "leaves a folder that it has entered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:             acctest.RequiredProviders + env.Config(imageFile(test.path, `url = "https://example.com/a.png"`)),
				ResourceName:       file,
				ImportState:        true,
				ImportStateId:      test.path,
				ImportStatePersist: true,
				ExpectError:        saidInOrder("Nothing to Import", test.want, "imported by its path"),
			}}})
		})
	}
}
