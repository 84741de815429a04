// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// configWith is a provider block for the real APIs at the emulator's address.
func configWith(env *acctest.Environment, arguments, configuration string) string {
	return fmt.Sprintf("provider \"flux2\" {\n  queue_url = \"%[1]s/queue\"\n  run_url = \"%[1]s/run\"\n  platform_url = \"%[1]s/platform/v1\"\n  %[2]s\n}\n\n%[3]s",
		env.URL, arguments, configuration)
}

// markOf is what the emulator's log shows in place of a key.
func markOf(t *testing.T, env *acctest.Environment) string {
	t.Helper()

	submissions := env.Emulator.LogOf(emulator.RouteSubmit)
	if len(submissions) == 0 {
		t.Fatal("nothing was submitted")
	}
	return submissions[0].Header.Get("Authorization")
}

// markOfKey is what the mark of a key looks like.
func markOfKey(key string) string {
	digest := sha256.Sum256([]byte(key))
	return "Key sha256:" + hex.EncodeToString(digest[:4])
}

// Without a key, whatever costs nothing works: refreshing, planning, changing a
// switch, destroying. Only a new image needs one.
func TestProvider_withoutKey(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key))
	with, without := fmt.Sprintf("api_key = %q", acctest.Key), ""
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: configWith(env, without, "resource \"terraform_data\" \"other\" {}\n")},
		{Config: configWith(env, with, image(lighthouse))},
		emptyPlan(configWith(env, without, image(lighthouse))),
		{
			Config:           configWith(env, without, image(lighthouse, `timeouts = { create = "1h" }`)),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate),
		},
		{
			Config:      configWith(env, without, image(lighthouse, `num_images = 2`)),
			PlanOnly:    true,
			ExpectError: said("Set the environment variable FAL_KEY, or api_key in the provider block"),
		},
		{Config: configWith(env, without, image(lighthouse)), Destroy: true},
	}})
}

// A key that another resource of the same run makes is good enough, both for a
// first apply and when it changes later. Until it is known nobody is asked, and
// the environment's key doesn't step in.
func TestAccProvider_keyKnownAfterApply(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key), emulator.WithKey("renewed:"+acctest.Key[37:]))
	env.Providers = env.ProvidersWith(map[string]string{"FAL_KEY": "environment:secret"})
	config := func(key string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"key\" {\n  input = %q\n}\n\n", key) +
			configWith(env, "api_key = terraform_data.key.output", image(lighthouse))
	}
	env.TestAcc(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config(acctest.Key),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionCreate),
				plancheck.ExpectKnownValue(art, at("seed"), knownvalue.Int64Exact(lighthouseSeed)),
			}},
		},
		{
			Config:            config("renewed:" + acctest.Key[37:]),
			ConfigPlanChecks:  plans(plancheck.ResourceActionNoop),
			ConfigStateChecks: []statecheck.StateCheck{expect("status", knownvalue.StringExact("COMPLETED"))},
		},
	}})
}

// An endpoint of the provider block that is known after apply leaves the plan
// open, and is recorded once it is known.
func TestAccProvider_endpointKnownAfterApply(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := fmt.Sprintf(`
resource "terraform_data" "endpoint" {
  input = "fal-ai/flux-2"
}

provider "flux2" {
  emulator_url = %q
  endpoint_id  = terraform_data.endpoint.output
}

%s`, env.URL, image(lighthouse))
	env.TestAcc(t, 1, resource.TestCase{Steps: []resource.TestStep{{
		Config: config,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectUnknownValue(art, at("endpoint_id")),
		}},
		ConfigStateChecks: []statecheck.StateCheck{expect("endpoint_id", knownvalue.StringExact("fal-ai/flux-2"))},
	}}})
	if endpoint := env.Emulator.Submissions()[0].EndpointID; endpoint != "fal-ai/flux-2" {
		t.Errorf("submitted to %s", endpoint)
	}
}

// An image's own endpoint goes before the provider's.
func TestProvider_endpointOfTheImageWins(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
		Config: fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n  endpoint_id = \"nobody/nothing\"\n}\n%s",
			env.URL, image(lighthouse, `endpoint_id = "fal-ai/flux-2"`)),
		ConfigStateChecks: []statecheck.StateCheck{expect("endpoint_id", knownvalue.StringExact("fal-ai/flux-2"))},
	}}})
}

