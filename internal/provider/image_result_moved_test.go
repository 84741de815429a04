// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// An image becomes a result by a moved block, at no cost: it keeps its request, its
// outputs and its file. With or without a refresh, the journal learns that the request
// is in state, so that an image of the same input is another one.
func TestAccImageResult_movedFromImage(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]string{"refreshed": nil, "not refreshed": {"-refresh=false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			becomesResult(t, options...)
		})
	}
}

func becomesResult(t *testing.T, options ...string) {
	t.Helper()

	env := acctest.New(t)
	workspace := env.Workspace(t)
	apply := func(declared string, options ...string) {
		t.Helper()
		workspace.Write(env.Config(declared))
		workspace.MustRun(append([]string{"apply", "-auto-approve", "-no-color"}, options...)...)
	}
	file := func(of string) string {
		return fmt.Sprintf("resource \"flux2_image_file\" \"art\" {\n  url  = %s.url\n  path = \"art.png\"\n}\n", of)
	}

	apply(image(lighthouse) + file(art))
	before := workspace.State()[art].AttributeValues
	painted := mustRead(t, workspace.Path("art.png"))
	requestID, _ := before["request_id"].(string)
	another := "resource \"flux2_image\" \"another\" {\n  " + lighthouse + "\n}\n"
	moved := fmt.Sprintf("moved {\n  from = %s\n  to   = %s\n}\n", art, result)
	apply(resultOf(`"`+requestID+`"`)+file(result)+another+moved, options...)
	state := workspace.State()
	after := state[result]
	if after == nil || state[art] != nil {
		t.Fatalf("the state has %v", state)
	}
	for name, value := range after.AttributeValues {
		if want := before[name]; name != "timeouts" && fmt.Sprint(value) != fmt.Sprint(want) {
			t.Errorf("%s was %v, and is %v", name, want, value)
		}
	}
	if id := state["flux2_image.another"].AttributeValues["request_id"]; id == requestID {
		t.Errorf("another image has the request %v of the result", id)
	}
	if stands := mustRead(t, workspace.Path("art.png")); !bytes.Equal(stands, painted) {
		t.Errorf("the file of %d bytes has %d now", len(painted), len(stands))
	}
	env.ExpectSubmissions(t, 2)
	if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color"); code != 0 {
		t.Errorf("the second plan ended with %d:\n%s", code, output)
	}

	// A result ends without a word to fal, and its file with it.
	apply(another)
	for _, entry := range env.Emulator.Log() {
		if entry.Method == http.MethodPut || entry.Method == http.MethodDelete {
			t.Errorf("%s %s was called", entry.Method, entry.Path)
		}
	}
	if _, err := os.Stat(workspace.Path("art.png")); !os.IsNotExist(err) {
		t.Errorf("the file that was declared no more: %v", err)
	}
	env.ExpectSubmissions(t, 2)
}

// Whatever version wrote an image: one that has its result is taken over with all
// that a result has. One that has none stays an image.
func TestImageResult_movesImagesOfEachVersion(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	server := converse(t, env, nil).server
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	kind := schemas.ResourceSchemas["flux2_image_result"].ValueType()
	for version := range int64(2) {
		for _, object := range frozenObjects(t, int(version)) {
			if object.Type != "flux2_image" {
				continue
			}
			content := object.Instances[0].Attributes
			var source map[string]json.RawMessage
			if err := json.Unmarshal(content, &source); err != nil {
				t.Fatal(err)
			}
			moved := move(t, server, "flux2_image", version, content)
			if string(source["images"]) == "null" && string(source["error"]) == "null" {
				expectNotMoved(t, moved, "has not been waited for")
				continue
			}
			if len(moved.Diagnostics) > 0 {
				t.Fatalf("moving said %s", spoken(moved.Diagnostics))
			}
			got := attributesOf(t, unpacked(t, moved.TargetState, kind))
			for name := range got {
				// As the image's own upgrade has it.
				want := source[name]
				switch {
				case name == "id":
					want = source["request_id"]
				case name == "timeouts", name == "expanded_prompt" && version == 0 && string(source["enable_prompt_expansion"]) == "false":
					want = json.RawMessage("null")
				}
				value, err := tfprotov6.RawState{JSON: want}.Unmarshal(got[name].Type())
				if err != nil {
					t.Fatal(err)
				}
				if !got[name].Equal(value) {
					t.Errorf("version %d: %s became %s, want %s", version, name, got[name], value)
				}
			}
		}
	}
	env.ExpectSubmissions(t, 0)
}

// What is no image with a result is refused, in words that say what to do.
func TestImageResult_movesNothingElse(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	server := converse(t, env, nil).server
	refused := `{"request_id": "a", "endpoint_id": "fal-ai/flux-2-dev", "status": "COMPLETED", "error": "refused"}`
	if moved := move(t, server, "flux2_image", 1, []byte(refused)); len(moved.Diagnostics) > 0 {
		t.Errorf("a refused image is not moved: %s", spoken(moved.Diagnostics))
	}
	expectNotMoved(t, move(t, server, "flux2_image_file", 1, []byte(`{"path": "a.png"}`)), "does not include support for the given source resource")
	expectNotMoved(t, move(t, server, "flux2_image", 1, []byte(`{"images": [{"url": "https://fal.media/a.png"}], "request_id": null}`)), "gave no id")
	expectNotMoved(t, move(t, server, "flux2_image", 1, []byte(`{"images": 7}`)), "can't be read")
	env.ExpectSubmissions(t, 0)
}

// move asks a provider that is not configured, as engines do, for a result in place
// of something else.
func move(t *testing.T, server tfprotov6.ProviderServer, kind string, version int64, state []byte) *tfprotov6.MoveResourceStateResponse {
	t.Helper()

	moved, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: provider.Address, SourceTypeName: kind, SourceSchemaVersion: version,
		SourceState: &tfprotov6.RawState{JSON: state}, TargetTypeName: "flux2_image_result",
	})
	if err != nil {
		t.Fatal(err)
	}
	return moved
}

func expectNotMoved(t *testing.T, moved *tfprotov6.MoveResourceStateResponse, why string) {
	t.Helper()

	if len(moved.Diagnostics) != 1 || moved.Diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError || !strings.Contains(moved.Diagnostics[0].Detail, why) {
		t.Errorf("moving said %s, not %q", spoken(moved.Diagnostics), why)
	}
}
