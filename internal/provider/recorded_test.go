// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
	"github.com/flux2-provider/terraform-provider-flux2/internal/recorded"
)

// recordedLighthouse is the image of the recorded exchanges.
const recordedLighthouse = lighthouse + "\n  seed = 731904482"

// recordedRun is a provider that speaks to recorded answers.
type recordedRun struct {
	*acctest.Engine
	fal *recorded.Server
}

func replay(t *testing.T, exchanges ...string) recordedRun {
	t.Helper()

	fal := recorded.Start(t, exchanges...)
	env := &acctest.Environment{URL: fal.URL, DataFolder: t.TempDir()}
	env.Providers = env.ProvidersWith(nil, provider.WithClock(acctest.NewClock(untilSilence)))
	return recordedRun{env.Engine(t), fal}
}

// config puts a provider block before a configuration.
func (r recordedRun) config(configuration string, arguments ...string) string {
	return fmt.Sprintf("provider \"flux2\" {\n  api_key = %q\n  queue_url = \"%[2]s/queue\"\n  run_url = \"%[2]s/run\"\n"+
		"  platform_url = \"%[2]s/platform/v1\"\n  endpoint_id = \"fal-ai/flux-2\"\n  %[3]s\n}\n\n%[4]s",
		acctest.Key, r.fal.URL, strings.Join(arguments, "\n  "), configuration)
}

func (r recordedRun) expectAccepted(t *testing.T, want int) {
	t.Helper()

	if got := r.fal.Accepted(); got != want {
		t.Errorf("fal accepted %d submissions, want %d", got, want)
	}
}

// Whatever shape fal's answers have been seen in, they become an image that is
// paid once.
func TestRecorded_images(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		arguments, image string
		// says is what the run warns of, in order.
		says []string
		// values are of the state, beside the id, the status and the URL.
		values map[string]any
	}{
		"finished":            {values: map[string]any{"billable_units": 1.0, "seed": 731904482}},
		"sub_path":            {image: `endpoint_id = "fal-ai/flux-2/turbo"`, says: []string{otherInput, "has no acceleration"}},
		"in_progress_at_once": {},
		"no_stream":           {},
		// The status is ahead of the result.
		"result_in_progress":       {},
		"result_not_found_at_once": {},
		"nulls":                    {values: map[string]any{"billable_units": 0.1107, "seed": 731904482, "has_nsfw_concepts": nil, "timings": nil}},
		"url_and_seed_only": {says: []string{"Seed Changed by fal", "731904482", "1893027765"},
			values: map[string]any{"billable_units": 8.439999999999998, "seed": 731904482}},
		"flagged_with_large_seed": {says: []string{"Seed Changed by fal", "731904482", "196619188014358660", "Image Flagged by the Safety Checker", "bills it"},
			values: map[string]any{"has_nsfw_concepts": []any{true}}},
		"direct": {arguments: `request_mode = "direct"`},
		"direct_without_id": {arguments: `request_mode = "direct"`,
			values: map[string]any{"request_id": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			run := replay(t, name)
			config := run.config(image(recordedLighthouse, test.image), test.arguments)
			diags := run.Run(t.Context(), config, engine.PlanOptions{})
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			if test.says == nil && len(diags) > 0 || !saidInOrder(test.says...).MatchString(diags.String()) {
				t.Errorf("the run said %s", diags)
			}
			want := map[string]any{
				"request_id": recorded.RequestID, "status": "COMPLETED", "error": nil, "adopted": false, "media_available": true,
				"url": run.fal.URL + "/media/files/b/0b51c7d2/Qm4tXeAq_v09RbLsNcYkw.png",
			}
			for attribute, value := range test.values {
				want[attribute] = value
			}
			state := run.Objects()[art].AttributeValues
			for attribute, value := range want {
				if fmt.Sprint(state[attribute]) != fmt.Sprint(value) {
					t.Errorf("%s is %v, want %v", attribute, state[attribute], value)
				}
			}
			if plan, said := run.MustPlan(config, engine.PlanOptions{}); !plan.Empty() || len(said) > 0 {
				t.Errorf("the second plan is %q, and says %s", plan, said)
			}
			if cancelled := run.fal.Calls(http.MethodPut, "/cancel"); len(cancelled) > 0 {
				t.Errorf("%d cancellations", len(cancelled))
			}
			run.expectAccepted(t, 1)
		})
	}
}

