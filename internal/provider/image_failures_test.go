// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// Shorter than the silence after which a status stream is given up, so that on
// a clock with this limit retries take no time and streams have all of it.
const untilSilence = 44 * time.Second

// saidInOrder matches a diagnostic that says one thing after the other.
func saidInOrder(words ...string) *regexp.Regexp {
	patterns := make([]string, len(words))
	for i, each := range words {
		patterns[i] = said(each).String()
	}
	return regexp.MustCompile(strings.Join(patterns, `.*`))
}

// onClock binds the provider to a clock of the test's.
func onClock(env *acctest.Environment, clock *acctest.Clock) {
	env.Providers = env.ProvidersWith(nil, provider.WithClock(clock))
}

func ptr[T any](value T) *T { return &value }

// sent counts how often a submission was sent, accepted or not.
func sent(t *testing.T, env *acctest.Environment, want int) {
	t.Helper()

	if got := len(env.Emulator.LogOf(emulator.RouteSubmit)); got != want {
		t.Errorf("the submission was sent %d times, want %d", got, want)
	}
}

// A submission that fal refuses costs nothing, is not repeated, and its error
// says what to do.
func TestImage_submissionRefused(t *testing.T) {
	t.Parallel()

	refusal := func(fault emulator.Fault) []emulator.Option {
		fault.Route = emulator.RouteSubmit
		return []emulator.Option{emulator.WithFaults(fault)}
	}
	fieldError := `{"detail":[{"type":"less_than_equal","loc":["body","seed"],"msg":"Input should be less than or equal to 4294967295","input":9000000000,"ctx":{"le":4294967295}}]}`
	for name, test := range map[string]struct {
		options  []emulator.Option
		argument string
		want     []string
	}{
		"key not accepted": {
			options: []emulator.Option{emulator.WithKey("another:key")},
			want: []string{"Image Not Submitted", "invalid key credentials (HTTP 401)", "Nothing was generated",
				"Check FAL_KEY, or api_key in the provider block"},
		},
		"balance exhausted": {
			options: []emulator.Option{emulator.WithLock(emulator.LockExhausted)},
			want: []string{"Image Not Submitted", "User is locked. Reason: Exhausted balance", "Nothing was generated",
				"fal has locked the account", "then top it up in fal's dashboard"},
		},
		"top-up wanted": {
			options: []emulator.Option{emulator.WithLock(emulator.LockTopUp)},
			want:    []string{"User is locked. Reason: TOP_UP", "Nothing was generated", "fal has locked the account"},
		},
		"locked by fal": {
			options: []emulator.Option{emulator.WithLock(emulator.LockAdmin)},
			want:    []string{"Admin lock. Please contact support@fal.ai", "Nothing was generated", "fal has locked the account"},
		},
		"forbidden without a reason": {
			options: refusal(emulator.Fault{Status: http.StatusForbidden, Body: ptr("Forbidden"),
				Headers: map[string]string{"Content-Type": "text/plain"}}),
			want: []string{"Forbidden (HTTP 403)", "Nothing was generated", "fal, or something on the way to it, answers what it should not"},
		},
		"unknown endpoint": {
			argument: `endpoint_id = "nobody/nothing"`,
			want: []string{"Endpoint Not Found", `: endpoint_id = "nobody/nothing"`, `Application "nobody/nothing" not found`,
				"Nothing was generated", "Check endpoint_id"},
		},
		"input refused at once": {
			options:  refusal(emulator.Fault{Status: http.StatusUnprocessableEntity, Body: ptr(fieldError)}),
			argument: `seed = 9000000000`,
			want:     []string{"Input Refused by fal", `: seed = 9000000000`, "Input should be less than or equal to 4294967295"},
		},
		"input refused in one sentence": {
			options: refusal(emulator.Fault{Status: http.StatusUnprocessableEntity, Body: ptr(`{"detail":"seed is too large"}`)}),
			want:    []string{"seed is too large (HTTP 422)", "Nothing was generated"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(lighthouse, test.argument)),
				ExpectError: saidInOrder(test.want...),
			}}})
			sent(t, env, 1)
		})
	}
}

