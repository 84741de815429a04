// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// proposedNew is the state that an engine proposes for a configuration: what is
// configured, and of what the provider computes the prior value, which for a new
// object is null.
func (s *schema) proposedNew(prior, config cty.Value) cty.Value {
	if config.IsNull() {
		return s.null()
	}
	return proposedObject(s.attributes, prior, config)
}

func proposedObject(attributes map[string]*attribute, prior, config cty.Value) cty.Value {
	return objectOf(attributes, func(name string, a *attribute) cty.Value {
		before := attributeOf(prior, name, a)
		configured := config.GetAttr(name)
		switch {
		case a.computed && configured.IsNull():
			// Of an object that was configured in part the prior value doesn't
			// stand: that part has been removed from the configuration.
			if a.optional && a.nested != nil && configuredInPart(a, before) {
				return configured
			}
			return before
		case a.nested != nil && configured.IsKnown() && !configured.IsNull():
			return proposedNested(a, before, configured)
		default:
			return configured
		}
	})
}

// attributeOf is an attribute of an object that may be null or unknown.
func attributeOf(object cty.Value, name string, a *attribute) cty.Value {
	switch {
	case object.IsNull():
		return cty.NullVal(a.ctyType)
	case !object.IsKnown():
		return cty.UnknownVal(a.ctyType)
	default:
		return object.GetAttr(name)
	}
}

// proposedNested correlates the elements of a collection by index or key. One
// without a prior element is taken as it is configured, and so are those of sets,
// which have neither.
func proposedNested(a *attribute, prior, config cty.Value) cty.Value {
	switch a.nesting {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return proposedObject(a.nested, prior, config)
	case tfprotov6.SchemaObjectNestingModeList, tfprotov6.SchemaObjectNestingModeMap:
		if config.LengthInt() == 0 {
			return config
		}
		values := map[string]cty.Value{}
		var list []cty.Value
		for it := config.ElementIterator(); it.Next(); {
			key, proposed := it.Element()
			if before, found := elementOf(prior, key); found && !proposed.IsNull() {
				// Also of an element that is unknown as a whole: it is going
				// to be an object.
				proposed = proposedObject(a.nested, before, proposed)
			}
			if a.nesting == tfprotov6.SchemaObjectNestingModeList {
				list = append(list, proposed)
			} else {
				values[key.AsString()] = proposed
			}
		}
		if a.nesting == tfprotov6.SchemaObjectNestingModeList {
			return cty.ListVal(list)
		}
		return cty.MapVal(values)
	default:
		return config
	}
}

// elementOf is an element of a collection that may be null or unknown. An
// unknown one may have any element.
func elementOf(collection, key cty.Value) (cty.Value, bool) {
	switch {
	case !collection.IsKnown():
		return cty.UnknownVal(collection.Type().ElementType()), true
	case collection.IsNull() || collection.HasIndex(key).False():
		return cty.NilVal, false
	default:
		return collection.Index(key), true
	}
}

// configuredInPart reports whether a nested object holds a value that only a
// configuration can have set.
func configuredInPart(a *attribute, value cty.Value) bool {
	if value.IsNull() || !value.IsKnown() {
		return false
	}
	if a.nesting != tfprotov6.SchemaObjectNestingModeSingle {
		for it := value.ElementIterator(); it.Next(); {
			_, element := it.Element()
			single := *a
			single.nesting = tfprotov6.SchemaObjectNestingModeSingle
			if configuredInPart(&single, element) {
				return true
			}
		}
		return false
	}
	for name, inner := range a.nested {
		v := value.GetAttr(name)
		if v.IsNull() {
			continue
		}
		if !inner.computed || (inner.nested != nil && configuredInPart(inner, v)) {
			return true
		}
	}
	return false
}
