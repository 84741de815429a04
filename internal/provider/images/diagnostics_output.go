// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// reviewOutput warns about a result that is not quite what was asked for.
func reviewOutput(handle fal.Handle, input flux2.Input, output flux2.Output) diag.Diagnostics {
	var diags diag.Diagnostics
	if input.Seed != nil && output.Seed != nil && *input.Seed != *output.Seed {
		diags.AddAttributeWarning(path.Root("seed"), "Seed Changed by fal", fmt.Sprintf(
			"%s was submitted with the seed %d, but fal reports that it used %d. The image may not be reproducible from this configuration.%s",
			capital(requestName(handle)), *input.Seed, *output.Seed, smallerSeed(*input.Seed)))
	}
	diags.Append(reviewSize(handle, input.ImageSize, output)...)
	diags.Append(reviewFormat(handle, input.OutputFormat, output)...)
	if flagged := output.Flagged(); len(flagged) > 0 {
		diags.AddAttributeWarning(path.Root("has_nsfw_concepts"), "Image Flagged by the Safety Checker", fmt.Sprintf(
			"The safety checker flagged %s of %s and blackened them. fal counts this as a success and bills it. Rephrase the prompt; "+
				"a postcondition on has_nsfw_concepts turns this into an error.",
			imagesAt(flagged), requestName(handle)))
	}
	return diags
}

// smallerSeed is advice for seeds that are larger than fal's usual ones.
func smallerSeed(seed int64) string {
	if seed <= flux2.MaxAdvisedSeed {
		return ""
	}
	return fmt.Sprintf(" Smaller seeds, up to %d, are known to be kept.", int64(flux2.MaxAdvisedSeed))
}

// roundedTo is the multiple that fal has been seen to round sizes to.
const roundedTo = 32

// reviewSize compares the sizes that fal reports with the one that was asked for.
func reviewSize(handle fal.Handle, size flux2.ImageSize, output flux2.Output) diag.Diagnostics {
	asked, known := size.Dimensions()
	if !known {
		return nil
	}
	var delivered flux2.Dimensions
	other := indicesOf(output, func(image flux2.Image) bool {
		if image.Width == nil || image.Height == nil {
			return false
		}
		found := flux2.Dimensions{Width: *image.Width, Height: *image.Height}
		if found == asked {
			return false
		}
		delivered = found
		return true
	})
	if len(other) == 0 {
		return nil
	}
	at, advice := path.Root("image_size"), ""
	if size.Preset == "" {
		at = path.Root("custom_image_size")
	}
	if asked.Width%roundedTo != 0 || asked.Height%roundedTo != 0 {
		advice = fmt.Sprintf(" Sides that are multiples of %d are most likely to be kept, but to change the size is another request, which fal bills.", roundedTo)
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(at, "Size Changed by fal", diagnostics.Detail(
		fmt.Sprintf("%s was submitted with the size %d × %d, but fal reports %d × %d for %s.",
			capital(requestName(handle)), asked.Width, asked.Height, delivered.Width, delivered.Height, imagesAt(other)),
		"Take width and height from the attribute images, and not from the configuration, where something depends on them."+advice))}
}

// reviewFormat compares the types that fal reports with the format that was asked for.
func reviewFormat(handle fal.Handle, format string, output flux2.Output) diag.Diagnostics {
	var delivered string
	other := indicesOf(output, func(image flux2.Image) bool {
		if image.ContentType == nil || strings.EqualFold(*image.ContentType, "image/"+format) {
			return false
		}
		delivered = *image.ContentType
		return true
	})
	if len(other) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("output_format"), "Format Changed by fal", diagnostics.Detail(
		fmt.Sprintf("%s was submitted with the output_format %q, but fal reports %q for %s.", capital(requestName(handle)), format, delivered, imagesAt(other)),
		"Let the name of a file end as its content does: content_type of the attribute images, or of flux2_image_file, has what came."))}
}

// indicesOf are the pictures of which something holds.
func indicesOf(output flux2.Output, holds func(flux2.Image) bool) []int {
	var indices []int
	for i, image := range output.Images {
		if holds(image) {
			indices = append(indices, i)
		}
	}
	return indices
}

// imagesAt names pictures by their place in images.
func imagesAt(indices []int) string {
	return "images[" + strings.Trim(strings.ReplaceAll(fmt.Sprint(indices), " ", ", "), "[]") + "]"
}
