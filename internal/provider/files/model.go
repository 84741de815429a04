// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// imageFileModel is flux2_image_file. After an import, url and the permissions
// are null until the next apply.
type imageFileModel struct {
	URL                 types.String `tfsdk:"url"`
	Path                types.String `tfsdk:"path"`
	FilePermission      types.String `tfsdk:"file_permission"`
	DirectoryPermission types.String `tfsdk:"directory_permission"`
	ExpectedSHA256      types.String `tfsdk:"expected_sha256"`
	SHA256              types.String `tfsdk:"sha256"`
	SHA256Base64        types.String `tfsdk:"sha256_base64"`
	MD5                 types.String `tfsdk:"md5"`
	SizeBytes           types.Int64  `tfsdk:"size_bytes"`
	ContentType         types.String `tfsdk:"content_type"`
	Width               types.Int64  `tfsdk:"width"`
	Height              types.Int64  `tfsdk:"height"`
	Present             types.Bool   `tfsdk:"present"`
}

// unknownContent is what a plan shows of content that is still to be fetched.
func unknownContent() map[string]attr.Value {
	return map[string]attr.Value{
		"sha256":        types.StringUnknown(),
		"sha256_base64": types.StringUnknown(),
		"md5":           types.StringUnknown(),
		"size_bytes":    types.Int64Unknown(),
		"content_type":  types.StringUnknown(),
		"width":         types.Int64Unknown(),
		"height":        types.Int64Unknown(),
	}
}

// setContent notes what is on disk now.
func (m *imageFileModel) setContent(info imagefile.Info) {
	m.SHA256 = types.StringValue(info.SHA256)
	m.SHA256Base64 = types.StringValue(info.SHA256Base64)
	m.MD5 = types.StringValue(info.MD5)
	m.SizeBytes = types.Int64Value(info.SizeBytes)
	m.ContentType = types.StringValue(info.ContentType)
	m.Width = types.Int64Value(info.Width)
	m.Height = types.Int64Value(info.Height)
	m.Present = types.BoolValue(true)
}

// content is the reverse of setContent.
func (m imageFileModel) content() imagefile.Info {
	return imagefile.Info{
		SHA256:       m.SHA256.ValueString(),
		SHA256Base64: m.SHA256Base64.ValueString(),
		MD5:          m.MD5.ValueString(),
		SizeBytes:    m.SizeBytes.ValueInt64(),
		ContentType:  m.ContentType.ValueString(),
		Width:        m.Width.ValueInt64(),
		Height:       m.Height.ValueInt64(),
	}
}

// intact tells whether the file is on disk as it is to be.
func (m imageFileModel) intact() (bool, error) {
	return imagefile.Matches(m.Path.ValueString(), m.SHA256.ValueString(), m.SizeBytes.ValueInt64())
}

// keepsContent tells whether the file is to hold what it held before. An
// expected hash decides; without one, a URL stands for its content, and one
// that an import could not learn is trusted.
func (m imageFileModel) keepsContent(prior imageFileModel) bool {
	switch {
	case m.ExpectedSHA256.IsUnknown():
		return false
	case !m.ExpectedSHA256.IsNull():
		return strings.EqualFold(m.ExpectedSHA256.ValueString(), prior.SHA256.ValueString())
	default:
		return prior.URL.IsNull() || m.URL.Equal(prior.URL)
	}
}

// fetches tells whether a plan most likely needs the URL.
func (m imageFileModel) fetches(prior *imageFileModel) bool {
	return prior == nil || !prior.Present.ValueBool() || !m.keepsContent(*prior)
}

// rewrites tells whether a plan writes to the path. Permissions that an import
// could not learn are trusted.
func (m imageFileModel) rewrites(prior *imageFileModel) bool {
	return m.fetches(prior) || !m.Path.Equal(prior.Path) ||
		!prior.FilePermission.IsNull() && fileMode(m.FilePermission) != fileMode(prior.FilePermission)
}

var errPermission = errors.New("a permission is three or four octal digits")

// parsePermission reads 644 and 0644.
func parsePermission(text string) (fs.FileMode, error) {
	mode, err := strconv.ParseUint(text, 8, 9) // nine bits: rwxrwxrwx
	if err != nil || len(text) < 3 || len(text) > 4 {
		return 0, errPermission
	}
	return fs.FileMode(mode), nil
}

// fileMode is 0, which stands for a default, where nothing valid is known.
func fileMode(permission types.String) fs.FileMode {
	mode, _ := parsePermission(permission.ValueString())
	return mode
}
