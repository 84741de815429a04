// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2_test

import (
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

func BenchmarkDecodeOutput(b *testing.B) {
	body := []byte(`{"images":[{"url":"https://v3b.fal.media/files/b/1/a.png","content_type":"image/png","file_name":"a.png",
		"file_size":1234567,"width":1024,"height":768}],"timings":{"inference":1.25},"seed":3405691582,
		"has_nsfw_concepts":[false],"prompt":"a lighthouse at dusk"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := flux2.DecodeOutput(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeInput(b *testing.B) {
	input := flux2.NewInput("a lighthouse at dusk")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := input.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
