// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
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

// optionHeaders are all that fal documents for what a request is made with.
var optionHeaders = []string{
	"X-Fal-Queue-Priority", "X-Fal-Request-Start-Timeout", "X-Fal-Request-Timeout", "X-Fal-Object-Lifecycle-Preference",
	"X-Fal-Store-Io", "X-Fal-Tags", "X-Fal-No-Retry", "Idempotency-Key",
}

// Each argument is the header that fal documents for it, and no header is sent
// that nobody asked for.
func TestRequestOptions_headers(t *testing.T) {
	t.Parallel()

	const priority, expiration = "X-Fal-Queue-Priority", "X-Fal-Object-Lifecycle-Preference"
	for name, test := range map[string]struct {
		arguments, image string
		want             map[string]string
	}{
		"none":                           {want: map[string]string{priority: "normal"}},
		"low":                            {arguments: `queue_priority = "low"`, want: map[string]string{priority: "low"}},
		"low for the image":              {image: `queue_priority = "low"`, want: map[string]string{priority: "low"}},
		"normal for the image":           {arguments: `queue_priority = "low"`, image: `queue_priority = "normal"`, want: map[string]string{priority: "normal"}},
		"start timeout":                  {arguments: `start_timeout = "10m"`, want: map[string]string{priority: "normal", "X-Fal-Request-Start-Timeout": "600", "X-Fal-Request-Timeout": "600"}},
		"start timeout with a fraction":  {arguments: `start_timeout = "2500ms"`, want: map[string]string{priority: "normal", "X-Fal-Request-Start-Timeout": "2.5", "X-Fal-Request-Timeout": "2.5"}},
		"start timeout of days":          {arguments: `start_timeout = "1d12h"`, want: map[string]string{priority: "normal", "X-Fal-Request-Start-Timeout": "129600", "X-Fal-Request-Timeout": "129600"}},
		"media expire":                   {arguments: `media_expiration = "30d"`, want: map[string]string{priority: "normal", expiration: `{"expiration_duration_seconds":2592000}`}},
		"media expire never":             {arguments: `media_expiration = "never"`, want: map[string]string{priority: "normal", expiration: `{"expiration_duration_seconds":null}`}},
		"payloads not stored":            {arguments: `store_payloads = false`, want: map[string]string{priority: "normal", "X-Fal-Store-Io": "0"}},
		"payloads stored":                {arguments: `store_payloads = true`, want: map[string]string{priority: "normal", "X-Fal-Store-Io": "1"}},
		"tags":                           {arguments: `tags = { team = "web", "cost.centre" = "42 A" }`, want: map[string]string{priority: "normal", "X-Fal-Tags": "cost.centre=42 A,team=web"}},
		"tags of the image":              {image: `tags = { page = "home" }`, want: map[string]string{priority: "normal", "X-Fal-Tags": "page=home"}},
		"tags merged, the image's first": {arguments: `tags = { team = "web", page = "any" }`, image: `tags = { page = "home" }`, want: map[string]string{priority: "normal", "X-Fal-Tags": "page=home,team=web"}},
		"no tags":                        {arguments: `tags = {}`, image: `tags = {}`, want: map[string]string{priority: "normal"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			config := emulated(env, test.arguments, image(lighthouse, test.image))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config, ConfigStateChecks: complete()}}})
			got := map[string]string{}
			for _, header := range optionHeaders {
				if values := env.Emulator.Submissions()[0].Header.Values(header); len(values) > 0 {
					got[header] = strings.Join(values, " and ")
				}
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("sent %v, want %v", got, test.want)
			}
		})
	}
}

// fal does as it is told.
func TestRequestOptions_startTimeout(t *testing.T) {
	t.Parallel()

	env, clock := onSteppedClock(t, emulator.WithQueueTime(time.Hour), emulator.WithFaults(noStream))
	clock.flow()
	config := emulated(env, `start_timeout = "2s"`, image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
		Config:      config,
		ExpectError: saidInOrder("Image Generation Failed", "request_timeout", "processing had not started in time", "not billed", "allow more time with start_timeout in the provider block"),
	}}})
}

