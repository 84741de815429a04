// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// first is images[0] in full: what is not named is null.
func first(known map[string]knownvalue.Check) knownvalue.Check {
	all := map[string]knownvalue.Check{"url": knownvalue.NotNull()}
	for _, name := range []string{"content_type", "file_name", "file_size", "width", "height"} {
		all[name] = knownvalue.Null()
	}
	maps.Copy(all, known)
	return knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(all)})
}

// Whatever fal leaves out of a result but the images themselves is null, and
// whatever it adds is ignored. All of it happens in one run, to an image each,
// named by its prompt; the plan that the harness makes afterwards is empty.
func TestImage_resultsOfAllShapes(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		job  emulator.JobFault
		want map[string]knownvalue.Check
	}{
		"nothing but a URL": {
			job: emulator.JobFault{
				Omit:      []string{"timings", "seed", "has_nsfw_concepts", "prompt"},
				OmitImage: []string{"content_type", "file_name", "file_size", "width", "height"},
			},
			want: map[string]knownvalue.Check{
				"images": first(nil), "timings": knownvalue.Null(), "has_nsfw_concepts": knownvalue.Null(), "expanded_prompt": knownvalue.Null(),
			},
		},
		"everything optional null": {
			job: emulator.JobFault{Set: map[string]json.RawMessage{
				"timings": json.RawMessage(`null`), "seed": json.RawMessage(`null`),
				"has_nsfw_concepts": json.RawMessage(`null`), "prompt": json.RawMessage(`null`),
			}},
			want: map[string]knownvalue.Check{
				"timings": knownvalue.Null(), "has_nsfw_concepts": knownvalue.Null(), "expanded_prompt": knownvalue.Null(),
			},
		},
		"blank prompt": {
			job:  emulator.JobFault{Set: map[string]json.RawMessage{"prompt": json.RawMessage(`" "`)}},
			want: map[string]knownvalue.Check{"expanded_prompt": knownvalue.Null()},
		},
		"expanded prompt": {
			job:  emulator.JobFault{Set: map[string]json.RawMessage{"prompt": json.RawMessage(`"a tall lighthouse at dusk, oil on canvas"`)}},
			want: map[string]knownvalue.Check{"expanded_prompt": knownvalue.StringExact("a tall lighthouse at dusk, oil on canvas")},
		},
		"unknown members": {
			job: emulator.JobFault{Set: map[string]json.RawMessage{
				"x_new": json.RawMessage(`{"deep":[1,{"er":null}]}`), "timings": json.RawMessage(`{"inference":1.5,"queue":0.25}`),
			}},
			want: map[string]knownvalue.Check{"timings": knownvalue.MapExact(map[string]knownvalue.Check{
				"inference": knownvalue.Float64Exact(1.5), "queue": knownvalue.Float64Exact(0.25),
			})},
		},
		// The seed in state stays the one that was planned.
		"another seed": {job: emulator.JobFault{Set: map[string]json.RawMessage{"seed": json.RawMessage(`42`)}}},
		"flagged": {
			job:  emulator.JobFault{Flagged: []int{0}},
			want: map[string]knownvalue.Check{"has_nsfw_concepts": knownvalue.ListExact([]knownvalue.Check{knownvalue.Bool(true)})},
		},
		"more images than asked for": {
			job:  emulator.JobFault{Images: ptr(2)},
			want: map[string]knownvalue.Check{"images": knownvalue.ListSizeExact(2)},
		},
	}
	// No header either, for one of them.
	faults := []emulator.Fault{{
		Route: emulator.RouteResult, Prompt: "nothing but a URL", Accept: true, Headers: map[string]string{"X-Fal-Billable-Units": ""},
	}}
	all := make(map[string]knownvalue.Check)
	for name, test := range cases {
		faults = append(faults, emulator.Fault{Route: emulator.RouteSubmit, Prompt: name, Job: &test.job})
		want := map[string]knownvalue.Check{
			"status": knownvalue.StringExact("COMPLETED"), "url": knownvalue.NotNull(), "seed": knownvalue.Int64Exact(lighthouseSeed),
			"error": knownvalue.Null(), "media_available": knownvalue.Bool(true), "billable_units": knownvalue.NotNull(),
		}
		if name == "nothing but a URL" {
			want["billable_units"] = knownvalue.Null()
		}
		maps.Copy(want, test.want)
		all[name] = knownvalue.ObjectPartial(want)
	}

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand), emulator.WithFaults(faults...))
	config := env.Config(images(all, fmt.Sprintf("seed = %d\n  enable_prompt_expansion = true", lighthouseSeed)))
	env.Test(t, len(cases), resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("images", knownvalue.ObjectExact(all))}},
		{Config: config, Destroy: true},
	}})
}

