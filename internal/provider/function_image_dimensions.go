// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/files"
)

func newImageDimensionsFunction() function.Function { return imageDimensionsFunction{} }

// imageDimensionsFunction is image_dimensions: what a preset is in pixels, and what a
// transform makes of it.
type imageDimensionsFunction struct{}

var _ function.Function = imageDimensionsFunction{}

func (imageDimensionsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "image_dimensions"
}

func (imageDimensionsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The size in pixels that a preset names",
		MarkdownDescription: "Returns an object of `width` and `height` in pixels for a preset of `image_size`: " + attributes.PresetList() + ". " +
			"With a transform, the size of the file that `flux2_image_file` makes of such a picture, so that a page can be rendered in the plan. " +
			"It makes no network call. fal may round the delivered size. The `images` of `flux2_image` have the real size.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "preset", MarkdownDescription: "The name of the preset."},
		},
		VariadicParameter: function.DynamicParameter{
			Name: "transform",
			MarkdownDescription: "At most one object, as `transform` of a `flux2_image_file`: any of `width`, `height`, `enlarge`, `fit`, `format` and `quality`. " +
				"`null` is the same as none.",
			AllowNullValue: true,
		},
		Return: function.ObjectReturn{AttributeTypes: dimensionTypes},
	}
}

var dimensionTypes = map[string]attr.Type{"width": types.Int64Type, "height": types.Int64Type}

func (imageDimensionsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var preset string
	var transforms []types.Dynamic
	resp.Error = function.ConcatFuncErrors(resp.Error, req.Arguments.Get(ctx, &preset, &transforms))
	if resp.Error != nil {
		return
	}
	size, known := flux2.PresetDimensions(preset)
	if !known {
		resp.Error = argumentError(0, "The preset "+attributes.Stopped(attributes.EnumProblem(preset, flux2.Preset)))
		return
	}
	if len(transforms) > 1 {
		resp.Error = argumentError(2, "There is one transform at most. Put all its arguments into one object.")
		return
	}
	width, height := int(size.Width), int(size.Height)
	for _, written := range transforms {
		transform, problem := transformArgument(written)
		if problem != "" {
			resp.Error = argumentError(1, problem)
			return
		}
		width, height = transform.Size(width, height)
	}
	resp.Error = resp.Result.Set(ctx, types.ObjectValueMust(dimensionTypes, map[string]attr.Value{
		"width":  types.Int64Value(int64(width)),
		"height": types.Int64Value(int64(height)),
	}))
}

// transformNames are the arguments of a transform.
var transformNames = flux2.Enum{Values: []string{"width", "height", "enlarge", "fit", "format", "quality"}}

// transformArgument reads a transform that no schema has checked, and says what is
// wrong with it.
func transformArgument(written types.Dynamic) (transform imagefile.Transform, problem string) {
	var values map[string]attr.Value
	switch written := written.UnderlyingValue().(type) {
	case nil:
	case types.Object:
		values = written.Attributes()
	case types.Map:
		values = written.Elements()
	default:
		return transform, "A transform is an object, such as { width = 640, format = \"webp\" }."
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if problem := attributes.EnumProblem(name, transformNames); problem != "" {
			return transform, fmt.Sprintf("The transform has an argument %q, whose name %s", name, attributes.Stopped(problem))
		}
		if problem := setTransform(&transform, name, values[name]); problem != "" {
			return transform, fmt.Sprintf("The %s of the transform %s", name, attributes.Stopped(problem))
		}
	}
	_, problem = files.InconsistentTransform(transform)
	return transform, problem
}

// setTransform takes over one argument, and continues a sentence that says what is wrong
// with it.
func setTransform(transform *imagefile.Transform, name string, value attr.Value) (problem string) {
	if dynamic, ok := value.(types.Dynamic); ok {
		value = dynamic.UnderlyingValue()
	}
	if value == nil || value.IsNull() {
		return ""
	}
	switch name {
	case "width":
		transform.Width, problem = wholeBetween(value, imagefile.MaxSide)
	case "height":
		transform.Height, problem = wholeBetween(value, imagefile.MaxSide)
	case "quality":
		transform.Quality, problem = wholeBetween(value, imagefile.MaxQuality)
	case "fit":
		transform.Fit, problem = wordOf(value, attributes.Fits)
	case "format":
		transform.Format, problem = wordOf(value, attributes.FileFormats)
	case "enlarge":
		enlarge, ok := value.(types.Bool)
		if !ok {
			return "must be true or false"
		}
		transform.Enlarge = enlarge.ValueBool()
	}
	return problem
}

func wholeBetween(value attr.Value, most int64) (int, string) {
	number, ok := value.(types.Number)
	if !ok {
		return 0, "must be a number"
	}
	whole, accuracy := number.ValueBigFloat().Int64()
	if accuracy != big.Exact || whole < 1 || whole > most {
		return 0, fmt.Sprintf("must be a whole number between 1 and %d, got: %s", most, number.ValueBigFloat().Text('g', 20))
	}
	return int(whole), ""
}

func wordOf(value attr.Value, enum flux2.Enum) (string, string) {
	word, ok := value.(types.String)
	if !ok {
		return "", "must be text"
	}
	return word.ValueString(), attributes.EnumProblem(word.ValueString(), enum)
}