// How a request was made is past when it changes, so nothing is generated.
func TestRequestOptions_changesAreInPlace(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	step := func(arguments, image1 string, want plancheck.ResourceActionType) resource.TestStep {
		return resource.TestStep{Config: emulated(env, arguments, image(lighthouse, image1)), ConfigPlanChecks: plans(want)}
	}
	update, nothing := plancheck.ResourceActionUpdate, plancheck.ResourceActionNoop
	all := "queue_priority = \"low\"\n  start_timeout = \"10m\"\n  media_expiration = \"never\"\n  store_payloads = true\n  tags = { team = \"web\" }\n  max_requests_per_run = 0\n  reuse_requests_within = \"1d\""
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		step("", "", plancheck.ResourceActionCreate),
		step(all, "", nothing),
		step(all, `queue_priority = "low"`, update),
		step(all, "queue_priority = \"normal\"\n  tags = { page = \"home\" }", update),
		step(all, "tags = { page = \"about\" }\n  delete_payloads_on_destroy = true\n  on_media_expired = \"ignore\"", update),
		step("", "", update),
	}})
}

// More images than one run may pay for fail in the plan, whether they are new or
// replaced. What costs nothing does not count.
func TestMaxRequestsPerRun(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := func(limit, count int, arguments ...string) string {
		return emulated(env, fmt.Sprintf("max_requests_per_run = %d", limit),
			image(append(arguments, `prompt = "a lighthouse, view ${count.index}"`, fmt.Sprintf("count = %d", count))...))
	}
	tooMany := func(limit int) string {
		return fmt.Sprintf("The provider has max_requests_per_run = %d, and this run needs more paid requests than that", limit)
	}
	env.Test(t, 5, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(2, 3), ExpectError: saidInOrder("Too Many Images for One Run", tooMany(2), "Raise the limit")},
		{Config: config(0, 1), ExpectError: said(tooMany(0))},
		{PreConfig: func() { env.ExpectSubmissions(t, 0) }, Config: config(2, 2)},
		{Config: config(1, 3)},
		// Three replacements.
		{Config: config(2, 3, "guidance_scale = 3"), ExpectError: said(tooMany(2))},
		{PreConfig: func() { env.ExpectSubmissions(t, 3) }, Config: config(0, 3, `tags = { page = "home" }`)},
		{Config: config(2, 2, "guidance_scale = 3")},
		{Config: config(0, 2, "guidance_scale = 3"), Destroy: true},
	}})
}

// The error says how many requests are planned, so that the reader knows what to raise
// the limit to. The first one too many waits until no other comes.
func TestMaxRequestsPerRun_saysHowManyArePlanned(t *testing.T) {
	t.Parallel()

	env, clock := onSteppedClock(t)
	c := converse(t, env, nil, provider.WithClock(clock))
	if said := c.configure(t, arguments{"emulator_url": word(env.URL), "max_requests_per_run": number(2)}); len(said) > 0 {
		t.Fatalf("configuring said %s", spoken(said))
	}
	plan := func(i int) string {
		return spoken(c.plan(t, nil, nil, arguments{"prompt": word(fmt.Sprintf("a lighthouse, view %d", i))}).Diagnostics)
	}
	quiet := func(i int) {
		if said := plan(i); said != "" {
			t.Errorf("image %d: %q", i, said)
		}
	}
	quiet(1)
	quiet(2)
	third := make(chan string)
	go func() { third <- plan(3) }()
	const pause = 200 * time.Millisecond
	clock.awaitPause(t, pause)
	for i := range 5 {
		quiet(4 + i)
	}
	clock.flow()
	clock.Advance(pause)
	if said := <-third; !strings.Contains(said, "max_requests_per_run = 2") || !strings.Contains(said, "At least 8 are planned") {
		t.Errorf("said %q", said)
	}
	env.ExpectSubmissions(t, 0)
}

