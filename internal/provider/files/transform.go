// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// transformTypes are the types of transform.
var transformTypes = map[string]attr.Type{
	"width": attributes.WholeNumber{}, "height": attributes.WholeNumber{}, "enlarge": types.BoolType,
	"fit": types.StringType, "format": types.StringType, "quality": attributes.WholeNumber{},
}

func transformAttribute() schema.Attribute {
	side := func(side string) schema.Attribute {
		return schema.Int64Attribute{
			CustomType: attributes.WholeNumber{},
			MarkdownDescription: fmt.Sprintf("The %s in pixels. Between 1 and %d. Defaults to what keeps the ratio of the picture; without width and height, the size stays.",
				side, imagefile.MaxSide),
			Optional:   true,
			Validators: []validator.Int64{int64validator.Between(1, imagefile.MaxSide)},
		}
	}
	return schema.SingleNestedAttribute{
		MarkdownDescription: "What is made of the picture on its way to the file: another size, another format. It is made on this machine, and costs nothing. " +
			"One that changes nothing keeps the bytes. Defaults to none, and one of nulls alone is the same. " +
			"Changing this makes the file anew, in place, of the picture in the provider's `image_store`, and fetches nothing if it is there.",
		Optional:   true,
		Validators: []validator.Object{consistentTransform{}},
		Attributes: map[string]schema.Attribute{
			"width":  side("width"),
			"height": side("height"),
			"enlarge": schema.BoolAttribute{
				MarkdownDescription: "Whether the file may have more pixels than the picture. With `false`, a width or height beyond that of the picture is taken for it; a box that is too large is made smaller, in its ratio. Needs `width` or `height`. Defaults to `false`.",
				Optional:            true,
			},
			"fit": schema.StringAttribute{
				MarkdownDescription: "What becomes of the picture if its ratio is not that of `width` and `height`, both of which it needs: `cover` crops it in the middle to exactly that size, " +
					"`contain` makes it fit inside, without a margin, so that one side can be shorter, `fill` stretches it. Defaults to `" + attributes.Fits.Default + "`.",
				Optional:   true,
				Validators: []validator.String{attributes.OneOf(attributes.Fits)},
			},
			"format": schema.StringAttribute{
				MarkdownDescription: "The format of the file: `png`, `jpeg`, `webp` or `avif`. JPEG has no transparency: what is behind the picture becomes white. Defaults to the picture's own.",
				Optional:            true,
				Validators:          []validator.String{attributes.OneOf(attributes.FileFormats)},
			},
			"quality": schema.Int64Attribute{
				CustomType: attributes.WholeNumber{},
				MarkdownDescription: fmt.Sprintf("How much of the picture is kept, against the size of the file. Between 1 and %d. For `jpeg`, `webp` and `avif`; an error with `png`, and without effect on a PNG picture that stays one. Defaults to %d, and to %d for `avif`.",
					imagefile.MaxQuality, imagefile.DefaultQuality, imagefile.DefaultQualityAVIF),
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(1, imagefile.MaxQuality)},
			},
		},
	}
}

// transformOf reads a transform. It returns false if any of it is not known. One of
// nulls alone is the same as none.
func transformOf(object types.Object) (imagefile.Transform, bool) {
	values := object.Attributes()
	unknown := func(value attr.Value) bool { return value.IsUnknown() }
	if object.IsUnknown() || slices.ContainsFunc(slices.Collect(maps.Values(values)), unknown) {
		return imagefile.Transform{}, false
	}
	number := func(name string) int {
		value, _ := values[name].(types.Int64)
		return int(value.ValueInt64())
	}
	word := func(name string) string {
		value, _ := values[name].(types.String)
		return value.ValueString()
	}
	enlarge, _ := values["enlarge"].(types.Bool)
	return imagefile.Transform{
		Width: number("width"), Height: number("height"), Enlarge: enlarge.ValueBool(),
		Fit: word("fit"), Format: word("format"), Quality: number("quality"),
	}, true
}

// transform is what is to be made of the picture, and whether that is known.
func (m imageFileModel) transform() (imagefile.Transform, bool) { return transformOf(m.Transform) }

// derives tells whether the file is another one than the picture, as far as is known.
func (m imageFileModel) derives() bool {
	transform, known := m.transform()
	return !known || transform != imagefile.Transform{}
}

// keepsTransform tells whether the same is to be made of the picture as before.
func (m imageFileModel) keepsTransform(prior imageFileModel) bool {
	transform, known := m.transform()
	before, _ := prior.transform()
	return known && transform == before
}

// takenOver is an object in state as a configuration takes it over after an import,
// which can't learn of a transform: a file that the transform could have made is
// taken to be made by it, and its picture is not known.
func (m imageFileModel) takenOver(file imageFileModel) imageFileModel {
	transform, known := file.transform()
	if !m.imported() || !known || transform == (imagefile.Transform{}) {
		return m
	}
	width, height := int(m.Width.ValueInt64()), int(m.Height.ValueInt64())
	if w, h := transform.Size(width, height); w != width || h != height || transform.Format != "" && transform.Format != imagefile.Format(m.ContentType.ValueString()) {
		return m
	}
	m.Transform, m.SourceSHA256 = file.Transform, types.StringNull()
	return m
}

// consistentTransform wants arguments of a transform that have an effect on each
// other.
type consistentTransform struct{}

var _ validator.Object = consistentTransform{}

// Description says what is wanted.
func (consistentTransform) Description(context.Context) string {
	return "fit needs width and height, enlarge needs one of them, and quality is for jpeg, webp and avif"
}

// MarkdownDescription says the same.
func (v consistentTransform) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateObject says what has no effect.
func (consistentTransform) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	transform, known := transformOf(req.ConfigValue)
	if !known {
		return
	}
	if name, problem := InconsistentTransform(transform); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path.AtName(name), "Invalid Attribute Combination", problem)
	}
}

// InconsistentTransform names an argument of a transform that has no effect, and says
// why. Both are empty for a transform that is fine.
func InconsistentTransform(transform imagefile.Transform) (name, problem string) {
	switch {
	case transform.Fit != "" && (transform.Width == 0 || transform.Height == 0):
		return "fit", "fit says what becomes of the picture if both width and height are set, and they are not. Set both, or remove fit: a single side keeps the ratio."
	case transform.Enlarge && transform.Width == 0 && transform.Height == 0:
		return "enlarge", "enlarge = true needs a width or a height to enlarge the picture to. Set one, or remove enlarge."
	case transform.Quality != 0 && transform.Format == imagefile.FormatPNG:
		return "quality", "quality is for the formats jpeg, webp and avif; PNG keeps every pixel as it is. Remove quality, or choose another format."
	}
	return "", ""
}