// Being asked to slow down is no failure: the submission waits its turn, for as
// long as fal says, and is accepted once.
func TestImage_submissionLimitedAtFirst(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		retryAfter func(now time.Time) string
		wait       time.Duration
	}{
		"without a hint": {},
		"seconds":        {func(time.Time) string { return "20" }, 20 * time.Second},
		// HTTP dates have no fractions of seconds.
		"date": {func(now time.Time) string { return now.Add(20 * time.Second).UTC().Format(http.TimeFormat) }, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			fault := emulator.Fault{Route: emulator.RouteSubmit, Times: 2, Status: http.StatusTooManyRequests}
			clock := acctest.NewClock(untilSilence)
			if test.retryAfter != nil {
				fault.Headers = map[string]string{"Retry-After": test.retryAfter(clock.Now())}
			}
			env := acctest.New(t, emulator.WithFaults(fault))
			onClock(env, clock)
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config:            env.Config(image(lighthouse)),
				ConfigStateChecks: []statecheck.StateCheck{expect("status", knownvalue.StringExact("COMPLETED"))},
			}}})
			sent(t, env, 3)
			if waited := clock.Elapsed(); waited < test.wait {
				t.Errorf("waited for %s, want %s", waited, test.wait)
			}
		})
	}
}

func TestImage_submissionLimitedForEver(t *testing.T) {
	t.Parallel()

	for timeout, want := range map[string]time.Duration{"": 30 * time.Minute, `timeouts = { create = "3m" }`: 3 * time.Minute} {
		t.Run(want.String(), func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Status: http.StatusTooManyRequests}))
			clock := acctest.NewClock(untilSilence)
			onClock(env, clock)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(lighthouse, timeout)),
				ExpectError: saidInOrder("Image Not Submitted", "(HTTP 429)", "Nothing was generated", "lower -parallelism"),
			}}})
			if waited := clock.Elapsed(); waited < want/2 || waited > want {
				t.Errorf("gave up after %s, want up to %s", waited, want)
			}
		})
	}
}

func TestImage_falOutOfReach(t *testing.T) {
	t.Parallel()

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      fmt.Sprintf("provider \"flux2\" {\n  api_key = %q\n  queue_url = %q\n}\n%s", acctest.Key, nowhere, image(lighthouse)),
		ExpectError: saidInOrder("Image Not Submitted", "Nothing was generated", "fal could not be reached"),
	}}})
}

// Once a submission may have arrived it is never sent again, whatever becomes
// of the answer, because fal bills each one it accepts.
func TestImage_submissionNeverRepeated(t *testing.T) {
	t.Parallel()

	page := ptr("<html><body>502 Bad Gateway<hr>nginx</body></html>")
	html := map[string]string{"Content-Type": "text/html"}
	for name, test := range map[string]struct {
		fault    emulator.Fault
		accepted int
	}{
		"reset after acceptance":     {emulator.Fault{ResetAfter: true}, 1},
		"500 after acceptance":       {emulator.Fault{Accept: true, Status: http.StatusInternalServerError}, 1},
		"503 after acceptance":       {emulator.Fault{Accept: true, Status: http.StatusServiceUnavailable}, 1},
		"page of a gateway":          {emulator.Fault{Accept: true, Status: http.StatusBadGateway, Body: page, Headers: html}, 1},
		"page in place of an answer": {emulator.Fault{Accept: true, Body: page, Headers: html}, 1},
		"answer without an id":       {emulator.Fault{Accept: true, Body: ptr(`{"status":"IN_QUEUE"}`)}, 1},
		"answer cut off":             {emulator.Fault{Truncate: 30}, 1},
		"reset before acceptance":    {emulator.Fault{ResetBefore: true}, 0},
		"503 in place of acceptance": {emulator.Fault{Status: http.StatusServiceUnavailable}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.fault.Route = emulator.RouteSubmit
			env := acctest.New(t, emulator.WithFaults(test.fault,
				// Nor can anything be found out in the history.
				emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden}))
			onClock(env, acctest.NewClock(untilSilence))
			env.Test(t, test.accepted, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(image(lighthouse)),
				ExpectError: saidInOrder("fal may have accepted", "may bill it", "not sent again",
					"terraform import", "fal-ai/flux-2-dev/REQUEST_ID"),
			}}})
			sent(t, env, 1)
		})
	}
}

