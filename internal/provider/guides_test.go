// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const (
	guidesFolder = "../../templates/guides"
	readme       = "README.md"
)

// guideBlock is a block of HCL in a guide. Readers copy it as it stands, so it
// is tested as it stands.
type guideBlock struct {
	// name is the guide and the line, as in cost.md:17.
	name string
	// before is the configuration above it in the same guide.
	before string
	// files are those of other languages that the guide has, by the name that it
	// gives them.
	files map[string]string
	text  string
	// kinds are the types of its outermost blocks.
	kinds []string
	// resources are the addresses of those that it declares.
	resources []string
}

// Which test takes a block.
func (b guideBlock) isTest() bool  { return slices.Contains(b.kinds, "run") }
func (b guideBlock) isQuery() bool { return slices.Contains(b.kinds, "list") }
func (b guideBlock) isPlan() bool  { return !b.isTest() && !b.isQuery() }

// fence is a block of anything in Markdown.
var fence = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// guides reads every guide, and the README as one, by its file name.
func guides(t *testing.T) map[string]string {
	t.Helper()

	found := make(map[string]string)
	paths, err := filepath.Glob(filepath.Join(guidesFolder, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("found the guides %v, %v", paths, err)
	}
	for _, path := range append(paths, filepath.Join("../..", readme)) {
		content, err := os.ReadFile(path) //nolint:gosec // the project's own guides
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(path)] = string(content)
	}
	return found
}

// guideBlocks finds the HCL of a guide, so that a new block is tested by being
// there.
func guideBlocks(t *testing.T, guide, content string) []guideBlock {
	t.Helper()

	var found []guideBlock
	before := ""
	files := guideFiles(content)
	for _, at := range fence.FindAllStringSubmatchIndex(content, -1) {
		if content[at[2]:at[3]] != "terraform" {
			continue
		}
		line := strings.Count(content[:at[0]], "\n") + 1
		block := guideBlock{name: fmt.Sprintf("%s:%d", guide, line), before: before, files: files, text: content[at[4]:at[5]]}
		for _, outermost := range parsed(t, block.name, block.text).Blocks {
			block.kinds = append(block.kinds, outermost.Type)
			if outermost.Type == "resource" {
				block.resources = append(block.resources, strings.Join(outermost.Labels, "."))
			}
		}
		if block.isPlan() {
			before = block.text
		}
		found = append(found, block)
	}
	return found
}

// namedFile is a block under its name, in grave accents and with a colon.
var namedFile = regexp.MustCompile("(?ms)^`([\\w.-]+)`:\n\n```(?:yaml|json)\n(.*?)^```$")

// guideFiles are the files that the configuration of a guide may read.
func guideFiles(content string) map[string]string {
	files := make(map[string]string)
	for _, found := range namedFile.FindAllStringSubmatch(content, -1) {
		files[found[1]] = found[2]
	}
	return files
}

