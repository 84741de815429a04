// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// What a provider may plan, beyond what TestEngine_refusesWrongProviders shows.
func TestSchema_planProblems(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		prior, config, planned string
		want                   []string
	}{
		"what is left to the provider": {
			prior:   `null`,
			config:  `{ name = "a", frame = { width = 1 }, list = [{ width = 1 }], map = { a = { width = 1 } } }`,
			planned: `{ name = "a", label = "l", url = unknown, cover = { width = 2 }, frame = { width = 1, colour = "c" }, list = [{ width = 1, id = unknown }], map = { a = { width = 1, id = "i" } } }`,
		},
		"the prior values of what is configured": {
			prior:   `{ name = "a", frame = { width = 1 }, list = [{ width = 1 }], map = { a = { width = 1 } }, set = [{ width = 1 }] }`,
			config:  `{ name = "b", frame = { width = 2 }, list = [{ width = 2 }], map = { a = { width = 2 } }, set = [{ width = 2 }] }`,
			planned: `{ name = "a", frame = { width = 1 }, list = [{ width = 1, id = "i" }], map = { a = { width = 1, id = "i" } }, set = [{ width = 1 }] }`,
		},
		"an unknown value of which more is known": {
			prior:   `null`,
			config:  `{ name = unknown, words = ["a", unknown] }`,
			planned: `{ name = something, words = ["a", something] }`,
		},
		"a secret": {
			prior:   `null`,
			config:  `{ secret = "a" }`,
			planned: `{ secret = "b" }`,
			want:    []string{".secret: sensitive planned value does not match config value"},
		},
		"a secret that was another": {
			prior:   `{ secret = "c" }`,
			config:  `{ secret = "a" }`,
			planned: `{ secret = "b" }`,
			want:    []string{".secret: sensitive planned value does not match config value nor prior value"},
		},
		"a secret that is not configured": {
			prior:   `null`,
			config:  `{}`,
			planned: `{ secret = "b" }`,
			want:    []string{".secret: sensitive planned value for a non-computed attribute"},
		},
		"an object that is configured but unknown": {
			prior:   `null`,
			config:  `{ frame = unknown }`,
			planned: `{ frame = { width = 1, colour = unknown, id = "i" } }`,
			want:    []string{".frame.width: planned value cty.NumberIntVal(1) does not match config value cty.UnknownVal(cty.Number)"},
		},
		"elements that are configured but unknown": {
			prior:   `null`,
			config:  `{ list = unknown, set = unknown }`,
			planned: `{ list = [{ width = 1 }], set = [{ width = 1 }] }`,
			// How the engine writes a number of which nothing is known but its range.
			want: []string{fmt.Sprintf(".list: count in plan (cty.NumberIntVal(1)) disagrees with count in config (%#v)",
				cty.UnknownVal(cty.List(cty.String)).Length())},
		},
		"one element too many": {
			prior:   `null`,
			config:  `{ list = [{ width = 1 }], map = { a = { width = 1 } }, set = [{ width = 1 }] }`,
			planned: `{ list = [{ width = 1 }, { width = 2 }], map = { a = { width = 1 }, b = { width = 2 } }, set = [{ width = 1 }, { width = 2 }] }`,
			want: []string{
				".list: count in plan (cty.NumberIntVal(2)) disagrees with count in config (cty.NumberIntVal(1))",
				".map: count in plan (cty.NumberIntVal(2)) disagrees with count in config (cty.NumberIntVal(1))",
				".set: count in plan (cty.NumberIntVal(2)) disagrees with count in config (cty.NumberIntVal(1))",
			},
		},
		"elements of a set that can be the same": {
			prior:   `null`,
			config:  `{ set = [{ width = 1 }, { width = unknown }] }`,
			planned: `{ set = [{ width = 1 }] }`,
		},
		"another key": {
			prior:   `null`,
			config:  `{ map = { a = { width = 1 } } }`,
			planned: `{ map = { b = { width = 1 } } }`,
			want: []string{
				`.map: map key "a" from config is not present in plan`,
				`.map: map key "b" from plan is not present in config`,
			},
		},
		"inside of elements": {
			prior:   `{ list = [{ width = 3 }] }`,
			config:  `{ list = [{ width = 1 }], map = { a = { width = 1 } } }`,
			planned: `{ list = [{ width = 2 }], map = { a = { width = 2 } } }`,
			want: []string{
				".list[0].width: planned value cty.NumberIntVal(2) does not match config value cty.NumberIntVal(1) nor prior value cty.NumberIntVal(3)",
				".map.a.width: planned value cty.NumberIntVal(2) does not match config value cty.NumberIntVal(1)",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := frames(t)
			got := Rules{schema: s}.PlanProblems(frame(t, s, test.prior), frame(t, s, test.config), frame(t, s, test.planned))
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
