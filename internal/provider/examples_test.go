// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const examplesFolder = "../../examples"

// singleFiles are the folders whose files are examples of their own; every
// other folder with configuration is one example as a whole.
var singleFiles = []string{"provider", "resources", "data-sources", "functions", "ephemeral-resources", "actions"}

// example is one configuration below examples/.
type example struct {
	// name is the path below examples/.
	name string
	// config is all of it.
	config string
	// folder is where it is at work: a copy, if it is a whole folder.
	folder string
}

// examples finds every configuration, so that a new one is tested by being
// there.
func examples(t *testing.T) []example {
	t.Helper()

	var found []example
	copies := map[string]string{}
	err := filepath.WalkDir(examplesFolder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".tf" {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // the project's own examples
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), examplesFolder+"/")
		if kind, _, _ := strings.Cut(name, "/"); !slices.Contains(singleFiles, kind) {
			name = strings.TrimSuffix(name, "/"+filepath.Base(path))
		}
		// Some write files where they are, which is not where others find theirs.
		if copies[name] == "" {
			copies[name] = t.TempDir()
			if err := os.CopyFS(copies[name], os.DirFS(filepath.Dir(path))); err != nil {
				return err
			}
		}
		folder := copies[name]
		// The harness writes one file into a folder of its own.
		config := strings.ReplaceAll(string(content), "path.module", strconv.Quote(folder))
		if importsFile(config) {
			config = strings.ReplaceAll(config, `"public/`, `"`+filepath.ToSlash(folder)+`/public/`)
			image := filepath.Join(folder, "public", "images", "hero.png")
			if err := os.MkdirAll(filepath.Dir(image), 0o755); err != nil {
				return err
			}
			mustWrite(t, image, painted(t, 1))
		}
		if last := len(found) - 1; last >= 0 && found[last].name == name {
			found[last].config += config
		} else {
			found = append(found, example{name: name, config: config, folder: folder})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("there is no example in %s", examplesFolder)
	}
	return found
}

var (
	reference = regexp.MustCompile(`(?:([\w-]+/[\w/.-]+)/)?([0-9a-f]{8}-[0-9a-f-]{27})`)
	endpoint  = regexp.MustCompile(`endpoint_id\s*=\s*"([^"]+)"`)
	changes   = regexp.MustCompile(`(?m)^(resource|output|check) `)
	imports   = regexp.MustCompile(`(?ms)^import \{.*?^\}\n`)
)

// importsFile reports whether a configuration imports a file from disk.
func importsFile(config string) bool {
	return strings.Contains(imports.FindString(config), "flux2_image_file.")
}

// requestsIn has the emulator know each request that a text mentions.
func requestsIn(t *testing.T, env *acctest.Environment, source string) {
	t.Helper()

	for _, mentioned := range reference.FindAllStringSubmatch(source, -1) {
		request := emulator.SeededRequest{
			ID:         mentioned[2],
			EndpointID: mentioned[1],
			Input:      []byte(`{"prompt":"a lighthouse on a rocky headland above a calm sea at sunset"}`),
		}
		if named := endpoint.FindStringSubmatch(source); request.EndpointID == "" && named != nil {
			request.EndpointID = named[1]
		}
		if _, known := env.Emulator.Request(request.ID); known {
			continue
		}
		if _, err := env.Emulator.SeedRequest(request); err != nil {
			t.Fatal(err)
		}
	}
}

// offline binds a provider that finds the emulator by itself, so that examples
// are tested as they stand.
func offline(env *acctest.Environment) map[string]func() (tfprotov6.ProviderServer, error) {
	return env.ProvidersWith(map[string]string{emulator.URLVariable: env.URL})
}

