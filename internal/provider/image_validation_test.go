// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// said matches a diagnostic however the engine wraps its lines.
func said(words string) *regexp.Regexp {
	fields := strings.Fields(words)
	for i, field := range fields {
		fields[i] = regexp.QuoteMeta(field)
	}
	// Wrapped lines begin with a bar in the engine's box drawing.
	return regexp.MustCompile(`(?s)` + strings.Join(fields, `[\s│|]+`))
}

// Every mistake is caught before anything is sent, on its attribute, with what
// is allowed.
func TestImage_mistakesFailInThePlan(t *testing.T) {
	t.Parallel()

	image := func(arguments string) string {
		return "resource \"flux2_image\" \"art\" {\n" + arguments + "\n}\n"
	}
	prompted := func(argument string) string {
		return image("  prompt = \"a lighthouse\"\n  " + argument)
	}
	block := func(arguments string) string {
		return "provider \"flux2\" {\n" + arguments + "\n}\n" + prompted("")
	}

	for name, test := range map[string]struct {
		config string
		want   string
		// whole says that the configuration has its own provider block.
		whole bool
	}{
		"no prompt":                 {config: image(""), want: `The argument "prompt" is required`},
		"empty prompt":              {config: image(`prompt = ""`), want: `prompt is "", but must not be blank`},
		"blank prompt":              {config: image(`prompt = " \n"`), want: `prompt is " \n", but must not be blank`},
		"guidance_scale below":      {config: prompted(`guidance_scale = -0.1`), want: `Attribute guidance_scale value must be between 0.000000 and 20.000000`},
		"guidance_scale above":      {config: prompted(`guidance_scale = 20.5`), want: `Attribute guidance_scale value must be between 0.000000 and 20.000000`},
		"guidance_scale a word":     {config: prompted(`guidance_scale = "much"`), want: `Inappropriate value for attribute "guidance_scale"`},
		"seed negative":             {config: prompted(`seed = -1`), want: `Attribute seed value must be between 0 and 9223372036854775807`},
		"seed a fraction":           {config: prompted(`seed = 1.5`), want: `Attribute seed value must be a whole number, got: 1.5. Round a computed one, for instance with floor()`},
		"seed beyond 63 bits":       {config: prompted(`seed = 9223372036854775808`), want: `Attribute seed value must be a whole number of at most 63 bits, got: 9223372036854775808`},
		"steps below":               {config: prompted(`num_inference_steps = 3`), want: `Attribute num_inference_steps value must be between 4 and 50`},
		"steps above":               {config: prompted(`num_inference_steps = 51`), want: `Attribute num_inference_steps value must be between 4 and 50`},
		"preset misspelt":           {config: prompted(`image_size = "landscape_43"`), want: `did you mean "landscape_4_3"?`},
		"preset unknown":            {config: prompted(`image_size = "panorama"`), want: `must be one of "square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"`},
		"width below":               {config: prompted(`custom_image_size = { width = 511, height = 512 }`), want: `Attribute custom_image_size.width value must be between 512 and 2048`},
		"height above":              {config: prompted(`custom_image_size = { width = 512, height = 2049 }`), want: `Attribute custom_image_size.height value must be between 512 and 2048`},
		"height missing":            {config: prompted(`custom_image_size = { width = 512 }`), want: `attribute "height" is required`},
		"both sizes":                {config: prompted("image_size = \"square\"\n  custom_image_size = { width = 512, height = 512 }"), want: `Attribute "custom_image_size" cannot be specified when "image_size" is specified`},
		"height computed":           {config: prompted(`custom_image_size = { width = 512, height = 1000 / 1.5 }`), want: `Attribute custom_image_size.height value must be a whole number, got: 666.6`},
		"no images":                 {config: prompted(`num_images = 0`), want: `Attribute num_images value must be between 1 and 4`},
		"too many images":           {config: prompted(`num_images = 5`), want: `Attribute num_images value must be between 1 and 4`},
		"acceleration unknown":      {config: prompted(`acceleration = "hihg"`), want: `acceleration is "hihg", but must be one of "none", "regular", "high"; did you mean "high"?`},
		"output_format misspelt":    {config: prompted(`output_format = "jpg"`), want: `did you mean "jpeg"?`},
		"output_format in capitals": {config: prompted(`output_format = "PNG"`), want: `did you mean "png"?`},
		"switch a word":             {config: prompted(`enable_safety_checker = "maybe"`), want: `Inappropriate value for attribute "enable_safety_checker"`},
		"endpoint without owner":    {config: prompted(`endpoint_id = "flux-2-dev"`), want: `must have the form owner/alias`},
		"keeper null":               {config: prompted(`keepers = { b = "1", a = null }`), want: `keepers["a"] is null. Give it a value, or remove it.`},
		"tag null":                  {config: prompted(`tags = { a = null }`), want: `tags["a"] is null. Give it a value, or remove it.`},
		"tag of all null":           {config: block("api_key = \"a:b\"\n  tags = { a = null }"), want: `tags["a"] is null. Give it a value, or remove it.`, whole: true},
		"timeout not a duration":    {config: prompted(`timeouts = { create = "soon" }`), want: `"soon" must be a string containing a sequence of decimal numbers`},
		"timeout of nothing":        {config: prompted(`timeouts = { create = "0s" }`), want: `timeouts.create is "0s", but must be longer than 0`},
		"argument unknown":          {config: prompted(`aspect_ratio = "16:9"`), want: `An argument named "aspect_ratio" is not expected here`},
		"output set":                {config: prompted(`url = "https://example.com"`), want: `url`},
		"key with a line break":     {config: block(`api_key = "id:sec\nret"`), want: `api_key is set, but contains white space`, whole: true},
		"key with a space":          {config: block(`api_key = "id: secret"`), want: `api_key is set, but contains white space`, whole: true},
		"queue_url over http":       {config: block("api_key = \"a:b\"\n  queue_url = \"http://queue.example.com\""), want: `must use https`, whole: true},
		"run_url relative":          {config: block("api_key = \"a:b\"\n  run_url = \"fal.run\""), want: `must be an absolute URL`, whole: true},
		"platform_url with query":   {config: block("api_key = \"a:b\"\n  platform_url = \"https://api.example.com?x=1\""), want: `must not contain a query`, whole: true},
		"platform_url with user":    {config: block("api_key = \"a:b\"\n  platform_url = \"https://me:pw@api.example.com\""), want: `must not contain a user name`, whole: true},
		"emulator and real queue":   {config: block("emulator_url = \"http://127.0.0.1:1\"\n  queue_url = \"https://queue.example.com\""), want: `queue_url is set as well`, whole: true},
		"limit a fraction":          {config: block("api_key = \"a:b\"\n  max_requests_per_run = 1.5"), want: `Attribute max_requests_per_run value must be a whole number, got: 1.5`, whole: true},
		"store without a name":      {config: block("api_key = \"a:b\"\n  image_store = \" \""), want: `image_store is " ", but the path is empty; name a folder`, whole: true},
		"store in a home folder":    {config: block("api_key = \"a:b\"\n  image_store = \"~/flux2\""), want: `image_store is "~/flux2", but the path "~/flux2" begins with ~, which no shell replaces here; write the folder out, or use pathexpand(...)`, whole: true},
		"store by a variable":       {config: block("api_key = \"a:b\"\n  image_store = \"$HOME/flux2\""), want: `begins with a variable of a shell`, whole: true},
		"default endpoint blank":    {config: block("api_key = \"a:b\"\n  endpoint_id = \"\""), want: `endpoint_id is "", but must have the form`, whole: true},
		"no key at all":             {config: block(""), want: `Set the environment variable FAL_KEY, or api_key in the provider block`, whole: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			config := test.config
			if !test.whole {
				config = env.Config(config)
			}
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      config,
				PlanOnly:    true,
				ExpectError: said(test.want),
			}}})
			if log := env.Emulator.Log(); len(log) != 0 {
				t.Errorf("%s %s was sent", log[0].Method, log[0].Path)
			}
		})
	}
}

// What is unknown at validation is no mistake; it is checked once it is known.
func TestImage_unknownValuesPassValidation(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: env.Config(`
resource "terraform_data" "later" {
  input = { prompt = " ", size = "square", number = 4, word = "png", flag = true, width = 640 }
}

resource "flux2_image" "art" {
  prompt                  = terraform_data.later.output.prompt
  guidance_scale          = terraform_data.later.output.number
  seed                    = terraform_data.later.output.number
  num_inference_steps     = terraform_data.later.output.number
  custom_image_size       = { width = terraform_data.later.output.width, height = 512 }
  num_images              = terraform_data.later.output.number
  acceleration            = terraform_data.later.output.word
  enable_prompt_expansion = terraform_data.later.output.flag
  enable_safety_checker   = terraform_data.later.output.flag
  sync_mode               = terraform_data.later.output.flag
  output_format           = terraform_data.later.output.word
  endpoint_id             = terraform_data.later.output.word
  keepers                 = { later = terraform_data.later.output.word }
}
`),
		ExpectError: said(`prompt is " ", but must not be blank`),
	}}})
	if log := env.Emulator.LogOf(emulator.RouteSubmit); len(log) != 0 {
		t.Errorf("%d submissions were sent", len(log))
	}
}
