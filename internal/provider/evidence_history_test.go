// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// pastLighthouse is the entry of the history for knownRequest, with members
// replaced; an empty text leaves one out.
func pastLighthouse(sentAt time.Time, changed map[string]string) string {
	at := func(after time.Duration) string {
		return fmt.Sprintf("%q", sentAt.Add(after).UTC().Format(time.RFC3339))
	}
	members := []string{"request_id", "endpoint_id", "sent_at", "started_at", "ended_at", "status_code", "duration", "json_input", "json_output"}
	values := map[string]string{
		"request_id": fmt.Sprintf("%q", knownRequest), "endpoint_id": `"fal-ai/flux-2-dev"`,
		"sent_at": at(0), "started_at": at(0), "ended_at": at(time.Second), "status_code": "200", "duration": "1",
		"json_input":  fmt.Sprintf(`{"prompt":"a lighthouse at dusk","seed":%d}`, lighthouseSeed),
		"json_output": `{"images":[{"url":"https://v3.example.com/a.png"}]}`,
	}
	var entry []string
	for _, member := range members {
		value, differs := changed[member]
		if !differs {
			value = values[member]
		}
		if value != "" {
			entry = append(entry, fmt.Sprintf("%q:%s", member, value))
		}
	}
	return "{" + strings.Join(entry, ",") + "}"
}

// With reuse, nothing is paid for as long as the history has an entry that may be
// what is asked for, in whatever shape it comes.
func TestEvidence_historyInOtherShapes(t *testing.T) {
	t.Parallel()

	const without, unread = "Request History Without Inputs", "Request History Not Read"
	changed := func(member, value string) string {
		return `{"items":[` + pastLighthouse(time.Now().Add(-5*time.Minute), map[string]string{member: value}) + `],"next_cursor":null,"has_more":false}`
	}
	for name, test := range map[string]struct {
		pages []string
		// says is in the error; nothing where the request is adopted.
		says string
	}{
		"as documented":          {[]string{changed("", "")}, ""},
		"input as a text":        {[]string{changed("json_input", `"{\"prompt\":\"a lighthouse at dusk\"}"`)}, without},
		"input empty":            {[]string{changed("json_input", `{}`)}, without},
		"input a list":           {[]string{changed("json_input", `[]`)}, without},
		"prompt null":            {[]string{changed("json_input", `{"prompt":null,"seed":1}`)}, without},
		"failure without an end": {[]string{strings.Replace(changed("ended_at", "null"), `"status_code":200`, `"status_code":500`, 1)}, ""},
		"success without an end": {[]string{changed("ended_at", "null")}, ""},
		"no times, no input": {[]string{`{"items":[` + pastLighthouse(time.Now(), map[string]string{
			"sent_at": "null", "started_at": "null", "ended_at": "null", "json_input": "null"}) + `],"has_more":false}`}, without},
		"output null":             {[]string{changed("json_output", "null")}, ""},
		"output left out":         {[]string{changed("json_output", "")}, ""},
		"output empty":            {[]string{changed("json_output", "{}")}, ""},
		"on a page by its cursor": {[]string{`{"items":[],"next_cursor":"Mg"}`, changed("", "")}, ""},
		"no cursor":               {[]string{`{"items":[],"next_cursor":null,"has_more":true}`}, unread},
		"no list":                 {[]string{`{"message":"hello"}`}, unread},
		"null for a list":         {[]string{`{"items":null,"has_more":false}`}, unread},
		"another list":            {[]string{strings.Replace(changed("", ""), `"items"`, `"results"`, 1)}, unread},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			onClock(env, acctest.NewClock(untilSilence))
			seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-5 * time.Minute), RunTime: time.Second})
			for _, page := range test.pages {
				env.Emulator.Inject(emulator.Fault{Route: emulator.RouteHistory, Times: 1, Body: &page})
			}
			config := emulated(env, reuse, image(lighthouse))
			step := resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{
				expect("request_id", knownvalue.StringExact(knownRequest)), expect("adopted", knownvalue.Bool(true)),
				expect("url", knownvalue.NotNull()),
			}}
			steps := []resource.TestStep{step, emptyPlan(config)}
			if test.says != "" {
				// The apply after that finds the history in order.
				steps = append([]resource.TestStep{{Config: config, ExpectError: saidInOrder(test.says, "Nothing was submitted")}}, steps...)
			}
			env.Test(t, 0, resource.TestCase{Steps: steps})
			sent(t, env, 0)
		})
	}
}

