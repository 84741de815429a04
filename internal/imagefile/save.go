// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

// Permissions of files and folders unless a SaveRequest says otherwise.
const (
	DefaultFileMode fs.FileMode = 0o644
	DefaultDirMode  fs.FileMode = 0o755
)

// SaveRequest says which image goes where.
type SaveRequest struct {
	// URL is an https URL or a data URI; see CheckURL.
	URL string
	// Path is where the file goes; see CheckPath.
	Path string
	// ExpectedSHA256 is what the content must hash to, in hexadecimal of
	// either case. Empty: anything goes.
	ExpectedSHA256 string
	// FileMode and DirMode are the permissions of the file and of folders that
	// have to be made, whatever the umask is. Zero: the defaults.
	FileMode, DirMode fs.FileMode
	// MaxBytes limits the size. Zero: the client's own limit.
	MaxBytes int64
	// Before is asked once the new content is complete and checked, and before it
	// replaces what is at the path. It returns false to leave that alone. An error
	// ends the whole. Nil: what is there is replaced.
	Before func(Info) (bool, error)
}

// Save fetches an image and puts it in place in one step: whoever reads the
// path sees the old file or the new one, never a part. Folders that are
// missing are made. If anything is wrong (see the Err variables), what was at
// the path stays as it was and no temporary file is left. Transport errors,
// truncated bodies and the statuses 408, 425, 429, 500 and 502 to 504 are
// tried again, up to five times in all.
func (c *Client) Save(ctx context.Context, r SaveRequest) (Info, error) {
	if err := r.complete(c.maxBytes); err != nil {
		return Info{}, err
	}
	// A path that can't work should fail before the download, not after.
	if err := CheckTarget(r.Path); err != nil {
		return Info{}, err
	}
	var info Info
	err := c.get(ctx, r.URL, r.MaxBytes, func(content io.Reader, declared string) error {
		var err error
		info, err = c.disk.store(ctx, r, content, declared)
		return err
	})
	if err != nil {
		return Info{}, err
	}
	c.logger.Debug(ctx, "image saved", map[string]any{"path": r.Path, "bytes": info.SizeBytes, "sha256": info.SHA256})
	return info, nil
}

// get hands out what a URL brings, and what it is declared to be, anew with each try.
func (c *Client) get(ctx context.Context, address string, limit int64, handle func(content io.Reader, declared string) error) error {
	if isDataURI(address) {
		declared, content, err := openDataURI(address)
		if err != nil {
			return err
		}
		return handle(content, declared)
	}
	u, err := c.parse(ctx, address)
	if err != nil {
		return err
	}
	return c.do(ctx, call{
		method: http.MethodGet, url: u, attempts: 5,
		firstWait: 500 * time.Millisecond, longestWait: 8 * time.Second, longestRetryAfter: 30 * time.Second,
		handle: func(resp *http.Response) error {
			if err := checkAnswer(resp, public(u), limit); err != nil {
				return err
			}
			return handle(resp.Body, resp.Header.Get("Content-Type"))
		},
	})
}

// complete fills in defaults and checks what needs no look at the world.
func (r *SaveRequest) complete(maxBytes int64) error {
	if r.FileMode == 0 {
		r.FileMode = DefaultFileMode
	}
	if r.DirMode == 0 {
		r.DirMode = DefaultDirMode
	}
	if r.MaxBytes <= 0 {
		r.MaxBytes = maxBytes
	}
	r.ExpectedSHA256 = strings.ToLower(r.ExpectedSHA256)
	if r.ExpectedSHA256 != "" {
		if sum, err := hex.DecodeString(r.ExpectedSHA256); err != nil || len(sum) != 32 {
			return fail(ErrHashMismatch, "the expected SHA-256 %q is not 64 hexadecimal digits, so no image can match it", r.ExpectedSHA256)
		}
	}
	return CheckPath(r.Path)
}

// checkAnswer refuses what the header gives away.
func checkAnswer(resp *http.Response, address string, limit int64) error {
	if resp.StatusCode != http.StatusOK {
		// The rest of a short error page is read so that the connection can
		// serve the next try.
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
		return &StatusError{Status: resp.StatusCode, URL: address}
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fail(ErrNotAnImage, "%s sent the image compressed (%s) although it was asked for as it is; nothing is unpacked here, so the host has to be set up to send images as they are", address, shownType(encoding))
	}
	if resp.ContentLength > limit {
		return fail(ErrTooLarge, "%s has %d bytes, more than the limit of %d; fal makes none that large, so look at where the URL comes from", address, resp.ContentLength, limit)
	}
	return nil
}