// A redirect of the method-preserving kind would send the submission twice.
func TestImage_submissionNotRedirected(t *testing.T) {
	t.Parallel()

	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{
				Route: emulator.RouteSubmit, Status: status, Headers: map[string]string{"Location": "/queue/fal-ai/flux-2"},
			}, emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden}))
			onClock(env, acctest.NewClock(untilSilence))
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(lighthouse)),
				ExpectError: saidInOrder("fal-ai/flux-2-dev", fmt.Sprintf("(HTTP %d)", status), "not sent again"),
			}}})
			sent(t, env, 1)
		})
	}
}

// refused is a job that the model answers with a list of errors, or whatever
// else stands in the body.
func refused(status int, body string) []emulator.Option {
	return []emulator.Option{emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteSubmit, Job: &emulator.JobFault{Status: status, Body: &body},
	})}
}

// What fal says about an input comes back on its attribute, in all the shapes
// that fal uses. Where the engine shows no line of the attribute, because the
// configuration leaves it out or it is nested, the text has to name it.
func TestImage_inputRefused(t *testing.T) {
	t.Parallel()

	custom := "custom_image_size = {\n    width = 640\n    height = 512\n  }"
	for name, test := range map[string]struct {
		body     string
		argument string
		want     []string
	}{
		"prompt, Pydantic 2": {
			body: `{"detail":[{"type":"string_too_long","loc":["body","prompt"],"msg":"String should have at most 10 characters","input":"a lighthouse at dusk","ctx":{"max_length":10}}]}`,
			want: []string{"Input Refused by fal", ": prompt =", "String should have at most 10 characters"},
		},
		"guidance_scale, Pydantic 1": {
			body:     `{"detail":[{"loc":["body","guidance_scale"],"msg":"ensure this value is less than or equal to 10","type":"value_error.number.not_le","ctx":{"limit_value":10}}]}`,
			argument: `guidance_scale = 15`,
			want:     []string{": guidance_scale = 15", "ensure this value is less than or equal to 10"},
		},
		"output_format, fal's catalogue": {
			body:     `{"detail":[{"loc":["body","output_format"],"msg":"Input should be 'jpeg' or 'png'","type":"one_of","url":"https://docs.fal.ai/errors/#one_of","ctx":{"expected":["jpeg","png"]},"input":"webp"}]}`,
			argument: `output_format = "webp"`,
			want:     []string{`: output_format = "webp"`, "Input should be 'jpeg' or 'png'"},
		},
		"image_size, both forms of the union": {
			body: `{"detail":[{"type":"model_attributes_type","loc":["body","image_size","ImageSize"],"msg":"Input should be a valid dictionary","input":"square"},` +
				`{"type":"literal_error","loc":["body","image_size","literal['portrait_4_3','landscape_4_3']"],"msg":"Input should be 'portrait_4_3' or 'landscape_4_3'","input":"square"}]}`,
			argument: `image_size = "square"`,
			want:     []string{`: image_size = "square"`, "Input should be"},
		},
		"width": {
			body:     `{"detail":[{"type":"multiple_of","loc":["body","image_size","width"],"msg":"Input should be a multiple of 512","ctx":{"multiple_of":512}}]}`,
			argument: custom,
			want:     []string{"custom_image_size.width", "Input should be a multiple of 512"},
		},
		"height, inside the union": {
			body:     `{"detail":[{"type":"greater_than_equal","loc":["body","image_size","ImageSize","height"],"msg":"Input should be greater than or equal to 640","ctx":{"ge":640}}]}`,
			argument: custom,
			want:     []string{"custom_image_size.height", "Input should be greater than or equal to 640"},
		},
		"two inputs at once": {
			body: `{"detail":[{"type":"less_than_equal","loc":["body","guidance_scale"],"msg":"Input should be less than or equal to 10"},` +
				`{"type":"less_than_equal","loc":["body","num_images"],"msg":"Input should be less than or equal to 2"}]}`,
			argument: "guidance_scale = 15\n  num_images = 4",
			want:     []string{": guidance_scale = 15", "less than or equal to 10", ": num_images = 4", "less than or equal to 2"},
		},
		"an input left to its default": {
			body: `{"detail":[{"type":"less_than_equal","loc":["body","num_inference_steps"],"msg":"Input should be less than or equal to 20"}]}`,
			want: []string{"Input Refused by fal", "num_inference_steps", "Input should be less than or equal to 20"},
		},
		"an input that is no attribute": {
			body: `{"detail":[{"type":"missing","loc":["body","loras",0,"path"],"msg":"Field required"}]}`,
			want: []string{"Input Refused by fal", "loras", "Field required"},
		},
		"no list": {
			body: `{"detail":"width and height don't fit together"}`,
			want: []string{"width and height don't fit together (HTTP 422)", "Correct the inputs and apply again"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, refused(http.StatusUnprocessableEntity, test.body)...)
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(lighthouse, test.argument)),
				ExpectError: saidInOrder(test.want...),
			}}})
		})
	}
}

