// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2_test

import (
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// The vectors were computed apart from this code, by hashing the canonical
// document written out by hand. They are frozen: see the rule in the
// documentation of the seed attribute.
func TestDeriveSeed_goldenVectors(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		prompt  string
		keepers map[string]string
		want    uint32
	}{
		"prompt alone":              {prompt: "a lighthouse at dusk", want: 1547761601},
		"no prompt":                 {prompt: "", want: 147066795},
		"empty keepers are none":    {prompt: "a lighthouse at dusk", keepers: map[string]string{}, want: 1547761601},
		"LF line endings":           {prompt: "a boat\nat sea\n", want: 2710893833},
		"CRLF line endings":         {prompt: "a boat\r\nat sea\r\n", want: 2710893833},
		"byte order mark":           {prompt: "\ufeffa boat\nat sea\n", want: 2710893833},
		"LF in a keeper":            {prompt: "x", keepers: map[string]string{"brief": "a boat\nat sea\n"}, want: 320999145},
		"CRLF in a keeper":          {prompt: "x", keepers: map[string]string{"brief": "\ufeffa boat\r\nat sea\r\n"}, want: 320999145},
		"one keeper":                {prompt: "a lighthouse at dusk", keepers: map[string]string{"i": "0"}, want: 2498298820},
		"another keeper":            {prompt: "a lighthouse at dusk", keepers: map[string]string{"i": "1"}, want: 675512159},
		"quotes and markup":         {prompt: `quotes " and \ and <b>&amp;</b>`, want: 2328904833},
		"controls and wide letters": {prompt: "Käse, 日本, 😀\u2028\n\t\x01", want: 3661901176},
		"keepers in any order":      {prompt: "x", keepers: map[string]string{"b": "2", "a": "1", "": "e"}, want: 2961499824},
		// U+1F600 sorts before U+FB33 in UTF-16 code units, after it in UTF-8.
		"keys sort as UTF-16": {
			prompt:  "x",
			keepers: map[string]string{"\u20ac": "euro", "\U0001f600": "grin", "\ufb33": "dagesh", "1": "one"},
			want:    1660008304,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := flux2.DeriveSeed(test.prompt, test.keepers)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("DeriveSeed(%q, %v) = %d, want %d", test.prompt, test.keepers, got, test.want)
			}
		})
	}
}

func BenchmarkDeriveSeed(b *testing.B) {
	prompt := strings.Repeat("a lighthouse at dusk, ", 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := flux2.DeriveSeed(prompt, map[string]string{"i": "1"}); err != nil {
			b.Fatal(err)
		}
	}
}
