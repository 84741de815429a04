// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"sync"
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
func (s *session) place(ctx context.Context, object string, file, prior *imageFileModel) diag.Diagnostics {
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
	if !s.files.claim(object, file.Path.ValueString()) {
		return diag.Diagnostics{pathTaken(file.Path.ValueString())}
	}
	ctx, stop := context.WithTimeout(ctx, fetchLimit)
	defer stop()
	info, err := s.bring(ctx, *file, prior, wanted)
	if err != nil {
		s.files.release(object)
		return diag.Diagnostics{fileNotWritten(*file, prior, err)}
	}
	file.setContent(info)
	return nil
}

// bring takes the content from disk where it is there already, at the path of
// before or at the new one, since the URL may have expired. Else it fetches it.
func (s *session) bring(ctx context.Context, file imageFileModel, prior *imageFileModel, wanted string) (imagefile.Info, error) {
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
			return s.media.Copy(ctx, at.ValueString(), request)
		}
	}
	return s.media.Save(ctx, request)
}

// clear removes a file that is no longer wanted, unless it has become somebody
// else's.
func (s *session) clear(file imageFileModel) diag.Diagnostics {
	at := file.Path.ValueString()
	var diags diag.Diagnostics
	s.files.unlessClaimed(at, func() {
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

// filePaths keeps the files of objects out of each other's way: when a resource
// has a new name in the configuration, or create_before_destroy is on, a file is
// written by one object and removed by the other, in any order. A claim ends
// once its object is read or planned again, which engines do in the next walk.
type filePaths struct {
	creations

	mutex sync.Mutex
	// claimed are the paths that were written to, by which object.
	claimed map[string]string
}

// claim notes that an object writes to a path, and reports whether no other
// object has done so.
func (p *filePaths) claim(object, path string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	place := placeOf(path)
	if by, taken := p.claimed[place]; taken && by != object {
		return false
	}
	if p.claimed == nil {
		p.claimed = make(map[string]string)
	}
	p.claimed[place] = object
	return true
}

// release ends the claims of an object.
func (p *filePaths) release(object string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	maps.DeleteFunc(p.claimed, func(_, by string) bool { return by == object })
}

// unlessClaimed removes what nobody has written in this walk, and lets nobody
// claim the path meanwhile.
func (p *filePaths) unlessClaimed(path string, remove func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for claimed := range p.claimed {
		// Folders may be links.
		if claimed == placeOf(path) || imagefile.Same(claimed, path) {
			return
		}
	}
	remove()
}

// placeOf is one spelling of a path.
func placeOf(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return filepath.Clean(path)
}
