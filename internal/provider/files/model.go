// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// imageFileModel is flux2_image_file. After an import, everything but the path and
// the content is null until the next apply.
type imageFileModel struct {
	ID                  types.String `tfsdk:"id"`
	URL                 types.String `tfsdk:"url"`
	Mirrors             types.List   `tfsdk:"mirrors"`
	Overwrite           types.Bool   `tfsdk:"overwrite"`
	OnMissing           types.String `tfsdk:"on_missing"`
	Path                types.String `tfsdk:"path"`
	FilePermission      types.String `tfsdk:"file_permission"`
	DirectoryPermission types.String `tfsdk:"directory_permission"`
	ExpectedSHA256      types.String `tfsdk:"expected_sha256"`
	Transform           types.Object `tfsdk:"transform"`
	SHA256              types.String `tfsdk:"sha256"`
	SHA256Base64        types.String `tfsdk:"sha256_base64"`
	MD5                 types.String `tfsdk:"md5"`
	SizeBytes           types.Int64  `tfsdk:"size_bytes"`
	ContentType         types.String `tfsdk:"content_type"`
	Width               types.Int64  `tfsdk:"width"`
	Height              types.Int64  `tfsdk:"height"`
	SourceSHA256        types.String `tfsdk:"source_sha256"`
	Present             types.Bool   `tfsdk:"present"`
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
	m.Present = m.presence(true)
}

// ignoresMissing tells whether a file may be missing.
func (m imageFileModel) ignoresMissing() bool { return m.OnMissing.ValueString() == "ignore" }

// presence is what the state says of whether the file is there. Where that is of no
// account, it says nothing: a refresh would not be without changes otherwise.
func (m imageFileModel) presence(there bool) types.Bool {
	if m.ignoresMissing() {
		return types.BoolNull()
	}
	return types.BoolValue(there)
}

// plannedPresence is what a plan says of it.
func (m imageFileModel) plannedPresence() types.Bool {
	if m.OnMissing.IsUnknown() {
		return types.BoolUnknown()
	}
	return m.presence(true)
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
func (m imageFileModel) intact() (bool, error) { return m.standing().intact() }

func (f standingFile) intact() (bool, error) {
	return imagefile.Matches(f.Path, f.SHA256, f.Size)
}

// imported tells of an object in state whether it was imported, and not applied
// since: permissions have defaults.
func (m imageFileModel) imported() bool { return m.FilePermission.IsNull() }

// keepsContent tells whether the file is to hold what it held before.
func (m imageFileModel) keepsContent(prior imageFileModel, source string) bool {
	return m.keepsPicture(prior, source) && m.keepsTransform(prior)
}

// keepsPicture tells whether the picture that the file is, or is made of, is to be
// that of before. An expected hash decides; without one, a URL stands for its content.
// A null URL leaves the content as it is, and one that an import could not learn is
// trusted. The source is what the content came from while the URL was null.
func (m imageFileModel) keepsPicture(prior imageFileModel, source string) bool {
	switch {
	case m.ExpectedSHA256.IsUnknown():
		return false
	case !m.ExpectedSHA256.IsNull() && prior.SourceSHA256.IsNull():
		// The file was imported, and nobody knows what it was made of.
		return prior.imported() || m.ExpectedSHA256.Equal(prior.ExpectedSHA256)
	case !m.ExpectedSHA256.IsNull():
		return strings.EqualFold(m.ExpectedSHA256.ValueString(), prior.SourceSHA256.ValueString())
	case m.URL.IsNull():
		return true
	case !prior.URL.IsNull():
		return m.URL.Equal(prior.URL)
	default:
		return source == "" || !m.URL.IsUnknown() && sourceOf(m.URL.ValueString()) == source
	}
}

// writes tells whether a plan writes to the path. Permissions that an import could
// not learn are trusted.
func (m imageFileModel) writes(prior *imageFileModel, source string) bool {
	return prior == nil || !m.ignoresMissing() && !prior.Present.ValueBool() || !m.keepsContent(*prior, source) ||
		!m.Path.Equal(prior.Path) || m.changesPermission(*prior)
}

func (m imageFileModel) changesPermission(prior imageFileModel) bool {
	return !prior.FilePermission.IsNull() && fileMode(m.FilePermission) != fileMode(prior.FilePermission)
}

// wanted is what the content must hash to; empty if anything goes.
func (m imageFileModel) wanted(prior *imageFileModel, source string) string {
	switch {
	case prior != nil && m.keepsContent(*prior, source):
		return prior.SHA256.ValueString()
	case m.derives():
		return ""
	default:
		return m.wantedPicture(prior, source)
	}
}

// wantedPicture is what the picture must hash to that the file is, or is made of.
func (m imageFileModel) wantedPicture(prior *imageFileModel, source string) string {
	if prior != nil && m.keepsPicture(*prior, source) && !prior.SourceSHA256.IsNull() {
		return prior.SourceSHA256.ValueString()
	}
	return strings.ToLower(m.ExpectedSHA256.ValueString())
}

// standing is the file of an object in state.
func (m imageFileModel) standing() standingFile {
	return standingFile{Path: m.Path.ValueString(), SHA256: m.SHA256.ValueString(), Size: m.SizeBytes.ValueInt64()}
}

// mirrorURLs are the mirrors that are known.
func (m imageFileModel) mirrorURLs() []string {
	var urls []string
	for _, element := range m.Mirrors.Elements() {
		if url, ok := element.(types.String); ok && !url.IsNull() && !url.IsUnknown() {
			urls = append(urls, url.ValueString())
		}
	}
	return urls
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