// What fal says in place of a result is final together with a second sign: the
// history's, or, where the key may not read it, the same refusal some time later.
// No status names what a model reports of itself, so that a fault of fal's is kept
// then. Nothing that is kept is paid for again, however often.
func TestRecorded_failures(t *testing.T) {
	t.Parallel()

	falsFault := []string{"Image Generation Failed", "fault of fal's infrastructure, which fal does not bill", "Apply again"}
	prompt := []string{"Prompt Refused", "on grounds of content", "has flagged it", "Rephrase the prompt"}
	unconfirmed := []string{"Image Not Collected", "fal accepted request", "not taken for final by itself", "Apply again to collect the image",
		"terraform untaint ADDRESS", "terraform apply -replace=ADDRESS"}
	for name, said := range map[string][]string{
		"prompt_refused":        prompt,
		"prompt_refused_object": prompt,
		"size_refused":          {"Input Refused by fal", "image_size", "Input should be a valid dictionary", "Correct it and apply again"},
		"field_missing":         {"Input Refused by fal", "resolution", "Field required"},
		"nothing_generated":     {"Image Generation Failed", "No media was generated", "No input is named as wrong", "change the prompt or the seed"},
		"internal_error":        falsFault,
		"generation_timeout":    falsFault,
		"downstream_error":      falsFault,
	} {
		fault := name == "internal_error" || name == "generation_timeout" || name == "downstream_error"
		for history, final := range map[string]bool{"history_failed": true, "history_closed": !fault, "history_empty": false, "": false} {
			t.Run(name+", "+history, func(t *testing.T) {
				t.Parallel()

				exchanges, want, kept := []string{name}, said, 0
				if history != "" {
					exchanges = append(exchanges, history)
				}
				if !final {
					want, kept = unconfirmed, 1
				}
				run := replay(t, exchanges...)
				config := run.config(image(recordedLighthouse))
				for range 1 + kept {
					diags := run.Run(t.Context(), config, engine.PlanOptions{}).String()
					if !saidInOrder(want...).MatchString(diags) {
						t.Errorf("the run said %s", diags)
					}
					if name != "size_refused" && name != "field_missing" && blamesTheInput.MatchString(diags) {
						t.Errorf("the run blames the input: %s", diags)
					}
					if left := run.Objects(); len(left) != kept {
						t.Errorf("%d objects are left in the state, want %d", len(left), kept)
					}
					run.expectAccepted(t, 1)
				}
			})
		}
	}
}

// What is refused before there is a request costs nothing.
func TestRecorded_submissionsRefused(t *testing.T) {
	t.Parallel()

	for name, said := range map[string][]string{
		"key_not_accepted": {"Image Not Submitted", "Cannot access application", "fal's answer names fal-ai/flux-2-dev, and not fal-ai/flux-2, which was asked", "is the key", "Nothing was generated", "Check FAL_KEY"},
		"account_locked":   {"Image Not Submitted", "User is locked", "Nothing was generated", "fal has locked the account", "top it up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			run := replay(t, name)
			diags := run.Run(t.Context(), run.config(image(recordedLighthouse)), engine.PlanOptions{})
			if !saidInOrder(said...).MatchString(diags.String()) || len(run.Objects()) > 0 {
				t.Errorf("the run left %v, and said %s", run.Objects(), diags)
			}
			if tries := len(run.fal.Calls(http.MethodPost, "/queue/")); tries != 1 {
				t.Errorf("it was sent %d times", tries)
			}
			run.expectAccepted(t, 0)
		})
	}
}

// A look at a request whose status is ahead of its result finds it unfinished, and one
// that waits has the result.
func TestRecorded_looksBeforeTheResult(t *testing.T) {
	t.Parallel()

	for wait, want := range map[bool]string{false: "IN_PROGRESS", true: "COMPLETED"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()

			run := replay(t, "result_in_progress")
			config := run.config(fmt.Sprintf("data \"flux2_image\" \"past\" {\n  request_id = %q\n  wait = %t\n}\n", recorded.RequestID, wait))
			if diags := run.Run(t.Context(), config, engine.PlanOptions{}); len(diags) > 0 {
				t.Errorf("the run said %s", diags)
			}
			values := run.Objects()["data.flux2_image.past"].AttributeValues
			if values["status"] != want || (values["url"] != nil) != wait || values["error"] != nil {
				t.Errorf("the state has %v", values)
			}
			run.expectAccepted(t, 0)
		})
	}
}

