// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"context"
	"io"
)

// Fetch is Save into memory, for a picture from which another is made. It honours
// the URL, the expected hash and the limit of the request, and nothing else of it.
func (c *Client) Fetch(ctx context.Context, r SaveRequest) ([]byte, Info, error) {
	if err := r.complete(c.maxBytes); err != nil {
		return nil, Info{}, err
	}
	var fetched bytes.Buffer
	var info Info
	err := c.get(ctx, r.URL, r.MaxBytes, func(content io.Reader, declared string) error {
		fetched.Reset()
		var err error
		if info, err = copyImage(&fetched, content, declared, r.MaxBytes); err != nil {
			return err
		}
		if r.ExpectedSHA256 != "" && info.SHA256 != r.ExpectedSHA256 {
			return &HashMismatchError{Expected: r.ExpectedSHA256, Actual: info.SHA256}
		}
		// A host that sees its client leave may end the body as if it were whole.
		return ctx.Err()
	})
	if err != nil {
		return nil, Info{}, err
	}
	return fetched.Bytes(), info, nil
}
