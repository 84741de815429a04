// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package yardstick compares the rules of the engine in process with OpenTofu's
// own, of which a module of Pulumi's has a copy. What that module requires must
// not get into the provider's go.mod: hence a module of its own.
package yardstick

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/opentofu/configs/configschema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/opentofu/plans/objchange"
	"github.com/zclconf/go-cty/cty"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// A merge is judged by the same cases each time. Others are a flag away.
var (
	seed  = flag.Uint64("seed", 1, "`number` that the values are made up from")
	cases = flag.Int("cases", 750, "`number` of cases of each kind for each schema")
)

func TestRules(t *testing.T) {
	t.Parallel()

	schemas := madeUp()
	for name, declared := range provided(t).ResourceSchemas {
		schemas[name] = declared
	}
	var refused atomic.Int64
	for name, declared := range schemas {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c := newComparison(t, declared)
			for range *cases {
				c.proposed(t)
				if c.refused(t) {
					refused.Add(1)
				}
			}
		})
	}
	t.Cleanup(func() {
		all := int64(len(schemas) * *cases)
		fmt.Printf("%d schemas, seed %d: compared %d proposals, and %d plans, of which %d are refused\n", len(schemas), *seed, all, all, refused.Load())
		// Where all are alike, next to nothing is compared.
		if least := all / 5; !t.Failed() && (refused.Load() < least || all-refused.Load() < least) {
			t.Errorf("of either kind there should be %d at least", least)
		}
	})
}

// What is planned for data sources follows from the same rules, with a prior
// state of which nothing is known.
func TestRules_dataSources(t *testing.T) {
	t.Parallel()

	schemas := provided(t).DataSourceSchemas
	for name, declared := range schemas {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c := newComparison(t, declared)
			for range *cases {
				prior, config := cty.UnknownVal(c.objectType), c.config(true)
				got, want := c.rules.ProposedNew(prior, config), objchange.PlannedUnknownObject(c.block, config)
				if !got.RawEquals(want) {
					t.Fatal(differing(got, want, named{"config", config}, named{"planned here", got}, named{"planned by OpenTofu", want}))
				}
			}
		})
	}
	t.Cleanup(func() {
		fmt.Printf("%d schemas of data sources, seed %d: compared %d plans\n", len(schemas), *seed, len(schemas)**cases)
	})
}

// comparison compares the rules for objects of one schema.
type comparison struct {
	maker

	rules      engine.Rules
	block      *configschema.Block
	objectType cty.Type
}

func newComparison(t *testing.T, declared *tfprotov6.Schema) comparison {
	t.Helper()

	rules, err := engine.RulesFor(declared)
	if err != nil {
		t.Fatal(err)
	}
	block := translated(t, declared)
	return comparison{maker: maker{rand.New(rand.NewPCG(*seed, 0))}, rules: rules, block: block, objectType: block.ImpliedType()}
}

// prior is an object in state, if there is one.
func (c comparison) prior(nullElements bool) cty.Value {
	if c.often(20) {
		return cty.NullVal(c.objectType)
	}
	return c.known(c.objectType, may{null: 30, nullElements: nullElements})
}

// config is any configuration, one that is refused earlier included: the rules
// have to agree on all of them.
func (c comparison) config(nullElements bool) cty.Value {
	return c.known(c.objectType, may{unknown: 10, null: 30, nullElements: nullElements})
}

func (c comparison) proposed(t *testing.T) {
	t.Helper()

	prior, config := c.prior(true), c.config(true)
	got, want := c.rules.ProposedNew(prior, config), objchange.ProposedNew(c.block, prior, config)
	if !got.RawEquals(want) {
		t.Fatal(differing(got, want, named{"prior", prior}, named{"config", config}, named{"proposed here", got}, named{"proposed by OpenTofu", want}))
	}
}

// refused compares what is refused, and reports whether anything is. No element
// is null: OpenTofu's rule panics there.
func (c comparison) refused(t *testing.T) bool {
	t.Helper()

	prior, config := c.prior(false), c.config(false)
	planned := c.planned(prior, config, objchange.ProposedNew(c.block, prior, config))
	switch c.IntN(100) {
	case 0:
		config = cty.NullVal(c.objectType)
	case 1:
		planned = cty.NullVal(c.objectType)
	}
	got := c.rules.PlanProblems(prior, config, planned)
	var want []string
	for _, err := range objchange.AssertPlanValid(c.block, prior, config, planned) {
		want = append(want, text(err))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%s\nrefused here: %q\nrefused by OpenTofu: %q",
			differing(config, planned, named{"prior", prior}, named{"config", config}, named{"planned", planned}), got, want)
	}
	return len(want) > 0
}

// text is how the engine in process puts a problem: with its path in front.
func text(err error) string {
	var path strings.Builder
	var located cty.PathError
	if errors.As(err, &located) {
		for _, step := range located.Path {
			switch step := step.(type) {
			case cty.GetAttrStep:
				path.WriteString("." + step.Name)
			case cty.IndexStep:
				fmt.Fprintf(&path, "[%s]", step.Key.AsBigFloat().String())
			}
		}
	}
	return path.String() + ": " + err.Error()
}

type named struct {
	name  string
	value cty.Value
}

// differing shows objects as far as two of them differ, and says how to see that
// again.
func differing(a, b cty.Value, objects ...named) string {
	attribute := func(object cty.Value, name string) cty.Value {
		if object.IsNull() {
			return cty.NilVal
		}
		return object.GetAttr(name)
	}
	shown := fmt.Sprintf("-seed %d -cases %d", *seed, *cases)
	for name := range a.Type().AttributeTypes() {
		if attribute(a, name).RawEquals(attribute(b, name)) {
			continue
		}
		for _, object := range objects {
			shown += fmt.Sprintf("\n%s.%s: %#v", object.name, name, attribute(object.value, name))
		}
	}
	return shown
}
