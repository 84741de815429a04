// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// The HTML of the guide names the files that the configuration above it makes.
func TestGuides_pageNamesWhatIsMade(t *testing.T) {
	t.Parallel()

	const guide = "static-site.md"
	content := guides(t)[guide]
	env := acctest.New(t)
	plan, _ := env.Engine(t).MustPlan(env.Config(guideBlocks(t, guide, content)[0].text), engine.PlanOptions{})
	document, err := plan.Document()
	if err != nil {
		t.Fatal(err)
	}
	made := make(map[string]bool)
	for _, change := range document.ResourceChanges {
		after, _ := change.Change.After.(map[string]any)
		if written, isFile := after["path"].(string); isFile {
			made[path.Base(written)] = true
		}
	}
	if len(made) != 9 {
		t.Errorf("%d files are made, and the guide says nine", len(made))
	}
	for _, block := range fence.FindAllStringSubmatch(content, -1) {
		if block[1] != "html" || !strings.Contains(block[2], "hero-640") {
			continue
		}
		named := make(map[string]bool)
		for _, found := range regexp.MustCompile(`images/([^" ]+)`).FindAllStringSubmatch(block[2], -1) {
			named[found[1]] = true
		}
		if !maps.Equal(named, made) {
			t.Errorf("the page names %v, and %v are made", slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(made)))
		}
	}
	env.ExpectSubmissions(t, 0)
}

// The manifest that the guide shows is the one that its configuration gives, and
// all that it names is on disk: three pictures are paid for, however many files
// there are.
func TestGuides_manifestNamesWhatIsThere(t *testing.T) {
	t.Parallel()

	const guide = "static-site.md"
	content := guides(t)[guide]
	config := ""
	for _, block := range guideBlocks(t, guide, content) {
		if strings.Contains(block.text, `output "pictures"`) {
			config = block.text
		}
	}
	// The engine in process reads no YAML.
	var pictures map[string]any
	if err := yaml.Unmarshal([]byte(guideFiles(content)["pictures.yaml"]), &pictures); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(pictures)
	if err != nil {
		t.Fatal(err)
	}
	const reading = `yamldecode(file("${path.module}/pictures.yaml"))`
	if !strings.Contains(config, reading) {
		t.Fatalf("%s has no configuration that reads pictures.yaml", guide)
	}
	var want map[string]any
	for _, block := range fence.FindAllStringSubmatch(content, -1) {
		if block[1] == "json" && strings.Contains(block[2], `"srcset"`) {
			if err := json.Unmarshal([]byte(block[2]), &want); err != nil {
				t.Fatal(err)
			}
		}
	}

	env := acctest.New(t)
	folder := t.TempDir()
	running := env.EngineWith(t, engine.Options{Folder: folder})
	config = env.Config(strings.ReplaceAll(config, reading, "jsondecode("+strconv.Quote(string(asJSON))+")"))
	running.MustApply(config)
	document, err := running.State().Document()
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(document.Values.Outputs["pictures"].Value)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(shown, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the output is\n%s\nand the guide shows\n%v", shown, want)
	}
	candidates := regexp.MustCompile(`/(images/[^" ]+) (\d+)w`).FindAllStringSubmatch(string(shown), -1)
	if len(candidates) != 14 {
		t.Errorf("the manifest names %d candidates, want 14", len(candidates))
	}
	for _, candidate := range candidates {
		there, err := imagefile.Inspect(filepath.Join(folder, "static", candidate[1]))
		if err != nil {
			t.Error(err)
		} else if strconv.FormatInt(there.Width, 10) != candidate[2] || !strings.HasSuffix(candidate[1], strings.TrimPrefix(there.ContentType, "image/")) {
			t.Errorf("%s is %s, %d pixels wide", candidate[1], there.ContentType, there.Width)
		}
	}
	env.ExpectSubmissions(t, len(pictures))
}