// Sizes are what fal has made of them, in the result alone.
func TestImage_resultsOfOtherStyles(t *testing.T) {
	t.Parallel()

	known := map[string]knownvalue.Check{
		"content_type": knownvalue.StringExact("image/png"), "width": knownvalue.Int64Exact(1024), "height": knownvalue.Int64Exact(608),
	}
	for name, style := range map[string]emulator.ImageStyle{
		"file name and size null": emulator.ImagesNull, "file name and size missing": emulator.ImagesSparse,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithImageStyle(style), emulator.WithSizeMultiple(32))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(image(lighthouse, `custom_image_size = { width = 1000, height = 600 }`)),
				ConfigStateChecks: []statecheck.StateCheck{
					expect("images", first(known)),
					expect("image_size", knownvalue.Null()),
					expect("custom_image_size", knownvalue.ObjectExact(map[string]knownvalue.Check{
						"width": knownvalue.Int64Exact(1000), "height": knownvalue.Int64Exact(600),
					})),
				},
			}}})
		})
	}
}

// An image that is not quite what was asked for is paid for all the same: it
// is kept, and a warning says what is different.
func TestImage_warnings(t *testing.T) {
	t.Parallel()

	job := func(fault emulator.JobFault) emulator.Option {
		return emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Job: &fault})
	}
	for name, test := range map[string]struct {
		option emulator.Option
		prompt string
		want   []string
	}{
		"another seed": {
			option: job(emulator.JobFault{Set: map[string]json.RawMessage{"seed": json.RawMessage(`42`)}}),
			want:   []string{`WARNING: Seed Changed by fal [AttributeName("seed")]`, "the seed 1547761601", "it used 42"},
		},
		"another size": {
			option: emulator.WithSizeMultiple(640),
			want: []string{`WARNING: Size Changed by fal [AttributeName("image_size")]`, "the size 1024 × 768, but fal reports 1280 × 1280 for images[0]",
				"Take width and height from the attribute images"},
		},
		"no size": {
			option: job(emulator.JobFault{OmitImage: []string{"width", "content_type"}, Set: map[string]json.RawMessage{"seed": json.RawMessage(`42`)}}),
			want:   []string{"WARNING: Seed Changed by fal"},
		},
		"another format": {
			option: job(emulator.JobFault{SetImage: map[string]json.RawMessage{"content_type": json.RawMessage(`"image/jpeg"`)}}),
			want: []string{`WARNING: Format Changed by fal [AttributeName("output_format")]`, `the output_format "png", but fal reports "image/jpeg" for images[0]`,
				"Let the name of a file end as its content does"},
		},
		"flagged": {
			prompt: "a lighthouse, " + emulator.MarkerNSFW,
			want:   []string{`WARNING: Image Flagged by the Safety Checker [AttributeName("has_nsfw_concepts")]`, "images[0]", "bills it", "postcondition"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			options := []emulator.Option{}
			if test.option != nil {
				options = append(options, test.option)
			}
			prompt := "a lighthouse at dusk"
			if test.prompt != "" {
				prompt = test.prompt
			}
			env := acctest.New(t, options...)
			c := converseConfigured(t, env)
			created := c.create(t, arguments{"prompt": word(prompt)})
			said := spoken(created.Diagnostics)
			for _, words := range append(test.want, env.Emulator.Submissions()[0].RequestID) {
				if !strings.Contains(said, words) {
					t.Errorf("creating said %q, which lacks %q", said, words)
				}
			}
			if len(created.Diagnostics) != 1 {
				t.Errorf("creating said %d things, want one: %s", len(created.Diagnostics), said)
			}
			state := attributesOf(t, unpacked(t, created.NewState, c.image.ValueType()))
			if status := state["status"]; !status.Equal(word("COMPLETED")) || state["url"].IsNull() {
				t.Errorf("the state is %s with the URL %s", status, state["url"])
			}
			if images := as[[]tftypes.Value](t, state["images"]); len(images) != 1 {
				t.Errorf("there are %d images", len(images))
			}
			env.ExpectSubmissions(t, 1)
		})
	}
}