// A direct call tells of a refusal as a queued request does, in either shape.
func TestRecorded_directCallsRefused(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"direct_prompt_refused", "direct_prompt_refused_object"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			run := replay(t, name)
			diags := run.Run(t.Context(), run.config(image(recordedLighthouse), `request_mode = "direct"`), engine.PlanOptions{})
			if !saidInOrder("Prompt Refused", "on grounds of content", "has flagged it", "Rephrase the prompt").MatchString(diags.String()) || len(run.Objects()) > 0 {
				t.Errorf("the run left %v, and said %s", run.Objects(), diags)
			}
			if tries := len(run.fal.Calls(http.MethodPost, "/run/")); tries != 1 {
				t.Errorf("it was sent %d times", tries)
			}
			run.expectAccepted(t, 0)
		})
	}
}

// A request that fal does not know stays in the state, and is asked for again.
func TestRecorded_unknownRequest(t *testing.T) {
	t.Parallel()

	run := replay(t, "unknown_request")
	config := run.config(image(recordedLighthouse, "wait_for_completion = false"))
	run.MustApply(config)
	for range 2 {
		if plan, _ := run.MustPlan(config, engine.PlanOptions{}); !plan.Empty() {
			t.Errorf("the plan is %s", plan)
		}
	}
	if asked := len(run.fal.Calls(http.MethodGet, "/status")); asked < 2 {
		t.Errorf("it was asked for %d times", asked)
	}
	diags := run.Run(t.Context(), run.config(image(recordedLighthouse)), engine.PlanOptions{})
	if !saidInOrder("Image Not Collected", "Apply again to collect the image").MatchString(diags.String()) {
		t.Errorf("the run said %s", diags)
	}
	if values := run.Objects()[art].AttributeValues; values["request_id"] != recorded.RequestID || values["error"] != nil {
		t.Errorf("the state has %v", values)
	}
	run.expectAccepted(t, 1)
}

// A destroy of an unfinished image cancels it, and doesn't fail because that came
// too late.
func TestRecorded_cancellations(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"cancelled_in_queue", "cancelled_too_late", "cancelled_when_finished", "finished"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			run := replay(t, name)
			config := run.config(image(recordedLighthouse, "wait_for_completion = false"))
			run.MustApply(config)
			run.MustRun(config, engine.PlanOptions{Destroy: true, SkipRefresh: true})
			if left := run.State().Addresses(); len(left) > 0 {
				t.Errorf("the state still has %v", left)
			}
			if asked := len(run.fal.Calls(http.MethodPut, "/cancel")); asked != 1 {
				t.Errorf("fal was asked to cancel it %d times", asked)
			}
			run.expectAccepted(t, 1)
		})
	}
}

// With reuse on, a history that lists nothing is no reason not to work, and one
// that the key may not read keeps the payment back.
func TestRecorded_reuse(t *testing.T) {
	t.Parallel()

	for history, said := range map[string][]string{
		"history_empty":  nil,
		"history_closed": {"Request History Not Read", "not permitted to perform this action", "Nothing was submitted", "The key may not do this"},
	} {
		t.Run(history, func(t *testing.T) {
			t.Parallel()

			run := replay(t, "finished", history)
			diags := run.Run(t.Context(), run.config(image(recordedLighthouse), reuse), engine.PlanOptions{})
			if !saidInOrder(said...).MatchString(diags.String()) {
				t.Errorf("the run said %s", diags)
			}
			accepted := 0
			if said == nil {
				accepted = 1
			}
			run.expectAccepted(t, accepted)
		})
	}
}

// Prices, and what is said where there are none.
func TestRecorded_prices(t *testing.T) {
	t.Parallel()

	for name, said := range map[string][]string{
		"priced":              nil,
		"price_unknown":       {"Price Not Found", "Check endpoint_id"},
		"price_null":          {"Price Not Found", "its answer lists none"},
		"estimate_null":       {"Price Not Read", "has no total_cost"},
		"price_not_permitted": {"not permitted to perform this action"},
		"price_challenged":    {"a bot challenge stands in front of fal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			run := replay(t, name)
			config := run.config("data \"flux2_pricing\" \"price\" {\n  endpoint_id = \"fal-ai/flux-2\"\n  request_quantity = 100\n}\n\noutput \"price\" {\n  value = data.flux2_pricing.price.unit_price\n}\n")
			diags := run.Run(t.Context(), config, engine.PlanOptions{})
			if (diags.Err() != nil) != (said != nil) || !saidInOrder(said...).MatchString(diags.String()) {
				t.Errorf("the run said %s", diags)
			}
			if name == "price_challenged" && keyBlamed.MatchString(diags.String()) {
				t.Errorf("the key is blamed: %s", diags)
			}
			run.expectAccepted(t, 0)
		})
	}
}
