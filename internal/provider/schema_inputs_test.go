// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// part is what an attribute of flux2_image is there for. Each decides what has
// to know the attribute, which the tests below ask for all of them.
type part int

const (
	// modelInput goes to the model. It is known before anybody pays, a change of
	// it is another image, and fal may complain about it.
	modelInput part = iota
	// imageInput decides about the image as well, but is not in what is sent.
	imageInput
	// requestSwitch says how the request is made and looked after.
	requestSwitch
	// requestOutput is known once fal has accepted the request.
	requestOutput
	// resultOutput comes with the result, and never for an image that nobody
	// waits for.
	resultOutput
	// progress is known as soon as the request is, and changes with the result.
	progress
	// setting is the run's own.
	setting
)

// imageAttribute is one attribute of flux2_image.
type imageAttribute struct {
	part part
	// value is one that is not the default, and other a third.
	value, other tftypes.Value
	// called is fal's name of a model input, and sent what fal is sent for value.
	called, sent string
}

func flag(value bool) tftypes.Value       { return tftypes.NewValue(tftypes.Bool, value) }
func decimal(value float64) tftypes.Value { return tftypes.NewValue(tftypes.Number, value) }

func side(width, height tftypes.Value) tftypes.Value {
	return tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"width": tftypes.Number, "height": tftypes.Number}},
		map[string]tftypes.Value{"width": width, "height": height})
}

func named(words map[string]tftypes.Value) tftypes.Value {
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, words)
}

// imageAttributes sorts all attributes of flux2_image. A new one has its line
// here, or the first test fails; with it, the others find where it is missing.
var imageAttributes = map[string]imageAttribute{
	"prompt":                  {modelInput, word("a lighthouse at dusk"), word("a lighthouse at dawn"), "prompt", `"a lighthouse at dusk"`},
	"guidance_scale":          {modelInput, decimal(3.5), decimal(4.5), "guidance_scale", `3.5`},
	"seed":                    {modelInput, number(7), number(8), "seed", `7`},
	"num_inference_steps":     {modelInput, number(30), number(31), "num_inference_steps", `30`},
	"image_size":              {modelInput, word("square"), word("square_hd"), "image_size", `"square"`},
	"custom_image_size":       {modelInput, side(number(640), number(512)), side(number(640), number(544)), "image_size", `{"width":640,"height":512}`},
	"num_images":              {modelInput, number(2), number(3), "num_images", `2`},
	"acceleration":            {modelInput, word("high"), word("none"), "acceleration", `"high"`},
	"enable_prompt_expansion": {modelInput, flag(true), flag(false), "enable_prompt_expansion", `true`},
	"enable_safety_checker":   {modelInput, flag(false), flag(true), "enable_safety_checker", `false`},
	"sync_mode":               {modelInput, flag(true), flag(false), "sync_mode", `true`},
	"output_format":           {modelInput, word("jpeg"), word("webp"), "output_format", `"jpeg"`},

	"endpoint_id": {part: imageInput, value: word("fal-ai/flux-2"), other: word("fal-ai/flux-2-dev")},
	"keepers":     {part: imageInput, value: named(map[string]tftypes.Value{"i": word("1")}), other: named(map[string]tftypes.Value{"i": word("2")})},

	"wait_for_completion":        {part: requestSwitch, value: flag(true), other: flag(false)},
	"on_media_expired":           {part: requestSwitch, value: word("ignore"), other: word("keep")},
	"delete_payloads_on_destroy": {part: requestSwitch, value: flag(true), other: flag(false)},
	"queue_priority":             {part: requestSwitch, value: word("low"), other: word("normal")},
	"tags":                       {part: requestSwitch, value: named(map[string]tftypes.Value{"team": word("web")}), other: named(map[string]tftypes.Value{"team": word("print")})},

	"id":             {part: requestOutput},
	"request_id":     {part: requestOutput},
	"adopted":        {part: requestOutput},
	"wait_abandoned": {part: requestOutput},
	"created_at":     {part: requestOutput},

	"url":               {part: resultOutput},
	"images":            {part: resultOutput},
	"expanded_prompt":   {part: resultOutput},
	"has_nsfw_concepts": {part: resultOutput},
	"timings":           {part: resultOutput},
	"billable_units":    {part: resultOutput},
	"media_available":   {part: resultOutput},
	"error":             {part: resultOutput},

	"status": {part: progress},

	"timeouts": {part: setting},
}

