// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// problem is a value that an engine refuses from a provider.
type problem struct {
	at   cty.Path
	what string
}

func (p problem) String() string { return pathText(p.at) + ": " + p.what }

// planProblems are the reasons for which an engine refuses what a provider has
// planned: it may add only what the configuration leaves to it.
func (s *schema) planProblems(prior, config, planned cty.Value) []problem {
	if planned.IsNull() != config.IsNull() {
		return []problem{{what: existence(planned)}}
	}
	if planned.IsNull() {
		return nil
	}
	return attributeProblems(s.attributes, prior, config, planned, nil)
}

func existence(planned cty.Value) string {
	if planned.IsNull() {
		return "planned for absence but config wants existence"
	}
	return "planned for existence but config wants absence"
}

func attributeProblems(attributes map[string]*attribute, prior, config, planned cty.Value, at cty.Path) []problem {
	var problems []problem
	for name, a := range attributes {
		problems = append(problems, valueProblems(a,
			attributeOf(prior, name, a), attributeOf(config, name, a), attributeOf(planned, name, a), step(at, cty.GetAttrStep{Name: name}))...)
	}
	return problems
}

// step copies a path and appends to it: paths share their arrays otherwise.
func step(at cty.Path, next cty.PathStep) cty.Path {
	return append(slices.Clone(at), next)
}

func valueProblems(a *attribute, prior, config, planned cty.Value, at cty.Path) []problem {
	subject, shown := "planned value", func(v cty.Value) string { return fmt.Sprintf(" %#v", v) }
	if a.secrets {
		subject, shown = "sensitive planned value", func(cty.Value) string { return "" }
	}
	refused := func(why string) []problem {
		return []problem{{at: at, what: subject + shown(planned) + why}}
	}
	switch {
	case same(planned, config),
		// To keep the prior value says that both are equal in effect.
		same(planned, prior) && !prior.IsNull() && !config.IsNull(),
		a.computed && !a.optional,
		a.computed && config.IsNull():
		return nil
	case config.IsNull() && !planned.IsNull():
		return refused(" for a non-computed attribute")
	case a.nested != nil:
		return nestedProblems(a, prior, config, planned, at)
	case prior.IsNull():
		return refused(" does not match config value" + shown(config))
	default:
		return refused(" does not match config value" + shown(config) + " nor prior value" + shown(prior))
	}
}

// same compares without what is only known about unknown values.
func same(a, b cty.Value) bool {
	return plain(a).RawEquals(plain(b))
}

func plain(v cty.Value) cty.Value {
	if v.IsWhollyKnown() {
		return v
	}
	// An error could only come from the function.
	v, _ = cty.Transform(v, func(_ cty.Path, inner cty.Value) (cty.Value, error) {
		if !inner.IsKnown() {
			return cty.UnknownVal(inner.Type()), nil
		}
		return inner, nil
	})
	return v
}

func nestedProblems(a *attribute, prior, config, planned cty.Value, at cty.Path) []problem {
	if planned.IsNull() != config.IsNull() {
		return []problem{{at: at, what: existence(planned)}}
	}
	if planned.IsNull() {
		return nil
	}
	if !planned.IsKnown() {
		return []problem{{at: at, what: "planned unknown for configured value"}}
	}
	if a.nesting == tfprotov6.SchemaObjectNestingModeSingle {
		return attributeProblems(a.nested, prior, config, planned, at)
	}
	// Of an unknown collection nobody knows how many elements it is going to
	// have, nor of a set with unknown elements: two can be the same. But where
	// elements are told apart, their number must not be made up.
	sets := a.nesting == tfprotov6.SchemaObjectNestingModeSet
	equal := planned.Length().Equals(config.Length())
	if equal.IsKnown() && equal.False() || !equal.IsKnown() && !sets {
		return []problem{{at: at, what: fmt.Sprintf("count in plan (%#v) disagrees with count in config (%#v)", planned.Length(), config.Length())}}
	}
	if sets {
		return nil
	}
	var problems []problem
	for it := planned.ElementIterator(); it.Next(); {
		key, element := it.Element()
		configured, found := elementOf(config, key)
		if !found {
			problems = append(problems, problem{at: at, what: fmt.Sprintf("map key %q from plan is not present in config", key.AsString())})
			continue
		}
		before, found := elementOf(prior, key)
		if !found {
			before = cty.NullVal(element.Type())
		}
		inside := step(at, cty.IndexStep{Key: key})
		if a.nesting == tfprotov6.SchemaObjectNestingModeMap {
			// So do engines name them here.
			inside = step(at, cty.GetAttrStep{Name: key.AsString()})
		}
		problems = append(problems, attributeProblems(a.nested, before, configured, element, inside)...)
	}
	for it := config.ElementIterator(); it.Next(); {
		key, _ := it.Element()
		if _, found := elementOf(planned, key); !found {
			problems = append(problems, problem{at: at, what: fmt.Sprintf("map key %q from config is not present in plan", key.AsString())})
		}
	}
	return problems
}