// A second provider block, under an alias, has a limit of its own.
func TestMaxRequestsPerRun_isOfOneProviderBlock(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	block := func(alias string) string {
		return fmt.Sprintf("provider \"flux2\" {\n  %s\n  emulator_url = %q\n  max_requests_per_run = 1\n}\n", alias, env.URL)
	}
	other := "resource \"flux2_image\" \"other\" {\n  provider = flux2.other\n  prompt = \"a lighthouse at dawn\"\n}\n"
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{{Config: block("") + block(`alias = "other"`) + image(lighthouse) + other}}})
}

// The command by which the configuration runs without a key can be copied: it
// starts the very program that said so.
func TestPlan_missingKeyNamesTheProgram(t *testing.T) {
	t.Parallel()

	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := acctest.New(t)
	c := converse(t, env, nil)
	if said := c.configure(t, arguments{}); len(said) > 0 {
		t.Fatalf("configuring said %s", spoken(said))
	}
	said := spoken(c.plan(t, nil, nil, arguments{"prompt": word("a lighthouse")}).Diagnostics)
	if !strings.Contains(said, "\n    "+program+" emulate -- terraform apply") {
		t.Errorf("said %q", said)
	}
	env.ExpectSubmissions(t, 0)
}

// What is wrong with hundreds of images alike is said once, since one error fails
// the plan.
func TestPlan_saysOnceWhatConcernsAllImages(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	for name, test := range map[string]struct {
		provider arguments
		says     string
		by       int
	}{
		"limit":  {arguments{"emulator_url": word(env.URL), "max_requests_per_run": number(2)}, "Too Many Images for One Run", 2},
		"no key": {arguments{}, "Missing fal API Key", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c := converse(t, env, nil)
			if said := c.configure(t, test.provider); len(said) > 0 {
				t.Fatalf("configuring said %s", spoken(said))
			}
			for i := range 5 {
				planned := c.plan(t, nil, nil, arguments{"prompt": word(fmt.Sprintf("a lighthouse, view %d", i))})
				switch said := spoken(planned.Diagnostics); {
				case i == test.by && !strings.HasPrefix(said, "ERROR: "+test.says):
					t.Errorf("image %d: %q", i, said)
				case i != test.by && said != "":
					t.Errorf("image %d: %q, want nothing", i, said)
				}
			}
		})
	}
	t.Cleanup(func() { env.ExpectSubmissions(t, 0) })
}

// A limit that is only known during apply is kept then.
func TestMaxRequestsPerRun_knownAfterApply(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := "resource \"terraform_data\" \"limit\" {\n  input = 2\n}\n\n" +
		emulated(env, "max_requests_per_run = terraform_data.limit.output", image(`prompt = "a lighthouse, view ${count.index}"`, "count = 3"))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectError: said("Too Many Images for One Run")},
		{Config: config, Destroy: true},
	}})
	sent(t, env, 2)
}

// All other arguments may be unknown in the plan as well, and count during
// apply.
func TestAccRequestOptions_knownAfterApply(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := `
resource "terraform_data" "later" {
  input = { mode = "queue", priority = "low", start = "10m", keep = "never", store = true, team = "web", reuse = "1d" }
}

` + emulated(env, `
  request_mode          = terraform_data.later.output.mode
  queue_priority        = terraform_data.later.output.priority
  start_timeout         = terraform_data.later.output.start
  media_expiration      = terraform_data.later.output.keep
  store_payloads        = terraform_data.later.output.store
  reuse_requests_within = terraform_data.later.output.reuse
  tags                  = { team = terraform_data.later.output.team }
`, image(lighthouse, `tags = { page = terraform_data.later.output.team }`))
	env.TestAcc(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: append(complete(), statecheck.ExpectKnownValue(art, at("tags", "page"), knownvalue.StringExact("web")))},
		emptyPlan(config),
	}})
	header := env.Emulator.Submissions()[0].Header
	got := []string{}
	for _, name := range optionHeaders {
		got = append(got, header.Get(name))
	}
	if want := []string{"low", "600", "600", `{"expiration_duration_seconds":null}`, "1", "page=web,team=web", "", ""}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if looks := len(env.Emulator.LogOf(emulator.RouteHistory)); looks != 1 {
		t.Errorf("the history was read %d times, want once", looks)
	}
}