// attributesThatAre lists the attributes of some parts.
func attributesThatAre(parts ...part) []string {
	var names []string
	for name, attribute := range imageAttributes {
		if slices.Contains(parts, attribute.part) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// everyInput sets all inputs and switches to something that is not the default,
// but the one of the two sizes that is left out.
func everyInput(without string) arguments {
	set := make(arguments)
	for _, name := range attributesThatAre(modelInput, imageInput, requestSwitch) {
		if name != without {
			set[name] = imageAttributes[name].value
		}
	}
	return set
}

// changed is a configuration with one argument replaced. The other form of the
// size makes place for one.
func changed(set arguments, name string, value tftypes.Value) arguments {
	set = maps.Clone(set)
	switch name {
	case "image_size":
		delete(set, "custom_image_size")
	case "custom_image_size":
		delete(set, "image_size")
	}
	set[name] = value
	return set
}

func mistakes(diags []*tfprotov6.Diagnostic) string {
	return spoken(slices.DeleteFunc(slices.Clone(diags), func(d *tfprotov6.Diagnostic) bool {
		return d.Severity != tfprotov6.DiagnosticSeverityError
	}))
}

// with is an image in which some attributes are others.
func (c conversation) with(t *testing.T, image *tfprotov6.DynamicValue, others map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()

	values := maps.Clone(attributesOf(t, unpacked(t, image, c.image.ValueType())))
	maps.Copy(values, others)
	return packed(t, tftypes.NewValue(c.image.ValueType(), values))
}

// made is an image that was created from its arguments.
func (c conversation) made(t *testing.T, set arguments) *tfprotov6.ApplyResourceChangeResponse {
	t.Helper()

	planned := c.plan(t, nil, nil, set)
	if said := mistakes(planned.Diagnostics); said != "" {
		t.Fatalf("planning said %s", said)
	}
	created := c.apply(t, nil, planned, set)
	if said := mistakes(created.Diagnostics); said != "" {
		t.Fatalf("creating said %s", said)
	}
	return created
}

// imported is an image that was taken over by its id.
func (c conversation) imported(t *testing.T, id string) *tfprotov6.ImportedResource {
	t.Helper()

	response, err := c.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: "flux2_image", ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Diagnostics) > 0 || len(response.ImportedResources) != 1 {
		t.Fatalf("importing brought %d images and said %s", len(response.ImportedResources), spoken(response.Diagnostics))
	}
	return response.ImportedResources[0]
}

func TestSchema_everyAttributeOfAnImageIsSorted(t *testing.T) {
	t.Parallel()

	c := converse(t, acctest.New(t), nil)
	var names []string
	for _, attribute := range c.image.Block.Attributes {
		names = append(names, attribute.Name)
		sorted, found := imageAttributes[attribute.Name]
		if !found {
			t.Errorf("%s has no line in imageAttributes", attribute.Name)
			continue
		}
		output := slices.Contains([]part{requestOutput, resultOutput, progress}, sorted.part)
		if written := attribute.Optional || attribute.Required; written == output {
			t.Errorf("%s is sorted wrongly: that people write it is %t", attribute.Name, written)
		}
	}
	if slices.Sort(names); !slices.Equal(names, slices.Sorted(maps.Keys(imageAttributes))) {
		t.Errorf("the schema has %v, imageAttributes %v", names, slices.Sorted(maps.Keys(imageAttributes)))
	}

	// And the model has no input that can't be set.
	input := flux2.NewInput("x")
	input.Seed = new(int64)
	body, err := input.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var wire map[string]any
	if err := json.Unmarshal(body, &wire); err != nil {
		t.Fatal(err)
	}
	called := make(map[string]any)
	for _, name := range attributesThatAre(modelInput) {
		called[imageAttributes[name].called] = nil
	}
	if !slices.Equal(slices.Sorted(maps.Keys(wire)), slices.Sorted(maps.Keys(called))) {
		t.Errorf("the model takes %v, and the attributes are called %v", slices.Sorted(maps.Keys(wire)), slices.Sorted(maps.Keys(called)))
	}
}

// All that is configured is in the one submission, and in the state.
func TestSchema_everyInputIsSent(t *testing.T) {
	t.Parallel()

	for _, without := range []string{"image_size", "custom_image_size"} {
		env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
		c := converseConfigured(t, env)
		set := everyInput(without)
		state := attributesOf(t, unpacked(t, c.made(t, set).NewState, c.image.ValueType()))
		env.ExpectSubmissions(t, 1)
		submission := env.Emulator.Submissions()[0]
		var body map[string]json.RawMessage
		if err := json.Unmarshal(submission.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, name := range attributesThatAre(modelInput) {
			if attribute := imageAttributes[name]; name != without && string(body[attribute.called]) != attribute.sent {
				t.Errorf("%s: fal was sent %s as %s, want %s", name, body[attribute.called], attribute.called, attribute.sent)
			}
		}
		if submission.EndpointID != "fal-ai/flux-2" || submission.Header.Get("X-Fal-Queue-Priority") != "low" || submission.Header.Get("X-Fal-Tags") != "team=web" {
			t.Errorf("it went to %s with %v", submission.EndpointID, submission.Header)
		}
		for name, value := range set {
			if !state[name].Equal(value) {
				t.Errorf("%s is %s in the state, want %s", name, state[name], value)
			}
		}
	}
}

// Nobody pays for an image of which something is not known.
func TestSchema_everyInputHasToBeKnown(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	unknown := func(of tftypes.Type) tftypes.Value { return tftypes.NewValue(of, tftypes.UnknownValue) }
	for _, name := range attributesThatAre(modelInput) {
		values := []tftypes.Value{unknown(imageAttributes[name].value.Type())}
		if name == "custom_image_size" {
			values = append(values, side(unknown(tftypes.Number), number(512)), side(number(640), unknown(tftypes.Number)))
		}
		for _, value := range values {
			set := changed(everyInput("image_size"), name, imageAttributes[name].value)
			planned := c.plan(t, nil, nil, set)
			planned.PlannedState = c.with(t, planned.PlannedState, map[string]tftypes.Value{name: value})
			if said := mistakes(c.apply(t, nil, planned, set).Diagnostics); !strings.Contains(said, "Unknown Model Input") {
				t.Errorf("applying with %s = %s said %q", name, value, said)
			}
		}
	}
	env.ExpectSubmissions(t, 0)
}

// What fal has to say about an input is said of its attribute.
func TestSchema_everyInputCanBeRefused(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env, provider.WithClock(acctest.NewClock(untilSilence)))
	refuse := func(name, location string) {
		env.Emulator.ClearFaults()
		body := fmt.Sprintf(`{"detail":[{"loc":["body",%s],"msg":"no","type":"value_error"}]}`, location)
		env.Emulator.Inject(emulator.Fault{Job: &emulator.JobFault{Status: http.StatusUnprocessableEntity, Body: &body}})
		attribute, _, _ := strings.Cut(name, ".")
		set := changed(everyInput("image_size"), attribute, imageAttributes[attribute].value)
		planned := c.plan(t, nil, nil, set)
		diags := c.apply(t, nil, planned, set).Diagnostics
		if said := saysOf(diags, name); !strings.HasPrefix(said, "ERROR: Input Refused by fal: fal refused "+name+" of request ") {
			t.Errorf("%s was refused with %s", name, spoken(diags))
		}
	}
	inputs := attributesThatAre(modelInput)
	for _, name := range inputs {
		refuse(name, `"`+imageAttributes[name].called+`"`)
	}
	refuse("custom_image_size.width", `"image_size","ImageSize","width"`)
	refuse("custom_image_size.height", `"image_size","height"`)
	env.ExpectSubmissions(t, len(inputs)+2)
}

// An import learns every input, so that its configuration plans nothing.
func TestSchema_everyInputIsImported(t *testing.T) {
	t.Parallel()

	for _, without := range []string{"image_size", "custom_image_size"} {
		env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
		c := converseConfigured(t, env)
		// fal keeps no record of what was sent in sync_mode.
		set := changed(everyInput(without), "sync_mode", flag(false))
		input := map[string]json.RawMessage{"sync_mode": json.RawMessage("false")}
		for _, name := range attributesThatAre(modelInput) {
			if attribute := imageAttributes[name]; name != without && name != "sync_mode" {
				input[attribute.called] = json.RawMessage(attribute.sent)
			}
		}
		body, err := json.Marshal(input)
		if err != nil {
			t.Fatal(err)
		}
		id, err := env.Emulator.SeedRequest(emulator.SeededRequest{EndpointID: "fal-ai/flux-2", Input: body, SentAt: time.Now().Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		image := c.imported(t, "fal-ai/flux-2/"+id)
		state := attributesOf(t, unpacked(t, image.State, c.image.ValueType()))
		for _, name := range attributesThatAre(modelInput) {
			if name != without && !state[name].Equal(set[name]) {
				t.Errorf("%s is imported as %s, want %s", name, state[name], set[name])
			}
		}
		// Of a request that fal still works on, the history tells the same.
		running, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			EndpointID: "fal-ai/flux-2", Input: body, SentAt: time.Now().Add(-time.Hour), Job: &emulator.JobFault{Stuck: "IN_PROGRESS"},
		})
		if err != nil {
			t.Fatal(err)
		}
		unfinished := attributesOf(t, unpacked(t, c.imported(t, "fal-ai/flux-2/"+running).State, c.image.ValueType()))
		for _, name := range attributesThatAre(modelInput) {
			if name != without && !unfinished[name].Equal(set[name]) {
				t.Errorf("%s is imported as %s while fal works, want %s", name, unfinished[name], set[name])
			}
		}
		// The switches are as a configuration leaves them that says nothing.
		for _, name := range append(attributesThatAre(requestSwitch), "keepers") {
			delete(set, name)
		}
		planned := c.plan(t, image.State, image.Private, set)
		if said := spoken(planned.Diagnostics); said != "" || len(planned.RequiresReplace) > 0 {
			t.Errorf("planning wants to replace for %v and says %s", planned.RequiresReplace, said)
		}
		for name, value := range attributesOf(t, unpacked(t, planned.PlannedState, c.image.ValueType())) {
			if !value.Equal(state[name]) {
				t.Errorf("after the import, %s is planned as %s instead of %s", name, value, state[name])
			}
		}
		env.ExpectSubmissions(t, 0)
	}
}

// A change of an input is another image, unless it was not known before; a
// change of a switch is not.
func TestSchema_everyInputReplaces(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	base := changed(everyInput("image_size"), "sync_mode", flag(false))
	image := c.made(t, base)
	replaced := func(planned *tfprotov6.PlanResourceChangeResponse) []string {
		t.Helper()
		if said := mistakes(planned.Diagnostics); said != "" {
			t.Errorf("planning said %s", said)
		}
		var names []string
		for _, path := range planned.RequiresReplace {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(path.String(), `AttributeName("`), `")`))
		}
		return names
	}
	if names := replaced(c.plan(t, image.NewState, image.Private, base)); names != nil {
		t.Errorf("the same again is replaced for %v", names)
	}
	for _, name := range attributesThatAre(modelInput, imageInput) {
		other := imageAttributes[name].other
		if name == "sync_mode" {
			other = flag(true)
		}
		if names := replaced(c.plan(t, image.NewState, image.Private, changed(base, name, other))); !slices.Contains(names, name) {
			t.Errorf("a change of %s replaces for %v", name, names)
		}
		if name == "keepers" {
			// None are known too. TestKeepers is about the first ones of an import.
			continue
		}
		missing := make(map[string]tftypes.Value)
		for _, each := range attributesThatAre(modelInput, imageInput) {
			if each == name || strings.HasSuffix(each, "image_size") && strings.HasSuffix(name, "image_size") {
				missing[each] = nothing(imageAttributes[each].value.Type())
			}
		}
		if names := replaced(c.plan(t, c.with(t, image.NewState, missing), image.Private, changed(base, name, other))); names != nil {
			t.Errorf("%s that was not known before replaces for %v", name, names)
		}
	}
	for _, name := range attributesThatAre(requestSwitch) {
		if names := replaced(c.plan(t, image.NewState, image.Private, changed(base, name, imageAttributes[name].other))); names != nil {
			t.Errorf("a change of %s replaces for %v", name, names)
		}
	}
	env.ExpectSubmissions(t, 1)
}