// A prompt refused for its content has words of its own, as far as fal's
// answer allows to tell.
func TestImage_contentRefused(t *testing.T) {
	t.Parallel()

	const flagged = "flagged by a content checker"
	for name, test := range map[string]struct {
		style emulator.ErrorStyle
		want  []string
	}{
		"Pydantic 2":      {emulator.ErrorsPydantic2, []string{"Prompt Refused", ": prompt =", "on grounds of content", flagged, "Rephrase the prompt"}},
		"fal's catalogue": {emulator.ErrorsCatalogue, []string{"Prompt Refused", ": prompt =", "on grounds of content", flagged, "Rephrase the prompt"}},
		"Pydantic 1":      {emulator.ErrorsPydantic1, []string{": prompt =", flagged}},
		"text":            {emulator.ErrorsText, []string{flagged}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithErrorStyle(test.style))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(image(`prompt = "a lighthouse, ` + emulator.MarkerRefuse + `"`)),
				ExpectError: saidInOrder(test.want...),
			}}})
		})
	}
}

// A job that ended without a usable image is an error that says what happened
// to which request and what applying again does.
func TestImage_jobFailed(t *testing.T) {
	t.Parallel()

	broken := func(kind, words string) []emulator.Option {
		return []emulator.Option{emulator.WithFaults(emulator.Fault{
			Route: emulator.RouteSubmit, Job: &emulator.JobFault{ErrorType: kind, Error: words},
		})}
	}
	for name, test := range map[string]struct {
		options []emulator.Option
		want    []string
	}{
		"runner lost": {
			options: broken("runner_disconnected", "Runner disconnected"),
			want: []string{"Image Generation Failed", "fal made no image for request", "Runner disconnected (HTTP 503, runner_disconnected)",
				"does not bill", "Apply again to submit a new request"},
		},
		"cancelled by somebody": {
			options: broken("client_cancelled", "Request cancelled by the client."),
			want:    []string{"Image Generation Cancelled", "Somebody cancelled request", "Apply again to submit a new request"},
		},
		"the model's own fault": {
			options: refused(http.StatusInternalServerError,
				`{"detail":[{"loc":["body"],"msg":"Out of memory","type":"internal_server_error"}]}`),
			want: []string{"fal", "Out of memory"},
		},
		"nothing made": {
			options: refused(http.StatusUnprocessableEntity,
				`{"detail":[{"loc":["body"],"msg":"No media was generated","type":"no_media_generated"}]}`),
			want: []string{"No media was generated"},
		},
		"errors under a success": {
			options: refused(http.StatusOK, `{"detail":[{"loc":["body","prompt"],"msg":"The prompt is too plain","type":"value_error"}]}`),
			want:    []string{": prompt =", "The prompt is too plain"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: saidInOrder(test.want...)},
				{
					// Nothing of it is left, so that the next run starts afresh.
					Config: config, PlanOnly: true, ExpectNonEmptyPlan: true,
					ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPreRefresh: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(art, plancheck.ResourceActionCreate),
					}},
				},
			}})
		})
	}
}

