// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// strange are results that hold an image, and whatever else a server can think
// of. The image is paid for: it is kept, with what can be made of the rest.
var strange = map[string]string{
	"numbers out of range": `{"images":[{"url":"u","width":1e400,"height":-1e400,"file_size":1e-400}],"seed":1e400,` +
		`"timings":{"a":1e400,"b":1.7976931348623157e308,"c":5e-324,"d":-0.0},"has_nsfw_concepts":[1e400]}`,
	"seeds of all kinds": `{"images":[{"url":"u","width":18446744073709551616,"height":-9223372036854775809,"file_size":-1}],"seed":"0x7"}`,
	"a seed as text":     `{"images":[{"url":"u","width":"640","height":"480.0"}],"seed":"42"}`,
	"a negative seed":    `{"images":[{"url":"u"}],"seed":-42}`,
	"a broken seed":      `{"images":[{"url":"u"}],"seed":0.5}`,
	"no text": "{\"images\":[{\"url\":\"https://host/\xff\xfe\",\"file_name\":\"\xc3\x28\",\"content_type\":\"\xed\xa0\x80\"}]," +
		"\"prompt\":\"half a \xf0\x9f\",\"timings\":{\"\xff\":1}}",
	"control characters":   `{"images":[{"url":"u\u0000","file_name":"\u0000\ud800\u001b[2J"}],"prompt":"\u0000","timings":{"\u0000":1}}`,
	"names that are equal": `{"images":[{"url":"u"}],"timings":{"\u00e9":1,"e\u0301":2,"":3}}`,
	"two of everything":    `{"images":[],"images":[{"url":"a","url":"u"}],"seed":1,"seed":"x","prompt":"a","prompt":"b","timings":{"a":1,"a":2}}`,
	"9,000 brackets":       `{"images":[{"url":"u"}],"prompt":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
	"100 images":           `{"images":[` + strings.Repeat(`{"url":"u"},`, 99) + `{"url":"u"}]}`,
	"too many details": `{"images":[{"url":"u","file_name":"` + strings.Repeat("x", 2<<20) + `"}],"prompt":"` + strings.Repeat("x", 2<<20) +
		`","has_nsfw_concepts":[` + strings.Repeat("true,", 5000) + `true],"timings":{` + manyTimings + `}}`,
}

var manyTimings = func() string {
	var entries []string
	for i := range 5000 {
		entries = append(entries, fmt.Sprintf(`"phase %d":1`, i))
	}
	return strings.Join(entries, ",")
}()

// Whatever a result says besides, the state names the request, is text that an
// engine can store, and can be read again.
func TestImage_strangeResults(t *testing.T) {
	t.Parallel()

	for name, body := range strange {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, append(refused(http.StatusOK, body), emulator.WithFaults(emulator.Fault{
				Route: emulator.RouteResult, Accept: true, Headers: map[string]string{"X-Fal-Billable-Units": "NaN"},
			}))...)
			c := converseConfigured(t, env)
			created := c.create(t, arguments{"prompt": word("a lighthouse"), "on_media_expired": word("ignore")})
			for _, d := range created.Diagnostics {
				if d.Severity == tfprotov6.DiagnosticSeverityError {
					t.Errorf("creating said %s", spoken(created.Diagnostics))
				}
			}
			state := attributesOf(t, unpacked(t, created.NewState, c.image.ValueType()))
			env.ExpectSubmissions(t, 1)
			if own := env.Emulator.Submissions()[0].RequestID; !state["request_id"].Equal(word(own)) || !state["status"].Equal(word("COMPLETED")) {
				t.Errorf("the state is %s with the request %s", state["status"], state["request_id"])
			}
			if !state["billable_units"].IsNull() {
				t.Errorf("%s units", state["billable_units"])
			}
			wantText(t, unpacked(t, created.NewState, c.image.ValueType()))
			read, err := c.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
				TypeName: "flux2_image", CurrentState: created.NewState, Private: created.Private,
			})
			if err != nil || len(read.Diagnostics) > 0 {
				t.Errorf("reading said %v, %v", spoken(read.Diagnostics), err)
			}
			if again := unpacked(t, read.NewState, c.image.ValueType()); !again.Equal(unpacked(t, created.NewState, c.image.ValueType())) {
				t.Errorf("the state was read as %s", again)
			}
		})
	}
}