func TestAccExamples_planWithoutSubmissions(t *testing.T) {
	t.Parallel()

	for _, example := range examples(t) {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			skipWithout(t, example.config)

			env := acctest.New(t)
			requestsIn(t, env, example.config)
			workspace := acctest.AttachedWorkspace(t, offline(env))
			workspace.Write(example.config)
			// fal tells all there is to an imported request, so that no change is
			// left to plan. A file does not tell where it came from.
			want := changes.MatchString(example.config) && (!imports.MatchString(example.config) || importsFile(example.config))
			if acctest.Changes(workspace.Plan()) != want {
				t.Errorf("the plan changes something: %t, want %t", !want, want)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}

// The commands are tried beside the configuration of the import block, which an
// import step takes as it is.
func TestAccExamples_importCommands(t *testing.T) {
	t.Parallel()

	command := regexp.MustCompile(`(?m)^terraform import (flux2_\w+\.\w+) (\S+)$`)
	for _, example := range examples(t) {
		folder, isImport := strings.CutSuffix(example.name, "/import-by-string-id.tf")
		if !isImport {
			continue
		}
		script, err := os.ReadFile(filepath.Join(examplesFolder, folder, "import.sh")) //nolint:gosec // the project's own examples
		if err != nil {
			t.Fatal(err)
		}
		commands := command.FindAllStringSubmatch(string(script), -1)
		if len(commands) == 0 {
			t.Errorf("there is no terraform import command in %s", folder)
		}
		for _, words := range commands {
			address, id := words[1], words[2]
			identifies, brings := "request_id", "url"
			if importsFile(example.config) {
				id = example.folder + "/" + id
				identifies, brings = "path", "sha256"
			}
			t.Run(address+"/"+id, func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t)
				requestsIn(t, env, id)
				workspace := acctest.AttachedWorkspace(t, offline(env))
				workspace.Write(imports.ReplaceAllString(example.config, ""))
				workspace.MustRun("import", "-no-color", address, id)
				imported := workspace.State()[address]
				if imported == nil {
					t.Fatalf("%s is not in the state", address)
				}
				identified, _ := imported.AttributeValues[identifies].(string)
				if identified == "" || !strings.HasSuffix(id, identified) || imported.AttributeValues[brings] == nil {
					t.Errorf("imported %v", imported.AttributeValues)
				}
				env.ExpectSubmissions(t, 0)
			})
		}
	}
}

// Engines before 1.12 refuse import by identity, so this takes the identity out
// of the example and speaks to the provider as a newer engine does.
func TestExamples_importByIdentity(t *testing.T) {
	t.Parallel()

	tested := 0
	for _, example := range examples(t) {
		if !importByIdentityBlocks.used.MatchString(example.config) {
			continue
		}
		tested++
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			requestsIn(t, env, example.config)
			kind, identity := importIn(t, example)
			imported := importByIdentity(t, env, kind, identity)
			for _, name := range []string{"endpoint_id", "request_id"} {
				if imported[name] != identity[name] || identity[name] == "" {
					t.Errorf("%s = %q, want %q", name, imported[name], identity[name])
				}
			}
			if imported["url"] == "" {
				t.Error("the import has not brought the URL of the image")
			}
			env.ExpectSubmissions(t, 0)
		})
	}
	if tested == 0 {
		t.Error("no example imports by identity")
	}
}

// importIn parses an example's import block: what it imports, and by which
// identity.
func importIn(t *testing.T, from example) (kind string, identity map[string]string) {
	t.Helper()

	file, diags := hclparse.NewParser().ParseHCL([]byte(from.config), from.name)
	var root struct {
		Imports []struct {
			To       hcl.Expression    `hcl:"to"`
			Identity map[string]string `hcl:"identity"`
		} `hcl:"import,block"`
		Rest hcl.Body `hcl:",remain"`
	}
	if !diags.HasErrors() {
		diags = append(diags, gohcl.DecodeBody(file.Body, nil, &root)...)
	}
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(root.Imports) != 1 {
		t.Fatalf("%s has %d import blocks, want 1", from.name, len(root.Imports))
	}
	to, diags := hcl.AbsTraversalForExpr(root.Imports[0].To)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return to.RootName(), root.Imports[0].Identity
}

// importByIdentity imports a resource through the protocol, and returns the
// known string attributes of what the provider puts into state.
func importByIdentity(t *testing.T, env *acctest.Environment, kind string, identity map[string]string) map[string]string {
	t.Helper()

	server, err := offline(env)["flux2"]()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: dynamic(t, schemas.Provider.ValueType(), nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	refuseErrors(t, configured.Diagnostics)
	imported, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: kind,
		Identity: &tfprotov6.ResourceIdentityData{
			IdentityData: dynamic(t, identities.IdentitySchemas[kind].ValueType(), identity),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	refuseErrors(t, imported.Diagnostics)
	if len(imported.ImportedResources) != 1 {
		t.Fatalf("imported %d resources, want 1", len(imported.ImportedResources))
	}
	state, err := imported.ImportedResources[0].State.Unmarshal(schemas.ResourceSchemas[kind].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	var attributes map[string]tftypes.Value
	if err := state.As(&attributes); err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	for name, value := range attributes {
		var word string
		if value.Type().Is(tftypes.String) && value.IsKnown() && !value.IsNull() && value.As(&word) == nil {
			words[name] = word
		}
	}
	return words
}

// dynamic is an object with the given strings; the rest of it is null.
func dynamic(t *testing.T, of tftypes.Type, words map[string]string) *tfprotov6.DynamicValue {
	t.Helper()

	object, ok := of.(tftypes.Object)
	if !ok {
		t.Fatalf("%s is not an object", of)
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
		if word, set := words[name]; set {
			values[name] = tftypes.NewValue(attribute, word)
		}
	}
	value, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, values))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

func refuseErrors(t *testing.T, diags []*tfprotov6.Diagnostic) {
	t.Helper()

	for _, diagnostic := range diags {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", diagnostic.Summary, diagnostic.Detail)
		}
	}
}