// An image that nobody waits for has no result, which those who need one have to
// learn in the plan; once somebody waits, any of it may come.
func TestSchema_everyOutputIsPlanned(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	waits := changed(everyInput("image_size"), "sync_mode", flag(false))
	waitsNot := changed(waits, "wait_for_completion", flag(false))
	outputs := attributesThatAre(requestOutput, resultOutput, progress)
	check := func(what string, state *tfprotov6.DynamicValue, fits func(part, tftypes.Value) bool) {
		t.Helper()
		values := attributesOf(t, unpacked(t, state, c.image.ValueType()))
		for _, name := range outputs {
			if !fits(imageAttributes[name].part, values[name]) {
				t.Errorf("%s: %s is %s", what, name, values[name])
			}
		}
	}

	planned := c.plan(t, nil, nil, waits)
	check("planned to be waited for", planned.PlannedState, func(_ part, value tftypes.Value) bool { return !value.IsKnown() })

	planned = c.plan(t, nil, nil, waitsNot)
	check("planned not to be waited for", planned.PlannedState, func(is part, value tftypes.Value) bool {
		return value.IsNull() == (is == resultOutput) && value.IsKnown() == (is == resultOutput)
	})

	submitted := c.made(t, waitsNot)
	check("submitted", submitted.NewState, func(is part, value tftypes.Value) bool {
		return value.IsFullyKnown() && value.IsNull() == (is == resultOutput)
	})

	planned = c.plan(t, submitted.NewState, submitted.Private, waits)
	if len(planned.RequiresReplace) > 0 {
		t.Errorf("waiting later replaces for %v", planned.RequiresReplace)
	}
	check("planned to be waited for later", planned.PlannedState, func(is part, value tftypes.Value) bool {
		return value.IsKnown() == (is == requestOutput)
	})

	collected := c.apply(t, submitted.NewState, planned, waits)
	if said := mistakes(collected.Diagnostics); said != "" {
		t.Fatalf("collecting said %s", said)
	}
	values := attributesOf(t, unpacked(t, collected.NewState, c.image.ValueType()))
	for _, name := range outputs {
		if failed := name == "error"; !values[name].IsFullyKnown() || values[name].IsNull() != failed {
			t.Errorf("collected, %s is %s", name, values[name])
		}
	}
	env.ExpectSubmissions(t, 1)
}
