// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// FuzzImportID takes any id of an import apart. What is accepted names exactly
// what was written, and leads nowhere but to the queue.
func FuzzImportID(f *testing.F) {
	for _, id := range []string{
		"764cabcf-b745-4b3e-ae38-1200304cf45b", "fal-ai/flux-2-dev/764cabcf-b745-4b3e-ae38-1200304cf45b", "workflows/a/b/c/d", " a ", "", "/", "a/", "/a",
		"a/b/../c", "a/b/c?d", "a/b/%2e%2e", "a/b/c\n", "a/b/\xff", "a/b/\x00", "https://queue.fal.run/a/b/requests/c",
	} {
		f.Add(id)
	}
	client, err := fal.New(fal.Options{})
	if err != nil {
		f.Fatal(err)
	}
	shared := &Shared{Client: client, Service: requests.New(requests.Options{Client: client}), EndpointID: types.StringValue(flux2.DefaultEndpointID)}
	f.Fuzz(func(t *testing.T, id string) {
		reference, diags := shared.importReference(t.Context(), resource.ImportStateRequest{ID: id})
		if diags.HasError() {
			return
		}
		handle, diags := shared.attach(reference.EndpointID.ValueString(), reference.RequestID.ValueString())
		if diags.HasError() {
			return
		}
		trimmed := strings.TrimSpace(id)
		if trimmed != handle.RequestID && trimmed != handle.EndpointID+"/"+handle.RequestID {
			t.Errorf("%q became %+v", id, handle)
		}
		if !utf8.ValidString(trimmed) || !strings.HasPrefix(handle.StatusURL, fal.DefaultQueueURL+"/") || strings.ContainsAny(handle.StatusURL[len("https://"):], "?#%: \\") {
			t.Errorf("%q leads to %q", id, handle.StatusURL)
		}
	})
}

// FuzzResultToState takes any result that decodes into state. The state is text.
func FuzzResultToState(f *testing.F) {
	f.Add([]byte(`{"images":[{"url":"u","width":1,"file_name":"n"}],"timings":{"a":1},"seed":1,"has_nsfw_concepts":[true],"prompt":"p"}`))
	f.Add([]byte("{\"images\":[{\"url\":\"\xff\"}],\"timings\":{\"\xff\":1e308},\"prompt\":\"\\u0000\\ud800\"}"))
	f.Add([]byte(`{"images":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		end := requests.Decode(fal.Result{Body: body})
		if end.Outcome != requests.Delivered {
			return
		}
		outputs := emptyOutputs()
		if diags := outputs.setResult(t.Context(), end.Result, end.Output); diags.HasError() {
			t.Fatalf("%q: %v", body, diags)
		}
		if outputs.Images.IsNull() || len(outputs.urls()) != len(end.Output.Images) {
			t.Errorf("%q became %v", body, outputs.Images)
		}
		written, err := json.Marshal(end.Output)
		if err != nil || !utf8.Valid(written) {
			t.Errorf("%q can't be written: %v", body, err)
		}
		for _, text := range append(outputs.urls(), outputs.ExpandedPrompt.ValueString()) {
			if !utf8.ValidString(text) {
				t.Errorf("%q is no text", text)
			}
		}
	})
}
