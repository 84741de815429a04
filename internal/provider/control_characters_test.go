// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// disguised clears a screen, links elsewhere, turns the direction of what follows,
// and colours it by a control character of one byte.
const disguised = "red\x1b[2J \x1b]8;;https://host\x07fish\u202e gniht\u2066 \u009b31m\u007f in a\u200b bowl\u2028end"

// disguisedJSON is the same in JSON.
func disguisedJSON(t *testing.T) string {
	t.Helper()

	content, err := json.Marshal(disguised)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// wantPlain fails on what a terminal would act on.
func wantPlain(t *testing.T, what, text string) {
	t.Helper()

	if !strings.Contains(text, "fish") {
		t.Errorf("%s does not tell what was said: %q", what, text)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) && r != '\n' {
			t.Errorf("%s has %U: %q", what, r, text)
			return
		}
	}
}

// Anybody with the key can have written a prompt of the history.
func TestControlCharacters_ofListedImages(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{
		SentAt: time.Now().Add(-time.Hour), RunTime: time.Second, Input: fmt.Appendf(nil, `{"prompt":%s}`, disguisedJSON(t)),
	})
	c := converseConfigured(t, env)
	results := c.list(t, c.listConfig(t, nil), 100, true, 0)
	sound(t, results)
	if len(results) != 1 {
		t.Fatalf("%d images are listed", len(results))
	}
	wantPlain(t, "the name", results[0].DisplayName)
	// What would be imported is what was sent.
	listed := attributesOf(t, unpacked(t, results[0].Resource, c.image.ValueType()))
	if got := as[string](t, listed["prompt"]); got != disguised {
		t.Errorf("the prompt is %q", got)
	}
	env.ExpectSubmissions(t, 0)
}

// What fal, or something in front of it, says is repeated in messages and in the
// state.
func TestControlCharacters_ofErrors(t *testing.T) {
	t.Parallel()

	detail := fmt.Sprintf(`{"detail":%s}`, disguisedJSON(t))
	field := fmt.Sprintf(`{"detail":[{"loc":["body","prompt"],"msg":%[1]s,"type":%[1]s}]}`, disguisedJSON(t))
	elsewhere := fmt.Sprintf(`{"detail":[{"loc":["body",%[1]s],"msg":%[1]s,"type":"value_error"}]}`, disguisedJSON(t))
	// Pages, and what looks like one, are not repeated.
	plain := strings.NewReplacer("[", "", "]", "").Replace(disguised)
	for name, test := range map[string]struct {
		faults   []emulator.Fault
		accepted int
	}{
		"a refusal":             {[]emulator.Fault{{Route: emulator.RouteSubmit, Job: &emulator.JobFault{Status: http.StatusUnprocessableEntity, Body: &detail}}}, 1},
		"about an input":        {[]emulator.Fault{{Route: emulator.RouteSubmit, Job: &emulator.JobFault{Status: http.StatusUnprocessableEntity, Body: &field}}}, 1},
		"about something else":  {[]emulator.Fault{{Route: emulator.RouteSubmit, Job: &emulator.JobFault{Status: http.StatusUnprocessableEntity, Body: &elsewhere}}}, 1},
		"of the infrastructure": {[]emulator.Fault{{Route: emulator.RouteSubmit, Job: &emulator.JobFault{ErrorType: "runner_disconnected", Error: disguised}}}, 1},
		"of the submission":     {[]emulator.Fault{{Route: emulator.RouteSubmit, Status: http.StatusBadRequest, Body: &detail}}, 0},
		"without JSON":          {[]emulator.Fault{{Route: emulator.RouteSubmit, Status: http.StatusForbidden, Body: &plain}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(test.faults...))
			c := converseConfigured(t, env, provider.WithClock(acctest.NewClock(untilSilence)))
			set := arguments{"prompt": word("a lighthouse")}
			planned := c.plan(t, nil, nil, set)
			wantPlain(t, "creating", spoken(c.apply(t, nil, planned, set).Diagnostics))
			env.ExpectSubmissions(t, test.accepted)
		})
	}
}

// An image that nobody waited for keeps in its state why there is none.
func TestControlCharacters_ofTheErrorAttribute(t *testing.T) {
	t.Parallel()

	detail := fmt.Sprintf(`{"detail":%s}`, disguisedJSON(t))
	env := acctest.New(t, refused(http.StatusUnprocessableEntity, detail)...)
	config := env.Config(image(lighthouse, "wait_for_completion = false") +
		"resource \"flux2_image_result\" \"art\" {\n  request_id = flux2_image.art.request_id\n}\n")
	e := env.Engine(t)
	said := e.MustApply(config).String()
	said += e.MustApply(config).String()
	wantPlain(t, "what was said", said)
	for address, object := range e.Objects() {
		wantPlain(t, address, fmt.Sprint(object.AttributeValues["error"]))
	}
	env.ExpectSubmissions(t, 1)
}