func parsed(t *testing.T, name, text string) *hclsyntax.Body {
	t.Helper()

	file, diags := hclsyntax.ParseConfig([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		t.Fatalf("%s is %T", name, file.Body)
	}
	return body
}

func everyGuideBlock(t *testing.T, wanted func(guideBlock) bool) []guideBlock {
	t.Helper()

	var found []guideBlock
	all := guides(t)
	for _, guide := range slices.Sorted(maps.Keys(all)) {
		for _, block := range guideBlocks(t, guide, all[guide]) {
			if wanted(block) {
				found = append(found, block)
			}
		}
	}
	if len(found) == 0 {
		t.Error("no guide has such a block")
	}
	return found
}

// Every guide has configuration, and none that the tests below would not see:
// under another name, or of a kind that they do not know.
func TestGuides_areCoveredByTests(t *testing.T) {
	t.Parallel()

	known := map[string][]string{
		"plan":  {"check", "data", "import", "locals", "module", "moved", "output", "provider", "removed", "resource", "terraform", "variable"},
		"test":  {"provider", "run", "variables"},
		"query": {"list", "provider"},
	}
	looksLikeHCL := regexp.MustCompile(`(?m)^\s*(resource|data|provider|output|run|list|import|locals|check|variable|action)\b.*\{$`)
	for guide, content := range guides(t) {
		if filepath.Ext(guide) != ".md" {
			t.Errorf("%s is a template: braces in its blocks would be read as the generator's", guide)
		}
		blocks := guideBlocks(t, guide, content)
		if len(blocks) == 0 {
			t.Errorf("%s has no block of configuration", guide)
		}
		for _, block := range blocks {
			kind := "plan"
			if block.isTest() {
				kind = "test"
			} else if block.isQuery() {
				kind = "query"
			}
			if len(block.kinds) == 0 {
				t.Errorf("%s declares nothing", block.name)
			}
			if string(hclwrite.Format([]byte(block.text))) != block.text {
				t.Errorf("%s is not formatted", block.name)
			}
			for _, declared := range block.kinds {
				if !slices.Contains(known[kind], declared) {
					t.Errorf("%s: no test plans %q in a block for %s", block.name, declared, kind)
				}
			}
		}
		if strings.Count(content, "```")%2 != 0 || strings.Count(content, "\n```") != 2*len(fence.FindAllString(content, -1)) {
			t.Errorf("%s has a block that does not begin or end at the margin", guide)
		}
		for _, found := range fence.FindAllStringSubmatch(content, -1) {
			if found[1] == "" || found[1] != "terraform" && looksLikeHCL.MatchString(found[2]) {
				t.Errorf("%s: a block of %q is not called terraform:\n%s", guide, found[1], found[2])
			}
		}
	}
}

// Guides refer to generated pages, from where they are once generated.
func TestGuides_linksLead(t *testing.T) {
	t.Parallel()

	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	for guide, content := range guides(t) {
		folder := "../../docs/guides"
		if guide == readme {
			folder = "../.."
		}
		for _, found := range link.FindAllStringSubmatch(content, -1) {
			path, anchor := found[1], found[2]
			if path == "" {
				path = guide
			}
			path = filepath.Join(folder, path)
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", guide, err)
			}
			if anchor == "" {
				continue
			}
			page, err := os.ReadFile(path) //nolint:gosec // the project's own pages
			if err != nil {
				t.Errorf("%s: %v", guide, err)
			}
			if !slices.Contains(anchors(string(page)), anchor) {
				t.Errorf("%s: %s has no heading %s", guide, path, anchor)
			}
		}
	}
}

// anchors are the headings of a page as links name them.
func anchors(page string) []string {
	var found []string
	heading := regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped := regexp.MustCompile(`[^a-z0-9 _-]`)
	for _, text := range heading.FindAllStringSubmatch(page, -1) {
		found = append(found, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(text[1]), ""), " ", "-"))
	}
	return found
}

func TestAccGuides_planWithoutSubmissions(t *testing.T) {
	t.Parallel()

	for _, block := range everyGuideBlock(t, guideBlock.isPlan) {
		t.Run(block.name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			requestsIn(t, env, block.text)
			if strings.Contains(block.text, `data "flux2_requests"`) {
				seedPast(t, env)
			}
			providers := offline(env)
			maps.Copy(providers, standIns(parsed(t, block.name, block.text)))
			workspace := acctest.AttachedWorkspace(t, providers)
			workspace.Write(block.text)
			for name, content := range block.files {
				mustWrite(t, workspace.Path(name), []byte(content))
			}
			plan := workspace.Plan()
			env.ExpectSubmissions(t, 0)
			// What is imported matches what fal tells, so that there is nothing
			// else to plan.
			if want := changes.MatchString(block.text) && !imports.MatchString(block.text); acctest.Changes(plan) != want {
				t.Errorf("the plan changes something: %t, want %t", !want, want)
			}
			// A for_each over nothing would show nothing.
			planned := make(map[string]bool)
			for _, change := range plan.ResourceChanges {
				planned[change.Type+"."+change.Name] = true
			}
			for _, address := range block.resources {
				if !planned[address] {
					t.Errorf("%s has no instance in the plan", address)
				}
			}
		})
	}
}