// The next run after a failed job submits anew, once.
func TestImage_nextRunAfterAFailedJob(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ErrorType: "runner_disconnected"},
	}))
	config := env.Config(image(lighthouse))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectError: said("Image Generation Failed")},
		{
			Config:            config,
			ConfigPlanChecks:  plans(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{expect("status", knownvalue.StringExact("COMPLETED"))},
		},
	}})
}

// A result that never becomes readable says nothing about the job: the request
// stays in state, and its error names it.
func TestImage_resultNeverReadable(t *testing.T) {
	t.Parallel()

	page := "<html><body>maintenance</body></html>"
	for name, fault := range map[string]emulator.Fault{
		"page":           {Body: &page, Headers: map[string]string{"Content-Type": "text/html"}},
		"account locked": {Status: http.StatusForbidden},
		"gateway":        {Status: http.StatusBadGateway},
		"cut off":        {Truncate: 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			fault.Route = emulator.RouteResult
			env := acctest.New(t, emulator.WithFaults(fault, emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusBadGateway}))
			onClock(env, acctest.NewClock(untilSilence))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(image(lighthouse)),
				ExpectError: saidInOrder("Image Not Collected", "fal accepted request", "could not be collected",
					"Apply again to collect the image; nothing is submitted or paid a second time"),
			}}})
		})
	}
}

