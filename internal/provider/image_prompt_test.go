// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// A prompt in a file is the same on Windows, where a checkout may give it other line
// endings: nothing is planned, nothing is paid, and the seed stays.
func TestPrompt_lineEndings(t *testing.T) {
	t.Parallel()

	const lines = "a boat\nat sea\n"
	windows := strings.ReplaceAll(lines, "\n", "\r\n")
	for name, first := range map[string]string{"LF first": lines, "CRLF first": windows} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			file := filepath.Join(t.TempDir(), "prompt.txt")
			config := env.Config(image(fmt.Sprintf("prompt = file(%q)", file)))
			e := env.Engine(t)
			write := func(text string) {
				t.Helper()
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(first)
			e.MustApply(config)
			for _, text := range []string{windows, lines, "\ufeff" + windows, windows, "\ufeff" + lines, windows} {
				write(text)
				if plan, said := e.MustPlan(config, engine.PlanOptions{}); !plan.Empty() || len(said) > 0 {
					t.Errorf("%q plans %s and says %s", text, plan, said)
				}
				e.MustApply(config)
			}
			env.ExpectSubmissions(t, 1)
			const seed = "2710893833"
			if got := e.Objects()[art].AttributeValues["seed"]; fmt.Sprint(got) != seed {
				t.Errorf("the seed is %v, want %s", got, seed)
			}
			sent := env.Emulator.Submissions()[0].Body
			if !bytes.Contains(sent, []byte(`"prompt":"a boat\nat sea\n"`)) || !bytes.Contains(sent, []byte(`"seed":`+seed)) {
				t.Errorf("sent %s", sent)
			}

			// Another word is another picture, however lines end.
			write(windows + "at night\r\n")
			e.MustApply(config)
			env.ExpectSubmissions(t, 2)
		})
	}
}

// An image of an earlier version has a seed that line endings took part in. It is
// kept.
func TestPrompt_lineEndingsOfVersion0(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	made := c.made(t, arguments{"prompt": word("a boat\r\nat sea")})
	before := c.with(t, made.NewState, map[string]tftypes.Value{"seed": number(7)})
	for _, prompt := range []string{"a boat\r\nat sea", "a boat\nat sea"} {
		planned := c.plan(t, before, made.Private, arguments{"prompt": word(prompt)})
		if said := spoken(planned.Diagnostics); said != "" || len(planned.RequiresReplace) > 0 {
			t.Errorf("%q replaces for %v and says %s", prompt, planned.RequiresReplace, said)
		}
		if !unpacked(t, planned.PlannedState, c.image.ValueType()).Equal(unpacked(t, before, c.image.ValueType())) {
			t.Errorf("%q plans a change", prompt)
		}
	}
	env.ExpectSubmissions(t, 1)
}

// What can't be seen describes no picture.
func TestPrompt_invisibleIsBlank(t *testing.T) {
	t.Parallel()

	for name, prompt := range map[string]string{
		"zero width space": `\u200b`, "byte order mark": `\ufeff`, "joiners": `\u200d\u200c\u2060`,
		"no-break space": `\u00a0`, "bidi controls": `\u202e\u2066`, "fillers": `\u3164\u115f`, "braille blank": `\u2800`,
		"variation selector": `\ufe0f`, "among white space": ` \u200b\n\t\u00ad`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(image(`prompt = "` + prompt + `"`)), PlanOnly: true, ExpectError: said(`but must not be blank`),
			}}})
		})
	}
	// They may stand beside what can be seen, as in the flags and families of emoji.
	env := acctest.New(t)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: env.Config(image(`prompt = "👩‍👧 \u200b"`))}}})
}

// Engines hide what a configuration says is sensitive only where it stands. No other
// attribute may show the prompt, unless it is marked as sensitive itself.
func TestPrompt_sensitiveIsNowhereElse(t *testing.T) {
	t.Parallel()

	const secret = "zebra-42"
	env := acctest.New(t)
	config := env.Config(`
resource "flux2_image" "art" {
  prompt = "poster of ` + secret + `"
}

resource "flux2_image" "later" {
  prompt              = "another poster of ` + secret + `"
  wait_for_completion = false
}

resource "flux2_image_result" "later" {
  request_id = flux2_image.later.request_id
}

data "flux2_image" "past" {
  request_id = flux2_image.art.request_id
}
`)
	e := env.Engine(t)
	e.MustApply(config)
	e.MustApply(config)
	env.ExpectSubmissions(t, 2)
	schemas, err := converse(t, env, nil).server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	objects := e.Objects()
	if len(objects) < 3 {
		t.Fatalf("there are %d objects", len(objects))
	}
	for address, object := range objects {
		schema := schemas.ResourceSchemas[object.Type]
		if object.Mode == "data" {
			schema = schemas.DataSourceSchemas[object.Type]
		}
		hidden := map[string]bool{"prompt": true}
		for _, attribute := range schema.Block.Attributes {
			hidden[attribute.Name] = hidden[attribute.Name] || attribute.Sensitive
		}
		for name, value := range object.AttributeValues {
			content, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if !hidden[name] && strings.Contains(string(content), secret) {
				t.Errorf("%s.%s shows %s", address, name, content)
			}
		}
	}
}
