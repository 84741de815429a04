// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

// ctyPath takes over the path of an attribute as providers write it. Steps into
// sets, which nothing can follow, end it.
func ctyPath(path *tftypes.AttributePath) cty.Path {
	var steps cty.Path
	for _, s := range path.Steps() {
		switch s := s.(type) {
		case tftypes.AttributeName:
			steps = steps.GetAttr(string(s))
		case tftypes.ElementKeyString:
			steps = steps.IndexString(string(s))
		case tftypes.ElementKeyInt:
			steps = steps.IndexInt(int(s))
		default:
			return steps
		}
	}
	return steps
}

// pathText writes a path as people would write it in a configuration.
func pathText(path cty.Path) string {
	var text strings.Builder
	for _, s := range path {
		switch s := s.(type) {
		case cty.GetAttrStep:
			text.WriteString("." + s.Name)
		case cty.IndexStep:
			text.WriteString("[" + keyText(s.Key) + "]")
		}
	}
	return text.String()
}

func keyText(key cty.Value) string {
	switch {
	case key.Type() == cty.String && key.IsKnown():
		return strconv.Quote(key.AsString())
	case key.Type() == cty.Number && key.IsKnown():
		return key.AsBigFloat().Text('f', -1)
	default:
		return "..."
	}
}
