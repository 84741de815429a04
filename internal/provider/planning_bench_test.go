// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// benchmarkSizes are how many images one plan has.
var benchmarkSizes = []int{1, 1000}

// numbered is the configuration of one image of many.
func numbered(i int) arguments {
	return arguments{
		"prompt":     word("a lighthouse at dusk"),
		"image_size": word("square"),
		"keepers":    tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{"i": word(fmt.Sprint(i))}),
	}
}

// What the framework takes for its share is in these figures: they tell what
// the provider adds only from one version of it to the next.

func BenchmarkPlanCreation(b *testing.B) {
	for _, images := range benchmarkSizes {
		b.Run(fmt.Sprint(images), func(b *testing.B) {
			env := acctest.New(b)
			b.ReportAllocs()
			for b.Loop() {
				// A provider counts what it plans, and no plan knows another's images.
				c := converseConfigured(b, env)
				for i := range images {
					if said := c.plan(b, nil, nil, numbered(i)).Diagnostics; len(said) > 0 {
						b.Fatalf("planning said %s", spoken(said))
					}
				}
			}
			env.ExpectSubmissions(b, 0)
		})
	}
}

func BenchmarkPlanWithoutChange(b *testing.B) {
	eachExisting(b, func(b *testing.B, c conversation, made *tfprotov6.ApplyResourceChangeResponse) {
		b.Helper()

		if said := c.plan(b, made.NewState, made.Private, numbered(0)).Diagnostics; len(said) > 0 {
			b.Fatalf("planning said %s", spoken(said))
		}
	})
}

// A refresh asks for each image over loopback, so that this includes the server.
func BenchmarkRefresh(b *testing.B) {
	eachExisting(b, func(b *testing.B, c conversation, made *tfprotov6.ApplyResourceChangeResponse) {
		b.Helper()

		c.read(b, made.NewState, made.NewIdentity, made.Private)
	})
}

// eachExisting measures what is done to every image that exists already.
func eachExisting(b *testing.B, do func(*testing.B, conversation, *tfprotov6.ApplyResourceChangeResponse)) {
	b.Helper()

	for _, images := range benchmarkSizes {
		b.Run(fmt.Sprint(images), func(b *testing.B) {
			env := acctest.New(b)
			c := converseConfigured(b, env)
			made := c.create(b, numbered(0))
			b.ReportAllocs()
			for b.Loop() {
				for range images {
					do(b, c, made)
				}
			}
			env.ExpectSubmissions(b, 1)
		})
	}
}
