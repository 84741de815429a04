// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// imageFileSchemaVersion is the version of the state that this provider writes.
const imageFileSchemaVersion = 2

func (r *imageFileResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		Version: imageFileSchemaVersion,
		MarkdownDescription: "An image on disk: fetched from its URL, checked, hashed, and put at its path in one step, in another size or format if `transform` says so. It generates nothing and costs nothing. " +
			"A file that is missing or was changed is put back with the same content; its hashes stay known, so that nothing that depends on them changes. " +
			"What is replaced or deleted is kept in the provider's `image_store`, or the picture that it was made of is: no operation takes the last copy of a picture.",
		Attributes: map[string]schema.Attribute{
			"id": attributes.ComputedString("The path, as the name that engines print."),
			"url": schema.StringAttribute{
				MarkdownDescription: "Where the image comes from: an `https` URL, or a data URI, which then is in the state as a whole. A PNG, JPEG, WebP or AVIF image of at most " +
					fmt.Sprintf("%d MiB. ", imagefile.DefaultMaxBytes>>20) +
					"No credential is sent there. Plain `http`, and private, link-local and loopback addresses, are for a provider that is itself configured for such an address, such as an emulator's. " +
					"Changing this fetches the new image in place, unless `expected_sha256` says that it is the same. " +
					"Null, as that of an image that was refused, leaves a file that is there as it is. Without a file it is a warning in the plan, and an error of this file alone in the apply.",
				Optional:   true,
				Validators: []validator.String{attributes.NotBlank()},
			},
			"mirrors": schema.ListAttribute{
				MarkdownDescription: "Further `https` URLs of the same bytes, such as that of the published copy. They are asked in order when `url` is null or fails. " +
					"They are asked for known content only, which has the hash in `expected_sha256` or in the state, and anything else that they bring is refused. Defaults to none. Changing this fetches nothing.",
				ElementType: types.StringType,
				Optional:    true,
				Validators:  []validator.List{listvalidator.ValueStringsAre(attributes.NotBlank())},
			},
			"overwrite": schema.BoolAttribute{
				MarkdownDescription: "Whether a file at the path may be replaced if no `flux2_image_file` of this state has put it there. A copy of it is then kept in the provider's `image_store`. " +
					"With `false` such a file is an error, unless it is the very image. Defaults to `false`. Changing this changes nothing on disk.",
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
			},
			"on_missing": schema.StringAttribute{
				MarkdownDescription: "What to do about a file that is missing or was changed. `restore` plans to put it back. `ignore` plans nothing, and nobody looks whether the file is there: " +
					"for runners that begin with an empty disk. Either way, the file is written when its content or path changes. Defaults to `" + attributes.OnMissing.Default + "`. " +
					"Changing this to `restore` puts back a file that is missing; changing it to `ignore` changes nothing on disk.",
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(attributes.OnMissing.Default),
				Validators: []validator.String{attributes.OneOf(attributes.OnMissing)},
			},
			"path": schema.StringAttribute{
				MarkdownDescription: "Where the file goes, from the engine's working directory on unless it is absolute. Folders that are missing are made. A file that is already there is an error and stays, " +
					"unless it is the very image, or a `flux2_image_file` of this state has put it there, or `overwrite` is set. " +
					"Must name a file, without a `~`, a variable of a shell or `file://`; must not enter a folder and leave it again by `..`, and must not be that of another `flux2_image_file`; " +
					"a folder or symbolic link at the path is an error. " +
					"Changing this moves the file: the old one is removed when the new one is there.",
				Required:   true,
				Validators: []validator.String{filePath{}},
			},
			"file_permission": schema.StringAttribute{
				MarkdownDescription: fmt.Sprintf("The permissions of the file in octal, whatever the umask is. The owner must be able to read it. Defaults to `%04o`. "+
					"Changing this changes the file in place, and fetches nothing.", imagefile.DefaultFileMode),
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(fmt.Sprintf("%04o", imagefile.DefaultFileMode)),
				Validators: []validator.String{permission(0o400, "let the owner read the file")},
			},
			"directory_permission": schema.StringAttribute{
				MarkdownDescription: fmt.Sprintf("The permissions in octal of folders that have to be made, whatever the umask is. The owner must be able to read, write and enter them. Defaults to `%04o`. "+
					"Changing this counts for folders that are made from then on.", imagefile.DefaultDirMode),
				Optional:   true,
				Computed:   true,
				Default:    stringdefault.StaticString(fmt.Sprintf("%04o", imagefile.DefaultDirMode)),
				Validators: []validator.String{permission(0o700, "let the owner read, write and enter the folder")},
			},
			"expected_sha256": schema.StringAttribute{
				MarkdownDescription: "What the image must hash to: SHA-256 in hexadecimal. Other content is an error, and is not written. " +
					"With `transform`, it is that of the picture which the file is made of, as in `source_sha256`. " +
					"Defaults to whatever the URL brings first. Changing this to the hash of the picture changes nothing on disk; anything else fetches the image anew.",
				Optional:   true,
				Validators: []validator.String{sha256Hex()},
			},
			"transform":     transformAttribute(),
			"sha256":        attributes.ComputedString("The SHA-256 of the content in lower-case hexadecimal. It stays known while the file is missing."),
			"sha256_base64": attributes.ComputedString("The same in base64, as object stores and the `integrity` of web pages (behind `sha256-`) want it."),
			"md5":           attributes.ComputedString("The MD5 of the content in lower-case hexadecimal, as ETags of object stores have it. It protects against nothing."),
			"size_bytes":    attributes.ComputedInt64("The size of the file in bytes."),
			"content_type":  attributes.ComputedString("The media type of the content, whatever the URL says: `image/png`, `image/jpeg`, `image/webp` or `image/avif`."),
			"width":         attributes.ComputedInt64("The width of the image in pixels, as the file says."),
			"height":        attributes.ComputedInt64("The height of the image in pixels, as the file says."),
			"source_sha256": attributes.ComputedString("The SHA-256 of the picture before `transform`, in lower-case hexadecimal: it ties a smaller copy to its original. " +
				"Without `transform` it is that of the file. Null if the file was imported with a `transform`, until it is made anew."),
			"present": attributes.ComputedBool("Whether the file is at its path with this content. A refresh makes it `false` when the file is missing or was changed; " +
				"the plan then shows that the file is put back, which makes it `true`. Null with `on_missing = \"ignore\"`."),
		},
	}
}

// permission wants octal digits that include at least some bits, without which
// the provider itself could not go on.
func permission(least fs.FileMode, purpose string) validator.String {
	limits := fmt.Sprintf("must be a permission of three or four octal digits, such as \"%04o\", and %s", 0o044|least, purpose)
	return attributes.StringCheck{
		Want: limits,
		Problem: func(value string) string {
			if mode, err := parsePermission(value); err != nil || mode&least != least {
				return limits
			}
			return ""
		},
	}
}

// sha256Hex wants a SHA-256 in hexadecimal.
func sha256Hex() validator.String {
	const limits = "must be a SHA-256 in hexadecimal, which has 64 digits"
	return attributes.StringCheck{
		Want: limits,
		Problem: func(value string) string {
			if len(value) != 64 || strings.Trim(value, "0123456789abcdefABCDEF") != "" {
				return limits
			}
			return ""
		},
	}
}

// filePath wants a path that can name a file.
type filePath struct{}

var _ validator.String = filePath{}

func (filePath) Description(context.Context) string {
	return "must name a file, without leaving a folder that it has entered"
}

func (v filePath) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (filePath) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := imagefile.CheckPath(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(unusablePath(err))
	}
}