// resultProblems are the reasons for which an engine refuses what a provider
// has made of a plan: only what was unknown may have become something else.
func (s *schema) resultProblems(planned, actual cty.Value) []problem {
	if planned.IsNull() != actual.IsNull() {
		if planned.IsNull() {
			return []problem{{what: "Root object was absent, but now present"}}
		}
		return []problem{{what: "Root object was present, but now absent"}}
	}
	if planned.IsNull() {
		return nil
	}
	var problems []problem
	for name, a := range s.attributes {
		found := incompatible(planned.GetAttr(name), actual.GetAttr(name), cty.GetAttrPath(name))
		if a.secrets && len(found) > 0 {
			found = []problem{{at: cty.GetAttrPath(name), what: "inconsistent values for sensitive attribute"}}
		}
		problems = append(problems, found...)
	}
	return problems
}

func incompatible(planned, actual cty.Value, at cty.Path) []problem {
	says := func(format string, values ...any) []problem {
		return []problem{{at: at, what: fmt.Sprintf(format, values...)}}
	}
	if planned.Type() == cty.DynamicPseudoType {
		return nil
	}
	if len(actual.Type().TestConformance(planned.Type())) > 0 {
		return says("wrong final value type: %s", convert.MismatchMessage(actual.Type(), planned.Type()))
	}
	switch {
	case !planned.IsKnown():
		if fits := planned.Range().Includes(actual); fits.IsKnown() && fits.False() {
			return says("final value %#v does not conform to planning placeholder %#v", actual, planned)
		}
		return nil
	case actual.IsNull() && planned.IsNull():
		return nil
	case actual.IsNull():
		return says("was %#v, but now null", planned)
	case planned.IsNull():
		return says("was null, but now %#v", actual)
	case !actual.IsKnown():
		return says("was known, but now unknown")
	}
	var problems []problem
	switch t := planned.Type(); {
	case t.IsPrimitiveType():
		if !actual.Equals(planned).True() {
			return says("was %#v, but now %#v", planned, actual)
		}
	case t.IsObjectType():
		for name := range t.AttributeTypes() {
			problems = append(problems, incompatible(planned.GetAttr(name), actual.GetAttr(name), step(at, cty.GetAttrStep{Name: name}))...)
		}
	case t.IsSetType():
		if planned.IsWhollyKnown() && !planned.RawEquals(actual) {
			return says("was %#v, but now %#v", planned, actual)
		}
	default:
		for it := planned.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if !actual.HasIndex(key).True() {
				problems = append(problems, says("element %s has vanished", keyText(key))...)
				continue
			}
			problems = append(problems, incompatible(element, actual.Index(key), step(at, cty.IndexStep{Key: key}))...)
		}
		for it := actual.ElementIterator(); it.Next(); {
			if key, _ := it.Element(); !planned.HasIndex(key).True() {
				problems = append(problems, says("new element %s has appeared", keyText(key))...)
			}
		}
	}
	return problems
}
