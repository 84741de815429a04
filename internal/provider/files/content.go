// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"cmp"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// unknownContent is what a plan shows of content that is still to be fetched or made.
func unknownContent() map[string]attr.Value {
	return map[string]attr.Value{
		"sha256":        types.StringUnknown(),
		"sha256_base64": types.StringUnknown(),
		"md5":           types.StringUnknown(),
		"size_bytes":    types.Int64Unknown(),
		"content_type":  types.StringUnknown(),
		"width":         types.Int64Unknown(),
		"height":        types.Int64Unknown(),
		"source_sha256": types.StringUnknown(),
	}
}

// plannedContent is what a plan has to say anew of the content.
func (m imageFileModel) plannedContent(prior *imageFileModel, noted note) map[string]attr.Value {
	if prior != nil && m.keepsContent(*prior, noted.Source) && !m.madeAnew(*prior, noted) {
		if m.SourceSHA256.Equal(prior.SourceSHA256) {
			return nil
		}
		return map[string]attr.Value{"source_sha256": prior.SourceSHA256}
	}
	content := make(map[string]attr.Value)
	if prior != nil {
		content = unknownContent()
	}
	if picture := m.wantedPicture(prior, noted.Source); picture != "" {
		content["source_sha256"] = types.StringValue(picture)
	}
	transform, known := m.transform()
	if !known {
		return content
	}
	var original pictureNote
	if prior != nil && noted.Original != nil && m.keepsPicture(*prior, noted.Source) {
		original = *noted.Original
		width, height := transform.Size(original.Width, original.Height)
		content["width"], content["height"] = types.Int64Value(int64(width)), types.Int64Value(int64(height))
	}
	if format := cmp.Or(transform.Format, original.Format); format != "" {
		content["content_type"] = types.StringValue(imagefile.ContentType(format))
	}
	return content
}

// madeAnew tells whether the same is to be made again, but by another version of what
// makes it, which may give other bytes.
func (m imageFileModel) madeAnew(prior imageFileModel, noted note) bool {
	transform, _ := m.transform()
	if !m.derives() || prior.SHA256.Equal(prior.SourceSHA256) || noted.Version == transform.Version(imagefile.Format(prior.ContentType.ValueString())) ||
		!m.writes(&prior, noted.Source) {
		return false
	}
	intact, err := prior.intact()
	return !intact || err != nil
}