// An entry that has succeeded and has no output is no reason to pay as long as the
// queue may have the image.
func TestEvidence_historyWithoutTheOutput(t *testing.T) {
	t.Parallel()

	page := `{"items":[` + pastLighthouse(time.Now().Add(-5*time.Minute), map[string]string{"json_output": "null"}) + `],"next_cursor":null,"has_more":false}`
	for name, test := range map[string]struct {
		result emulator.Fault
		says   string
		sent   int
	}{
		"forgotten": {emulator.Fault{Status: http.StatusNotFound}, "", 1},
		"refused":   {emulator.Fault{Status: http.StatusUnprocessableEntity, Body: ptr(`{"detail":[{"type":"value_error","loc":["body","prompt"],"msg":"no"}]}`)}, "", 1},
		"forbidden": {emulator.Fault{Status: http.StatusForbidden}, "without an output", 0},
		"failed":    {emulator.Fault{Status: http.StatusInternalServerError, Body: ptr(`{"detail":[{"type":"internal_server_error","loc":["body"],"msg":"no"}]}`)}, "without an output", 0},
		"down":      {emulator.Fault{Status: http.StatusServiceUnavailable, Body: ptr("<html>maintenance</html>")}, "without an output", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.result.RequestID = knownRequest
			test.result.Path = "/queue"
			env := acctest.New(t, emulator.WithFaults(test.result, emulator.Fault{Route: emulator.RouteHistory, Body: &page}))
			onClock(env, acctest.NewClock(untilSilence))
			seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-5 * time.Minute), RunTime: time.Second})
			step := resource.TestStep{Config: emulated(env, reuse, image(lighthouse)), ConfigStateChecks: complete()}
			if test.says != "" {
				step.ExpectError, step.ConfigStateChecks = saidInOrder("Request History Not Read", test.says, "Nothing was submitted"), nil
			}
			env.Test(t, test.sent, resource.TestCase{Steps: []resource.TestStep{step}})
			sent(t, env, test.sent)
		})
	}
}

// How far back the history is read counts from the time at fal, which its first
// answer tells.
func TestEvidence_historyByFalsClock(t *testing.T) {
	t.Parallel()

	for _, offset := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(offset.String(), func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithClockOffset(offset))
			seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(offset - 5*time.Minute), RunTime: time.Second})
			config := emulated(env, `reuse_requests_within = "30m"`, image(lighthouse))
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: []statecheck.StateCheck{expect("request_id", knownvalue.StringExact(knownRequest))}},
				emptyPlan(config),
			}})
			sent(t, env, 0)
		})
	}
}

// onTheWay stands between the provider and the emulator, and changes pages of the
// history on their way back.
func onTheWay(t *testing.T, env *acctest.Environment, change func(page string) string) string {
	t.Helper()

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/by-endpoint") {
			env.Emulator.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		env.Emulator.ServeHTTP(recorded, r)
		for name, values := range recorded.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(recorded.Code)
		_, _ = io.WriteString(w, change(recorded.Body.String()))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A fault of fal's is confirmed by an entry of this id that has ended, and not with
// success. No other entry has the image paid for again.
func TestEvidence_entriesThatConfirmNothing(t *testing.T) {
	t.Parallel()

	replace := func(pattern, with string) func(string) string {
		expression := regexp.MustCompile(pattern)
		return func(page string) string { return expression.ReplaceAllString(page, with) }
	}
	for name, test := range map[string]struct {
		change      func(string) string
		submissions int
	}{
		"it confirms":               {func(page string) string { return page }, 2},
		"not ended":                 {replace(`"ended_at":"[^"]*"`, `"ended_at":null`), 1},
		"ended at no time":          {replace(`"ended_at":"[^"]*"`, `"ended_at":"soon"`), 1},
		"no status":                 {replace(`"status_code":\d+`, `"status_code":null`), 1},
		"a status in words":         {replace(`"status_code":(\d+)`, `"status_code":"$1"`), 1},
		"success":                   {replace(`"status_code":\d+`, `"status_code":200`), 1},
		"success without an output": {replace(`"status_code":\d+(.*)"json_output":.*$`, `"status_code":200$1"json_output":null}],"has_more":false}`), 1},
		"another's":                 {replace(`"request_id":"[^"]*"`, `"request_id":"`+knownRequest+`"`), 1},
		"no list":                   {replace(`(?s)^.*$`, `{}`), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ErrorType: "runner_disconnected"}}))
			onClock(env, acctest.NewClock(untilSilence))
			config := fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n}\n\n%s", onTheWay(t, env, test.change), image(lighthouse))
			running := env.Engine(t)
			for range 2 {
				_ = running.Run(t.Context(), config, engine.PlanOptions{})
			}
			env.ExpectSubmissions(t, test.submissions)
			if object := running.Objects()[art]; object == nil || object.Tainted != (test.submissions == 1) {
				t.Errorf("the state has %+v", object)
			}
		})
	}
}
