// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// fetchLimit ends a download that would go on for ever; a host that has gone
// quiet is given up long before.
const fetchLimit = 15 * time.Minute

// place has the file hold what it is to hold, at its path and with its
// permissions. If anything is wrong, what was on disk before is still there.
func (s *Shared) place(ctx context.Context, object string, file, prior *imageFileModel) diag.Diagnostics {
	wanted := strings.ToLower(file.ExpectedSHA256.ValueString())
	if prior != nil && file.keepsContent(*prior) {
		wanted = prior.SHA256.ValueString()
	}
	if prior != nil && wanted == prior.SHA256.ValueString() && !file.rewrites(prior) {
		if intact, err := prior.intact(); intact && err == nil {
			file.setContent(prior.content())
			return nil
		}
	}
	if !s.paths.claim(object, file.Path.ValueString()) {
		return diag.Diagnostics{pathTaken(file.Path.ValueString())}
	}
	ctx, stop := context.WithTimeout(ctx, fetchLimit)
	defer stop()
	info, err := s.bring(ctx, *file, prior, wanted)
	if err != nil {
		s.paths.release(object)
		return diag.Diagnostics{fileNotWritten(*file, prior, err)}
	}
	file.setContent(info)
	return nil
}

// bring takes the content from disk where it is there already, at the path of
// before or at the new one, since the URL may have expired. Else it fetches it.
func (s *Shared) bring(ctx context.Context, file imageFileModel, prior *imageFileModel, wanted string) (imagefile.Info, error) {
	request := imagefile.SaveRequest{
		URL:            file.URL.ValueString(),
		Path:           file.Path.ValueString(),
		ExpectedSHA256: wanted,
		FileMode:       fileMode(file.FilePermission),
		DirMode:        fileMode(file.DirectoryPermission),
	}
	places := []types.String{file.Path}
	if prior != nil {
		places = append(places, prior.Path)
	}
	for _, at := range places {
		if there, err := imagefile.Inspect(at.ValueString()); err == nil && there.SHA256 == wanted {
			return s.Media.Copy(ctx, at.ValueString(), request)
		}
	}
	return s.Media.Save(ctx, request)
}

// clear removes a file that is no longer wanted, unless it has become somebody
// else's.
func (s *Shared) clear(file imageFileModel) diag.Diagnostics {
	at := file.Path.ValueString()
	var diags diag.Diagnostics
	s.paths.unlessClaimed(at, func() {
		if intact, err := file.intact(); intact && err == nil {
			if err := imagefile.Remove(at); err != nil {
				diags.Append(fileNotRemoved(err))
			}
			return
		}
		if _, err := imagefile.Inspect(at); !errors.Is(err, fs.ErrNotExist) {
			diags.Append(fileLeft(at))
		}
	})
	return diags
}