// seedPast has the emulator know finished requests, for guides that go through
// the history: one of September, one of just now.
func seedPast(t *testing.T, env *acctest.Environment) {
	t.Helper()

	for _, sent := range []time.Time{time.Date(2026, time.September, 9, 0, 0, 0, 0, time.UTC), {}} {
		if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			Input:  []byte(`{"prompt":"an empty harbour in morning fog","image_size":"square_hd"}`),
			SentAt: sent,
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// A test file runs beside the configuration above it in its guide, as it does
// in a pipeline.
func TestAccGuides_testFilesPass(t *testing.T) {
	t.Parallel()

	for _, block := range everyGuideBlock(t, guideBlock.isTest) {
		t.Run(block.name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			workspace := env.Workspace(t, emulator.URLVariable+"="+env.URL)
			workspace.Write(block.before)
			mustWrite(t, workspace.Path("guide.tftest.hcl"), []byte(block.text))
			workspace.MustRun("test", "-no-color")
			env.ExpectSubmissions(t, strings.Count(block.before, `resource "flux2_image" `))
		})
	}
}

// What the importing guide does in the shell, to the plan that imports and does
// nothing else.
func TestAccGuides_historyBecomesConfiguration(t *testing.T) {
	t.Parallel()

	printing := everyGuideBlock(t, func(b guideBlock) bool { return strings.Contains(b.text, `output "import_blocks"`) })
	env := acctest.New(t)
	workspace := env.Workspace(t, emulator.URLVariable+"="+env.URL)
	seedPast(t, env)
	workspace.Write(printing[0].text)
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	mustWrite(t, workspace.Path("imports.tf"), []byte(workspace.MustRun("output", "-raw", "import_blocks")))
	planned := workspace.MustRun("plan", "-generate-config-out=images.tf", "-no-color")
	if !strings.Contains(planned, "1 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan said:\n%s", planned)
	}
	env.ExpectSubmissions(t, 0)
}

// The site's own tests are the ones that its readers start from.
func TestAccExamples_siteArtworkPassesItsOwnTests(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	workspace := env.Workspace(t, emulator.URLVariable+"="+env.URL)
	if err := os.CopyFS(workspace.Path("site"), os.DirFS(filepath.Join(examplesFolder, "site-artwork"))); err != nil {
		t.Fatal(err)
	}
	// What a site has made for itself is none of its tests' business.
	public := filepath.Join(workspace.Path("site"), "public", "images")
	own := map[string][]byte{"hero.jpeg": painted(t, 1), "lens.webp": painted(t, 2), "favicon.png": painted(t, 3)}
	if err := os.MkdirAll(public, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, content := range own {
		mustWrite(t, filepath.Join(public, name), content)
	}
	for range 2 {
		output := workspace.MustRun("-chdir=site", "test", "-no-color")
		if !strings.Contains(output, "3 passed, 0 failed") || strings.Contains(output, "Images Will Be Identical") {
			t.Errorf("the tests said:\n%s", output)
		}
		onlyFiles(t, filepath.Join(workspace.Path("site"), "test", "images"))
		onlyFiles(t, public, slices.Sorted(maps.Keys(own))...)
		for name, content := range own {
			if !bytes.Equal(mustRead(t, filepath.Join(public, name)), content) {
				t.Errorf("the tests have changed %s of the site itself", name)
			}
		}
	}
	// Each artwork once for each time, however many runs of the tests look at it.
	env.ExpectSubmissions(t, 14)
}

// Queries take Terraform 1.14, so this speaks to the provider as a younger
// engine does.
func TestGuides_queriesAreAnswered(t *testing.T) {
	t.Parallel()

	for _, block := range everyGuideBlock(t, guideBlock.isQuery) {
		for _, query := range modernBlocksIn(t, block.name, block.text).Lists {
			t.Run(block.name, func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t)
				c := converseConfigured(t, env)
				if c.lists[query.Kind] == nil {
					t.Fatalf("there is no list resource %s", query.Kind)
				}
				sound(t, c.list(t, query.config(t, c.lists[query.Kind]), 100, true, 0))
				env.ExpectSubmissions(t, 0)
			})
		}
	}
}
