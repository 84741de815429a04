// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// The demo, from nothing to the page: one submission for each artwork, however
// many files are made of it, all of them beside the page, and nothing left to do,
// on disk nor otherwise.
func TestAccExamples_siteArtworkIsPaidOnceAndShownWhole(t *testing.T) {
	t.Parallel()

	found := examples(t)
	index := slices.IndexFunc(found, func(e example) bool { return e.name == "site-artwork" })
	if index < 0 {
		t.Fatal("there is no example site-artwork")
	}
	config := found[index].config
	env := acctest.New(t)
	site := &siteCheck{env: env, folder: filepath.Join(found[index].folder, "public")}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: offline(env), Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{site}},
		emptyPlan(config),
		{
			PreConfig: func() {
				if err := os.RemoveAll(site.folder); err != nil {
					t.Error(err)
				}
			},
			Config:            config,
			ConfigStateChecks: []statecheck.StateCheck{site},
		},
		// The harness can't read a state with for_each in it at the end.
		{Config: config, Destroy: true},
	}})
	env.ExpectSubmissions(t, site.count)
	if cancelled := env.Emulator.Cancellations(); len(cancelled) > 0 {
		t.Errorf("destroying finished images has cancelled %v", cancelled)
	}
	onlyFiles(t, filepath.Join(site.folder, "images"))
}

// siteCheck compares site-artwork's page and folder with what fal was asked
// for.
type siteCheck struct {
	env    *acctest.Environment
	folder string
	count  int
}

func (c *siteCheck) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	outputs := map[string]any{}
	for name, output := range req.State.Values.Outputs {
		outputs[name] = output.Value
	}
	page, _ := outputs["page"].(string)
	manifest, _ := outputs["manifest"].(string)
	seeds, _ := outputs["seeds"].(map[string]any)
	files, _ := outputs["files"].(map[string]any)
	c.count = len(seeds)

	var problems []error
	if submitted := len(c.env.Emulator.Submissions()); c.count == 0 || submitted != c.count {
		problems = append(problems, fmt.Errorf("%d submissions for %d artworks", submitted, c.count))
	}
	mentioned, err := c.mentioned(page, manifest)
	problems = append(problems, err)

	sources := map[string]bool{} // by hash
	for _, managed := range req.State.Values.RootModule.Resources {
		if managed.Type != "flux2_image_file" {
			continue
		}
		written, _ := managed.AttributeValues["path"].(string)
		source, _ := managed.AttributeValues["source_sha256"].(string)
		sources[source] = true
		there, err := imagefile.Inspect(filepath.Join(c.folder, "images", path.Base(written)))
		if err != nil {
			problems = append(problems, err)
		}
		if !mentioned["images/"+path.Base(written)] {
			problems = append(problems, fmt.Errorf("%s is not on the page", written))
		}
		if managed.AttributeValues["sha256"] != there.SHA256 || files[written] != there.SHA256 {
			problems = append(problems, fmt.Errorf("%s has the hash %s, which is not what state and outputs say", written, there.SHA256))
		}
	}
	made := 0
	for _, request := range c.env.Emulator.Requests() {
		made += len(request.Media)
	}
	if len(sources) != made || made < c.count || len(files) <= made {
		problems = append(problems, fmt.Errorf("%d files are made of %d pictures; %d pictures were delivered for %d artworks", len(files), len(sources), made, c.count))
	}
	resp.Error = errors.Join(problems...)
}

var (
	tag       = regexp.MustCompile(`<(?:img|source|link rel="[a-z-]*icon"|meta property="og:image") [^>]*>`)
	attribute = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// mentioned lists what page and manifest have of pictures, each compared with
// the file that it is about.
func (c *siteCheck) mentioned(page, manifest string) (map[string]bool, error) {
	found := map[string]bool{}
	var problems []error
	compare := func(name string, says func(imagefile.Info) bool) {
		found[name] = true
		there, err := imagefile.Inspect(filepath.Join(c.folder, name))
		if err == nil && !says(there) {
			err = fmt.Errorf("%s is %d by %d of %s, and the page says something else", name, there.Width, there.Height, there.ContentType)
		}
		problems = append(problems, err)
	}
	for _, text := range tag.FindAllString(page, -1) {
		says := map[string]string{}
		for _, pair := range attribute.FindAllStringSubmatch(text, -1) {
			says[pair[1]] = pair[2]
		}
		if _, told := says["alt"]; strings.HasPrefix(text, "<img") && !told {
			problems = append(problems, fmt.Errorf("%s has no alt", text))
		}
		for candidate := range strings.SplitSeq(says["srcset"], ", ") {
			name, width, _ := strings.Cut(candidate, " ")
			if name != "" {
				compare(name, func(there imagefile.Info) bool {
					return width == fmt.Sprintf("%dw", there.Width) && (says["type"] == "" || says["type"] == there.ContentType)
				})
			}
		}
		switch {
		case says["src"] != "":
			compare(says["src"], func(there imagefile.Info) bool {
				return says["width"]+"x"+says["height"] == sizeOf(there)
			})
		case says["href"] != "":
			compare(says["href"], func(there imagefile.Info) bool { return says["sizes"] == sizeOf(there) })
		case says["content"] != "":
			_, name, _ := strings.Cut(strings.TrimPrefix(says["content"], "https://"), "/")
			compare(name, func(there imagefile.Info) bool { return sizeOf(there) == "1200x630" })
		}
	}
	var icons struct {
		Icons []struct{ Src, Sizes, Type string }
	}
	problems = append(problems, json.Unmarshal([]byte(manifest), &icons))
	for _, icon := range icons.Icons {
		compare(icon.Src, func(there imagefile.Info) bool {
			return icon.Sizes == sizeOf(there) && icon.Type == there.ContentType
		})
	}
	return found, errors.Join(problems...)
}

func sizeOf(of imagefile.Info) string { return fmt.Sprintf("%dx%d", of.Width, of.Height) }