// A host of images may declare its files as anything.
func TestControlCharacters_ofMediaTypes(t *testing.T) {
	t.Parallel()

	for name, header := range map[string]string{"Content-Type": "text/fish\u009b31m\u202e", "Content-Encoding": "fish\u009b31m\u202e"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteMedia, Method: http.MethodGet, Accept: true, Headers: map[string]string{name: header}}))
			folder := t.TempDir()
			e := env.Engine(t)
			err := e.Run(t.Context(), env.Config(image(lighthouse)+imageFile(folder+"/art.png", "url = flux2_image.art.url")), engine.PlanOptions{}).Err()
			if err == nil {
				t.Fatal("the file was taken")
			}
			wantPlain(t, "the file's error", err.Error())
			onlyFiles(t, folder)
			env.ExpectSubmissions(t, 1)
		})
	}
}

// What data sources bring into a state is printed by whoever has an output of it.
func TestControlCharacters_ofDataSources(t *testing.T) {
	t.Parallel()

	// None of these characters has to be escaped in JSON.
	const raw = "fish\u202e gniht\u2066 \u009b31m\u007f\u200b\u2028\U000e0041"
	line := fmt.Sprintf(`{"status":"IN_PROGRESS","logs":[{"timestamp":%[1]s,"level":%[1]s,"message":%[1]s}]}`, disguisedJSON(t))
	result := fmt.Sprintf(`{"images":[{"url":"https://example.com/fish.png","content_type":%[1]s,"file_name":%[1]s}],"prompt":%[1]s}`, disguisedJSON(t))
	price := fmt.Sprintf(`{"prices":[{"endpoint_id":"fal-ai/flux-2","unit_price":1,"unit":%[1]s,"currency":%[1]s}]}`, disguisedJSON(t))
	events := fmt.Sprintf(`{"billing_events":[{"request_id":%[1]s,"endpoint_id":%[1]s,"timestamp":%[1]s}]}`, disguisedJSON(t))
	history := fmt.Sprintf(`{"items":[{"request_id":"a","endpoint_id":%s,"json_input":{"prompt":"%[2]s"},`+"\r\n\t"+`"json_output":{"prompt":"%[2]s"}}]}`, disguisedJSON(t), raw)
	for name, test := range map[string]struct {
		route  emulator.Route
		body   string
		config string
		kept   []string
	}{
		"logs":           {emulator.RouteStatus, line, "data \"flux2_image\" \"one\" {\n  request_id = \"a\"\n}\n", []string{"logs"}},
		"a result":       {emulator.RouteResult, result, "data \"flux2_image\" \"one\" {\n  request_id = \"a\"\n}\n", []string{"images", "expanded_prompt"}},
		"prices":         {emulator.RoutePricing, price, "data \"flux2_pricing\" \"one\" {\n  endpoint_id = \"fal-ai/flux-2\"\n}\n", []string{"unit", "currency"}},
		"billing events": {emulator.RouteBilling, events, "data \"flux2_billing_events\" \"one\" {}\n", []string{"events"}},
		"the history":    {emulator.RouteHistory, history, "data \"flux2_requests\" \"one\" {}\n", []string{"requests"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			completed := `{"status":"COMPLETED"}`
			env := acctest.New(t, emulator.WithFaults(
				emulator.Fault{Route: test.route, Times: 1000, Status: http.StatusOK, Body: &test.body},
				emulator.Fault{Route: emulator.RouteStatus, Times: 1000, Status: http.StatusOK, Body: &completed}))
			e := env.Engine(t)
			_ = e.MustApply(env.Config(test.config))
			objects := e.Objects()
			if len(objects) != 1 {
				t.Fatalf("the state has %v", objects)
			}
			for address, object := range objects {
				for _, attribute := range test.kept {
					wantPlain(t, address+"."+attribute, fmt.Sprint(object.AttributeValues[attribute]))
				}
			}
			env.ExpectSubmissions(t, 0)
		})
	}
	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteHistory, Times: 1000, Body: &history}))
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: env.Config("data \"flux2_requests\" \"one\" {}\n" + output("jsondecode(data.flux2_requests.one.requests[0].input_json).prompt")),
		// What was sent can be found again.
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("out", knownvalue.StringExact(raw))},
	}}})
}
