// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"context"
	"io"
	"math"
)

// Copy is Save with an image that is on disk already in place of the URL, which
// is not looked at. The path may be the image's own: the file is then written
// anew, with the permissions of the request. A missing image is
// fs.ErrNotExist; the original stays where it is.
func (c *Client) Copy(ctx context.Context, from string, r SaveRequest) (Info, error) {
	file, err := openRegular(from)
	if err != nil {
		return Info{}, err
	}
	// Read to its end and closed: not every system replaces a file that is open.
	content, err := io.ReadAll(file)
	_ = file.Close()
	if err != nil {
		return Info{}, pathProblem(from, err)
	}
	return c.Write(ctx, bytes.NewReader(content), r)
}

// Write is Save with content that is at hand in place of the URL, which is not
// looked at.
func (c *Client) Write(ctx context.Context, content io.Reader, r SaveRequest) (Info, error) {
	if r.MaxBytes <= 0 {
		r.MaxBytes = math.MaxInt64 // the limit is for what comes from elsewhere
	}
	if err := r.complete(c.maxBytes); err != nil {
		return Info{}, err
	}
	if err := CheckTarget(r.Path); err != nil {
		return Info{}, err
	}
	return c.disk.store(ctx, r, content, "")
}
