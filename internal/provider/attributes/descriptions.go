// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"fmt"
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// RequestIDDescription is of the id that fal gave to a request.
const RequestIDDescription = "The id that fal gave to the request."

// PresetList lists the presets of a size with what they stand for.
func PresetList() string {
	sizes := make([]string, len(flux2.Preset.Values))
	for i, name := range flux2.Preset.Values {
		size, _ := flux2.PresetDimensions(name)
		sizes[i] = fmt.Sprintf("`%s` (%d × %d)", name, size.Width, size.Height)
	}
	return strings.Join(sizes, ", ")
}
