// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A picture in memory is checked like one on its way to disk, where nothing is put.
func TestFetch(t *testing.T) {
	t.Parallel()

	content := picture(t, "image/png", 1)
	want := infoOf(content, "image/png")
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		request SaveRequest
		fails   error
		calls   int
	}{
		"as it is":          {handler: serve("image/png", content), calls: 1},
		"of a known hash":   {handler: serve("image/png", content), request: SaveRequest{ExpectedSHA256: strings.ToUpper(want.SHA256)}, calls: 1},
		"of another hash":   {handler: serve("image/png", content), request: SaveRequest{ExpectedSHA256: strings.Repeat("0", 64)}, fails: ErrHashMismatch, calls: 1},
		"declared wrongly":  {handler: serve("image/webp", content), fails: ErrContentTypeMismatch, calls: 1},
		"too large":         {handler: serve("image/png", content), request: SaveRequest{MaxBytes: 10}, fails: ErrTooLarge, calls: 1},
		"gone":              {handler: status(http.StatusNotFound), fails: ErrGone, calls: 1},
		"after a bad start": {handler: answers(status(http.StatusBadGateway), serve("image/png", content)), calls: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			srv := newHost(t, test.handler)
			folder := t.TempDir()
			test.request.URL, test.request.Path = srv.URL, filepath.Join(folder, "a.png")
			got, info, err := client(t, Options{}, asPublic(t, srv)).Fetch(t.Context(), test.request)
			switch {
			case test.fails != nil && !errors.Is(err, test.fails):
				t.Errorf("the error is %v, want %v", err, test.fails)
			case test.fails == nil && (err != nil || info != want || !bytes.Equal(got, content)):
				t.Errorf("%d bytes, %+v, %v", len(got), info, err)
			case test.fails != nil && len(got) > 0:
				t.Errorf("%d bytes are handed out", len(got))
			}
			if srv.count() != test.calls {
				t.Errorf("%d calls, want %d", srv.count(), test.calls)
			}
			wantListing(t, folder)
		})
	}
}

func TestFetch_dataURI(t *testing.T) {
	t.Parallel()

	content := picture(t, "image/png", 1)
	got, info, err := client(t, Options{}, asPublic(t)).Fetch(t.Context(), SaveRequest{URL: dataURI("image/png", content), Path: "a.png"})
	if err != nil || info != infoOf(content, "image/png") || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %+v, %v", len(got), info, err)
	}
	if described, err := Describe(content); err != nil || described != info {
		t.Errorf("described as %+v, %v", described, err)
	}
}