// fal's answers to a submission differ in what they tell and in the URLs they
// name; all of them lead to the image.
func TestImage_submitAnswersOfAllShapes(t *testing.T) {
	t.Parallel()

	const app, other = "/queue/fal-ai/flux-2-dev/", "/queue/fal-ai/flux-2/"
	for name, test := range map[string]struct {
		option     emulator.Option
		endpointID string
		// The path that the result is asked for at begins and ends so.
		begins, ends string
	}{
		"URLs of an alias":       {option: emulator.WithAlias("fal-ai/flux-2-dev", "fal-ai/flux-2"), begins: other},
		"URLs with a suffix":     {option: emulator.WithResponseSuffix(), begins: app, ends: "/response"},
		"an id and URLs only":    {option: emulator.WithMinimalSubmit(), begins: app},
		"200 for every status":   {option: emulator.WithAlwaysOK(), begins: app},
		"statuses without a log": {option: emulator.WithLogMode(emulator.LogsMissing), begins: app},
		// A sub-path is submitted to, but no part of the URLs after that.
		"a sub-path": {option: emulator.WithEndpoints("fal-ai/flux-2/text-to-image"), endpointID: "fal-ai/flux-2/text-to-image", begins: other},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.option)
			c := converseConfigured(t, env)
			set := arguments{"prompt": word("a lighthouse at dusk")}
			if test.endpointID != "" {
				set["endpoint_id"] = word(test.endpointID)
			}
			created := c.create(t, set)
			if len(created.Diagnostics) > 0 {
				t.Fatalf("creating said %s", spoken(created.Diagnostics))
			}
			state := attributesOf(t, unpacked(t, created.NewState, c.image.ValueType()))
			if state["url"].IsNull() || !state["status"].Equal(word("COMPLETED")) {
				t.Errorf("the state is %s with the URL %s", state["status"], state["url"])
			}
			results := env.Emulator.LogOf(emulator.RouteResult)
			if len(results) != 1 || !strings.HasPrefix(results[0].Path, test.begins) || !strings.HasSuffix(results[0].Path, test.ends) {
				t.Errorf("the result was asked for by %+v", results)
			}
			env.ExpectSubmissions(t, 1)
		})
	}
}

// URLs that lead away from the configured origin are not followed, since the
// key would go with them. Behind a proxy that fal knows nothing of, all of them
// do; the ids lead to the image as well.
func TestImage_foreignURLsAreNotFollowed(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key))
	behind, err := url.Parse(env.URL)
	if err != nil {
		t.Fatal(err)
	}
	var passed atomic.Int64
	forward := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(request *httputil.ProxyRequest) {
			passed.Add(1)
			request.SetURL(behind)
		},
	}
	front := httptest.NewServer(forward)
	t.Cleanup(front.Close)

	proxied := *env
	proxied.URL = front.URL
	config := proxied.ConfigWithKey(acctest.Key, image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			expect("status", knownvalue.StringExact("COMPLETED")),
			expect("url", knownvalue.StringRegexp(said(env.URL+"/media/"))),
		}},
	}})
	var calls int64
	for _, entry := range env.Emulator.Log() {
		switch {
		case entry.Route != emulator.RouteMedia:
			calls++
		case entry.Header.Get("Authorization") != "":
			t.Errorf("the key was sent to the media host with %s %s", entry.Method, entry.Path)
		case entry.Method != http.MethodHead:
			t.Errorf("the media host was asked to %s", entry.Method)
		}
	}
	if calls < 3 || passed.Load() != calls {
		t.Errorf("%d calls were made, %d of them to the configured origin", calls, passed.Load())
	}
}