// wantText checks that every string below a value is valid UTF-8.
func wantText(t *testing.T, value tftypes.Value) {
	t.Helper()

	err := tftypes.Walk(value, func(at *tftypes.AttributePath, each tftypes.Value) (bool, error) {
		if each.Type().Is(tftypes.String) && each.IsKnown() && !each.IsNull() && !utf8.ValidString(as[string](t, each)) {
			return false, fmt.Errorf("%s holds %s", at, each)
		}
		return true, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// hopeless are results that hold images, or may, and can't be taken in.
var hopeless = map[string]string{
	"10,000 images":          `{"images":[` + strings.Repeat(`{"url":"https://host/a.png"},`, 9999) + `{"url":"https://host/a.png"}]}`,
	"100,000 brackets":       `{"images":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
	"a number that is none":  `{"images":[{"url":"https://host/a.png"}],"seed":NaN}`,
	"a byte that is no text": "{\"images\":[{\"url\":\"https://host/\x00\"}]}",
}

// A hostile result loses no request that is paid for: the request stays in
// state, and the next apply takes it over instead of paying again.
func TestImage_hostileResults(t *testing.T) {
	t.Parallel()

	for name, body := range hopeless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteResult, Body: &body},
				emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusBadGateway}))
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: saidInOrder("Image Not Collected", "fal accepted request", "could not be collected",
					"The request's id is in the state", "nothing is submitted or paid a second time")},
				{
					PreConfig: env.Emulator.ClearFaults,
					Config:    config,
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(art, plancheck.ResourceActionDestroyBeforeCreate),
						before{"wait_abandoned": true},
					}},
					ConfigStateChecks: append(complete(), expect("request_id", knownvalue.StringFunc(func(id string) error {
						if own := env.Emulator.Submissions()[0].RequestID; id != own {
							return fmt.Errorf("the request is %s, want %s", id, own)
						}
						return nil
					}))),
				},
				emptyPlan(config),
			}})
		})
	}
}

// What other callers have written into the history is text for an engine too.
func TestRequests_strangePayloads(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteHistory, Body: ptr(
		"{\"items\":[{\"request_id\":\"a\",\"json_input\":{\"prompt\":\"\xff\"},\"json_output\":\"\xc3\",\"sent_at\":\"9999-12-31T23:59:59-12:00\"," +
			"\"duration\":1e400,\"status_code\":1e400},7,{\"request_id\":1e400}],\"has_more\":false}")}))
	c := converseConfigured(t, env)
	schemas, err := c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	schema := schemas.DataSourceSchemas["flux2_requests"]
	read, err := c.server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: "flux2_requests", Config: packed(t, object(t, schema, arguments{"include_payloads": tftypes.NewValue(tftypes.Bool, true)}, leftOut)),
	})
	if err != nil || len(read.Diagnostics) > 0 {
		t.Fatalf("reading said %v, %v", spoken(read.Diagnostics), err)
	}
	state := unpacked(t, read.State, schema.ValueType())
	wantText(t, state)
	found := as[[]tftypes.Value](t, attributesOf(t, state)["requests"])
	if len(found) != 1 {
		t.Fatalf("found %d requests, want the one that can be read", len(found))
	}
	request := attributesOf(t, found[0])
	if !request["input_json"].Equal(word(`{"prompt":"`+"\uFFFD"+`"}`)) || !request["sent_at"].IsNull() || !request["duration"].IsNull() {
		t.Errorf("found %s", found[0])
	}
}