// Mistakes fail in the plan, on their attribute, with what is allowed.
func TestRequestOptions_mistakesFailInThePlan(t *testing.T) {
	t.Parallel()

	many := func(n int) string {
		var tags []string
		for i := range n {
			tags = append(tags, fmt.Sprintf("t%d = \"x\"", i))
		}
		return "tags = { " + strings.Join(tags, ", ") + " }"
	}
	const durations = "must be a duration such as 90s, 1h30m or 7d, of at least "
	for name, test := range map[string]struct {
		arguments, image, want string
	}{
		"mode":                      {arguments: `request_mode = "dirct"`, want: `did you mean "direct"?`},
		"priority":                  {arguments: `queue_priority = "high"`, want: `must be one of "normal", "low"`},
		"priority of the image":     {image: `queue_priority = "high"`, want: `must be one of "normal", "low"`},
		"start timeout too short":   {arguments: `start_timeout = "1s"`, want: durations + "2s"},
		"start timeout no unit":     {arguments: `start_timeout = "90"`, want: durations + "2s"},
		"start timeout negative":    {arguments: `start_timeout = "-5m"`, want: durations + "2s"},
		"expiration a word":         {arguments: `media_expiration = "forever"`, want: durations + `1m0s, or "never"`},
		"expiration zero":           {arguments: `media_expiration = "0s"`, want: durations + `1m0s, or "never"`},
		"expiration half a day":     {arguments: `media_expiration = "0.5d"`, want: durations + `1m0s, or "never"`},
		"reuse too long":            {arguments: `reuse_requests_within = "31d"`, want: durations + "1m0s and at most 30d"},
		"reuse never":               {arguments: `reuse_requests_within = "never"`, want: durations + "1m0s and at most 30d"},
		"limit negative":            {arguments: `max_requests_per_run = -1`, want: "max_requests_per_run value must be at least 0"},
		"tag name in capitals":      {arguments: `tags = { Team = "web" }`, want: `the name of the tag "Team" must be`},
		"tag name of the image":     {image: `tags = { "a b" = "c" }`, want: `the name of the tag "a b" must be`},
		"tag name a key":            {arguments: `tags = { "a1b2c3d4-0000-4000-8000-000000000000:5ec2e7" = "web" }`, want: "not shown, since it may be an API key"},
		"tag name reserved":         {arguments: `tags = { "fal.x" = "web" }`, want: `begins with "fal."`},
		"tag value with a comma":    {image: `tags = { team = "web,shop" }`, want: `the value of the tag "team" must be`},
		"tag value in letters":      {image: `tags = { team = "Käse" }`, want: `the value of the tag "team" must be`},
		"tag value null":            {image: `tags = { team = null }`, want: "null"},
		"eleven tags":               {arguments: many(11), want: "there are 11 tags; fal keeps 10"},
		"eleven tags together":      {arguments: many(10), image: `tags = { page = "home" }`, want: "there are 11 tags; fal keeps 10"},
		"tags too long":             {arguments: fmt.Sprintf(`tags = { a = %[1]q, b = %[1]q, c = %[1]q, d = %[1]q, e = "x" }`, strings.Repeat("x", 256)), want: "the tags take"},
		"media policy":              {image: `on_media_expired = "regenerat"`, want: `did you mean "regenerate"?`},
		"waiting neither yes or no": {image: `wait_for_completion = "later"`, want: "wait_for_completion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config: emulated(env, test.arguments, image(lighthouse, test.image)), PlanOnly: true, ExpectError: said(test.want),
			}}})
			if called := calls(env); called != "" {
				t.Errorf("called %s", called)
			}
		})
	}
}