// Whatever happens on the way to the result passes, and is not paid twice.
func TestImage_troubleWhileWaiting(t *testing.T) {
	t.Parallel()

	page := ptr("<html><body>maintenance</body></html>")
	html := map[string]string{"Content-Type": "text/html"}
	noStream := emulator.Fault{Route: emulator.RouteStream, Status: http.StatusNotFound}
	job := func(fault emulator.JobFault) emulator.Fault {
		return emulator.Fault{Route: emulator.RouteSubmit, Job: &fault}
	}
	for name, test := range map[string]struct {
		faults []emulator.Fault
		// polls says that statuses are asked for one by one.
		polls bool
		// silent says that nothing arrives until the stream is given up.
		silent bool
	}{
		"stream cut":                 {faults: []emulator.Fault{{Route: emulator.RouteStream, Times: 1, Frames: 1}}, polls: true},
		"stream cut inside a frame":  {faults: []emulator.Fault{{Route: emulator.RouteStream, Times: 1, Truncate: 40}}, polls: true},
		"stream missing":             {faults: []emulator.Fault{noStream}, polls: true},
		"stream is a page":           {faults: []emulator.Fault{{Route: emulator.RouteStream, Body: page, Headers: html}}, polls: true},
		"stream refused":             {faults: []emulator.Fault{{Route: emulator.RouteStream, Status: http.StatusBadGateway}}, polls: true},
		"stream reset":               {faults: []emulator.Fault{{Route: emulator.RouteStream, ResetBefore: true}}, polls: true},
		"stream silent":              {faults: []emulator.Fault{{Route: emulator.RouteStream, Hang: true}}, polls: true, silent: true},
		"status fails":               {faults: []emulator.Fault{noStream, {Route: emulator.RouteStatus, Times: 3, Status: http.StatusInternalServerError}}, polls: true},
		"status limited":             {faults: []emulator.Fault{noStream, {Route: emulator.RouteStatus, Times: 2, Status: http.StatusTooManyRequests}}, polls: true},
		"status is a page":           {faults: []emulator.Fault{noStream, {Route: emulator.RouteStatus, Times: 2, Body: page, Headers: html}}, polls: true},
		"status reset":               {faults: []emulator.Fault{noStream, {Route: emulator.RouteStatus, Times: 2, ResetBefore: true}}, polls: true},
		"status cut off":             {faults: []emulator.Fault{noStream, {Route: emulator.RouteStatus, Times: 2, Truncate: 10}}, polls: true},
		"status not known at first":  {faults: []emulator.Fault{noStream, {Route: emulator.RouteStatus, Times: 1, Status: http.StatusNotFound}}, polls: true},
		"status unknown":             {faults: []emulator.Fault{job(emulator.JobFault{UnknownStatus: "WARMING_UP"})}},
		"status unknown when polled": {faults: []emulator.Fault{noStream, job(emulator.JobFault{UnknownStatus: "WARMING_UP"})}, polls: true},
		"back into the queue":        {faults: []emulator.Fault{job(emulator.JobFault{Reverts: 2})}},
		"result fails twice":         {faults: []emulator.Fault{{Route: emulator.RouteResult, Times: 2, Status: http.StatusInternalServerError}}},
		"result behind a gateway":    {faults: []emulator.Fault{{Route: emulator.RouteResult, Times: 2, Status: http.StatusServiceUnavailable}}},
		"result limited":             {faults: []emulator.Fault{{Route: emulator.RouteResult, Times: 2, Status: http.StatusTooManyRequests}}},
		"result is a page":           {faults: []emulator.Fault{{Route: emulator.RouteResult, Times: 2, Body: page, Headers: html}}},
		"result cut off":             {faults: []emulator.Fault{{Route: emulator.RouteResult, Times: 2, Truncate: 20}}},
		"result reset":               {faults: []emulator.Fault{{Route: emulator.RouteResult, Times: 2, ResetAfter: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			model, clock := emulator.NewFakeClock(time.Now()), acctest.NewClock(untilSilence)
			env := acctest.New(t, emulator.WithClock(model), emulator.WithRunTime(time.Minute),
				emulator.WithPainting(emulator.PaintOnDemand), emulator.WithFaults(test.faults...))
			asked := func(route emulator.Route) bool {
				return env.Emulator.WaitFor(t.Context(), func() bool { return len(env.Emulator.LogOf(route)) > 0 }) == nil
			}
			// The model works until the trouble has begun.
			go func() {
				if asked(emulator.RouteStream) && test.silent {
					clock.Release()
				}
				if !test.polls || asked(emulator.RouteStatus) {
					model.Advance(time.Hour)
				}
			}()
			c := converseConfigured(t, env, provider.WithClock(clock))
			created := c.create(t, lighthouseArguments)
			if len(created.Diagnostics) > 0 {
				t.Fatalf("creating said %s", spoken(created.Diagnostics))
			}
			state := attributesOf(t, unpacked(t, created.NewState, c.image.ValueType()))
			if state["url"].IsNull() || !state["status"].Equal(word("COMPLETED")) || !state["error"].IsNull() {
				t.Errorf("the state is %s with the URL %s and the error %s", state["status"], state["url"], state["error"])
			}
			env.ExpectSubmissions(t, 1)

			if polled := len(env.Emulator.LogOf(emulator.RouteStatus)) > 0; polled != test.polls {
				t.Errorf("polled is %t, want %t", polled, test.polls)
			}
			if test.silent && clock.Elapsed() < untilSilence {
				t.Errorf("the stream was given up after %s", clock.Elapsed())
			}
			met := 0
			for _, entry := range env.Emulator.Log() {
				if entry.Fault != "" {
					met++
				}
			}
			if met < len(test.faults) {
				t.Errorf("%d faults were met, want %d", met, len(test.faults))
			}
		})
	}
}

// images declares an image for each prompt, and an output with all of them.
func images[V any](prompts map[string]V, arguments ...string) string {
	return fmt.Sprintf(`
resource "flux2_image" "art" {
  for_each = toset(jsondecode(%q))

  prompt = each.key
  %s
}

output "images" {
  value = flux2_image.art
}
`, list(prompts), strings.Join(arguments, "\n  "))
}

// list is the names of a map as JSON.
func list[V any](named map[string]V) string {
	quoted := make([]string, 0, len(named))
	for _, name := range slices.Sorted(maps.Keys(named)) {
		quoted = append(quoted, strconv.Quote(name))
	}
	return "[" + strings.Join(quoted, ",") + "]"
}
