// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package yardstick

import (
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// maker makes up values. There are few of each type, so that configuration,
// prior and planned state often have the same.
type maker struct {
	*rand.Rand
}

// may is what can become of a value.
type may struct {
	// Of a hundred values so many are unknown or null.
	unknown, null int
	// nullElements are objects in collections that are null.
	nullElements bool
}

func (m maker) often(percent int) bool { return m.IntN(100) < percent }

func oneOf[T any](m maker, of ...T) T { return of[m.IntN(len(of))] }

func (m maker) value(t cty.Type, may may) cty.Value {
	switch {
	case m.often(may.unknown):
		return m.unknown(t)
	case m.often(may.null):
		return cty.NullVal(t)
	default:
		return m.known(t, may)
	}
}

// unknown is an unknown value, of which something may be known.
func (m maker) unknown(t cty.Type) cty.Value {
	unknown := cty.UnknownVal(t)
	if m.often(30) {
		unknown = unknown.RefineNotNull()
	}
	if t == cty.String && m.often(30) {
		unknown = unknown.Refine().StringPrefix("a").NewValue()
	}
	return unknown
}

// known is a value that is known and not null, but for what is inside.
func (m maker) known(t cty.Type, may may) cty.Value {
	switch {
	case t == cty.String:
		return cty.StringVal(oneOf(m, "", "a", "b"))
	case t == cty.Number:
		return cty.NumberIntVal(int64(m.IntN(3)))
	case t == cty.Bool:
		return cty.BoolVal(m.often(50))
	case t.IsObjectType():
		attributes := map[string]cty.Value{}
		for _, name := range slices.Sorted(maps.Keys(t.AttributeTypes())) {
			attributes[name] = m.value(t.AttributeType(name), may)
		}
		return cty.ObjectVal(attributes)
	case t.IsMapType():
		elements := map[string]cty.Value{}
		for _, key := range []string{"a", "b", "c"} {
			if m.often(50) {
				elements[key] = m.element(t.ElementType(), may)
			}
		}
		if len(elements) == 0 {
			return cty.MapValEmpty(t.ElementType())
		}
		return cty.MapVal(elements)
	default:
		var elements []cty.Value
		for range m.IntN(3) {
			element := m.element(t.ElementType(), may)
			if t.IsSetType() && !element.IsKnown() {
				// Which of the elements it is can't be told.
				continue
			}
			elements = append(elements, element)
		}
		switch {
		case t.IsSetType() && len(elements) == 0:
			return cty.SetValEmpty(t.ElementType())
		case t.IsSetType():
			return cty.SetVal(elements)
		case len(elements) == 0:
			return cty.ListValEmpty(t.ElementType())
		default:
			return cty.ListVal(elements)
		}
	}
}

func (m maker) element(t cty.Type, may may) cty.Value {
	if t.IsObjectType() && !may.nullElements {
		if m.often(may.unknown) {
			return m.unknown(t)
		}
		return m.known(t, may)
	}
	return m.value(t, may)
}

// planned is what a provider that makes mistakes could plan: what is proposed to
// it or configured, changed in some places.
func (m maker) planned(prior, config, proposed cty.Value) cty.Value {
	planned := oneOf(m, proposed, proposed, config)
	for range m.IntN(4) {
		var paths []cty.Path
		_ = cty.Walk(planned, func(path cty.Path, v cty.Value) (bool, error) {
			if len(path) > 0 {
				paths = append(paths, path.Copy())
			}
			return !v.Type().IsSetType(), nil
		})
		at := oneOf(m, paths...)
		planned, _ = cty.Transform(planned, func(path cty.Path, v cty.Value) (cty.Value, error) {
			if path.Equals(at) {
				return m.instead(v.Type(), at, prior, config), nil
			}
			return v, nil
		})
	}
	return planned
}

// instead is what stands at a path of the prior state or the configuration, or a
// value that is made up.
func (m maker) instead(t cty.Type, at cty.Path, prior, config cty.Value) cty.Value {
	if m.often(40) {
		if v, err := at.Apply(oneOf(m, prior, config)); err == nil && v.Type().Equals(t) {
			return v
		}
	}
	_, inside := at[len(at)-1].(cty.IndexStep)
	if inside && t.IsObjectType() {
		return m.element(t, may{unknown: 30, null: 20})
	}
	return m.value(t, may{unknown: 30, null: 20})
}
