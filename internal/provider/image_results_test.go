// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
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
	for name, check := range known {
		all[name] = check
	}
	return knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(all)})
}

// Whatever fal leaves out of a result but the image itself is null; whatever it
// adds is ignored; and the next plan is empty in any case.
func TestAccImage_resultsOfAllShapes(t *testing.T) {
	t.Parallel()

	job := func(fault emulator.JobFault) emulator.Option {
		return emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Job: &fault})
	}
	known := map[string]knownvalue.Check{
		"content_type": knownvalue.StringExact("image/png"), "width": knownvalue.Int64Exact(1024), "height": knownvalue.Int64Exact(768),
	}
	for name, test := range map[string]struct {
		options   []emulator.Option
		arguments string
		want      map[string]knownvalue.Check
	}{
		"file name and size null":    {options: []emulator.Option{emulator.WithImageStyle(emulator.ImagesNull)}, want: map[string]knownvalue.Check{"images": first(known)}},
		"file name and size missing": {options: []emulator.Option{emulator.WithImageStyle(emulator.ImagesSparse)}, want: map[string]knownvalue.Check{"images": first(known)}},
		"nothing but a URL": {
			options: []emulator.Option{
				job(emulator.JobFault{
					Omit:      []string{"timings", "seed", "has_nsfw_concepts", "prompt"},
					OmitImage: []string{"content_type", "file_name", "file_size", "width", "height"},
				}),
				emulator.WithFaults(emulator.Fault{Route: emulator.RouteResult, Accept: true, Headers: map[string]string{"X-Fal-Billable-Units": ""}}),
			},
			want: map[string]knownvalue.Check{
				"images": first(nil), "url": knownvalue.NotNull(), "seed": knownvalue.Int64Exact(lighthouseSeed),
				"timings": knownvalue.Null(), "has_nsfw_concepts": knownvalue.Null(), "expanded_prompt": knownvalue.Null(),
				"billable_units": knownvalue.Null(), "media_available": knownvalue.Bool(true), "error": knownvalue.Null(),
			},
		},
		"everything optional null": {
			options: []emulator.Option{job(emulator.JobFault{Set: map[string]json.RawMessage{
				"timings": json.RawMessage(`null`), "seed": json.RawMessage(`null`),
				"has_nsfw_concepts": json.RawMessage(`null`), "prompt": json.RawMessage(`null`),
			}})},
			want: map[string]knownvalue.Check{
				"seed": knownvalue.Int64Exact(lighthouseSeed), "timings": knownvalue.Null(),
				"has_nsfw_concepts": knownvalue.Null(), "expanded_prompt": knownvalue.Null(),
			},
		},
		"blank prompt": {
			options: []emulator.Option{job(emulator.JobFault{Set: map[string]json.RawMessage{"prompt": json.RawMessage(`" "`)}})},
			want:    map[string]knownvalue.Check{"expanded_prompt": knownvalue.Null()},
		},
		"unknown members": {
			options: []emulator.Option{job(emulator.JobFault{Set: map[string]json.RawMessage{
				"x_new": json.RawMessage(`{"deep":[1,{"er":null}]}`), "timings": json.RawMessage(`{"inference":1.5,"queue":0.25}`),
			}})},
			want: map[string]knownvalue.Check{"timings": knownvalue.MapExact(map[string]knownvalue.Check{
				"inference": knownvalue.Float64Exact(1.5), "queue": knownvalue.Float64Exact(0.25),
			})},
		},
		"expanded prompt": {
			options:   []emulator.Option{job(emulator.JobFault{Set: map[string]json.RawMessage{"prompt": json.RawMessage(`"a tall lighthouse at dusk, oil on canvas"`)}})},
			arguments: `enable_prompt_expansion = true`,
			want: map[string]knownvalue.Check{
				"prompt": knownvalue.StringExact("a lighthouse at dusk"), "expanded_prompt": knownvalue.StringExact("a tall lighthouse at dusk, oil on canvas"),
			},
		},
		"another seed": {
			options: []emulator.Option{job(emulator.JobFault{Set: map[string]json.RawMessage{"seed": json.RawMessage(`42`)}})},
			want:    map[string]knownvalue.Check{"seed": knownvalue.Int64Exact(lighthouseSeed)},
		},
		"another size": {
			options:   []emulator.Option{emulator.WithSizeMultiple(32)},
			arguments: `custom_image_size = { width = 1000, height = 600 }`,
			want: map[string]knownvalue.Check{
				"custom_image_size": knownvalue.ObjectExact(map[string]knownvalue.Check{"width": knownvalue.Int64Exact(1000), "height": knownvalue.Int64Exact(600)}),
				"image_size":        knownvalue.Null(),
				"images": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectPartial(map[string]knownvalue.Check{
					"width": knownvalue.Int64Exact(1024), "height": knownvalue.Int64Exact(608),
				})}),
			},
		},
		"one image of two flagged": {
			options:   []emulator.Option{job(emulator.JobFault{Flagged: []int{1}})},
			arguments: `num_images = 2`,
			want: map[string]knownvalue.Check{
				"has_nsfw_concepts": knownvalue.ListExact([]knownvalue.Check{knownvalue.Bool(false), knownvalue.Bool(true)}),
				"images":            knownvalue.ListSizeExact(2),
				"error":             knownvalue.Null(),
			},
		},
		"an image less than asked for": {
			options:   []emulator.Option{job(emulator.JobFault{Images: new(1)})},
			arguments: `num_images = 2`,
			want:      map[string]knownvalue.Check{"images": knownvalue.ListSizeExact(1), "num_images": knownvalue.Int64Exact(2)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			config := env.Config(image(lighthouse, test.arguments))
			checks := []statecheck.StateCheck{expect("status", knownvalue.StringExact("COMPLETED"))}
			for attribute, check := range test.want {
				checks = append(checks, expect(attribute, check))
			}
			// After every step, the harness plans again and wants no changes.
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config, ConfigStateChecks: checks}}})
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
func TestAccImage_submitAnswersOfAllShapes(t *testing.T) {
	t.Parallel()

	const app, other = "/queue/fal-ai/flux-2-dev/", "/queue/fal-ai/flux-2/"
	for name, test := range map[string]struct {
		options []emulator.Option
		// result begins and ends the path that the result is asked for at.
		begins, ends string
	}{
		"URLs of an alias":       {[]emulator.Option{emulator.WithAlias("fal-ai/flux-2-dev", "fal-ai/flux-2")}, other, ""},
		"URLs with a suffix":     {[]emulator.Option{emulator.WithResponseSuffix()}, app, "/response"},
		"an id and URLs only":    {[]emulator.Option{emulator.WithMinimalSubmit()}, app, ""},
		"200 for every status":   {[]emulator.Option{emulator.WithAlwaysOK()}, app, ""},
		"statuses without a log": {[]emulator.Option{emulator.WithLogMode(emulator.LogsMissing)}, app, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: []statecheck.StateCheck{
					expect("status", knownvalue.StringExact("COMPLETED")),
					expect("endpoint_id", knownvalue.StringExact("fal-ai/flux-2-dev")),
				}},
			}})
			results := env.Emulator.LogOf(emulator.RouteResult)
			if len(results) != 1 || !strings.HasPrefix(results[0].Path, test.begins) || !strings.HasSuffix(results[0].Path, test.ends) {
				t.Errorf("the result was asked for by %+v", results)
			}
		})
	}
}

// A sub-path is part of what is submitted to, but not of the URLs after that.
func TestAccImage_endpointWithSubPath(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithEndpoints("fal-ai/flux-2/turbo"))
	config := env.Config(image(lighthouse, `endpoint_id = "fal-ai/flux-2/turbo"`))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			expect("status", knownvalue.StringExact("COMPLETED")),
			expect("endpoint_id", knownvalue.StringExact("fal-ai/flux-2/turbo")),
		}},
	}})
	if path := env.Emulator.LogOf(emulator.RouteResult)[0].Path; !strings.HasPrefix(path, "/queue/fal-ai/flux-2/requests/") {
		t.Errorf("the result was asked for at %s", path)
	}
}

// URLs that lead away from the configured origin are not followed, since the
// key would go with them. Behind a proxy that fal knows nothing of, all of them
// do; the ids lead to the image as well.
func TestAccImage_foreignURLsAreNotFollowed(t *testing.T) {
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