// The key comes from wherever the user keeps it.
func TestProvider_keys(t *testing.T) {
	t.Parallel()

	id, secret, _ := strings.Cut(acctest.Key, ":")
	for name, test := range map[string]struct {
		argument  string
		variables map[string]string
	}{
		"argument":                      {argument: acctest.Key},
		"argument with a line break":    {argument: acctest.Key + "\n"},
		"argument before the variable":  {argument: acctest.Key, variables: map[string]string{"FAL_KEY": "another:key"}},
		"variable":                      {variables: map[string]string{"FAL_KEY": acctest.Key}},
		"variable with a line break":    {variables: map[string]string{"FAL_KEY": acctest.Key + "\n"}},
		"pair of variables":             {variables: map[string]string{"FAL_KEY_ID": id, "FAL_KEY_SECRET": secret}},
		"variable before the pair":      {variables: map[string]string{"FAL_KEY": acctest.Key, "FAL_KEY_ID": "another", "FAL_KEY_SECRET": "key"}},
		"pair beside an empty variable": {variables: map[string]string{"FAL_KEY": " ", "FAL_KEY_ID": id, "FAL_KEY_SECRET": secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithKey(acctest.Key))
			c := converse(t, env, test.variables)
			set := arguments{"queue_url": word(env.URL + "/queue"), "run_url": word(env.URL + "/run"), "platform_url": word(env.URL + "/platform/v1")}
			if test.argument != "" {
				set["api_key"] = word(test.argument)
			}
			if diags := c.configure(t, set); len(diags) > 0 {
				t.Fatalf("configuring said %s", spoken(diags))
			}
			if created := c.create(t, lighthouseArguments); len(created.Diagnostics) > 0 {
				t.Errorf("creating said %s", spoken(created.Diagnostics))
			}
			env.ExpectSubmissions(t, 1)
		})
	}
}

// An emulator that comes from the environment is used without the real key.
func TestProvider_emulatorFromTheEnvironment(t *testing.T) {
	t.Parallel()

	const realKey = "0aa11111-real-key0-real-000000000000:deadbeefdeadbeefdeadbeefdeadbeef"
	fal := acctest.New(t)
	fal.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: fal.ConfigWithKey(realKey, image(lighthouse))}}})

	env := acctest.New(t)
	env.Providers = env.ProvidersWith(map[string]string{"FLUX2_EMULATOR_URL": env.URL, "FAL_KEY": realKey})
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: "provider \"flux2\" {}\n" + image(lighthouse)}}})
	if markOf(t, env) == markOf(t, fal) {
		t.Error("the real key was sent to the emulator")
	}
}

// It also makes every run say that its pictures are not real.
func TestProvider_emulatorFromTheEnvironmentWarns(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	for name, test := range map[string]struct {
		variables map[string]string
		set       arguments
		want      []string
	}{
		"variable": {
			variables: map[string]string{"FLUX2_EMULATOR_URL": env.URL},
			want:      []string{"WARNING: Images Come From an Emulator", env.URL, "not generated by FLUX.2", "Unset the variable to use fal"},
		},
		"argument":           {set: arguments{"emulator_url": word(env.URL)}},
		"argument before it": {variables: map[string]string{"FLUX2_EMULATOR_URL": "http://127.0.0.1:1"}, set: arguments{"emulator_url": word(env.URL)}},
		"empty variable":     {variables: map[string]string{"FLUX2_EMULATOR_URL": ""}, set: arguments{"api_key": word(acctest.Key)}},
		"malformed variable": {variables: map[string]string{"FLUX2_EMULATOR_URL": "localhost:8787"}, want: []string{"ERROR: Invalid Emulator URL", "FLUX2_EMULATOR_URL"}},
		"beside a real address": {
			variables: map[string]string{"FLUX2_EMULATOR_URL": env.URL},
			set:       arguments{"queue_url": word("https://queue.example.com")},
			want:      []string{"ERROR: Conflicting Provider Arguments", "FLUX2_EMULATOR_URL", "queue_url"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			diags := converse(t, env, test.variables).configure(t, test.set)
			said := spoken(diags)
			for _, words := range test.want {
				if !strings.Contains(said, words) {
					t.Errorf("configuring said %q, which lacks %q", said, words)
				}
			}
			if want := min(len(test.want), 1); len(diags) != want {
				t.Errorf("configuring said %d things, want %d: %s", len(diags), want, said)
			}
		})
	}
}
